"""The steps that lead from a cascade and an interpolant to what a reader is shown, each with its verifier."""

from collections.abc import Iterator
from functools import partial

import sympy as sp

from symsched.algebra.derivation import Assumption, Named, Step, each
from symsched.algebra.notation.lines import equation, joined
from symsched.algebra.telling import sources
from symsched.algebra.telling.prose import math_latex
from symsched.distributions.cascade import Cascade
from symsched.errors import DerivationError
from symsched.limits.clocks import CLOCKS, time_of_signal
from symsched.limits.crossing import centre, cumulant, slope, spread, step_over
from symsched.limits.derivation.likelihood import likelihood_steps
from symsched.limits.notation import equation_lines, initial_lines, order_parameter_lines
from symsched.limits.phase import Phase
from symsched.limits.verifiers import clocks, flow, initial, order_parameter, windows
from symsched.limits.verifiers import crossing as verifiers_of_crossings
from symsched.schedules.interpolant import Interpolant
from symsched.schedules.notation import window_lines
from symsched.schedules.schedule import CUT, Schedule
from symsched.symbols import d, psi, tau

_FIXED_TIME = Assumption("$d → ∞$ at fixed $t$ and $κ$", "the limit that is meant; tried at $d = 10^{120}$")
_CLOCK_SIGNS = {"t": "t", "tau": "τ", "psi": "ψ", "sigma": "σ", "logsnr": "2 log ψ", "ou": "t_{OU}"}


def steps(cascade: Cascade, phases: tuple[Phase, ...], schedule: Schedule) -> tuple[Step, ...]:
    """Return the steps of a limit in order: the canonical flow, the cascade, the schedule, then each phase."""
    ratios = [step for phase in phases for step in likelihood_steps(phase.canonical)]
    found = [_canonical_flow(schedule.interpolant), *cascade.steps, *ratios, _dilation(phases, schedule)]
    found.append(_cut(schedule))
    for phase in phases:
        found += _phase_steps(phase, schedule)
    return tuple(found)


def _canonical_flow(interpolant: Interpolant) -> Step:
    velocity, posterior = sp.Function("b"), sp.Function("D")
    x, y = sp.symbols("x y", real=True)
    drift = interpolant.noise_rate * x + interpolant.signal_rate * posterior(interpolant.psi, x / interpolant.alpha)
    told = r"\frac{\dot\alpha}{\alpha}\, x + \Bigl(\dot\beta - \frac{\dot\alpha}{\alpha}\beta\Bigr) D(\psi, x/\alpha)"
    amplitudes = "the amplitudes of noise and data, $α$ and $β$, in $τ$"
    return Step(
        "canonical coordinates $y = x/α$, $ψ = β/α$: one flow for every schedule",
        sp.Tuple(interpolant.alpha, interpolant.beta, sp.Eq(velocity(tau, x), drift, evaluate=False)),
        sp.Eq(sp.Derivative(sp.Function("y")(psi), psi), posterior(psi, y), evaluate=False),
        given=(
            Named(amplitudes, "α"),
            Named(amplitudes, "β"),
            Named(
                "the velocity $b$ of the probability flow, $dx/dτ = b(τ, x)$",
                written=lambda _: [rf"b(\tau, x) = {told}"],
            ),
        ),
        found=(Named("the canonical flow, free of $α$ and $β$"),),
        assumes=(
            Assumption(
                "the state moves with the probability flow of $I = α z + β a$, $z$ independent of $a$",
                "the setting; the flow of a Gaussian, which is known, obeys the equation",
            ),
        ),
        theorem="the chain rule, with $D(ψ, y) = 𝔼[a | z + ψ a = y]$",
        sources=(sources.INTERPOLANTS, sources.PAPER),
        verify=flow.canonical_flow(interpolant),
    )


def _dilation(phases: tuple[Phase, ...], schedule: Schedule) -> Step:
    own = schedule.windows
    names = ", ".join(window.name for window in own)
    return Step(
        f"windows of equal length ({names}): $β$ runs evenly while it lives on its phase’s scale, $α$ once $β$ is 1",
        sp.Tuple(*(sp.Eq(psi, d**-phase.exponent, evaluate=False) for phase in phases)),
        sp.Tuple(*(window.tau for window in own)),
        given=tuple(Named("the scale of each phase, in order") for _ in phases),
        found=(
            Named(
                f"the schedule $τ(t)$, window by window ({names})",
                parts=tuple((f"τ_{{{k}}}", window.tau) for k, window in enumerate(own, 1)),
                written=lambda fresh: window_lines(own, fresh),
            ),
        ),
        assumes=(
            Assumption(
                "$κ$ lies below the distances of the scales", "so at every $d$ large enough; tried at $d = 10^{120}$"
            ),
        ),
        theorem="the rule of all schedules: each phase has an equal share of $t$, and moves evenly over its own scale",
        sources=(sources.PAPER,),
        verify=windows.dilation(schedule, [phase.canonical for phase in phases]),
    )


