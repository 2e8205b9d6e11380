"""Plans and models that the tests of the samplers share."""

import numpy as np

from symsched.distributions.mean_field.numeric.model import MeanFieldModel
from symsched.distributions.product.model import ProductModel
from symsched.laws.numeric import AtomSite, GaussianSite
from symsched.schedules.schemes import canonical, euler

SPIN = AtomSite([-1.0, 1.0], [0.5, 0.5])


def dilated(d, steps, kappa=3.0):
    """The dilated VP schedule with linear interpolant."""
    t = np.linspace(0, 1, steps + 1)
    window = kappa / np.sqrt(d)
    tau = np.where(t <= 0.5, 2 * window * t, window + (1 - window) * (2 * t - 1))
    return canonical(t, 1 - tau, tau)


def plain(steps):
    """The plain VP schedule with linear interpolant."""
    t = np.linspace(0, 1, steps + 1)
    return canonical(t, 1 - t, t)


def trigonometric(d, steps, kappa=3.0):
    """Euler in x on the dilated trigonometric VP interpolant."""
    t = np.linspace(0, 1, steps + 1)
    window = kappa / np.sqrt(d)
    tau = np.where(t <= 0.5, 2 * window * t, window + (1 - window) * (2 * t - 1))
    rate = np.where(t < 0.5, 2 * window, 2 * (1 - window))[:-1]
    alpha, step = np.sqrt((1 - tau) * (1 + tau)), np.diff(t)
    slope = -tau[:-1] / alpha[:-1] * rate
    return euler(t, alpha, tau, alpha[:-1] + step * slope, tau[:-1] + step * rate)


def variance_exploding(d, steps, kappa=3.0):
    """The dilated VE schedule with linear interpolant."""
    t = np.linspace(0, 1, steps + 1)
    late = kappa / np.sqrt(d)
    rest = np.where(t <= 0.5, 1 - (1 - late) * 2 * t, late * (2 - 2 * t))
    return canonical(t, np.sqrt(d) * rest, 1 - rest)


def spins(d, coupling=2.0, boundaries=(0.0,)):
    return MeanFieldModel(d, SPIN, coupling, tilt=np.log(2), boundaries=boundaries)


def biased(d, bias=0.9):
    low, high = (1 - bias) / 2, (1 + bias) / 2
    return ProductModel(d, [0.8, 0.2], (AtomSite([-1, 1], [low, high]), AtomSite([-1, 1], [high, low])))


def three_modes(d):
    sites = (AtomSite([-1.0, 0.3, 2.0], [0.5, 0.3, 0.2]), GaussianSite(0.1, 0.5), AtomSite([0.0, 1.0], [0.3, 0.7]))
    return ProductModel(d, [0.2, 0.5, 0.3], sites)


def variances(d):
    return ProductModel(d, [0.3, 0.7], (GaussianSite(0.0, 2.25), GaussianSite(0.0, 0.25)))


PLANS = [dilated, trigonometric, variance_exploding, lambda d, steps: plain(steps)]
