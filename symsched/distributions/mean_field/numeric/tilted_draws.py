"""Independent coordinates of a site tilted by e^{ua}, a different u for each row."""

from functools import partial

import numpy as np

from symsched.algebra.arrays import Array
from symsched.laws.numeric import AbstractSite, AtomSite, DensitySite
from symsched.laws.numeric.kernels import kernel


def draw_tilted(site: AbstractSite, fields: Array, rng: np.random.Generator, d: int) -> Array:
    """Return a_ij ~ ρ e^{u_i a}, shape (n, d), for ``fields`` u of shape (n,)."""
    n = fields.size
    if site.gaussian is not None:
        centre, variance = site.gaussian
        return np.asarray(rng.standard_normal((n, d)) * np.sqrt(variance) + (centre + variance * fields)[:, None])
    if isinstance(site, AtomSite):
        return _draw_atoms(site, fields, rng, d)
    if isinstance(site, DensitySite):
        return _draw_density(site, fields, rng, d)
    raise TypeError(f"no exact draws from a tilted {type(site).__name__}; give atoms or a density")


def _draw_atoms(site: AtomSite, fields: Array, rng: np.random.Generator, d: int) -> Array:
    """Invert the tilted cdf row by row."""
    if site.values.size == 2:
        low, high = (float(value) for value in site.values)
        upper = (kernel(site, 0.0).mean(fields) - low) / (high - low)
        return np.where(rng.random((fields.size, d)) < upper[:, None], high, low)
    logits = np.log(site.weights) + fields[:, None] * site.values
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    edges = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)[:, :-1]
    samples = np.empty((fields.size, d))
    for row in range(fields.size):
        samples[row] = site.values[np.searchsorted(edges[row], rng.random(d), side="right")]
    return samples


def _draw_density(site: DensitySite, fields: Array, rng: np.random.Generator, d: int) -> Array:
    """Tabulate the tilted law of each row."""
    samples = np.empty((fields.size, d))
    for row, field in enumerate(fields):
        tilted = DensitySite(partial(_tilted_weight, site, float(field)), site.breakpoints)
        samples[row] = tilted.sample(rng, d)
    return samples


def _tilted_weight(site: DensitySite, field: float, a: Array) -> Array:
    return np.asarray(site.log_weight(a) + field * a)
