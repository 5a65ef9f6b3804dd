"""Single operations in PyTorch, by the names and shapes of op_cases.ts; each run reads a number of its result."""
import torch
from torch.nn import functional as F

from formulas import sequence
from modules import Bezier, attend, whiten


def leaf(*shape):
    return sequence(shape).contiguous().requires_grad_()


def small_add():
    """A chain: each sum waits for the one before."""
    one, total = torch.ones(4), torch.zeros(4)

    def run():
        nonlocal total
        total = total + one
        return total

    return run


def forward(work, *inputs):
    inputs = [x.detach() for x in inputs]
    return lambda: work(*inputs).sum().item()


def both(work, *inputs):
    def run():
        for x in inputs:
            x.grad = None
        value = work(*inputs).square().mean()
        value.backward()
        return sum(x.grad.sum().item() for x in inputs)

    return run


def adam():
    weights = [leaf(64, 256) for _ in range(64)]
    for weight in weights:
        weight.grad = sequence(weight.shape, 0.2)
    optimizer = torch.optim.AdamW(weights, lr=1e-4)

    def run():
        optimizer.step()
        return weights[-1][0, 0].item()

    return run


CASES = {
    "add of 4 numbers": small_add,
    "product 512x512x512": lambda: forward(torch.matmul, leaf(512, 512), leaf(512, 512)),
    "convolution 3x3": lambda: forward(lambda x, w: F.conv2d(x, w, padding=1), leaf(8, 32, 32, 32), leaf(64, 32, 3, 3)),
    "convolution 3x3, gradients": lambda: both(lambda x, w: F.conv2d(x, w, padding=1), leaf(8, 32, 32, 32), leaf(64, 32, 3, 3)),
    "dilated convolution 5x5, gradients": lambda: both(
        lambda x, w: F.conv2d(x, w, padding=4, dilation=2), leaf(2, 32, 32, 32), leaf(160, 32, 5, 5)),
    "transposed convolution 16x16, gradients": lambda: both(
        lambda x, w: F.conv_transpose2d(x, w, stride=2, padding=7), leaf(2, 32, 16, 16), leaf(32, 160, 16, 16)),
    "Bezier activation, gradient": lambda: both(Bezier(True), leaf(2, 160, 64, 64)),
    "group norm, modulated, gradients": lambda: both(
        lambda x, g, b: whiten(x, 32) * (1 + g) + b, leaf(2, 32, 32, 32), leaf(2, 32, 32, 32), leaf(2, 32, 32, 32)),
    "layer norm, gradients": lambda: both(
        lambda x, w, b: F.layer_norm(x, (256,), w, b), leaf(8, 64, 256), leaf(256), leaf(256)),
    "attention, gradients": lambda: both(attend, leaf(8, 4, 64, 32), leaf(8, 4, 64, 32), leaf(8, 4, 64, 32)),
    "lookup of 64 rows of 1000, gradient": lambda: both(
        lambda table: F.embedding(torch.arange(64) * 15, table), leaf(1000, 256)),
    "AdamW, 64 weights of 16384 numbers": adam,
}
