"""Independent numbers for the canonical flow and for the equations in t that follow from it."""

import mpmath
import sympy as sp

from symsched.algebra.asymptotics import trial_values
from symsched.algebra.codegen import number
from symsched.algebra.derivation import Check, Verifier
from symsched.distributions.cascade import CanonicalPhase
from symsched.distributions.verifiers import evaluated
from symsched.laws import AbstractLaw
from symsched.limits.verifiers.finite import KAPPA, NEGLECTED, ROUNDED, inside, posterior, scaled_amplitudes
from symsched.schedules.interpolant import Interpolant
from symsched.schedules.window import Window
from symsched.symbols import d, kappa, psi, t, tau

_STEP = sp.Rational(1, 10**6)
"""Time step of the difference quotients: their error is its square."""


def canonical_flow(interpolant: Interpolant) -> Verifier:
    """Return a verifier of dy/dψ = D by a Gaussian a ~ N(1/2, 1/3), whose exact flow keeps its standard score."""

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        mean, variance, score = mpmath.mpf(1) / 2, mpmath.mpf(1) / 3, mpmath.mpf("0.7")
        alpha, beta = (sp.lambdify([tau, d], e, "mpmath") for e in (interpolant.alpha, interpolant.beta))
        at, dimension = mpmath.mpf("0.4"), 50

        def position(time: mpmath.mpf) -> mpmath.mpf:
            # No velocity enters here.
            spread = mpmath.sqrt(alpha(time, dimension) ** 2 + beta(time, dimension) ** 2 * variance)
            return (beta(time, dimension) * mean + spread * score) / alpha(time, dimension)

        def ratio(time: mpmath.mpf) -> mpmath.mpf:
            return beta(time, dimension) / alpha(time, dimension)

        with mpmath.workdps(40):
            independent = mpmath.diff(position, at) / mpmath.diff(ratio, at)
            level, state = ratio(at), position(at)
            denoised = (mean + level * variance * state) / (1 + level**2 * variance)
        known = {psi: sp.Float(level), sp.Symbol("y", real=True): sp.Float(state)}
        claimed = after.rhs.replace(sp.Function("D"), lambda *_: sp.Float(denoised)).subs(known)
        rule = "dy/dψ of the exact flow of a Gaussian"
        # mpmath differentiates with 40 digits; both numbers are floats in the end.
        return (Check(rule, number(claimed, "dy/dψ"), float(independent), ROUNDED, "finite differences"),)

    return verify


def equations(canonical: CanonicalPhase, window: Window, interpolant: Interpolant) -> Verifier:
    """Return a verifier of the equations in t: ν moved by ds·D at d = 10^120 and multiplied by α^q, by differences."""

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        checks = []
        for equation, branch in zip(after.args, canonical.branches, strict=True):
            values = trial_values(branch.law.free_symbols)
            law = branch.law.subs(values)
            left = equation.lhs
            functions = [e.args[0] for e in left] if isinstance(left, sp.MatrixBase) else [left.args[0]]
            at = inside(window)[1]
            states = [sp.Rational(7 - 4 * k, 10) for k in range(len(functions))]
            right = (
                equation.rhs.subs(values).subs(dict(zip(functions, states, strict=True))).subs({t: at, kappa: KAPPA})
            )
            claimed = [evaluated(e) for e in (right if isinstance(right, sp.MatrixBase) else [right])]
            independent = _quotient(law, canonical, (interpolant, window), at, [float(s) for s in states])
            checks += [
                Check(
                    f"right-hand side of {function}' at t = {at}",
                    one,
                    other,
                    NEGLECTED,
                    "d = 10^120, finite differences",
                )
                for function, one, other in zip(functions, claimed, independent, strict=True)
            ]
        return tuple(checks)

    return verify


def _quotient(
    law: AbstractLaw,
    canonical: CanonicalPhase,
    path: tuple[Interpolant, Window],
    at: sp.Rational,
    states: list[float],
) -> list[float]:
    """Difference quotient of α^q ν over t ± h, ν moving by Δs times the posterior mean."""
    order = canonical.order or 1

    def lifted_and_strength(time: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
        noise, ratio, _ = scaled_amplitudes(*path, time, canonical.exponent)
        return noise**order, ratio**order

    lifted, strength = lifted_and_strength(at)
    position = [float(state / lifted) for state in states]
    drift = posterior(law, strength, position)
    (later, stronger), (earlier, weaker) = lifted_and_strength(at + _STEP), lifted_and_strength(at - _STEP)
    return [
        float((later * (p + (stronger - strength) * v) - earlier * (p + (weaker - strength) * v)) / (2 * _STEP))
        for p, v in zip(position, drift, strict=True)
    ]
