"""Gaussian modes whose means point in general directions."""

import sympy as sp

from symsched.distributions.gaussian_modes.modes import GaussianModes
from symsched.zoo.entry import Entry, Settings

_ONE = sp.S.One
_HALF = _ONE / 2
_THIRD = _ONE / 3


def gaussian_triangle(
    first: sp.Expr = _HALF, second: sp.Expr = _ONE * 3 / 10, radius: sp.Expr = _ONE, sigma: sp.Expr = _HALF
) -> GaussianModes:
    """Three Gaussians in a triangle with unequal weights: two order parameters.

    The triangle is equilateral, the weights are first, second and the rest.
    """
    gram = [[radius**2 if k == j else -(radius**2) / 2 for j in range(3)] for k in range(3)]
    return GaussianModes([first, second, 1 - first - second], gram, sigma)


def gaussian_line(
    outer: sp.Expr = _THIRD, inner: sp.Expr = _THIRD, reach: sp.Expr = _ONE, sigma: sp.Expr = _HALF
) -> GaussianModes:
    """Three Gaussians on a line, whose Gram matrix is singular: one order parameter.

    They lie at −reach, 0 and +reach, with weights outer, inner and the rest.
    """
    gram = [[reach**2 * k * j for j in (-1, 0, 1)] for k in (-1, 0, 1)]
    return GaussianModes([outer, inner, 1 - outer - inner], gram, sigma)


def gaussian_simplex(modes: sp.Expr = _ONE * 4, sigma: sp.Expr = _HALF) -> GaussianModes:
    """Four Gaussians of equal weight with orthogonal means: four order parameters."""
    if not (modes.is_Integer and 2 <= modes <= 12):
        raise ValueError(f"modes must be a whole number from 2 to 12, got {modes}")
    return GaussianModes([1 / modes] * int(modes), sp.eye(int(modes)), sigma)


_GROUP = "General directions"

DIRECTIONS = (
    Entry(gaussian_triangle, _GROUP),
    Entry(gaussian_line, _GROUP),
    Entry(gaussian_simplex, _GROUP, Settings(interpolant="ve")),
)
