"""Numbers by formula, the same here and in formulas.ts, and how gradients are summed up for comparison."""
import json
import math
import re

import torch


def sequence(shape, step=0.31, start=0.5, scale=1.0):
    count = math.prod(shape)
    return (scale * torch.sin(step * torch.arange(count) + start)).reshape(shape)


def fill(module, prefix=""):
    """0.2 sin(0.7 j + 0.3 (k + 1)) for the k-th parameter by name."""
    with torch.no_grad():
        for k, (_, p) in enumerate(sorted(module.named_parameters())):
            p.copy_(sequence(p.shape, 0.7, 0.3 * (k + 1), 0.2))
    return module


def printed(record):
    """JSON with each list of numbers on one line."""
    text = json.dumps(record, indent=1)
    return re.sub(r"\[\s+([^\[\]{}]*?)\s+\]", lambda found: "[" + re.sub(r"\s+", " ", found[1]) + "]", text)


def digits(value):
    return float(f"{value.item() if isinstance(value, torch.Tensor) else value:.8g}")


def summary(x):
    """Length, and sums under four waves: another tensor of the same length hardly has the same."""
    flat = x.detach().flatten()
    waves = [digits(flat @ sequence(flat.shape, 0.37 * (k + 1), k)) for k in range(4)]
    return {"shape": list(x.shape), "norm": digits(flat.norm()), "waves": waves}


def gradients(module, prefix):
    """By the name in FluxFlow's files; a parameter that the loss does not reach has none."""
    return {f"{prefix}.{name}": summary(p.grad) for name, p in sorted(module.named_parameters()) if p.grad is not None}


def shapes(module, prefix):
    return {f"{prefix}.{name}": list(p.shape) for name, p in sorted(module.named_parameters())}
