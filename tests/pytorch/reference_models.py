"""Outputs and gradients of every network under both variants, as JSON: python3 tests/pytorch/reference_models.py (needs torch)."""
import torch

from formulas import fill, gradients, printed, sequence, shapes, summary
from modules import FluxCompressor, FluxExpander
from transformers import BertTextEncoder, FluxFlowProcessor, PatchDiscriminator

torch.set_default_dtype(torch.float64)


def weighed(*outputs):
    """A loss that every number of the outputs takes part in, each with a weight of its own."""
    return sum((y * sequence(y.shape, 0.53, 0.1 * k)).sum() for k, y in enumerate(outputs))


def case(module, prefix, run, inputs=()):
    fill(module)
    for x in inputs:
        x.requires_grad_()
    outputs = run(module)
    weighed(*outputs).backward()
    return {
        "outputs": [summary(y) for y in outputs],
        "gradients": gradients(module, prefix),
        "inputs": [summary(x.grad) for x in inputs],
        "shapes": shapes(module, prefix),
    }


def compressor(line):
    images, noise = sequence((2, 3, 8, 8), 0.31, 0.5, 0.5), sequence((2, 16, 2, 2), 0.17, 1)
    model = FluxCompressor(line, 16, 2, 8, 2, 8)
    return case(model, "compressor", lambda m: m(images, noise), [images])


def expander(spade):
    tokens = sequence((2, 4, 16))
    model = FluxExpander(16, 1, 16, 5, 2, 96, 128)
    return case(model, "expander", lambda m: [m(tokens, 2, 2, spade)], [tokens])


def flow(line):
    tokens, text = sequence((2, 6, 8)), sequence((2, 12))
    time = torch.tensor([250.0, 3.0] if line else [0.25, 0.003])
    model = FluxFlowProcessor(line, 16, 8, 12, 2, 2)
    return case(model, "flow_processor", lambda m: [m(tokens, 2, 3, text, time)], [tokens, text])


def text(line):
    ids = torch.tensor([[3, 7, 1, 0, 0], [5, 2, 9, 4, 1]])
    mask = torch.tensor([[1.0, 1, 1, 0, 0], [1, 1, 1, 1, 1]])
    model = BertTextEncoder(line, 32, 12, 2, 3, 24, 8, 6, 10)
    return case(model, "text_encoder", lambda m: [m(ids, mask)])


def discriminator():
    images, context = sequence((2, 3, 8, 8)), sequence((2, 8))
    model = fill(PatchDiscriminator(4, 2, 8))
    for _ in range(3):
        model.iterate()
    return case(model, "discriminator", lambda m: [m(images, context)], [images, context])


def counts():
    """Parameters at FluxFlow's own sizes, counted without memory."""
    with torch.device("meta"):
        models = {
            "compressor": FluxCompressor(False, 128, 4, 8, 4, 8),
            "expander": FluxExpander(128, 4, 16, 5, 2, 96, 128),
            "flow_processor": FluxFlowProcessor(False, 128, 128, 1024, 8, 10),
            "text_encoder": BertTextEncoder(False, 30522, 768, 6, 12, 3072, 512, 512, 1024),
            "discriminator": PatchDiscriminator(64, 4, 128),
        }
        return {name: sum(p.numel() for p in model.parameters()) for name, model in models.items()}


print(printed({
    "note": "float64; weights, inputs and the loss by the formulas of tests/pytorch",
    "cases": {
        "FluxCompressor of fluxflow": compressor(False),
        "FluxCompressor of fluxline": compressor(True),
        "FluxExpander with SPADE": expander(True),
        "FluxExpander without SPADE": expander(False),
        "FluxFlowProcessor of fluxflow": flow(False),
        "FluxFlowProcessor of fluxline": flow(True),
        "BertTextEncoder of fluxflow": text(False),
        "BertTextEncoder of fluxline": text(True),
        "PatchDiscriminator": discriminator(),
    },
    "counts": counts(),
}))