def _cut(schedule: Schedule) -> Step:
    return Step(
        "a list of $σ = 1/ψ$ starts at a finite $σ_0$: the share $σ_1/σ_0$ of the first step’s signal is missed",
        1 / schedule.windows[0].psi,
        CUT,
        given=(
            _levelled("the width of the noise $σ = 1/ψ$ in the first window", (("σ", 1 / schedule.windows[0].psi),)),
        ),
        found=(Named("the share that is missed, a setting", "σ_1/σ_0"),),
        assumes=(
            Assumption(
                "Euler in $σ$, at the nodes of the scheme “canonical”",
                "exact: one step is linear in $σ$; tried on a posterior mean of 1",
            ),
        ),
        theorem="Euler’s step $x_1 = x_0 + (σ_1 − σ_0)(x_0 − D)/σ_0$, which keeps $1 − σ_1/σ_0$ of $D$",
        sources=(sources.KARRAS,),
        verify=windows.cut(schedule),
    )


def _levelled(name: str, pairs: tuple[tuple[str, sp.Basic], ...]) -> Named:
    """Return a name for values whose maxima are written beneath, as those of a schedule are."""
    level = sp.Symbol("ell", positive=True)
    largest = sorted({found for _, value in pairs for found in value.atoms(sp.Max)}, key=sp.default_sort_key)

    def written(fresh: Iterator[sp.Symbol]) -> list[str]:
        names = {found: level if k == 0 else sp.Symbol(f"ell_{k}") for k, found in enumerate(largest)}
        shown = [(math_latex(sign), value.xreplace(names)) for sign, value in pairs]
        lines = joined(line for sign, value in shown for line in equation(sign, value, fresh))
        return [*lines, *(line for found, one in names.items() for line in equation(rf"\{one}", found, fresh))]

    return Named(name, parts=pairs, written=written)


def _limits(phase: Phase) -> tuple[Named, Named]:
    """Return the names of lim α/d^e and lim ψ d^γ."""
    growth = phase.window.noise_exponent
    noise = "lim α" if growth == 0 else f"lim α/d^{{{growth}}}"
    ratio = "lim ψ" if phase.exponent == 0 else f"lim ψ d^{{{phase.exponent}}}"
    return Named("the amplitude of the noise over its power of $d$", noise), Named("$ψ$ over its power of $d$", ratio)


def _phase_steps(phase: Phase, schedule: Schedule) -> Iterator[Step]:
    canonical, window, interpolant = phase.canonical, phase.window, schedule.interpolant
    name, leading = phase.name, sp.Tuple(phase.alpha, phase.psi)
    ratio = "ψ" if phase.exponent == 0 else f"ψ d^{{{phase.exponent}}}"
    yield Step(
        f"{name} window, $t$ from {window.start} to {window.end}: $α$ over its power of $d$, and ${ratio}$",
        sp.Tuple(window.alpha, window.psi),
        leading,
        given=(_levelled("$α$ and $ψ$ of the schedule in this window", (("α", window.alpha), ("ψ", window.psi))),),
        found=_limits(phase),
        assumes=(_FIXED_TIME,),
        theorem="the leading power of $d$ of an expression",
        sources=(sources.LAPLACE,),
        verify=windows.scales(canonical, window, interpolant),
    )
    if phase.order is not None:
        yield _order_parameter(phase, interpolant)
    yield _equations(phase, interpolant)
    yield Step(
        f"{name}: the law at $t = {window.start}$",
        leading,
        sp.Tuple(*phase.initials),
        given=_limits(phase),
        found=(
            Named(
                "the law with which each unknown starts",
                parts=tuple(("", law) for law in phase.initials),
                written=lambda _: initial_lines(phase),
            ),
        ),
        assumes=(
            Assumption(
                "$d → ∞$ before $t$ reaches the start of the window",
                "the limit that is meant; noise is carried over the gap at $d = 10^{120}$",
            ),
        ),
        theorem="below this scale $y$ is noise, which the mean of the branch moves by $ψ$ times itself",
        sources=(sources.PAPER,),
        verify=initial.initial_laws(canonical, window, schedule),
    )
    if phase.order is not None:
        yield _times(phase, interpolant)
    if window.crossing is not None:
        yield _crossing(phase, window.crossing.order)


