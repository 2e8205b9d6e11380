"""One model per family of methods, and the dilated plan they are timed on."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from symsched.distributions.gaussian_modes.model import DirectionModel
from symsched.distributions.mean_field.numeric.model import MeanFieldModel
from symsched.distributions.product.model import ProductModel
from symsched.laws.numeric import AtomSite, GaussianSite
from symsched.models.base import AbstractModel
from symsched.schedules.plan import Plan
from symsched.schedules.schemes import canonical


def gaussian_modes(d: int) -> AbstractModel:
    """Return the paper's Gaussian mixture with p = 4/5, m = 1, σ = 1/2."""
    return ProductModel(d, np.array([0.8, 0.2]), (GaussianSite(1.0, 0.25), GaussianSite(-1.0, 0.25)))


def directions(d: int) -> AbstractModel:
    """Return three Gaussian modes in three directions."""
    centres = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.3, 1.0]])
    return DirectionModel(d, np.array([0.5, 0.3, 0.2]), centres, 0.5)


def exchangeable(d: int) -> AbstractModel:
    """Return a mixture of two biased product laws of spins."""
    up, down = (AtomSite(np.array([-1.0, 1.0]), np.array(weights)) for weights in ([0.02, 0.98], [0.98, 0.02]))
    return ProductModel(d, np.array([0.8, 0.2]), (up, down))


def curie_weiss(d: int) -> AbstractModel:
    """Return Curie–Weiss at β = 2, h = log 2."""
    spin = AtomSite(np.array([-1.0, 1.0]), np.array([0.5, 0.5]))
    return MeanFieldModel(d, spin, coupling=2.0, tilt=math.log(2), boundaries=(0.0,))


FAMILIES: dict[str, Callable[[int], AbstractModel]] = {
    "Gaussian modes": gaussian_modes,
    "directions": directions,
    "exchangeable mixture": exchangeable,
    "Curie–Weiss": curie_weiss,
}


def dilated_plan(d: int, steps: int, kappa: float = 3.0) -> Plan:
    """Return the dilated VP schedule, linear interpolant, on uniform steps (arXiv 2501.00988)."""
    times = np.linspace(0.0, 1.0, steps + 1)
    window = kappa / math.sqrt(d)
    tau = np.where(times <= 0.5, 2 * window * times, window + (1 - window) * (2 * times - 1))
    return canonical(times, 1 - tau, tau)
