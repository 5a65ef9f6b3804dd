"""FluxFlow's losses of pictures and latents in PyTorch, written from the formulas that lib/losses documents."""
import torch
from torch.nn import functional as F


def box(x):
    return F.avg_pool2d(x, 3, 1, 1)


def frequency(x, y):
    return F.l1_loss(box(x), box(y)) + 0.5 * F.l1_loss(x - box(x), y - box(y))


def colour(x, y):
    axes = (0, 2, 3)
    return ((x.mean(axes) - y.mean(axes))**2 + (x.std(axes) - y.std(axes))**2).mean()


def contrast(x, y):
    axes = (0, 2, 3)
    channels = ((x.std(axes) / y.std(axes) - 1)**2).sum()
    return (channels + F.mse_loss(x.std((1, 2, 3)), y.std((1, 2, 3)))) / 4


def counted_histogram(x, y):
    def distribution(channel):
        counts = torch.histc(channel, 64, -1, 1)
        return (counts / (counts.sum() + 1e-8)).cumsum(0)
    return sum((distribution(x[:, c]) - distribution(y[:, c])).abs().mean() for c in range(3)) / 3


def soft_histogram(x, y):
    """Each value is shared by the two nearest ends of bins; their sums make the distribution function."""
    def distribution(channel):
        place = (channel.clamp(-1, 1).flatten() + 1) * 32
        end = place.detach().floor().clamp(0, 63).long()
        upper = place - end
        shares = place.new_zeros(65).index_add(0, end, 1 - upper).index_add(0, end + 1, upper)
        return shares.cumsum(0)[:64] / len(place)
    return sum((distribution(x[:, c]) - distribution(y[:, c])).abs().mean() for c in range(3)) / 3


def kl(mu, logvar, free_bits):
    return (0.5 * (mu**2 + logvar.exp() - 1 - logvar)).clamp(min=free_bits).mean()
