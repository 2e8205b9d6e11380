"""Independent numbers for the schedule: where its windows meet, how they move, their scales, and the cut of σ."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import sympy as sp

from symsched.algebra.codegen import number
from symsched.algebra.derivation import Check, Verifier
from symsched.distributions.cascade import CanonicalPhase
from symsched.limits.verifiers.finite import HUGE, KAPPA, NEGLECTED, ROUNDED, amplitudes, inside, scaled_amplitudes
from symsched.schedules.interpolant import Interpolant
from symsched.schedules.schedule import Schedule
from symsched.schedules.window import Window
from symsched.symbols import d, kappa, t, tau

_METHOD = "d = 10^120"
_END = 1 - sp.Rational(1, 10**200)
"""The end of time as seen from inside, where ψ is still a number."""


def scales(canonical: CanonicalPhase, window: Window, interpolant: Interpolant) -> Verifier:
    """Return a verifier of (lim α/d^e, lim ψ d^γ) against τ(t) pushed through α and β."""

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        noise, ratio = after.args
        checks = []
        for at in inside(window):
            seen_noise, seen_ratio, growth = scaled_amplitudes(interpolant, window, at, canonical.exponent)
            for rule, claimed, seen in (
                (f"ψ d^{canonical.exponent} at t = {at}", ratio, seen_ratio),
                (f"α/d^{growth} at t = {at}", noise, seen_noise),
            ):
                value = number(claimed.subs({t: at, kappa: KAPPA, d: HUGE}), rule)
                checks.append(Check(rule, value, float(seen), NEGLECTED, _METHOD))
        return tuple(checks)

    return verify


def dilation(schedule: Schedule, phases: Sequence[CanonicalPhase]) -> Verifier:
    """Return a verifier of τ(t) on each window: its ends lie where the scales of the phases put them, and what is said
    to run over the window runs evenly, half of it by half-time.

    τ is pushed through the interpolant; nothing is inverted.
    """
    interpolant, growth = schedule.interpolant, schedule.interpolant.noise_scale[1]

    def at(dilated: sp.Expr, moment: sp.Expr) -> tuple[sp.Float, sp.Float]:
        time = sp.N(dilated.subs({t: moment, kappa: KAPPA, d: HUGE}), 320)
        noise, signal = (sp.N(e.subs({tau: time, d: HUGE}), 160) for e in (interpolant.alpha, interpolant.beta))
        return noise, signal

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        pieces = list(zip(schedule.windows, after.args, strict=True))
        start = HUGE**growth * schedule.interpolant.noise_scale[0]
        first_signal, last_noise = at(after.args[0], sp.S.Zero)[1], at(after.args[-1], _END)[0]
        checks = [
            Check("β at t = 0", float(first_signal), 0.0, ROUNDED, _METHOD),
            Check("α/α(0) at t = 1", float(last_noise / start), 0.0, ROUNDED, _METHOD),
        ]
        named = {phase.name: k for k, phase in enumerate(phases)}
        for (window, dilated), (following, next_dilated) in pairwise(pieces):
            noise, signal = at(dilated, window.end)
            next_noise, next_signal = at(next_dilated, following.start)
            for what, ratio in (("α", next_noise / noise), ("β", next_signal / signal)):
                checks.append(
                    Check(f"{what}: {window.name} meets {following.name}", float(ratio), 1.0, ROUNDED, _METHOD)
                )
            later = named.get(following.name)
            if window.name not in named:
                if later is None:
                    raise ValueError("a bridge leads to a phase")
                low, high = phases[later - 1].exponent, phases[later].exponent
                wanted = max(KAPPA * HUGE**-low, HUGE**-high / KAPPA)
                rule, seen = (
                    f"ψ is κ below the scale d^-{high} at the end of the {window.name}",
                    signal / noise / wanted,
                )
            elif later is None:
                low = phases[named[window.name]].exponent
                rule = f"ψ is κ above the scale d^-{low} at the end of the {window.name} window"
                seen = signal / noise / (KAPPA * HUGE**-low)
            elif phases[later].exponent >= growth:
                low = phases[named[window.name]].exponent
                rule = f"β is κ α(0) d^-{low} at the end of the {window.name} window"
                seen = signal / (KAPPA * start * HUGE**-low)
            else:
                high = phases[later].exponent
                rule, seen = f"α is κ d^{high} at the end of the {window.name} window", noise / (KAPPA * HUGE**high)
            checks.append(Check(rule, float(seen), 1.0, ROUNDED, _METHOD))
        for window, dilated in pieces:
            middle_time = (window.start + window.end) / 2
            places = [at(dilated, time) for time in (window.start, middle_time, min(window.end, _END))]
            runs, what = _running(window, phases, growth, [signal / noise for noise, signal in places[::2]])
            first, middle, last = (runs(*place) for place in places)
            half = float((middle - first) / (last - first))
            checks.append(Check(f"{what} runs evenly in the {window.name} window", half, 0.5, ROUNDED, _METHOD))
        return tuple(checks)

    return verify


Running = Callable[[sp.Float, sp.Float], sp.Float]


def _running(
    window: Window, phases: Sequence[CanonicalPhase], growth: sp.Rational, ends: Sequence[sp.Float]
) -> tuple[Running, str]:
    """Return the function of α and β that is linear in t on a window, and its name; ``ends`` are ψ at its ends."""
    phase = next((phase for phase in phases if phase.name == window.name), None)
    if phase is None:
        return lambda noise, signal: sp.log(signal / noise), "log ψ"
    following = phases[phases.index(phase) + 1] if phase is not phases[-1] else None
    bridged = following is not None and (phase.order or 1) > 1
    between = following is not None and following.exponent < growth < phase.exponent and not bridged
    if phase.exponent >= growth and not between:
        return lambda noise, signal: signal, "β"
    if window.start != 0 and not between:
        return lambda noise, signal: noise, "α"
    if bridged:
        return lambda noise, signal: signal / noise, "ψ"
    # Both run: ψ = (ψ_0 u (1 − v) + v)/(u (1 − v) + v/ψ_1), u = κ d^γ: v/(1 − v) = u (ψ − ψ_0)/(1 − ψ/ψ_1).
    unit, (begin, end) = KAPPA * HUGE**phase.exponent, ends

    def together(noise: sp.Float, signal: sp.Float) -> sp.Float:
        gained = unit * (signal / noise - begin)
        return gained / (1 - signal / noise / end + gained)

    return together, "signal and noise together"


def cut(schedule: Schedule) -> Verifier:
    """Return a verifier of the share of the first step's signal that is missed where a list of σ starts below ∞.

    Euler in σ as EDM-type samplers run it, dx/dσ = (x − D)/σ, from σ_0 z with z = 0 and a posterior mean D = 1.
    """

    def verify(after: sp.Basic) -> tuple[Check, ...]:
        steps, dimension = 2 * len(schedule.windows), 1e24
        first, second = schedule.sigmas(steps, dimension, float(KAPPA))[:2]
        state = 0.0 + (second - first) * (0.0 - 1.0) / first
        window = schedule.windows[0]
        _, ratio = amplitudes(schedule.interpolant, window, (window.start + window.end) / 2, sp.Float(dimension, 60))
        claimed = number(after, "a share")
        return (
            Check("share of the signal missing after the first step", claimed, float(1 - state), 1e-9, "Euler in σ"),
            Check("σ_1 ψ(t_1)", float(second * ratio), 1.0, 1e-9, "the interpolant at d = 10^24"),
        )

    return verify
