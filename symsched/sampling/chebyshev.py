"""Polynomials on [−1, 1] through their values at Chebyshev nodes, as fixed matrices."""

from __future__ import annotations

import functools

import numpy as np
from numpy.polynomial import chebyshev, legendre
from numpy.typing import NDArray

Array = NDArray[np.float64]


@functools.cache
def nodes(count: int) -> Array:
    """Return the ``count`` roots of T_count in increasing order."""
    return _frozen(-np.cos((np.arange(count) + 0.5) * np.pi / count))


@functools.cache
def coefficients(count: int) -> Array:
    """Return the matrix (count, count) with values @ matrix = Chebyshev coefficients."""
    vandermonde = chebyshev.chebvander(nodes(count), count - 1)
    scale = np.full(count, 2.0 / count)
    scale[0] = 1.0 / count
    return _frozen(vandermonde * scale)


def interpolation(count: int, points: Array) -> Array:
    """Return the matrix (count, len(points)) with values @ matrix = the interpolant at ``points``."""
    return np.asarray(coefficients(count) @ chebyshev.chebvander(points, count - 1).T)


def derivative(count: int, points: Array, order: int) -> Array:
    """Return the matrix (count, len(points)) that takes values to the ``order``-th derivative at ``points``."""
    basis = np.eye(count)
    rows = [chebyshev.chebval(points, chebyshev.chebder(basis[k], order)) for k in range(count)]
    return np.asarray(coefficients(count) @ np.array(rows))


def primitive(count: int, points: Array) -> Array:
    """Return the matrix (count, len(points)) that takes values to the integral from 0 to each point."""
    basis = np.eye(count)
    rows = [chebyshev.chebval(points, chebyshev.chebint(basis[k])) for k in range(count)]
    return np.asarray(coefficients(count) @ np.array(rows))


@functools.cache
def gauss_legendre(count: int) -> tuple[Array, Array]:
    """Return nodes and weights of the Gauss–Legendre rule on [−1, 1]."""
    points, weights = legendre.leggauss(count)
    return _frozen(points), _frozen(weights)


def _frozen(array: Array) -> Array:
    """Return ``array`` read-only: it is shared by everybody who asks."""
    array.setflags(write=False)
    return array
