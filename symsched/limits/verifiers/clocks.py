"""Independent numbers for times: each clock's reading, turned back into ψ."""

from collections.abc import Callable, Sequence

import sympy as sp

from symsched.algebra.derivation import Check, Verifier
from symsched.limits.phase import Phase
from symsched.limits.verifiers.finite import HUGE, KAPPA, NEGLECTED, amplitudes
from symsched.schedules.interpolant import Interpolant
from symsched.symbols import d, kappa, tau

_DIGITS = 160  # at d = 10^120, so that differences of clocks keep 40


def unit_signal(phase: Phase, interpolant: Interpolant, names: Sequence[str]) -> Verifier:
    """Return a verifier of the readings of the clocks at s = 1: the ψ that belongs to each is d^−γ at d = 10^120."""

    def schedule_time(reading: sp.Float) -> sp.Float:
        return amplitudes(interpolant, phase.window, reading)[1]

    def interpolant_time(reading: sp.Float) -> sp.Float:
        return sp.N(interpolant.psi.subs({tau: reading, d: HUGE}), _DIGITS)

    back: dict[str, Callable[[sp.Float], sp.Float]] = {
        "t": schedule_time,
        "tau": interpolant_time,
        "psi": lambda reading: reading,
        "sigma": lambda reading: 1 / reading,
        "logsnr": lambda reading: sp.sqrt(sp.exp(reading)),
        # x = e^−t a + √(1 − e^−2t) z.
        "ou": lambda reading: sp.exp(-reading) / sp.sqrt(1 - sp.exp(-2 * reading)),
    }

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        checks = []
        for clock, equation in zip(names, after.args, strict=True):
            reading = sp.N(equation.rhs.subs({d: HUGE, kappa: KAPPA}), 2 * _DIGITS)
            seen = sp.re(sp.N(back[clock](reading) * HUGE**phase.exponent, 30))
            checks.append(
                Check(f"ψ d^{phase.exponent} at s = 1 in the clock {clock}", float(seen), 1.0, NEGLECTED, "d = 10^120")
            )
        return tuple(checks)

    return verify
