"""FluxFlow's networks in PyTorch, written from the formulas that lib/blueprint and lib/models document.

`line` is True for `variant: fluxline`, whose repairs are marked. Names of parameters are those of FluxFlow's files.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F


def curve(t, p0, p1, p2, p3):
    s = 1 - t
    return s**3 * p0 + 3 * s**2 * t * p1 + 3 * s * t**2 * p2 + t**3 * p3


class Bezier(nn.Module):
    """Five interleaved channels to one: t, then four control points."""

    def __init__(self, silu):
        super().__init__()
        self.silu = silu

    def forward(self, x):
        axis = 1 if x.dim() == 4 else x.dim() - 1
        t, *points = x.unflatten(axis, (-1, 5)).unbind(axis + 1)
        return curve(torch.sigmoid(t), *(F.silu(p) if self.silu else p for p in points))


class TrainableBezier(nn.Module):
    def __init__(self, shape):
        super().__init__()
        for name in ("p0", "p1", "p2", "p3"):
            self.register_parameter(name, nn.Parameter(torch.zeros(shape)))

    def forward(self, x):
        points = (self.p0, self.p1, self.p2, self.p3)
        if x.dim() == 4 and self.p0.dim() == 1:
            points = (p[:, None, None] for p in points)
        return curve(torch.sigmoid(x), *points)


def curved(layer, silu=True):
    return nn.Sequential(layer, Bezier(silu))


def whiten(x, groups=1):
    return F.group_norm(x, groups, eps=1e-5)


def whiten_last(x):
    return F.layer_norm(x, x.shape[-1:], eps=1e-5)


def place_code(height, width, channels):
    """First half of the channels codes the row, the rest the column."""
    def code(places, count):
        column = torch.arange(count)
        angle = places[:, None] * torch.exp(-2 * (column // 2) * math.log(10000) / count)
        return torch.where(column % 2 == 0, torch.sin(angle), torch.cos(angle))
    rows = code(torch.arange(height), channels - channels // 2)
    columns = code(torch.arange(width), channels // 2)
    return torch.cat([rows[:, None].expand(-1, width, -1), columns[None].expand(height, -1, -1)], -1).flatten(0, 1)


def with_coordinates(x):
    n, _, h, w = x.shape
    across = torch.linspace(-1, 1, w).expand(n, 1, h, w)
    down = torch.linspace(-1, 1, h)[:, None].expand(n, 1, h, w)
    return torch.cat([x, across, down], 1)


class AttentionBlock(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attn = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.ff = nn.Sequential(nn.Linear(dim, 10 * dim), Bezier(True), nn.Linear(2 * dim, dim))

    def forward(self, x):
        n = self.norm1(x)
        x = x + self.attn(n, n, n, need_weights=False)[0]
        return x + self.ff(self.norm2(x))


class FluxCompressor(nn.Module):
    def __init__(self, line, dim, downscales, kernel, layers, heads):
        super().__init__()
        self.line = line
        last = max(dim, 8)
        c = [round(5 + (last - 5) * i / downscales) for i in range(downscales + 1)]
        stages = range(downscales)
        self.encoder_first_step = nn.ModuleList(
            curved(nn.Conv2d(c[i], 5 * c[i + 1], 3, padding=1, bias=False)) for i in stages)
        self.encoder_z = nn.ModuleList(
            curved(nn.Conv2d(c[i + 1], 5 * c[i + 1], kernel, stride=2, padding=kernel // 2 - 1)) for i in stages)
        def head(first):
            return nn.Sequential(curved(nn.Conv2d(first, 5 * dim, 1)), curved(nn.Conv2d(dim, 5 * dim, 1)))
        self.latent_proj, self.mu_proj, self.logvar_proj = head(c[-1]), head(dim), head(dim)
        self.mu_activation, self.logvar_activation = TrainableBezier(dim), TrainableBezier(dim)
        self.token_attn = nn.ModuleList(AttentionBlock(dim, heads) for _ in range(layers))

    def project(self, head, x):
        for layer in head:
            y = layer(x)
            if self.line:  # liveEncoder
                y = whiten(y)
                y = y + x if y.shape == x.shape else y
            x = y
        return x

    def forward(self, images, noise):
        x = with_coordinates(images)
        for first, second in zip(self.encoder_first_step, self.encoder_z):
            if not self.line:
                x = second(first(x))
                continue
            y = whiten(second(whiten(first(x))))  # liveEncoder: norms and a pooled shortcut
            short = F.avg_pool2d(x, 2)[:, :y.shape[1]]
            x = y + F.pad(short, (0, 0, 0, 0, 0, y.shape[1] - short.shape[1]))
        features = self.project(self.latent_proj, x)
        mu = self.mu_activation(self.project(self.mu_proj, features))
        logvar = self.logvar_activation(self.project(self.logvar_proj, features))
        z = mu + torch.exp(logvar / 2) * noise
        if not self.line:  # tightBottleneck
            z = z + features
        tokens = z.flatten(2).transpose(1, 2) + place_code(*z.shape[2:], z.shape[1])
        for block in self.token_attn:
            tokens = block(tokens)
        return tokens, mu, logvar


class Spade(nn.Module):
    def __init__(self, context, channels, hidden):
        super().__init__()
        self.mlp_shared = nn.Sequential(nn.Conv2d(context, hidden, 3, padding=1), nn.ReLU())
        self.mlp_gamma = nn.Conv2d(hidden, channels, 3, padding=1)
        self.mlp_beta = nn.Conv2d(hidden, channels, 3, padding=1)

    def forward(self, x, context):
        resized = F.interpolate(context, size=x.shape[2:], mode="bilinear", align_corners=False)
        shared = self.mlp_shared(resized)
        return whiten(x, min(32, x.shape[1])) * (1 + self.mlp_gamma(shared)) + self.mlp_beta(shared)


class UpBlock(nn.Module):
    def __init__(self, dim, up_kernel, kernel, dilation, hidden):
        super().__init__()
        self.spade = Spade(dim, dim, hidden)
        self.conv1 = nn.Sequential(
            nn.ConvTranspose2d(dim, 5 * dim, up_kernel, stride=2, padding=up_kernel // 2 - 1), Bezier(True),
            nn.Conv2d(dim, 5 * dim, kernel, dilation=dilation, padding=dilation * (kernel - 1) // 2), Bezier(True))

    def forward(self, x, context):
        u = x if context is None else self.spade(x, context)
        return self.conv1(u) + 0.1 * F.interpolate(x, scale_factor=2, mode="nearest")


class ContextMixer(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.cls = nn.Parameter(torch.zeros(1, 1, dim))
        self.norm_in, self.norm_out = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.q_proj, self.k_proj = nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.v_proj, self.out_proj = nn.Linear(dim, dim), nn.Linear(dim, dim)

    def forward(self, tokens):
        x = torch.cat([self.cls.expand(len(tokens), -1, -1), self.norm_in(tokens)], 1)
        q, k, v = (split(layer(x), self.heads) for layer in (self.q_proj, self.k_proj, self.v_proj))
        return self.norm_out(self.out_proj(join(attend(q, k, v))))[:, 0]


class FluxExpander(nn.Module):
    def __init__(self, dim, upscales, up_kernel, kernel, dilation, rgb, hidden):
        super().__init__()
        self.upscale = nn.Module()
        self.upscale.layers = nn.ModuleList(
            UpBlock(dim, up_kernel, kernel, dilation, hidden) for _ in range(upscales))
        self.context_mixer = ContextMixer(dim, 1)
        self.to_rgb_conv = nn.Sequential(
            nn.Conv2d(dim, rgb, 3, padding=1), nn.GroupNorm(8, rgb), nn.SiLU(),
            nn.Conv2d(rgb, rgb // 2, 3, padding=1), nn.GroupNorm(8, rgb // 2), nn.SiLU(),
            nn.Conv2d(rgb // 2, 3, 1))
        self.rgb_activation = TrainableBezier(3)

    def forward(self, tokens, height, width, spade):
        x = features = tokens.transpose(1, 2).unflatten(2, (height, width))
        for block in self.upscale.layers:
            x = block(x, features if spade else None)
        return self.rgb_activation(self.to_rgb_conv(x))


def split(x, heads):
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def join(x):
    return x.transpose(1, 2).flatten(2)


def attend(q, k, v, mask=None):
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    return torch.softmax(scores if mask is None else scores + mask, -1) @ v
