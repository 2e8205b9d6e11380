"""The time of a phase in the clocks that people use."""

import sympy as sp

from symsched.algebra.asymptotics import leading_power, limit_in_dimension
from symsched.algebra.budget import within_budget
from symsched.algebra.forms import simplified
from symsched.errors import DerivationError
from symsched.limits.phase import Phase
from symsched.schedules.interpolant import Interpolant
from symsched.schedules.window import elapsed, remaining
from symsched.symbols import d, kappa, t, tau

CLOCKS = ("t", "tau", "psi", "sigma", "logsnr", "ou")
"""This schedule, the undilated interpolant, ψ, σ = 1/ψ, 2 log ψ, and the Ornstein–Uhlenbeck clock."""

CONVENTIONS = ("unit", "variance")
"""s = 1, or the largest eigenvalue of the covariance matrix."""

_LONGEST = 30
"""Operations of a formula for t that is still worth reading; a longer one gives way to its leading order in d."""
_TRIAL = sp.Integer(3)
"""The κ at which the roots of lim ψ d^γ = 1 are looked at: the root that counts lies in the window there."""

_level = sp.Symbol("p", positive=True)


def time_of_signal(phase: Phase, interpolant: Interpolant, clock: str, ratio: sp.Expr) -> sp.Expr:
    """Return the time in one of ``CLOCKS`` at which ψ is a ratio ~ d^−γ: d^−γ itself is s = 1."""
    if clock == "t":
        return _in_schedule(phase, interpolant, ratio)
    if clock == "tau":
        return simplified(interpolant.time_of("psi", _level).subs(_level, ratio))
    return {
        "psi": ratio,
        "sigma": 1 / ratio,
        "logsnr": sp.expand_log(2 * sp.log(ratio)),
        "ou": sp.log(1 + ratio**-2) / 2,
    }[clock]


def signal_of_variance(phase: Phase, largest: sp.Expr) -> sp.Expr:
    """Return the ψ at which e^2t is the largest variance Λ in the Ornstein–Uhlenbeck clock: ψ^−2 = Λ − 1.

    Raises DerivationError where modes are not told apart by their means: no eigenvalue grows with d there.
    """
    ratio = sp.expand(largest - 1) ** sp.Rational(-1, 2)
    if phase.order != 1 or leading_power(ratio, "psi")[1] != -phase.exponent:
        raise DerivationError(
            "speciation time",
            f"{phase.name} at ψ ~ d^-{phase.exponent} is not where the largest variance {largest} is seen",
            "Read the time of s = 1: leave out the convention.",
        )
    return ratio


def _in_schedule(phase: Phase, interpolant: Interpolant, ratio: sp.Expr) -> sp.Expr:
    """Return the time in the schedule: exact where α or β runs and the formula is short, else to leading order in d."""
    window = phase.window
    moment = time_of_signal(phase, interpolant, "tau", ratio)
    runs = ((window.motion.beta, interpolant.beta), (window.motion.alpha, interpolant.alpha))
    for amplitude, reached in runs:
        if window.is_straight(amplitude):
            first, last = (amplitude.subs({elapsed: share, remaining: 1 - share}) for share in (0, 1))
            passed = (reached.subs(tau, moment) - first) / (last - first)
            exact = simplified(window.start + passed * (window.end - window.start))
            if sp.count_ops(exact) < _LONGEST:
                return exact
    equation = sp.Eq(phase.psi, limit_in_dimension(ratio * d**phase.exponent, "psi"))
    for solution in within_budget("speciation time", lambda: sp.solve(equation, t)):
        value = sp.N(solution.subs(kappa, _TRIAL), 20)
        if value.is_real and window.start <= value <= window.end:
            return simplified(solution)
    raise DerivationError(
        "speciation time",
        f"psi = {ratio} is not reached on the {window.name} window",
        "Read it in the clock 'psi'.",
    )
