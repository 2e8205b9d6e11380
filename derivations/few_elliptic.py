"""Zolotarev's rational functions for widths in [σ_0, σ_1], by elliptic functions: errors, nodes, values."""

from functools import cache

import mpmath
import sympy as sp

LOW, HIGH = 0.3, 1.0
DIGITS = 40


def exactly(number):
    return sp.Float(mpmath.nstr(number, DIGITS - 5), DIGITS)


@cache
def stretched(order, low=LOW, high=HIGH):
    """M and λ of the transformation of this order: K(λ')/K'(λ') is K(k')/K'(k') divided by it."""
    with mpmath.workdps(DIGITS):
        k = mpmath.mpf(low) / high
        quarter, other = mpmath.ellipk(1 - k**2), mpmath.ellipk(k**2)
        nome = mpmath.exp(-order * mpmath.pi * other / quarter)
        lam = (mpmath.jtheta(4, 0, nome) / mpmath.jtheta(3, 0, nome)) ** 2
        return order * mpmath.ellipk(1 - lam**2) / quarter, lam


def worst(count, low=LOW, high=HIGH, order=None):
    """The least worst relative error of widths: E."""
    lam = stretched(order or 2 * count + 1, low, high)[1]
    return float((1 - lam) / (1 + lam))


@cache
def _cs(j, count):
    with mpmath.workdps(DIGITS):
        complement = 1 - (mpmath.mpf(LOW) / HIGH) ** 2
        u = 2 * j * mpmath.ellipk(complement) / (2 * count + 1)
        return mpmath.ellipfun("cn", u, m=complement) / mpmath.ellipfun("sn", u, m=complement)


def node(j, count):
    """ψ_j: r has its pole at v = −1/ψ_j²."""
    return float(_cs(count + 1 - j, count) / LOW)


def best_width(square, count):
    """r(x²) but for a factor."""
    k = mpmath.mpf(LOW) / HIGH
    return mpmath.fprod(
        (square + _cs(j, count) ** 2) / (square + (k / _cs(j, count)) ** 2) for j in range(1, count + 1)
    )


def scaled(square, count):
    """The best width of σ² = ``square``: its largest and smallest part of σ are 1 ± E."""
    with mpmath.workdps(DIGITS):
        return HIGH * (1 - worst(count)) * best_width(mpmath.mpf(square) / HIGH**2, count) / best_width(1, count)
