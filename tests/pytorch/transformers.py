"""The flow transformer, the text encoder and the discriminator; see modules.py."""
import torch
from torch import nn
from torch.nn import functional as F

from modules import (Bezier, ContextMixer, TrainableBezier, attend, curve, join, place_code, split, whiten_last,
                     with_coordinates)


def rotate(x, line):
    tokens, width = x.shape[-2:]
    half = width // 2
    column = torch.arange(width)
    pair = column % half if line else column // 2  # rotaryTables: fluxflow's entries meet the wrong half
    angle = torch.arange(tokens)[:, None] * 10000.0 ** (-pair / half)
    first, second = x.chunk(2, -1)
    return x * torch.cos(angle) + torch.cat([-second, first], -1) * torch.sin(angle)


class FlowAttention(nn.Module):
    def __init__(self, dim, heads, line):
        super().__init__()
        self.heads, self.line = heads, line
        self.q_proj, self.kv_proj, self.out_proj = nn.Linear(dim, dim), nn.Linear(dim, 2 * dim), nn.Linear(dim, dim)

    def forward(self, x, source):
        k, v = self.kv_proj(source).chunk(2, -1)
        q, k, v = (split(part, self.heads) for part in (self.q_proj(x), k, v))
        return self.out_proj(join(attend(rotate(q, self.line), rotate(k, self.line), v)))


class FlowBlock(nn.Module):
    def __init__(self, dim, heads, line):
        super().__init__()
        self.line = line
        self.self_attn, self.cross_attn = FlowAttention(dim, heads, line), FlowAttention(dim, heads, line)
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(dim) for _ in range(3))
        def pillar():
            return nn.Sequential(*(nn.Sequential(nn.Linear(dim, dim), nn.SiLU()) for _ in range(3)))
        self.p0, self.p1, self.p2, self.p3 = pillar(), pillar(), pillar(), pillar()
        self.ffn = nn.Sequential(nn.Linear(dim, dim))

    def forward(self, x, text, before):
        n = self.norm1(x)
        x = x + self.self_attn(n, n)
        x = x + self.cross_attn(self.norm2(x), self.norm2(text))
        gate = torch.sigmoid(x)
        pillars = [getattr(self, f"p{k}")(gate if before is None else gate * before[k]) for k in range(4)]
        x = x + self.ffn(self.norm3(x))
        if self.line:  # alignedParts and liveFlow
            return x + curve(torch.sigmoid(whiten_last(x)), *pillars), pillars
        return Bezier(False)(torch.cat([x, *pillars], -1)), pillars


