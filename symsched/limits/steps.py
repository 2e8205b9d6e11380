"""The steps that lead from a cascade and an interpolant to what a reader is shown, each with its verifier."""

from collections.abc import Iterator

import sympy as sp

from symsched.algebra.derivation import Step, labels
from symsched.distributions.cascade import Cascade
from symsched.errors import DerivationError
from symsched.limits.clocks import CLOCKS, time_of_signal
from symsched.limits.crossing import centre, cumulant, slope, spread, step_over
from symsched.limits.phase import Phase
from symsched.limits.verifiers import clocks, flow, initial, order_parameter, windows
from symsched.limits.verifiers import crossing as verifiers_of_crossings
from symsched.schedules.interpolant import Interpolant
from symsched.schedules.schedule import CUT, Schedule
from symsched.symbols import d, psi, tau

_PAPER = "arXiv 2501.00988"
_SCALE = ("leading α", "leading ψ")
_FIXED_TIME = "d → ∞ at fixed t and κ"


def steps(cascade: Cascade, phases: tuple[Phase, ...], schedule: Schedule) -> tuple[Step, ...]:
    """Return the steps of a limit in order: the canonical flow, the cascade, the schedule, then each phase."""
    found = [_canonical_flow(schedule.interpolant), *cascade.steps, _dilation(phases, schedule), _cut(schedule)]
    for phase in phases:
        found += _phase_steps(phase, schedule)
    return tuple(found)


def _canonical_flow(interpolant: Interpolant) -> Step:
    velocity, posterior = sp.Function("b"), sp.Function("D")
    x, y = sp.symbols("x y", real=True)
    drift = interpolant.noise_rate * x + interpolant.signal_rate * posterior(interpolant.psi, x / interpolant.alpha)
    return Step(
        "canonical coordinates y = x/α, ψ = β/α: one flow for every schedule",
        sp.Eq(velocity(tau, x), drift, evaluate=False),
        sp.Eq(sp.Derivative(sp.Function("y")(psi), psi), posterior(psi, y), evaluate=False),
        flow.canonical_flow(interpolant),
        assumes=("the velocity is that of the probability flow of I = α z + β a",),
        cites=_PAPER,
    )


def _dilation(phases: tuple[Phase, ...], schedule: Schedule) -> Step:
    names = ", ".join(window.name for window in schedule.windows)
    return Step(
        f"windows of equal length ({names}): β runs evenly while it lives on its phase's scale, α once β is 1",
        sp.Tuple(*(sp.Eq(psi, d**-phase.exponent, evaluate=False) for phase in phases)),
        sp.Tuple(*(window.tau for window in schedule.windows)),
        windows.dilation(schedule, [phase.canonical for phase in phases]),
        found=tuple(f"τ in {window.name}" for window in schedule.windows),
        assumes=("κ lies below the distances of the scales",),
        cites=_PAPER,
    )


def _cut(schedule: Schedule) -> Step:
    return Step(
        "a list of σ = 1/ψ starts at a finite σ_0: the share σ_1/σ_0 of the first step's signal is missed",
        1 / schedule.windows[0].psi,
        CUT,
        windows.cut(schedule),
        assumes=("Euler in σ, the nodes of the scheme “canonical”",),
    )


def _phase_steps(phase: Phase, schedule: Schedule) -> Iterator[Step]:
    canonical, window, interpolant = phase.canonical, phase.window, schedule.interpolant
    name, scale = phase.name, sp.Tuple(phase.alpha, phase.psi)
    yield Step(
        f"{name} window, t from {window.start} to {window.end}: α over its power of d, and ψ d^{phase.exponent}",
        sp.Tuple(window.alpha, window.psi),
        scale,
        windows.scales(canonical, window, interpolant),
        assumes=(_FIXED_TIME,),
        given=("α", "ψ"),
        found=_SCALE,
    )
    if phase.order is not None:
        yield Step(
            f"{name}: the order parameter, α^q ν",
            sp.Tuple(*(value for law in phase.laws for value in law.atoms or ())),
            sp.Tuple(*phase.order_parameters),
            order_parameter.order_parameters(canonical, window, interpolant),
            assumes=("its mean given a mode is the mode's atom times α^q s, its variance that of noise",),
            given=labels("atom", sum(len(law.atoms or ()) for law in phase.laws)),
        )
        rule, assumes, cites = "the order parameter in t", (_FIXED_TIME,), f"{_PAPER} for q = 1"
    else:
        rule, assumes, cites = "each coordinate follows the canonical flow of its mode's law", ("d → ∞ at fixed t",), ""
    yield Step(
        f"{name}: {rule}",
        scale,
        sp.Tuple(*phase.odes),
        flow.equations(canonical, window, interpolant),
        assumes=assumes,
        cites=cites,
        given=_SCALE,
    )
    yield Step(
        f"{name}: the law at t = {window.start}",
        scale,
        sp.Tuple(*phase.initials),
        initial.initial_laws(canonical, window, schedule),
        assumes=("d → ∞ before t reaches the start of the window",),
        given=_SCALE,
    )
    if phase.order is not None:
        yield _times(phase, interpolant)
    if window.crossing is not None:
        yield _crossing(phase, window.crossing.order)


def _crossing(phase: Phase, order: int) -> Step:
    clock = sp.Symbol("u", positive=True)  # ψ̂^q
    rate = sp.Derivative(sp.Function("yhat")(clock), clock)
    shared = (centre, *((spread,) if order > 2 else ()), cumulant)
    remainder, variance = ("D − c_1 − ψ c_2 (y − ψ c_1)/V", "1 + ψ² c_2") if order > 2 else ("D − c_1", "1")
    return Step(
        f"{phase.name}: the gap behind. ŷ = (y − ψ c_1)/√V is straight in u = ψ̂^{order}, ψ̂ = ψ/√V: in one step "
        f"P_{order}, with R = {remainder} and V = {variance}",
        sp.Tuple(*shared),
        sp.Tuple(sp.Eq(rate, slope(order), evaluate=False), step_over(order)),
        verifiers_of_crossings.crossings(phase.canonical),
        assumes=(
            "ψ → 0 at fixed ŷ: Edgeworth's expansion of the law of y up to the first cumulant that differs",
            "c_q is its posterior mean given the path",
        ),
        cites="Edgeworth; Petrov 1975, chapter VI",
    )


def _times(phase: Phase, interpolant: Interpolant) -> Step:
    readings = []
    for clock in CLOCKS:
        try:
            reading = time_of_signal(phase, interpolant, clock, d**-phase.exponent)
        except DerivationError:
            continue  # no closed form in this clock: whoever asks for it is told so
        readings.append(sp.Eq(sp.Symbol(clock), reading, evaluate=False))
    return Step(
        f"{phase.name}: the time s = 1 in every clock; 2 log ψ is the log-SNR, ou that of x = e^−t a + √(1 − e^−2t) z",
        sp.Eq(psi, d**-phase.exponent, evaluate=False),
        sp.Tuple(*readings),
        clocks.unit_signal(phase, interpolant, [str(reading.lhs) for reading in readings]),
        assumes=("where t has no short form, its leading order in d",),
    )
