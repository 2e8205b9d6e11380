"""derive(): the phases of a distribution carried through an interpolant and its dilation, to equations in t."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symsched.algebra.asymptotics import leading_power
from symsched.algebra.constants import definitions
from symsched.algebra.derivation import Derivation, Step
from symsched.distributions.base import AbstractDistribution
from symsched.distributions.cascade import Branch, CanonicalPhase, Cascade
from symsched.distributions.rules import cascade
from symsched.errors import DerivationError, nearest, require_integer
from symsched.laws import AbstractLaw
from symsched.limits.verify import canonical_flow, order_parameter_ode, scales, site_ode
from symsched.schedules.interpolant import Interpolant
from symsched.schedules.schedule import Schedule, dilate
from symsched.schedules.window import Window
from symsched.symbols import d, kappa, psi, t, tau

CLOCKS = ("t", "tau", "psi", "sigma", "logsnr", "ou")


@dataclass(frozen=True)
class Phase:
    """One phase of the limit, in the time t of the schedule.

    ``exponent`` is γ in ψ ~ d^−γ; ``order`` the order q of the first differing cumulant (None in the data phase);
    ``laws`` the effective
    laws, one per branch (a branch is a group of modes that enters the phase undecided, or in the data phase one
    mode) and ``law`` the first of them.
    ``alpha`` is lim α/d^e and ``psi`` lim ψ d^γ on the window, both functions of t.
    """

    canonical: CanonicalPhase
    window: Window
    alpha: sp.Expr
    psi: sp.Expr
    odes: tuple[sp.Eq, ...]
    order_parameter: sp.Expr
    initial: sp.Eq

    @property
    def name(self) -> str:
        """ "speciation" or "data"; numbered when there are several."""
        return self.canonical.name

    @property
    def exponent(self) -> sp.Rational:
        """γ in ψ ~ d^−γ."""
        return self.canonical.exponent

    @property
    def order(self) -> int | None:
        """Order q of the order parameter, None in the data phase."""
        return self.canonical.order

    @property
    def branches(self) -> tuple[Branch, ...]:
        """Groups of modes with the effective law that each follows here."""
        return self.canonical.branches

    @property
    def laws(self) -> tuple[AbstractLaw, ...]:
        """Effective law of each branch."""
        return tuple(branch.law for branch in self.branches)

    @property
    def law(self) -> AbstractLaw:
        """Effective law of the first branch; the only one unless modes form a tree."""
        return self.laws[0]

    @property
    def ode(self) -> sp.Eq:
        """The equation of the first branch."""
        return self.odes[0]


@dataclass(frozen=True)
class Limit:
    """The limit theorem of a distribution under an interpolant: phases, schedule and derivation."""

    distribution: AbstractDistribution
    interpolant: Interpolant
    cascade: Cascade
    phases: tuple[Phase, ...]
    schedule: Schedule
    derivation: Derivation

    @property
    def definitions(self) -> tuple[sp.Eq, ...]:
        """Defining equations of the implicit constants in the formulas, such as m_star = tanh(β m_star)."""
        return definitions(
            sp.Tuple(
                *(ode for phase in self.phases for ode in phase.odes), *(mode.weight for mode in self.cascade.modes)
            )
        )

    @property
    def speciation_time(self) -> sp.Expr | None:
        """Time t in the schedule at which s = 1 in the first speciation, in d and κ; None if no modes have to be
        chosen."""
        return self.speciation_time_in("t")

    def speciation_time_in(self, clock: str, phase: int = 0) -> sp.Expr | None:
        """Return the time of s = 1, that is ψ = d^−γ, in a clock; None if there is no such speciation.

        Clocks: "t" (this schedule), "tau" (the undilated interpolant), "psi", "sigma" = 1/ψ, "logsnr" = 2 log ψ, and
        "ou", the Ornstein–Uhlenbeck clock x = e^−t a + √(1 − e^−2t) z, which runs from data to noise:
        t = ½ log(1 + ψ^−2). ``phase`` counts the speciations from 0.
        """
        if clock not in CLOCKS:
            raise ValueError(f"unknown clock {clock!r}; {nearest(str(clock), CLOCKS)}")
        phase = require_integer(phase, "phase", 0)
        speciations = [p for p in self.phases if p.order is not None]
        if phase >= len(speciations):
            return None
        ratio = d ** -speciations[phase].exponent
        if clock == "t":
            return _time_of_ratio(speciations[phase])
        if clock == "tau":
            return sp.simplify(
                self.interpolant.time_of_ratio(sp.Symbol("p", positive=True)).subs(sp.Symbol("p", positive=True), ratio)
            )
        return {
            "psi": ratio,
            "sigma": 1 / ratio,
            "logsnr": sp.expand_log(2 * sp.log(ratio)),
            "ou": sp.log(1 + ratio**-2) / 2,
        }[clock]

    def latex(self) -> str:
        """Return the limit as LaTeX: per phase its scale, order parameter, equation and initial law."""
        lines = []
        for phase in self.phases:
            lines.append(rf"\text{{{phase.name}:}}\quad \psi \sim d^{{{sp.latex(-phase.exponent)}}}")
            lines += [sp.latex(ode) for ode in phase.odes]
            lines.append(sp.latex(phase.initial))
        lines += [sp.latex(equation) for equation in self.definitions]
        body = " \\\\\n".join(f"& {line}" for line in lines)
        return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"


def derive(distribution: AbstractDistribution, interpolant: Interpolant) -> Limit:
    """Return the limit d → ∞ of a distribution's probability flow under an interpolant, derived now.

    The cascade gives the phases; one rule gives every phase its window; the canonical flow dy/dψ = E[a | z + ψa = y]
    of each
    phase's law, read along the window, gives the equations in t. ``derivation.check()`` re-verifies every step by
    numbers.

    Raises DerivationError, naming the step and what to do, where a rule does not apply.
    """
    if not isinstance(distribution, AbstractDistribution):
        raise TypeError(f"distribution must be a ProductMixture, GaussianModes or MeanField, got {distribution!r}")
    if not isinstance(interpolant, Interpolant):
        raise TypeError(f"interpolant must be an Interpolant such as symsched.VP, got {interpolant!r}")
    found = cascade(distribution)
    schedule = dilate(interpolant, [(p.name, p.exponent, p.order) for p in found.phases])
    windows = {window.name: window for window in schedule.windows}
    phases, steps = [], [_canonical_step(interpolant), *found.steps]
    for canonical in found.phases:
        phase, step = _carry(canonical, windows[canonical.name])
        phases.append(phase)
        steps += [_window_step(phase, interpolant), step]
    return Limit(distribution, interpolant, found, tuple(phases), schedule, Derivation(tuple(steps)))


_velocity = sp.Function("b")
_posterior = sp.Function("D")


def _canonical_step(interpolant: Interpolant) -> Step:
    x, y = sp.symbols("x y", real=True)
    before = sp.Eq(
        _velocity(tau, x),
        interpolant.noise_rate * x + interpolant.signal_rate * _posterior(interpolant.psi, x / interpolant.alpha),
        evaluate=False,
    )
    after = sp.Eq(sp.Derivative(sp.Function("y")(psi), psi), _posterior(psi, y), evaluate=False)
    return Step(
        "canonical coordinates y = x/α, ψ = β/α: one flow for every schedule",
        before,
        after,
        canonical_flow(interpolant),
        assumes=("the velocity is that of the probability flow of I = α z + β a",),
        cites="arXiv 2501.00988",
    )


def _carry(canonical: CanonicalPhase, window: Window) -> tuple[Phase, Step]:
    inside = {t: (window.start + 2 * window.end) / 3}
    noise = leading_power(window.alpha, f"alpha in the {window.name} window", inside)[0]
    ratio, exponent = leading_power(window.psi, f"psi in the {window.name} window", inside)
    if exponent != -canonical.exponent:
        raise DerivationError(
            "window",
            f"psi ~ d^{exponent} on the {window.name} window, not d^-{canonical.exponent}",
            "The dilation does not fit this phase.",
        )
    noise, ratio = sp.simplify(noise), sp.simplify(ratio)
    order = canonical.order
    if order is None:
        odes = tuple(
            _site_equation(branch.law, noise, ratio, k, len(canonical.branches))
            for k, branch in enumerate(canonical.branches)
        )
        site = sp.Indexed("x", sp.Symbol("i", integer=True, positive=True))
        start = _site_start(canonical.branches[0], noise, ratio, window)
        phase = Phase(canonical, window, noise, ratio, odes, site, start)
        step = Step(
            f"{canonical.name}: given its mode, each coordinate follows the canonical flow of the mode's law",
            sp.Tuple(noise, ratio),
            sp.Tuple(*odes),
            site_ode(canonical, window),
            assumes=("the mode is chosen", "d → ∞ at fixed t"),
        )
        return phase, step
    odes = tuple(_order_equation(canonical, branch.law, noise, ratio, k) for k, branch in enumerate(canonical.branches))
    parameter = _order_parameter(canonical, noise)
    variance = sp.simplify((noise**order).subs(t, window.start) ** 2)
    names = _unknowns(canonical, 0)
    start = sp.Eq(
        sp.Tuple(*(n(window.start) for n in names)) if len(names) > 1 else names[0](window.start),
        _normal(sp.S.Zero, variance),
        evaluate=False,
    )
    phase = Phase(canonical, window, noise, ratio, odes, parameter, start)
    step = Step(
        f"{canonical.name}: the order parameter in t, α^q ν",
        sp.Tuple(noise, ratio, sp.Integer(order)),
        sp.Tuple(*odes),
        order_parameter_ode(canonical, window),
        assumes=("d → ∞ at fixed t and κ",),
        cites="arXiv 2501.00988 for q = 1",
    )
    return phase, step


def _window_step(phase: Phase, interpolant: Interpolant) -> Step:
    window = phase.window
    return Step(
        f"{phase.name} window, t from {window.start} to {window.end}: leading behaviour of α and ψ",
        sp.Tuple(window.alpha, window.psi),
        sp.Tuple(phase.alpha, phase.psi, phase.exponent),
        scales(window, interpolant),
        assumes=("d → ∞ at fixed t and κ",),
    )


_normal = sp.Function("Normal")


def _unknowns(canonical: CanonicalPhase, branch: int) -> tuple[sp.Function, ...]:
    suffix = "" if len(canonical.branches) == 1 else f"_{branch + 1}"
    if canonical.dimension == 1:
        return (sp.Function(f"mu{suffix}"),)
    return tuple(sp.Function(f"mu{suffix}_{k + 1}" if suffix else f"mu_{k + 1}") for k in range(canonical.dimension))


def _order_equation(canonical: CanonicalPhase, law: AbstractLaw, noise: sp.Expr, ratio: sp.Expr, branch: int) -> sp.Eq:
    """μ' = q (α'/α) μ + α^q s' D(s, μ/α^q), with s = ψ^q: the canonical flow of the law, read in μ = α^q ν."""
    order = canonical.order
    functions = [function(t) for function in _unknowns(canonical, branch)]
    strength = ratio**order
    lifted = noise**order
    drag = sp.simplify(order * sp.diff(noise, t) / noise)
    push = sp.simplify(lifted * sp.diff(strength, t))
    positions = [sp.simplify(1 / lifted) * f for f in functions]
    drift = law.denoiser(strength, positions[0] if len(positions) == 1 else tuple(positions))
    drifts = drift.args if isinstance(drift, sp.Tuple) else (drift,)
    sides = [drag * f + push * _readable(value) for f, value in zip(functions, drifts, strict=True)]
    if len(functions) == 1:
        return sp.Eq(sp.Derivative(functions[0], t), sides[0], evaluate=False)
    return sp.Eq(
        sp.ImmutableMatrix([sp.Derivative(f, t) for f in functions]), sp.ImmutableMatrix(sides), evaluate=False
    )