class FluxFlowProcessor(nn.Module):
    def __init__(self, line, dim, vae, text, heads, layers):
        super().__init__()
        self.line = line
        self.vae_to_dmodel, self.dmodel_to_vae = nn.Linear(vae, dim), nn.Linear(dim, vae)
        self.ctx_mixer = ContextMixer(dim, max(1, dim // 128))
        self.text_proj = nn.Linear(text, dim)
        self.time_embed = nn.Sequential(
            nn.Embedding(1000, dim), nn.LayerNorm(dim), TrainableBezier(dim), nn.Linear(dim, text))
        self.context_injection = nn.Module()
        self.context_injection.gate = nn.Sequential(nn.Linear(dim, dim))
        self.context_injection.bias = nn.Linear(dim, dim)
        self.transformer_blocks = nn.ModuleList(FlowBlock(dim, heads, line) for _ in range(layers))
        self.flow_predictor = nn.Sequential(
            nn.Conv2d(dim, dim, 5, padding=2), TrainableBezier((dim, 1, 1)), nn.Conv2d(dim, dim, 3, padding=1))
        self.context_final = nn.Sequential(nn.Conv2d(dim + 2, dim, 7, padding=3), TrainableBezier((dim, 1, 1)))

    def forward(self, tokens, height, width, text, time):
        x = self.vae_to_dmodel(tokens)
        if self.line:  # placedTokens
            x = x + place_code(height, width, x.shape[-1])
        context = self.ctx_mixer(x[:, :4])
        scaled = time if self.line else time * 999  # plainTime
        index = scaled.floor().clamp(0, 999).long()
        y = self.text_proj(text + self.time_embed(index))[:, None]
        pillars = None
        for block in self.transformer_blocks:
            held = whiten_last(context) if self.line else context
            gate = torch.sigmoid(self.context_injection.gate(held)) * (2 if self.line else 1)
            x = x * gate[:, None] + self.context_injection.bias(held)[:, None]
            x, pillars = block(x, y, pillars)
            context = context + x.mean(1)
        if self.line:
            x = whiten_last(x)
        velocity = self.dmodel_to_vae(x)
        grid = x.transpose(1, 2).unflatten(2, (height, width))
        side = self.context_final(with_coordinates(self.flow_predictor(grid))).mean((2, 3))
        shift = self.dmodel_to_vae(side)[:, None].expand(-1, min(4, velocity.shape[1]), -1)
        return velocity + F.pad(shift, (0, 0, 0, velocity.shape[1] - shift.shape[1]))


class BertLayer(nn.Module):
    def __init__(self, dim, heads, hidden):
        super().__init__()
        self.heads = heads
        self.attention = nn.Module()
        for name in ("q_lin", "k_lin", "v_lin", "out_lin"):
            setattr(self.attention, name, nn.Linear(dim, dim))
        self.sa_layer_norm, self.output_layer_norm = nn.LayerNorm(dim, eps=EPS), nn.LayerNorm(dim, eps=EPS)
        self.ffn = nn.Module()
        self.ffn.lin1, self.ffn.lin2 = nn.Linear(dim, hidden), nn.Linear(hidden, dim)

    def forward(self, x, mask):
        a = self.attention
        q, k, v = (split(layer(x), self.heads) for layer in (a.q_lin, a.k_lin, a.v_lin))
        x = self.sa_layer_norm(x + a.out_lin(join(attend(q, k, v, mask))))
        return self.output_layer_norm(x + self.ffn.lin2(F.gelu(self.ffn.lin1(x))))


class BertTextEncoder(nn.Module):
    def __init__(self, line, vocab, dim, layers, heads, hidden, positions, head, text):
        super().__init__()
        self.line = line
        model = self.language_model = nn.Module()
        model.embeddings = nn.Module()
        model.embeddings.word_embeddings = nn.Embedding(vocab, dim)
        model.embeddings.position_embeddings = nn.Embedding(positions, dim)
        model.embeddings.LayerNorm = nn.LayerNorm(dim, eps=EPS)
        model.transformer = nn.Module()
        model.transformer.layer = nn.ModuleList(BertLayer(dim, heads, hidden) for _ in range(layers))
        self.ouput_layer = nn.Sequential(
            nn.Linear(dim, 5 * head), nn.LayerNorm(5 * head), Bezier(False),
            nn.Linear(head, 5 * text), nn.LayerNorm(5 * text), Bezier(False))

    def forward(self, ids, mask):
        e = self.language_model.embeddings
        x = e.LayerNorm(e.word_embeddings(ids) + e.position_embeddings(torch.arange(ids.shape[1])))
        hidden = ((1 - mask) * -1e9)[:, None, None]
        for layer in self.language_model.transformer.layer:
            x = layer(x, hidden)
        if self.line:  # maskedText
            pooled = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)
        else:
            pooled = x.mean(1)
        return self.ouput_layer(pooled)


# DistilBERT's layer norms.
EPS = 1e-12


class Spectral(nn.Module):
    """A layer whose weight is divided by u W v; both vectors follow by power iterations."""

    def __init__(self, shape, **options):
        super().__init__()
        self.options = options
        rows = shape[0]
        self.weight_orig = nn.Parameter(torch.zeros(shape))
        self.bias = nn.Parameter(torch.zeros(rows))
        self.register_buffer("weight_u", torch.ones(rows))
        self.register_buffer("weight_v", torch.ones(self.weight_orig[0].numel()))

    def iterate(self):
        with torch.no_grad():
            matrix = self.weight_orig.flatten(1)
            self.weight_v = F.normalize(matrix.T @ self.weight_u, dim=0, eps=1e-12)
            self.weight_u = F.normalize(matrix @ self.weight_v, dim=0, eps=1e-12)

    def forward(self, x):
        sigma = self.weight_u @ self.weight_orig.flatten(1) @ self.weight_v
        weight = self.weight_orig / sigma
        if weight.dim() == 2:
            return F.linear(x, weight, self.bias)
        return F.conv2d(x, weight, self.bias, padding=1)


class PatchDiscriminator(nn.Module):
    def __init__(self, base, depth, context):
        super().__init__()
        leak = nn.LeakyReLU(0.2)
        def pair(inputs, outputs):
            return nn.Sequential(Spectral((outputs, inputs, 3, 3)), leak, Spectral((outputs, outputs, 3, 3)))
        blocks = []
        for k in range(depth):
            block = nn.Module()
            block.conv1, block.conv2 = pair(base * 2**k, base * 2**(k + 1)), pair(base * 2**(k + 1), base * 2**(k + 1))
            blocks.append(block)
        self.backbone = nn.ModuleList([pair(3, base), leak, *blocks])
        wide = base * 2**depth
        self.head = Spectral((1, wide, 3, 3))
        self.ctx_proj = nn.Sequential(Spectral((wide, context)), leak, Spectral((wide, wide)))

    def iterate(self):
        for module in self.modules():
            if isinstance(module, Spectral):
                module.iterate()

    def forward(self, images, context):
        x = F.leaky_relu(self.backbone[0](images), 0.2)
        for block in self.backbone[2:]:
            x = F.leaky_relu(block.conv1(x), 0.2)
            x = F.avg_pool2d(F.leaky_relu(block.conv2(x), 0.2), 2)
        agreement = (x.mean((2, 3)) * self.ctx_proj(context)).sum(1)
        return self.head(x) + agreement[:, None, None, None]
