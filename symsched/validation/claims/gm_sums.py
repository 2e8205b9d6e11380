"""Paths of the d-dimensional sampler drawn through the two sums that decide them: exact in law, at a cost free of d.

The posterior of a Gaussian mixture of one width sees the noise through Σ z_i and Σ z_i² only, so x_k = s_k z + c_k with
scalars that depend on these sums. Σ z_i = √d ν and Σ z_i² = ν² + χ²_{d−1} are drawn from their exact law; the steps are
those of the sampler at this d, with the exact posterior mean: no limit is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from symsched.distributions.base import AbstractDistribution
from symsched.distributions.product.affine import step_product
from symsched.distributions.product.model import ProductModel
from symsched.models.estimates import Estimate, share
from symsched.models.recording import Recording
from symsched.schedules.plan import Plan

Array = NDArray[np.float64]

_NUMBERS = 1 << 21


@dataclass(frozen=True)
class SumPaths:
    """n paths: ``start`` (n,) is ν_0, ``modes`` (n,) the likeliest mode at the last evaluated node, ``mean`` and
    ``variance`` (n,) over the coordinates at the end (the variance unbiased), ``nodes`` (n, len(nodes)) the mean over
    coordinates at the nodes asked for.
    """

    start: Array
    modes: NDArray[np.intp]
    mean: Array
    variance: Array
    nodes: Array

    def weight(self, mode: int = 0) -> Estimate:
        """Return the share of paths that ended in a mode."""
        return share(self.modes == mode)

    def width(self, mode: int = 0) -> Estimate:
        """Return the root mean variance of the coordinates of the paths that ended in a mode."""
        inside = self.variance[self.modes == mode]
        if len(inside) < 2:
            raise ValueError(
                f"at least two paths must end in mode {mode} to have a width; draw more than {len(self.modes)}"
            )
        width = float(np.sqrt(inside.mean()))
        return Estimate(width, float(inside.std(ddof=1)) / np.sqrt(len(inside)) / (2 * width))


def draw_paths(
    distribution: AbstractDistribution,
    plan: Plan,
    d: int,
    n: int,
    rng: np.random.Generator,
    *,
    nodes: tuple[int, ...] = (),
) -> SumPaths:
    """Return n paths of a mixture of Gaussian product laws of one width at dimension ``d``."""
    model = distribution.model(d)
    if not isinstance(model, ProductModel):
        raise TypeError(f"the sums decide the paths of a mixture of Gaussian product laws, got {type(model).__name__}")
    recording = Recording.of(plan, None, ())
    rows = max(1, _NUMBERS // (plan.steps + 1))
    pieces = []
    for first in range(0, n, rows):
        count = min(rows, n - first)
        start = rng.standard_normal(count)
        squares = start**2 + rng.chisquare(d - 1, count)
        powers = np.stack([np.full(count, float(d)), np.sqrt(d) * start, squares], axis=1)
        scale, shift, track = step_product(model, plan, powers, recording)
        mean = scale * start / np.sqrt(d) + shift
        # The sum of squares about the mean is a chi-square number: no difference of large sums is taken.
        variance = scale**2 * (squares - start**2) / (d - 1)
        seen = np.stack([track.means[k] for k in nodes], axis=1) if nodes else np.empty((count, 0))
        pieces.append((start, track.responsibilities[-1].argmax(axis=1), mean, variance, seen))
    return SumPaths(*(np.concatenate(parts) for parts in zip(*pieces, strict=True)))
