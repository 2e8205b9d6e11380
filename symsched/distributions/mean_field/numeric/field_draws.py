"""Exact draws of the collective field from its density."""

import numpy as np
from numpy.polynomial import chebyshev as series

from symsched.algebra.arrays import Array
from symsched.distributions.mean_field.numeric.quadratic_field import Density
from symsched.laws.numeric import chebyshev

_NODES = 20  # of the polynomial that stands for a density on one interval
_STEPS = 60  # bisections: more than a float has bits


def draw_fields(density: Density, rng: np.random.Generator, n: int) -> Array:
    """Return n draws from the density of a single path, by inversion of its cdf; the cdf's error is below 1e-13."""
    edges, values, cumulative = _panels(density)
    target = rng.random(n) * cumulative[-1]
    panel = np.clip(np.searchsorted(cumulative, target, side="right") - 1, 0, len(edges) - 1)
    coefficients = series.chebint((values @ chebyshev.coefficients(_NODES)).T, lbnd=-1)
    half = (edges[panel, 1] - edges[panel, 0]) / 2
    local = coefficients[:, panel]
    wanted = (target - cumulative[panel]) / half
    slope = series.chebder(local)
    low, high = np.full(n, -1.0), np.ones(n)
    position = np.zeros(n)
    for _ in range(_STEPS):
        gap = series.chebval(position, local, tensor=False) - wanted
        low, high = np.where(gap < 0, position, low), np.where(gap > 0, position, high)
        steepness = series.chebval(position, slope, tensor=False)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            proposal = position - gap / steepness
        inside = (proposal > low) & (proposal < high)
        moved = np.where(inside, proposal, (low + high) / 2)
        if np.all(np.abs(moved - position) < 1e-14):
            break
        position = moved
    return np.asarray(edges[panel].mean(axis=1) + half * position)


def _panels(density: Density) -> tuple[Array, Array, Array]:
    """Return panel edges (P, 2), the density at each panel's nodes (P, nodes) and the cumulative mass (P+1,)."""
    # Between two points of its rule the density is as smooth as a Gaussian within one standard deviation.
    starts = density.index[:-1][np.diff(density.index) == 1]
    points = starts[:, None] + (1 + chebyshev.nodes(_NODES)) / 2
    values = np.exp(density.exponents(points.ravel())[0] - density.top[0]).reshape(points.shape)
    edges = density.slope.windows.middle[0] + density.slope.spacing * (starts[:, None] + np.arange(2))
    whole = 2 * chebyshev.primitive(_NODES, np.ones(1))[:, 0]
    symmetric = (values + values[:, ::-1]) / 2 @ whole
    cumulative = np.concatenate([[0.0], np.cumsum(symmetric * np.diff(edges, axis=1)[:, 0] / 2)])
    return edges, values, cumulative