def _order_parameter(phase: Phase, interpolant: Interpolant) -> Step:
    values = [value for law in phase.laws for value in law.atoms or ()]
    several = len(phase.order_parameters) > 1
    return Step(
        f"{phase.name}: the order parameter, $α^q ν$",
        sp.Tuple(*values) if values else phase.laws[0].density,
        sp.Tuple(*phase.order_parameters),
        given=each("the places $g_k$ of the modes in the effective law", "g", len(values))
        or (Named("the density of the effective law, in $g = a$"),),
        found=(
            Named(
                "the order parameter $μ = α^q ν$",
                parts=tuple((f"μ_{{{k}}}" if several else "μ", it) for k, it in enumerate(phase.order_parameters, 1)),
                written=partial(order_parameter_lines, phase),
            ),
        ),
        assumes=(
            Assumption(
                "given mode $k$ its mean is $α^q s g_k$, and its variance is that of noise, $α^{2q}$",
                "mean by the moments of the modes, by quadrature as $ψ → 0$; variance by Gauss–Hermite sums",
            ),
        ),
        theorem="the central limit theorem for $∑_i He_q(ŷ_i)$, whose terms are orthogonal to those of lower order",
        sources=(sources.CENTRAL_LIMIT, sources.HERMITE),
        verify=order_parameter.order_parameters(phase.canonical, phase.window, interpolant),
    )


def _equations(phase: Phase, interpolant: Interpolant) -> Step:
    if phase.order is not None:
        rule = "the order parameter in $t$"
        theorem = "the canonical flow $dν/ds = D(s, ν)$ of the effective law, read in $μ = α^q ν$"
    else:
        rule = "each coordinate follows the canonical flow of its mode’s law"
        theorem = "the canonical flow $dy/dψ = D(ψ, y)$ of a coordinate’s law, read in $x = α y$"
    return Step(
        f"{phase.name}: {rule}",
        sp.Tuple(phase.alpha, phase.psi),
        sp.Tuple(*phase.odes),
        given=_limits(phase),
        found=(
            Named(
                "the equation in $t$ of each unknown",
                parts=tuple(("", ode) for ode in phase.odes),
                written=partial(equation_lines, phase),
            ),
        ),
        assumes=(_FIXED_TIME,),
        theorem=f"{theorem}; solutions of equations that are near stay near",
        sources=(sources.PAPER, sources.NEARBY_FLOWS),
        verify=flow.equations(phase.canonical, phase.window, interpolant),
    )


def _crossing(phase: Phase, order: int) -> Step:
    clock = sp.Symbol("u", positive=True)  # ψ̂^q
    rate = sp.Derivative(sp.Function("yhat")(clock), clock)
    shared = (centre, *((spread,) if order > 2 else ()), cumulant)
    remainder, variance = ("D − c_1 − ψ c_2 (y − ψ c_1)/V", "1 + ψ^2 c_2") if order > 2 else ("D − c_1", "1")
    names = ("the mean $c_1$ that the modes share", "the variance $c_2$ that they share")
    last = Named("the posterior mean $c_q$ of the first cumulant in which they differ")
    return Step(
        f"{phase.name}: the gap behind. $ŷ = (y − ψ c_1)/√V$ is straight in $u = ψ̂^{order}$, $ψ̂ = ψ/√V$: in one step "
        f"$P_{order}$, with $R = {remainder}$ and $V = {variance}$",
        sp.Tuple(*shared),
        sp.Tuple(sp.Eq(rate, slope(order), evaluate=False), step_over(order)),
        given=(*map(Named, names[: len(shared) - 1]), last),
        found=(Named("the slope of $ŷ$ in $u$"), Named(f"the step $P_{order}$ over the gap")),
        assumes=(
            Assumption(
                "$ψ → 0$ at fixed $ŷ$, and the law of $y$ up to the first cumulant that differs",
                "the limit that is meant; the step is tried on the exact flow of each mode",
            ),
            Assumption("$c_q$ is the posterior mean given the path", "taken: the mode is decided before the gap"),
        ),
        theorem="Edgeworth’s expansion of the law of $y$, in $ψ D = y + ∂ log p/∂ y$",
        sources=(sources.EDGEWORTH, sources.ROBBINS),
        verify=verifiers_of_crossings.crossings(phase.canonical),
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
        f"{phase.name}: the time $s = 1$ in every clock; $2 log ψ$ is the log-SNR, "
        "$t_{OU}$ that of $x = e^{−t} a + √{1 − e^{−2t}} z$",
        sp.Eq(psi, d**-phase.exponent, evaluate=False),
        sp.Tuple(*readings),
        given=(Named("the scale of the phase, where $s = 1$"),),
        found=(
            Named(
                "the time of speciation in each clock",
                parts=tuple((_CLOCK_SIGNS[str(reading.lhs)], reading.rhs) for reading in readings),
            ),
        ),
        assumes=(Assumption("where $t$ has no short form, its leading order in $d$", "tried at $d = 10^{120}$"),),
        theorem="the inverse of $ψ(t)$ in the clock",
        sources=(sources.SPECIATION, sources.PAPER),
        verify=clocks.unit_signal(phase, interpolant, [str(reading.lhs) for reading in readings]),
    )
