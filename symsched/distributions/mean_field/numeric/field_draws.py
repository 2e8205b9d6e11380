"""Exact draws of the collective field from its law on windows."""

from __future__ import annotations

import numpy as np
from numpy.polynomial import chebyshev as series
from numpy.typing import NDArray

from symsched.distributions.mean_field.numeric.field_law import FieldLaw
from symsched.laws.numeric import chebyshev

Array = NDArray[np.float64]

_PANELS = 48
_NODES = 20
_STEPS = 60


def draw_fields(law: FieldLaw, rng: np.random.Generator, n: int) -> Array:
    """Return n draws from the law of a single path, by inversion of its cdf; the cdf's error is below 1e-13."""
    if not np.any(law.windows.half):
        return np.full(n, law.fields[0, 0])
    edges, values, cumulative = _panels(law)
    target = rng.random(n) * cumulative[-1]
    panel = np.clip(np.searchsorted(cumulative, target, side="right") - 1, 0, edges.shape[0] - 1)
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
        density = series.chebval(position, slope, tensor=False)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            proposal = position - gap / density
        inside = (proposal > low) & (proposal < high)
        moved = np.where(inside, proposal, (low + high) / 2)
        if np.all(np.abs(moved - position) < 1e-14):
            break
        position = moved
    return np.asarray(edges[panel].mean(axis=1) + half * position)


def _panels(law: FieldLaw) -> tuple[Array, Array, Array]:
    """Return panel edges (P, 2), the density at each panel's nodes (P, nodes) and the cumulative mass (P+1,)."""
    count = law.fields.shape[1]
    cuts = np.linspace(-1, 1, _PANELS + 1)
    points = (cuts[:-1, None] + np.diff(cuts)[:, None] / 2) + np.diff(cuts)[:, None] / 2 * chebyshev.nodes(_NODES)
    density = np.exp(law.exponent @ chebyshev.interpolation(count, points.ravel()))
    values = density.reshape(law.windows.path.size * _PANELS, _NODES)
    scaled = law.windows.middle[:, None] + law.windows.half[:, None] * cuts
    edges = np.stack([scaled[:, :-1].ravel(), scaled[:, 1:].ravel()], axis=1)
    whole = 2 * chebyshev.primitive(_NODES, np.ones(1))[:, 0]
    symmetric = (values + values[:, ::-1]) / 2 @ whole
    cumulative = np.concatenate([[0.0], np.cumsum(symmetric * np.diff(edges, axis=1)[:, 0] / 2)])
    return edges, values, cumulative
