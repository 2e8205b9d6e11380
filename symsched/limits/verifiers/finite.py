"""The interpolant and its posterior means at a finite but huge dimension, in mpmath's digits."""

from collections.abc import Sequence

import mpmath
import numpy as np
import sympy as sp

from symsched.algebra.codegen import number
from symsched.laws import AbstractLaw, AtomLaw
from symsched.schedules.interpolant import Interpolant
from symsched.schedules.window import Window
from symsched.symbols import d, kappa, t, tau

# A Float: roots of an exact number make SymPy factorise it.
HUGE = sp.Float("1e120", 300)
"""The dimension of these numbers: corrections d^(-1/20) are 10^-6 there."""
NEGLECTED = 1e-5
"""What such corrections may leave of a number: a choice, ten of them; what they leave of most is far smaller."""
ROUNDED = 1e-12
"""What numbers that hold at every dimension may differ by: they have 160 digits until they become floats."""
KAPPA = sp.Integer(3)  # the trial value of the window constant
_DIGITS, _KEPT = 320, 160
"""Digits of τ, and of what is left of them where 1 − τ ~ d^(-1/2) at d = 10^240."""
_DENOMINATOR = 5040
"""Exponents of d are multiples of 1/5040: 1/2q for every order q up to 10, among others."""


def amplitudes(
    interpolant: Interpolant, window: Window, at: sp.Expr, dimension: sp.Float = HUGE
) -> tuple[sp.Float, sp.Float]:
    """Return α and ψ at time ``at``: τ(t), evaluated, pushed through the interpolant."""
    moment = sp.N(window.tau.subs({t: at, kappa: KAPPA, d: dimension}), _DIGITS)
    noise, signal = (
        sp.N(part.subs({tau: moment, d: dimension}), _KEPT) for part in (interpolant.alpha, interpolant.beta)
    )
    return noise, signal / noise


def scaled_amplitudes(
    interpolant: Interpolant, window: Window, at: sp.Expr, exponent: sp.Rational
) -> tuple[sp.Float, sp.Float, sp.Rational]:
    """Return α/d^e, ψ d^γ and e, the growth of α being found from two dimensions."""
    noise, ratio = amplitudes(interpolant, window, at)
    further, _ = amplitudes(interpolant, window, at, HUGE**2)
    growth = sp.Rational(round(float(sp.log(further / noise) / sp.log(HUGE)) * _DENOMINATOR), _DENOMINATOR)
    return noise / HUGE**growth, ratio * HUGE**exponent, growth


def inside(window: Window) -> list[sp.Rational]:
    """Return two times inside a window."""
    return [window.start + share * (window.end - window.start) for share in (sp.Rational(1, 5), sp.Rational(3, 5))]


def posterior(law: AbstractLaw, strength: sp.Expr, position: Sequence[float]) -> list[float]:
    """Return the posterior mean of an effective law by a direct sum over atoms or by its numeric site."""
    if not isinstance(law, AtomLaw):
        at = np.asarray(float(strength) * position[0])
        return [float(law.site().tilted(at, np.asarray(float(strength) ** 2))[1])]
    points = [[number(c, "an atom") for c in (v.args if isinstance(v, sp.Tuple) else (v,))] for v in law.values]
    logs = [
        mpmath.log(mpmath.mpf(number(weight, "a weight")))
        + float(strength) * sum(g * x for g, x in zip(point, position, strict=True))
        - float(strength) ** 2 * sum(g * g for g in point) / 2
        for point, weight in zip(points, law.weights, strict=True)
    ]
    masses = [mpmath.exp(value - max(logs)) for value in logs]
    return [
        float(sum(mass * point[c] for mass, point in zip(masses, points, strict=True)) / sum(masses))
        for c in range(len(position))
    ]
