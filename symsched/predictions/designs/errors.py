"""What a design is judged by: the worst errors of weights and sites."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from symsched.algebra.arrays import Array
from symsched.laws.numeric import AbstractSite
from symsched.models.order_model import AbstractOrderModel
from symsched.predictions.coordinates import site_statistics
from symsched.predictions.designs.nodes import few_atoms
from symsched.predictions.weights import mode_weights
from symsched.schedules.plan import Plan

DIMENSIONS = (1e2, 1e3, 1e4, 1e6, 1e8, 1e12)
"""Where a design's errors at finite d are looked at."""
FAR = (1e8, 1e12)
"""What is predicted of a design that was searched for: the errors there have no more of d in them."""
LEAST = 1e4
"""The d from which a design is made to hold."""
WEIGHT, WIDTH = 0.01, 0.05
"""Errors that count as one in what a search minimises."""


@final
@dataclass(frozen=True)
class Errors:
    """The worst error of a mode's ``weight``, and the worst Wasserstein-2 distance of a site over its deviation.

    Of sites with few atoms the latter is Wasserstein-1, the square being a probability there, or what mean and
    deviation miss: ``missed_moments``.
    """

    weight: float
    width: float

    def __iter__(self) -> Iterator[float]:
        """Unpack as (weight, width)."""
        return iter((self.weight, self.width))

    @property
    def worst(self) -> float:
        """The larger of both in units of 1 % and 5 %."""
        return max(self.weight / WEIGHT, self.width / WIDTH)


def moment_errors(model: AbstractOrderModel, plan: Plan) -> Errors:
    """Return the worst errors over the modes that weights, and mean and deviation of a coordinate over all paths, show.

    A site's is ``missed_moments``.
    """
    weight = float(np.max(np.abs(mode_weights(model, plan)[0] - model.weights))) if len(model.sites) > 1 else 0.0
    width = 0.0
    for site, (mean, variance) in zip(model.sites, site_statistics(model, plan), strict=True):
        off = mean.values - (0.0 if model.centred else site.mean)
        masses = mean.masses / mean.masses.sum()
        width = max(width, missed_moments(site, off, masses, math.sqrt(max(variance.mean, 0.0))))
    return Errors(weight, width)


def missed_moments(site: AbstractSite, off: Array, masses: Array, deviation: float) -> float:
    """Return √(E (mean − m)² + (deviation − σ)²)/σ over paths whose means are ``off`` (P,) by the site's.

    For normal coordinates it is Wasserstein-2. Of a site with few atoms E |mean − m| stands for the root of the mean
    square: a path that no mode has, at a distance h from its own, counts as h/σ of its probability, as in
    Wasserstein-1, and not as h/σ of the root of it. Of spins whose wells are 36 deviations apart 6 paths in 10⁵ would
    else count as 0.14, while they change neither weights nor the law of a coordinate by more than themselves.
    """
    missed = float(masses @ np.abs(off)) ** 2 if few_atoms(site) else float(masses @ off**2)
    return math.sqrt(missed + (deviation - math.sqrt(site.variance)) ** 2) / (math.sqrt(site.variance) or 1.0)


def usual_weights(model: AbstractOrderModel) -> list[Array]:
    """Return the weights of the modes as they are, reversed and equal, each once."""
    own = model.weights
    tables = [own, own[::-1], np.full(len(own), 1 / len(own))]
    return [table for k, table in enumerate(tables) if not any(np.allclose(table, other) for other in tables[:k])]