def _site_equation(law: AbstractLaw, noise: sp.Expr, ratio: sp.Expr, branch: int, count: int) -> sp.Eq:
    """x' = (α'/α) x + α ψ' D(ψ, x/α) for one coordinate in one mode."""
    site = sp.Function("x" if count == 1 else f"x_{branch + 1}")(t)
    drag = sp.simplify(sp.diff(noise, t) / noise)
    push = sp.simplify(noise * sp.diff(ratio, t))
    drift = law.denoiser(ratio, sp.simplify(1 / noise) * site)
    return sp.Eq(sp.Derivative(site, t), drag * site + push * _readable(drift), evaluate=False)


def _readable(expression: sp.Expr) -> sp.Expr:
    # Integrals stay as they are: simplify would try to do them.
    return expression if expression.has(sp.Integral, sp.Sum) else sp.factor_terms(sp.expand_log(expression))


def _site_start(branch: Branch, noise: sp.Expr, ratio: sp.Expr, window: Window) -> sp.Eq:
    begin = {t: window.start}
    level = sp.limit(ratio, t, window.start, "+")
    amplitude = sp.simplify(noise.subs(begin))
    if not amplitude.is_finite and amplitude.has(sp.zoo, sp.oo, sp.nan):
        # The window starts where noise outweighs data by any factor: only y = x/α has a law there.
        return sp.Eq(sp.Function("y")(window.start), _normal(sp.S.Zero, sp.S.One), evaluate=False)
    mean = (
        sp.S.Zero
        if level == 0
        else sp.simplify(amplitude * level * (branch.law.cumulants(1)[0] if branch.mean is None else branch.mean))
    )
    return sp.Eq(sp.Function("x")(window.start), _normal(mean, sp.simplify(amplitude**2)), evaluate=False)


