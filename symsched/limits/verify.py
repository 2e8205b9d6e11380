"""Independent numbers for the last steps of a derivation: finite d = 10^120 and finite differences in mpmath."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import mpmath
import numpy as np
import sympy as sp

from symsched.algebra.codegen import number
from symsched.algebra.derivation import Check, Verifier
from symsched.distributions.cascade import CanonicalPhase
from symsched.distributions.verify import evaluated, sample_values
from symsched.laws import AbstractLaw, AtomLaw
from symsched.schedules.interpolant import Interpolant
from symsched.schedules.window import Window
from symsched.symbols import d, kappa, psi, t, tau

# A Float: roots of an exact number make SymPy factorise it. 10^-120 leaves 180 of its digits.
_HUGE = sp.Float("1e120", 300)
_KAPPA = sp.Integer(3)
_SHARES = (sp.Rational(1, 5), sp.Rational(3, 5))


def canonical_flow(interpolant: Interpolant) -> Verifier:
    """Return a verifier of dy/dψ = D by a Gaussian a ~ N(1/2, 1/3): the velocity from the score must equal the one
    from D."""

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        mean, variance, where = mpmath.mpf(1) / 2, mpmath.mpf(1) / 3, mpmath.mpf("0.7")
        alpha, beta = (sp.lambdify([tau, d], e, "mpmath") for e in (interpolant.alpha, interpolant.beta))
        at, dimension = mpmath.mpf("0.4"), 50

        def position(time: mpmath.mpf) -> mpmath.mpf:
            # The exact flow of a Gaussian keeps its standard score; no velocity enters here.
            spread = mpmath.sqrt(alpha(time, dimension) ** 2 + beta(time, dimension) ** 2 * variance)
            return (beta(time, dimension) * mean + spread * where) / alpha(time, dimension)

        def ratio(time: mpmath.mpf) -> mpmath.mpf:
            return beta(time, dimension) / alpha(time, dimension)

        with mpmath.workdps(40):
            independent = mpmath.diff(position, at) / mpmath.diff(ratio, at)
            level, state = ratio(at), position(at)
            posterior = (mean + level * variance * state) / (1 + level**2 * variance)
        claim = after.rhs
        y = sp.Symbol("y", real=True)
        claimed = claim.replace(sp.Function("D"), lambda *_: sp.Float(posterior)).subs(
            {psi: sp.Float(level), y: sp.Float(state)}
        )
        return (
            Check(
                "dy/dψ of the exact flow of a Gaussian",
                number(claimed, "dy/dψ"),
                float(independent),
                1e-10,
                "finite differences",
            ),
        )

    return verify


def _times(window: Window) -> list[sp.Rational]:
    return [window.start + share * (window.end - window.start) for share in _SHARES]


def scales(window: Window, interpolant: Interpolant) -> Verifier:
    """Return a verifier of (lim α/d^e, lim ψ d^γ, γ) against τ(t) pushed through α and β at d = 10^120, with 240
    digits."""

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        noise, ratio, exponent = after.args
        checks = []
        for at in _times(window):
            values = {t: at, kappa: _KAPPA, d: _HUGE}
            moment = sp.N(window.tau.subs(values), 160)
            signal = sp.N(interpolant.beta.subs({tau: moment, d: _HUGE}), 80)
            spread = sp.N(interpolant.alpha.subs({tau: moment, d: _HUGE}), 80)
            independent = float(signal / spread * _HUGE**exponent)
            checks.append(
                Check(f"ψ d^{exponent} at t = {at}", number(ratio.subs(values), "psi"), independent, 1e-5, "d = 10^120")
            )
            power = _growth(partial(_at_dimension, window.alpha, at))
            checks.append(
                Check(
                    f"α/d^{power} at t = {at}",
                    number(noise.subs(values), "alpha"),
                    float(spread / _HUGE**power),
                    1e-5,
                    "d = 10^120",
                )
            )
        return tuple(checks)

    return verify


def _at_dimension(expression: sp.Expr, time: sp.Expr, dimension: sp.Float) -> sp.Float:
    return sp.N(expression.subs({t: time, kappa: _KAPPA, d: dimension}), 160)


def _growth(amplitude: Callable[[sp.Float], sp.Float]) -> sp.Rational:
    """Exponent of d in an amplitude, from two dimensions and rounded to a multiple of 1/5040."""
    ratio = amplitude(_HUGE**2) / amplitude(_HUGE)
    return sp.Rational(round(float(sp.log(ratio) / sp.log(_HUGE)) * 5040), 5040)


def _posterior(law: AbstractLaw, strength: sp.Expr, position: list[float]) -> list[float]:
    """Posterior mean of an effective law by a direct sum over atoms or by its numeric site."""
    if isinstance(law, AtomLaw):
        points = [[float(sp.N(c, 25)) for c in (v.args if isinstance(v, sp.Tuple) else (v,))] for v in law.values]
        logs = [
            mpmath.log(mpmath.mpf(number(w, "weight")))
            + float(strength) * sum(g * x for g, x in zip(p, position, strict=True))
            - float(strength) ** 2 * sum(g * g for g in p) / 2
            for p, w in zip(points, law.weights, strict=True)
        ]
        top = max(logs)
        masses = [mpmath.exp(value - top) for value in logs]
        return [
            float(sum(m * p[c] for m, p in zip(masses, points, strict=True)) / sum(masses))
            for c in range(len(position))
        ]
    return [float(law.site().tilted(np.asarray(float(strength) * position[0]), np.asarray(float(strength) ** 2))[1])]


def order_parameter_ode(canonical: CanonicalPhase, window: Window) -> Verifier:
    """Return a verifier of the equations in t: ν moved by ds·D at d = 10^120 and multiplied by α^q, by finite
    differences."""
    return _ode(canonical, window, canonical.order or 1)


def site_ode(canonical: CanonicalPhase, window: Window) -> Verifier:
    """Return a verifier of the equation of one coordinate: the same, with order 1 and the law of the mode."""
    return _ode(canonical, window, 1)


def _ode(canonical: CanonicalPhase, window: Window, order: int) -> Verifier:
    def verify(after: sp.Basic) -> tuple[Check, ...]:
        checks = []
        for equation, branch in zip(after.args, canonical.branches, strict=True):
            values = sample_values(branch.law.free_symbols)
            law = branch.law.subs(values)
            left = equation.lhs
            functions = [e.args[0] for e in left] if isinstance(left, sp.MatrixBase) else [left.args[0]]
            at = _times(window)[1]
            states = [sp.Rational(7 - 4 * k, 10) for k in range(len(functions))]
            right = (
                equation.rhs.subs(values).subs(dict(zip(functions, states, strict=True))).subs({t: at, kappa: _KAPPA})
            )
            claimed = [evaluated(e) for e in (right if isinstance(right, sp.MatrixBase) else [right])]
            independent = _advance(law, window, (canonical.exponent, order), at, [float(s) for s in states])
            checks += [
                Check(f"right-hand side of {function}' at t = {at}", one, other, 1e-5, "d = 10^120, finite differences")
                for function, one, other in zip(functions, claimed, independent, strict=True)
            ]
        return tuple(checks)

    return verify


def _advance(
    law: AbstractLaw, window: Window, scale: tuple[sp.Rational, int], at: sp.Rational, states: list[float]
) -> list[float]:
    """Difference quotient of α^q ν over t ± h, ν moving by Δs times the posterior mean."""
    exponent, order = scale
    digits = 160
    step = sp.Rational(1, 10**6)

    def amplitudes(time: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        values = {t: time, kappa: _KAPPA, d: _HUGE}
        noise, ratio = sp.N(window.alpha.subs(values), digits), sp.N(window.psi.subs(values), digits)
        power = _growth(partial(_at_dimension, window.alpha, time))
        return noise**order / _HUGE ** (power * order), (ratio * _HUGE**exponent) ** order

    lifted, strength = amplitudes(at)
    position = [float(state / lifted) for state in states]
    drift = _posterior(law, strength, position)
    (lifted_up, strength_up), (lifted_down, strength_down) = amplitudes(at + step), amplitudes(at - step)
    return [
        float(
            (lifted_up * (p + (strength_up - strength) * v) - lifted_down * (p + (strength_down - strength) * v))
            / (2 * step)
        )
        for p, v in zip(position, drift, strict=True)
    ]
