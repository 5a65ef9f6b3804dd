"""Values and gradients of the losses and of whole training turns, as JSON: python3 tests/pytorch/reference_losses.py (needs torch)."""
import torch
from torch.nn import functional as F

from formulas import digits, fill, gradients, printed, sequence, summary
from losses import colour, contrast, counted_histogram, frequency, kl, soft_histogram
from modules import FluxCompressor, FluxExpander
from transformers import PatchDiscriminator

torch.set_default_dtype(torch.float64)


def d_hinge(real, fake):
    return F.relu(1 - real.mean((1, 2, 3))).mean() + F.relu(1 + fake.mean((1, 2, 3))).mean()


def scalar_case(loss, x):
    x.requires_grad_()
    value = loss(x)
    value.backward()
    return {"value": digits(value), "gradient": summary(x.grad)}


def losses():
    y = sequence((2, 3, 8, 8), 0.13, 0.9, 0.7)
    def of(loss):
        return scalar_case(lambda x: loss(x, y), sequence((2, 3, 8, 8), 0.11, 0.2, 1.1))
    return {
        "frequencyWeightedError": of(frequency),
        "meanSquaredError": of(F.mse_loss),
        "smoothL1": of(lambda x, y: F.smooth_l1_loss(3 * x, y)),
        "colourStatisticsLoss": of(colour),
        "contrastLoss": of(contrast),
        "histogramLoss": of(soft_histogram),
        "klDivergence": of(lambda x, y: kl(x, y, 0.1)),
    }


def turn_of_discriminator(line):
    """One turn with the penalty: the norms move once, under fluxflow once more between the passes."""
    images, fakes = sequence((2, 3, 8, 8)), sequence((2, 3, 8, 8), 0.23, 0.1)
    context = sequence((2, 8))
    model = fill(PatchDiscriminator(4, 2, 8))
    for _ in range(3):
        model.iterate()
    images.requires_grad_()
    real = model(images, context)
    slope, = torch.autograd.grad(real.mean((1, 2, 3)).sum(), images, create_graph=True)
    penalty = (slope**2).sum((1, 2, 3)).mean()
    if not line:
        model.iterate()
    hinge = d_hinge(real, model(fakes, context))
    (hinge + 2.5 * penalty).backward()
    return {"hinge": digits(hinge), "penalty": digits(penalty), "gradients": gradients(model, "discriminator")}


def turn_of_vae(line, reconstructs, windows=None):
    """One loss of compressor and expander with everything switched on but LPIPS; `windows`: signed values of earlier batches."""
    images, noise = sequence((2, 3, 8, 8), 0.31, 0.5, 0.5), sequence((2, 16, 2, 2), 0.17, 1)
    compressor = fill(FluxCompressor(line, 16, 2, 8, 1, 2))
    expander = fill(FluxExpander(16, 2, 4, 3, 1, 16, 8))
    judge = fill(PatchDiscriminator(4, 2, 16))
    for _ in range(3):
        judge.iterate()
    tokens, mu, logvar = compressor(images, noise)
    decoded = expander(tokens, 2, 2, True)
    divergence = kl(mu, logvar, 0)
    if line:  # sharedPicture
        verdict = -judge(decoded, tokens.detach().mean(1)).mean()
    else:
        held = tokens.detach() if reconstructs else tokens
        verdict = -judge(expander(held, 2, 2, True), held.mean(1)).mean()
    values = {"kl": divergence, "gan": 0.5 * verdict}
    if reconstructs:
        values["recon"] = frequency(decoded, images) + 0.1 * F.mse_loss(decoded, images)
    weights = dict.fromkeys(values, 1.0)
    if windows:
        averages = {name: (sum(windows[name]) + float(value)) / (len(windows[name]) + 1)
                    for name, value in values.items()}
        above = [average for average in averages.values() if average > 0]
        weights = {name: sum(above) / len(above) / (average + 1e-8) for name, average in averages.items()}
    total = sum(weights[name] * (1e-3 if name == "kl" else 1) * value for name, value in values.items())
    if reconstructs:
        histogram = soft_histogram if line else lambda x, y: counted_histogram(x.detach(), y)
        total = total + 0.05 * colour(decoded, images) + 0.02 * histogram(decoded, images) + 0.1 * contrast(decoded, images)
    total.backward()
    found = {**gradients(compressor, "compressor"), **gradients(expander, "expander")}
    return {"total": digits(total), "weights": {k: digits(w) for k, w in weights.items()}, "gradients": found}


WINDOWS = {"recon": [0.3, 0.5], "kl": [1.2, 0.9], "gan": [-0.9, -0.8]}

print(printed({
    "note": "float64; weights, inputs and windows by the formulas of tests/pytorch",
    "losses": losses(),
    "turns": {
        "discriminator of fluxline": turn_of_discriminator(True),
        "discriminator of fluxflow": turn_of_discriminator(False),
        "VAE of fluxline": turn_of_vae(True, True),
        "VAE of fluxflow": turn_of_vae(False, True),
        "VAE of fluxflow, balanced": turn_of_vae(False, True, WINDOWS),
        "GAN-only step of fluxline": turn_of_vae(True, False),
        "GAN-only step of fluxflow": turn_of_vae(False, False),
    },
}))
