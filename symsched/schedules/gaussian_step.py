"""The step that is exact for a Gaussian coordinate of known variance, whatever its mean: derived, then compiled."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import sympy as sp

from symsched.algebra.arrays import Array
from symsched.algebra.codegen import Compiled, compiled, number
from symsched.laws import AbstractLaw

_SAME = 1e-9
"""Relative difference of variances that are the same: some are quadratures."""

_alpha, _beta, _alpha_next, _beta_next, _v = _GIVEN = sp.symbols("alpha beta alpha' beta' v", positive=True)


def gaussian_step(alpha: Array, beta: Array, variance: float) -> tuple[Array, Array]:
    """Return A and B, (N,) each, of x' = A x + B D that takes β m + S z to β' m + S' z for all m, S² = α² + β² v.

    The path of a coordinate N(m, v) has D = m + (β v/S) z on it, so that A β + B = β' and A S + B β v/S = S' are two
    conditions for two coefficients. With v = 0 this is Euler in x/α.
    Source: the probability flow of a Gaussian, Song et al., arXiv 2011.13456.
    """
    drift = beta[1:] - alpha[1:] / alpha[:-1] * beta[:-1]
    if variance == 0:
        return alpha[1:] / alpha[:-1], drift
    state, share = _coefficients()
    given = (alpha[:-1], beta[:-1], alpha[1:], beta[1:], np.full(drift.shape, variance))
    return state(*given), drift * share(*given)


@lru_cache(maxsize=1)
def _coefficients() -> tuple[Compiled, Compiled]:
    """Return A, and B in units of Euler's β' − (α'/α) β, as functions without a difference that would cancel."""
    A, B, now, following = sp.symbols("A B S S'", positive=True)
    solved = sp.solve([A * _beta + B - _beta_next, A * now + B * _beta * _v / now - following], [A, B], dict=True)[0]
    squares = {now**2: _alpha**2 + _beta**2 * _v, following**2: _alpha_next**2 + _beta_next**2 * _v}
    roots = {now: sp.sqrt(squares[now**2]), following: sp.sqrt(squares[following**2])}
    euler = _beta_next - _alpha_next / _alpha * _beta

    def without_difference(coefficient: sp.Expr, conjugate: sp.Expr) -> sp.Expr:
        """Multiply by the conjugate of the numerator, so that only squares of S and S' are left, and divide by it."""
        above, below = sp.fraction(sp.together(coefficient * conjugate))
        return sp.cancel(sp.expand(above).subs(squares) / sp.expand(below).subs(squares)) / conjugate

    state = without_difference(solved[A], now * following + _beta * _beta_next * _v)
    share = now * without_difference(solved[B] / now / euler, now * _beta_next + _beta * following)
    first, second = (compiled(part.subs(roots), _GIVEN, "a Gaussian step") for part in (state, share))
    return first, second


def shared_variance(sites: Sequence[AbstractLaw]) -> float:
    """Return the variance of a coordinate in every mode; ValueError where modes differ in it."""
    values = [number(law.cumulants(2)[1], "the variance of a coordinate") for law in sites]
    if max(values) - min(values) > _SAME * max(values):
        shown = ", ".join(f"{value:.6g}" for value in values)
        raise ValueError(
            f"scheme='gaussian' needs one variance of a coordinate, and the modes have {shown}; use scheme='canonical'"
        )
    return values[0]
