"""Independent numbers for initial laws: one Euler step across the gap before a window, at d = 10^120."""

import math

import sympy as sp

from symsched.algebra.asymptotics import trial_values
from symsched.algebra.derivation import Check, Verifier
from symsched.distributions.cascade import CanonicalPhase
from symsched.distributions.verifiers import evaluated
from symsched.laws import AbstractLaw
from symsched.limits.verifiers.finite import KAPPA, NEGLECTED, posterior, scaled_amplitudes
from symsched.schedules.interpolant import Interpolant
from symsched.schedules.schedule import Schedule
from symsched.schedules.window import Window
from symsched.symbols import kappa


def initial_laws(canonical: CanonicalPhase, window: Window, schedule: Schedule) -> Verifier:
    """Return a verifier of the laws at a window's start.

    In the middle of the window before, y (or ν) is still the noise; ``_crossed`` takes ν = ±1 from there to the start
    in one step. What comes out is affine in ν: half its sum is the law's mean, half its difference the width.
    """
    before = [other for other in schedule.windows if other.end == window.start]

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        checks = []
        for equation, branch in zip(after.args, canonical.branches, strict=True):
            values = trial_values(branch.law.free_symbols)
            law = branch.law.subs(values)
            size, name = canonical.dimension, equation.lhs
            mean, covariance = _moments(equation.rhs.subs(values).subs(kappa, KAPPA), size)
            lifted = str(name.args[0] if isinstance(name, sp.Tuple) else name).startswith(("mu", "x"))
            for k in range(size):
                ends = []
                for sign in (1, -1):
                    position = [float(sign) if j == k else 0.0 for j in range(size)]
                    scale, crossed = 1.0, position
                    if before:
                        scale, crossed = _crossed(law, canonical, (before[0], window), schedule.interpolant, position)
                    elif lifted:
                        noise = scaled_amplitudes(schedule.interpolant, window, window.start, canonical.exponent)[0]
                        scale = float(noise) ** (canonical.order or 1)
                    ends.append([scale * value for value in crossed])
                method = "noise carried over the gap at d = 10^120"
                half = (ends[0][k] + ends[1][k]) / 2
                checks.append(Check(f"mean of {name}", mean[k], half, NEGLECTED, method))
                for j in range(size):
                    width = (ends[0][j] - ends[1][j]) / 2
                    seen = covariance[k][j] / math.sqrt(covariance[k][k]) if covariance[k][k] > 0 else math.nan
                    checks.append(Check(f"width of {name}", seen, width, NEGLECTED, method))
        return tuple(checks)

    return verify


def _moments(law: sp.Basic, size: int) -> tuple[list[float], list[list[float]]]:
    """Mean and covariance of Normal(mean, variance) in numbers; anything else is no law and comes out as NaN."""
    parts = [part if isinstance(part, sp.MatrixBase) else sp.Matrix([[part]]) for part in law.args]
    finite = not law.has(sp.zoo, sp.oo, sp.nan)
    if str(law.func) != "Normal" or [part.shape for part in parts] != [(size, 1), (size, size)] or not finite:
        return [math.nan] * size, [[math.nan] * size] * size
    mean, variance = parts
    return (
        [evaluated(mean[k, 0]) for k in range(size)],
        [[evaluated(variance[k, j]) for j in range(size)] for k in range(size)],
    )


def _crossed(
    law: AbstractLaw,
    canonical: CanonicalPhase,
    windows: tuple[Window, Window],
    interpolant: Interpolant,
    position: list[float],
) -> tuple[float, list[float]]:
    """α^q at the start, and ν there: dν/dr = q r^{q−1} D, r = ψ d^γ, in one step from the middle of the last window."""
    order = canonical.order or 1
    earlier, window = windows
    _, level, _ = scaled_amplitudes(interpolant, earlier, (earlier.start + earlier.end) / 2, canonical.exponent)
    noise, reached, _ = scaled_amplitudes(interpolant, window, window.start, canonical.exponent)
    drift = posterior(law, level**order, position)
    gain = float(order * level ** (order - 1) * (reached - level))
    return float(noise) ** order, [p + gain * v for p, v in zip(position, drift, strict=True)]
