"""Maps of exchangeable models without any d-dimensional array: coordinates are counted in bins.

All that the map of a path needs is the number of coordinates in each bin, which is multinomial, and their moments
inside the bins.
"""

import functools
from dataclasses import replace
from functools import partial

import numpy as np
from scipy import special

from symsched.algebra.arrays import Array
from symsched.models.method import Method
from symsched.models.one_map.bins import MOMENTS, Bins
from symsched.models.one_map.cells import Cells
from symsched.models.one_map.drift import AbstractExchangeableModel
from symsched.models.one_map.scalar_map import carry, end_powers, integrate_map
from symsched.models.recording import BlockResult, Workspace
from symsched.schedules.plan import Plan

COUNTED_FROM = 20_000
"""Dimension from which coordinates are counted in bins rather than drawn."""
_BINS = Bins(512, 9.5)  # the normal law beyond 9.5 holds 1e-21


def exchangeable_methods(model: AbstractExchangeableModel, least: int) -> tuple[Method, ...]:
    """Return the methods of a model whose scalar map is worth its overhead from dimension ``least`` on."""
    return (
        Method("order parameter", partial(integrate_counts, model), keeps="statistics", least=COUNTED_FROM),
        Method("scalar map", partial(integrate_map, model), least=least),
    )


def integrate_counts(model: AbstractExchangeableModel, plan: Plan, work: Workspace) -> BlockResult:
    """Return a block of paths without samples; few coordinates are drawn all the same."""
    rows = work.out.shape[0]
    if model.dimension < COUNTED_FROM:
        return integrate_map(model, plan, replace(work, out=np.empty((rows, model.dimension)), keep=False))
    moments = _draw_moments(work.generator, rows, model.dimension)
    nobody, amplitude = np.empty(0, dtype=np.intp), float(plan.alpha[0])
    cells, track, error = carry(
        model, plan, lambda: Cells.start(_BINS, np.empty((rows, 0)), moments, nobody, amplitude), work.recording
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
