"""Runs without any d-dimensional array: only the order parameters, from the law of the sums that they need.

Affine paths need two sums of the noise only, or a few projections. Maps of exchangeable models need the number of
coordinates in each bin, which is multinomial, and their moments inside the bins.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from scipy import special

from symsched.distributions.gaussian_modes.affine import integrate_projections
from symsched.distributions.gaussian_modes.model import DirectionModel
from symsched.distributions.mean_field.numeric.model import AbstractMeanFieldModel
from symsched.distributions.product.affine import integrate_sums, is_affine
from symsched.distributions.product.model import ProductModel
from symsched.models.base import AbstractModel
from symsched.models.noise import Blocks
from symsched.models.one_map.bins import MOMENTS, Bins
from symsched.models.one_map.cells import Cells
from symsched.models.one_map.scalar_map import carry, end_powers, integrate_map
from symsched.models.recording import BlockResult, Recording, Workspace
from symsched.schedules.plan import Plan

Array = NDArray[np.float64]

COUNTED_FROM = 20_000
"""Dimension from which coordinates are counted in bins rather than drawn."""
_ROWS_AS_IF = 1 << 14
_BINS = Bins(512, 9.5)


def order_blocks(seed: int, n: int, d: int) -> Blocks:
    """Return the grouping of rows, the same for every d from COUNTED_FROM on."""
    return Blocks(seed, n, min(d, _ROWS_AS_IF))


def integrate_orders(
    model: AbstractModel, plan: Plan, generator: np.random.Generator, rows: int, record: Recording
) -> BlockResult:
    """Return a block of ``rows`` paths without samples."""
    if isinstance(model, DirectionModel):
        return integrate_projections(model, plan, generator, rows, record)
    if isinstance(model, ProductModel) and is_affine(model):
        return integrate_sums(model, plan, generator, rows, record)
    if isinstance(model, ProductModel | AbstractMeanFieldModel):
        if model.d < COUNTED_FROM:
            return integrate_map(model, plan, Workspace(generator, np.empty((rows, model.d)), record, keep=False))
        return counted_map(model, plan, generator, rows, record)
    raise TypeError(f"the order parameters of a {type(model).__name__} have no known law; use method='full'")


def counted_map(
    model: ProductModel | AbstractMeanFieldModel,
    plan: Plan,
    generator: np.random.Generator,
    rows: int,
    record: Recording,
) -> BlockResult:
    """Scalar maps of an exchangeable model whose coordinates are counted in bins."""
    moments = _draw_moments(generator, rows, model.d)
    nobody, amplitude = np.empty(0, dtype=np.intp), float(plan.alpha[0])
    cells, track, error = carry(
        model, plan, lambda: Cells.start(_BINS, np.empty((rows, 0)), moments, nobody, amplitude), record
    )
    return track.finish(None, end_powers(cells), error)


def _draw_moments(generator: np.random.Generator, rows: int, d: int) -> Array:
    """Return moments of d normal coordinates in the bins, (rows, bins, 4).

    Counts are multinomial. Given its count, a bin's first moment has the mean and variance of the normal law in the
    bin; the third follows it by regression, the second is at its mean: their fluctuations enter with the bin's width
    squared.
    """
    probability, first, second, third = _bin_law()
    # The rarest bins first: the last ones get what is left, and their probability is not a difference of nearly equals.
    order = np.argsort(probability)
    counts = np.empty((rows, _BINS.count))
    counts[:, order] = generator.multinomial(d, probability[order], size=rows)
    variance = second - first**2
    deviation = np.sqrt(counts * variance) * generator.standard_normal(counts.shape)
    moments = np.empty((rows, _BINS.count, MOMENTS))
    moments[:, :, 0] = counts
    moments[:, :, 1] = counts * first + deviation
    moments[:, :, 2] = counts * second
    # cov(t, t³)/var t = (1/80)/(1/12) for a nearly uniform place t in the bin.
    moments[:, :, 3] = counts * third + 0.15 * deviation
    return moments


@functools.cache
def _bin_law() -> tuple[Array, Array, Array, Array]:
    """Return each bin's probability and the first three moments of the place in it, under the normal law."""
    points, rule = np.polynomial.legendre.leggauss(12)
    place = points / 2
    middle = (np.arange(_BINS.count) + 0.5 - _BINS.count / 2) * _BINS.width
    z = middle[:, None] + place * _BINS.width
    density = rule / 2 * np.exp((middle[:, None] - z) * (middle[:, None] + z) / 2)
    mass = density.sum(axis=1)
    moments = [(density * place**power).sum(axis=1) / mass for power in (1, 2, 3)]
    edges = (np.arange(_BINS.count + 1) - _BINS.count / 2) * _BINS.width
    half = np.diff(special.ndtr(edges[: _BINS.count // 2 + 1]))
    probability = np.concatenate([half, half[::-1]])
    return probability / probability.sum(), moments[0], moments[1], moments[2]
