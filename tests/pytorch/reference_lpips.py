"""LPIPS of two small pictures with weights by formula, as JSON: python3 tests/pytorch/reference_lpips.py (needs torch)."""
import torch
from torch.nn import functional as F

from formulas import digits, printed, sequence, summary

torch.set_default_dtype(torch.float64)

BLOCKS = [[(0, 3, 64), (2, 64, 64)], [(5, 64, 128), (7, 128, 128)],
          [(10, 128, 256), (12, 256, 256), (14, 256, 256)], [(17, 256, 512), (19, 512, 512), (21, 512, 512)],
          [(24, 512, 512), (26, 512, 512), (28, 512, 512)]]


def features(x):
    x = (x - torch.tensor([-.030, -.088, -.188])[:, None, None]) / torch.tensor([.458, .448, .450])[:, None, None]
    found = []
    for block, convolutions in enumerate(BLOCKS):
        if block > 0:
            x = F.max_pool2d(x, 2)
        for index, inputs, outputs in convolutions:
            scale = (3 / (9 * inputs))**0.5
            weight = sequence((outputs, inputs, 3, 3), 1.7, index, scale)
            x = F.relu(F.conv2d(x, weight, sequence((outputs,), 0.7, index, 0.05), padding=1))
        found.append(x / ((x**2).sum(1, keepdim=True).sqrt() + 1e-10))
    return found


def distance(x, y):
    total = 0
    for block, (a, b) in enumerate(zip(features(x), features(y))):
        head = sequence((1, a.shape[1], 1, 1), 0.3, block, 0.5) + 0.5
        total = total + ((a - b)**2 * head).sum(1).mean((1, 2))
    return total.mean()


images = sequence((2, 3, 19, 16), 0.31, 0.5, 0.9).requires_grad_()
value = distance(images, sequence((2, 3, 19, 16), 0.23, 0.9, 0.8))
value.backward()
print(printed({"value": digits(value.detach()), "gradient": summary(images.grad)}))