def _order_parameter(canonical: CanonicalPhase, noise: sp.Expr) -> sp.Expr:
    """α^q (q! d)^{−1/2} Σ_i He_q(ŷ_i), ŷ standardised by the common lower cumulants; projections where there are
    several."""
    order, common = canonical.order or 1, canonical.common[0]
    reference = canonical.references[0] if canonical.references else sp.S.Zero
    index = sp.Symbol("i", integer=True, positive=True)
    coordinate = sp.Indexed("y", index)
    if canonical.dimension > 1:
        return sp.Tuple(
            *(
                noise * sp.Sum(sp.Indexed("e", k + 1, index) * coordinate, (index, 1, d))
                for k in range(canonical.dimension)
            )
        )
    centre = common[0] if common else reference
    width = common[1] if len(common) > 1 else sp.S.Zero
    standardised = (coordinate - psi * centre) / sp.sqrt(1 + psi**2 * width)
    summed = sp.Sum(sp.hermite_prob(order, standardised), (index, 1, d)) / sp.sqrt(sp.factorial(order) * d)
    shared = sp.sqrt(d / sp.factorial(order)) * psi**order * reference if order > 1 else sp.S.Zero
    return noise**order * (summed - shared)


def _time_of_ratio(phase: Phase) -> sp.Expr:
    """Time at which ψ = d^−γ on the phase's window: exact where that is short, else to leading order in d."""
    window = phase.window
    equations = (sp.Eq(window.psi, d**-phase.exponent), sp.Eq(phase.psi, 1))
    for equation, longest in zip(equations, (_LONGEST, sp.oo), strict=True):
        for solution in sp.solve(equation, t):
            value = sp.N(solution.subs({d: sp.Integer(10) ** 8, kappa: 3}), 20)
            if value.is_real and window.start <= value <= window.end and sp.count_ops(solution) < longest:
                return sp.simplify(solution)
    raise DerivationError(
        "speciation time",
        f"psi = d^-{phase.exponent} is not reached on the {window.name} window",
        "Read it in the clock 'psi'.",
    )


_LONGEST = 30
