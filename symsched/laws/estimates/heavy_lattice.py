"""Cumulants of masses on integers whose tails are powers: no sum of atoms reaches their moments."""

from collections.abc import Callable

import mpmath as mp
import sympy as sp

from symsched.laws.estimates.quadrature import gauss_nodes
from symsched.laws.log_density import constants_to_floats
from symsched.laws.moments import WORKING_DIGITS, Estimates, scaled_cumulants

_SUMMED = (150, 300)
"""Masses that are summed before the formula takes over: both must give the same."""
_BERNOULLI = (-mp.mpf(1) / 12, mp.mpf(1) / 720, -mp.mpf(1) / 30240)
"""Of the derivatives 1, 3 and 5 in the formula of Euler and Maclaurin."""
_MAX_STEPS = 500
"""Factors e² by which the rest is followed."""


def heavy_cumulants(weight: sp.Expr, index: sp.Symbol, ends: tuple[sp.Expr, sp.Expr], order: int) -> Estimates:
    """Return c_1 … c_order and bounds on their errors: a sum of masses, and Euler–Maclaurin for the rest."""
    with mp.workdps(WORKING_DIGITS):
        function = sp.lambdify(index, constants_to_floats(weight, WORKING_DIGITS), "mpmath")
        rough, fine = (_power_sums(function, ends, count, order) for count in _SUMMED)
        moments = [value / fine[0] for value in fine[1:]]
        errors = [
            (abs(new - old) + abs(fine[0] - rough[0]) * abs(m)) / fine[0]
            for new, old, m in zip(fine[1:], rough[1:], moments, strict=True)
        ]
        return scaled_cumulants(moments, errors, mp.mpf(0), mp.mpf(1), order)


def _power_sums(
    function: Callable[[mp.mpf], mp.mpf], ends: tuple[sp.Expr, sp.Expr], count: int, order: int
) -> list[mp.mpf]:
    """Return Σ k^j mass(k), j = 0 … order."""
    low = int(ends[0]) if ends[0].is_finite else -count
    high = int(ends[1]) if ends[1].is_finite else max(low, 0) + count
    low = high - 2 * count if not ends[0].is_finite and ends[1].is_finite else low
    inner = range(low + (not ends[0].is_finite), high + bool(ends[1].is_finite))
    masses = [(mp.mpf(k), function(mp.mpf(k))) for k in inner]
    totals = [mp.fsum(mass * k**j for k, mass in masses) for j in range(order + 1)]
    for end, start, sign in ((ends[0], low, -1), (ends[1], high, 1)):
        if not end.is_finite:
            rest = _rest(function, mp.mpf(start), sign, order)
            totals = [total + more for total, more in zip(totals, rest, strict=True)]
    return totals


def _rest(function: Callable[[mp.mpf], mp.mpf], start: mp.mpf, sign: int, order: int) -> list[mp.mpf]:
    """Return Σ k^j mass(k) over k = start, start + sign, … to infinity."""
    totals = _integrals(function, start, sign, order)
    # Along the tail, in steps away from the start.
    slopes = [coefficient * sign**n for n, coefficient in enumerate(mp.taylor(function, start, 5))]
    for j in range(order + 1):
        powers = [mp.binomial(j, n) * start ** (j - n) * sign**n if n <= j else mp.mpf(0) for n in range(6)]
        product = [mp.fsum(slopes[i] * powers[n - i] for i in range(n + 1)) for n in range(6)]
        totals[j] += product[0] / 2
        totals[j] += mp.fsum(c * product[n] * mp.factorial(n) for c, n in zip(_BERNOULLI, (1, 3, 5), strict=True))
    return totals


def _integrals(function: Callable[[mp.mpf], mp.mpf], start: mp.mpf, sign: int, order: int) -> list[mp.mpf]:
    """Return the integrals of k^j mass(k) from the start to infinity, in the logarithm of k."""
    totals = [mp.mpf(0)] * (order + 1)
    for step in range(_MAX_STEPS):
        parts = [mp.mpf(0)] * (order + 1)
        for node, weight in gauss_nodes(5):
            place = start + sign * (mp.expm1(2 * step + 1 + node)) * abs(start)
            term = function(place) * weight * mp.exp(2 * step + 1 + node) * abs(start)
            for j in range(order + 1):
                parts[j] += term
                term *= place
        totals = [total + part for total, part in zip(totals, parts, strict=True)]
        if all(
            abs(part) <= mp.mpf(10) ** -WORKING_DIGITS * abs(total) for part, total in zip(parts, totals, strict=True)
        ):
            break
    return totals
