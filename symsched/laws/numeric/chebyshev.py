"""Polynomials on [−1, 1] through their values at Chebyshev nodes, as fixed matrices."""

import functools

import numpy as np
from numpy.polynomial import chebyshev, legendre

from symsched.algebra.arrays import Array, Index


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


@functools.cache
def powers(count: int) -> Array:
    """Return the matrix (count, count) with series @ matrix = coefficients of the powers 1, t, t², …"""
    matrix = np.zeros((count, count))
    for order in range(count):
        matrix[order, : order + 1] = chebyshev.cheb2poly(np.eye(order + 1)[order])
    return _frozen(matrix)


def interpolation(count: int, points: Array) -> Array:
    """Return the matrix (count, len(points)) with values @ matrix = the interpolant at ``points``."""
    return np.asarray(coefficients(count) @ chebyshev.chebvander(points, count - 1).T)


def derivative(count: int, points: Array, order: int) -> Array:
    """Return the matrix (count, len(points)) that takes values to the ``order``-th derivative at ``points``."""
    return np.asarray(coefficients(count) @ chebyshev.chebval(points, chebyshev.chebder(np.eye(count), order)))


def primitive(count: int, points: Array) -> Array:
    """Return the matrix (count, len(points)) that takes values to the integral from 0 to each point."""
    return np.asarray(coefficients(count) @ chebyshev.chebval(points, chebyshev.chebint(np.eye(count))))


@functools.cache
def gauss_legendre(count: int) -> tuple[Array, Array]:
    """Return nodes and weights of the Gauss–Legendre rule on [−1, 1]."""
    points, weights = legendre.leggauss(count)
    return _frozen(points), _frozen(weights)


def polynomials(t: Array, out: Array) -> Array:
    """Return T_0, T_1, … at t in ``out`` (count, …), at least two of them."""
    out[0], out[1] = 1.0, t
    twice = 2 * t
    for k in range(2, out.shape[0]):
        np.multiply(twice, out[k - 1], out=out[k])
        out[k] -= out[k - 2]
    return out


def evaluate_each(values: Array, row: Index, t: Array) -> Array:
    """Return the polynomials with node values (rows, count) at t, the ``row``-th for each point."""
    return clenshaw(values @ coefficients(values.shape[1]), row, t)


def clenshaw(series: Array, row: Index, t: Array) -> Array:
    """Return the Chebyshev series (rows, count) at t in [−1, 1], the ``row``-th for each point."""
    late, later = np.zeros(t.size), np.zeros(t.size)
    twice = 2 * t
    for k in range(series.shape[1] - 1, 0, -1):
        late, later = np.take(series[:, k], row) + twice * late - later, late
    return np.asarray(np.take(series[:, 0], row) + t * late - later)


def _frozen(array: Array) -> Array:
    """Return ``array`` read-only: it is shared by everybody who asks."""
    array.setflags(write=False)
    return array
