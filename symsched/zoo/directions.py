"""Gaussian modes whose means point in general directions."""

from __future__ import annotations

import sympy as sp

from symsched.distributions.gaussian_modes.modes import GaussianModes
from symsched.zoo.entry import Entry, Settings

_ONE = sp.S.One
_HALF = _ONE / 2
_THIRD = _ONE / 3


def gaussian_triangle(
    first: sp.Expr = _HALF, second: sp.Expr = _ONE * 3 / 10, radius: sp.Expr = _ONE, sigma: sp.Expr = _HALF
) -> GaussianModes:
    """Return three Gaussians at the corners of an equilateral triangle, with weights first, second and the rest."""
    first, second, square = sp.S(first), sp.S(second), sp.S(radius) ** 2
    near = -square / 2
    gram = [[square if k == j else near for j in range(3)] for k in range(3)]
    return GaussianModes([first, second, 1 - first - second], gram, sigma)


def gaussian_line(
    outer: sp.Expr = _THIRD, inner: sp.Expr = _THIRD, reach: sp.Expr = _ONE, sigma: sp.Expr = _HALF
) -> GaussianModes:
    """Return three Gaussians at −reach, 0 and +reach on one line, with weights outer, inner and the rest."""
    outer, inner, square = sp.S(outer), sp.S(inner), sp.S(reach) ** 2
    places = (-1, 0, 1)
    gram = [[square * k * j for j in places] for k in places]
    return GaussianModes([outer, inner, 1 - outer - inner], gram, sigma)


def gaussian_simplex(modes: sp.Expr = _ONE * 4, sigma: sp.Expr = _HALF) -> GaussianModes:
    """Return K Gaussians of equal weight with orthogonal means of length √d."""
    count = sp.S(modes)
    if not (count.is_Integer and 2 <= count <= 12):
        raise ValueError(f"modes must be a whole number from 2 to 12, got {count}")
    return GaussianModes([1 / count] * int(count), sp.eye(int(count)), sigma)


_GROUP = "General directions"

DIRECTIONS = (
    Entry(
        "gaussian-triangle",
        "Three Gaussians in a triangle with unequal weights: two order parameters",
        gaussian_triangle,
        _GROUP,
    ),
    Entry(
        "gaussian-line",
        "Three Gaussians on a line, whose Gram matrix is singular: one order parameter",
        gaussian_line,
        _GROUP,
    ),
    Entry(
        "gaussian-simplex",
        "Four Gaussians of equal weight with orthogonal means: four order parameters",
        gaussian_simplex,
        _GROUP,
        Settings(interpolant="ve"),
    ),
)
