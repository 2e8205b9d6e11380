"""derive(): the phases of a distribution carried through an interpolant and its dilation, to equations in t."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from symsched import symbols
from symsched.algebra.asymptotics import leading_power
from symsched.algebra.constants import definitions
from symsched.algebra.derivation import Derivation
from symsched.algebra.forms import simplified
from symsched.algebra.notation.lines import names
from symsched.distributions.base import AbstractDistribution, require_distribution
from symsched.distributions.cascade import CanonicalPhase, Cascade
from symsched.errors import DerivationError, nearest, require_integer
from symsched.limits.clocks import CLOCKS, CONVENTIONS, signal_of_variance, time_of_signal
from symsched.limits.crossing import crossed
from symsched.limits.derivation.steps import steps
from symsched.limits.equations import equations
from symsched.limits.initial import initial_laws
from symsched.limits.notation import limit_latex
from symsched.limits.order_parameter import order_parameters
from symsched.limits.phase import Phase
from symsched.limits.pictures import LEVELS, clone_plate, order_plate
from symsched.models.base import AbstractModel
from symsched.models.order_model import AbstractOrderModel
from symsched.models.recording import OrderParameter
from symsched.reporting.charts import Plate
from symsched.reporting.drawing import Printed, printed
from symsched.schedules.interpolant import Interpolant
from symsched.schedules.plan import AbstractTable
from symsched.schedules.schedule import Schedule, dilate, plain
from symsched.schedules.sources import Owner, mode_of
from symsched.schedules.window import Window, elapsed, remaining
from symsched.symbols import d, t

__all__ = ["CLOCKS", "Limit", "Phase", "derive"]

_log = logging.getLogger(__name__)


PICTURES = ("order", "clones", "schedule")
"""What ``Limit.plot`` draws."""
KAPPA = 3.0
"""κ of a picture where none is given: at it two modes at ±1 are told apart."""
_LONGEST = 400
"""Characters of a distribution in the head of a source."""


@dataclass(frozen=True, repr=False)
class LimitSchedule(Schedule):
    """The schedule of a limit, which knows whose it is: what is exported can say what it was made for."""

    limit: Limit = field(kw_only=True, compare=False)

    @property
    def owner(self) -> Owner:
        """The distribution as a source tells it, with its posterior mean where that has a closed form."""
        distribution = self.limit.distribution
        found = [mode_of(mode.weight, mode.law) for mode in distribution.independent_modes]
        modes = tuple(mode for mode in found if mode is not None)
        facts = (
            f"distribution: {self.limit!r}"[:_LONGEST],
            *(
                f"  mode {k}: weight {mode.weight}, parts (share, mean, variance) of a coordinate: "
                + ", ".join(map(str, mode.parts))
                for k, mode in enumerate(modes)
            ),
        )
        if not found:
            return Owner(facts[:1], (), f"no closed form is known of a {type(distribution).__name__}'s posterior mean")
        if len(modes) < len(found):
            told = "a mode has parameters that are symbols, or a law that is no mixture of normal laws and atoms"
            return Owner(facts[:1], (), f"no closed form: {told}")
        return Owner(facts, modes)

    def __reduce__(self) -> tuple[Callable[..., Schedule], tuple[Limit]]:
        """Pickle the limit, which has this schedule."""
        return _schedule, (self.limit,)


def _schedule(limit: Limit) -> Schedule:
    return limit.schedule


@dataclass(frozen=True, repr=False)
class Limit:
    """The limit theorem of a distribution under an interpolant: phases, schedule and derivation."""

    distribution: AbstractDistribution
    interpolant: Interpolant
    cascade: Cascade
    phases: tuple[Phase, ...]
    dilated: Schedule = field(repr=False)

    @cached_property
    def schedule(self) -> LimitSchedule:
        """The schedule that gives each phase its window; it knows this limit."""
        own = self.dilated
        return LimitSchedule(own.interpolant, own.windows, own.sites, limit=self)

    def __reduce__(self) -> tuple[Callable[..., Limit], tuple[AbstractDistribution, Interpolant]]:
        """Pickle what it was derived from: a step's verifier is a function that only this process has."""
        return derive, (self.distribution, self.interpolant)

    @cached_property
    def derivation(self) -> Derivation:
        """The steps from the density to everything that is shown: ``check()`` re-verifies each by numbers."""
        parameters = frozenset(self.distribution.free_symbols - {symbols.d})
        return Derivation(steps(self.cascade, self.phases, self.dilated), parameters)

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
        """Time t in the schedule at which s = 1 in the first speciation, in d and κ; None if there is none."""
        return self.speciation_time_in("t")

    def speciation_time_in(self, clock: str, phase: int = 0, *, convention: str = "unit") -> sp.Expr | None:
        """Return the time of a speciation in a clock, to a convention; None if there is no such speciation.

        Clocks: "t" (this schedule), "tau" (the undilated interpolant), "psi", "sigma" = 1/ψ, "logsnr" = 2 log ψ, and
        "ou", the Ornstein–Uhlenbeck clock x = e^−t a + √(1 − e^−2t) z, which runs from data to noise:
        t = ½ log(1 + ψ^−2). ``phase`` counts the speciations from 0.

        Conventions: "unit" is s = 1, that is ψ = d^−γ, whatever the modes are. "variance" is the literature's
        t = ½ log Λ in the clock "ou" (ψ^−2 = Λ − 1), Λ the largest eigenvalue of the data's covariance matrix:
        ½ log(m² d + σ²) for two modes of equal weight at ±m, with 4p(1 − p) m² for m² at weights p and 1 − p. It is
        refused with a DerivationError for later speciations, and where the means do not tell the modes apart.
        Source: arXiv 2402.18491.
        """
        if clock not in CLOCKS:
            raise ValueError(f"unknown clock {clock!r}; {nearest(str(clock), CLOCKS)}")
        phase = require_integer(phase, "phase", 0)
        if convention not in CONVENTIONS:
            raise ValueError(f"unknown convention {convention!r}; {nearest(str(convention), CONVENTIONS)}")
        speciations = [p for p in self.phases if p.order is not None]
        if phase >= len(speciations):
            return None
        found = speciations[phase]
        by_variance = convention == "variance"
        ratio = signal_of_variance(found, self.distribution.leading_variance()) if by_variance else d**-found.exponent
        return time_of_signal(found, self.interpolant, clock, ratio)

    def model(self, d: int) -> AbstractModel:
        """Return the distribution in numbers at dimension ``d``."""
        return self.distribution.model(d)

    def order_model(self, d: float) -> AbstractOrderModel:
        """Return modes and order parameters in numbers at dimension ``d``, a real number as large as it may be."""
        return self.distribution.order_model(d)

    def statistic(self, d: int) -> OrderParameter:
        """Return the order parameter of the first speciation at dimension ``d``."""
        return self.distribution.statistic(d)

    def plate(
        self,
        what: str = "order",
        *,
        d: float | Sequence[int] | None = None,
        kappa: float = KAPPA,
        phase: int = 0,
        branch: int = 0,
        component: int = 0,
        levels: Sequence[float] = LEVELS,
        steps: int | None = None,
        n: int = 2_000,
        rng: int | np.random.Generator = 0,
    ) -> Plate:
        """Return the data of ``plot``."""
        if what not in PICTURES:
            raise ValueError(f"unknown picture {what!r}; {nearest(str(what), PICTURES)}")
        if what == "schedule":
            if d is None or not isinstance(d, int | float):
                raise ValueError(f"the picture of a schedule needs one dimension d, got {d!r}")
            return self.schedule.plate(d, kappa, steps)
        place = require_integer(phase, "phase", 0)
        if place >= len(self.phases):
            raise ValueError(f"phase must be below {len(self.phases)}, the number of phases, got {place}")
        found = self.phases[place]
        if what == "order":
            if d is not None:
                raise ValueError("the limit has no d: samples at a finite d stand beside it in run.plot()")
            return order_plate(found, kappa, (branch, component), levels, self.interpolant.name)
        if d is not None and place > 0:
            raise ValueError("clones are counted at finite d for the first phase alone: leave out d, or phase")
        sizes = () if d is None else (d,) if isinstance(d, int | float) else tuple(d)
        dimensions = [require_integer(one, "each of d", 1) for one in sizes]
        draws = require_integer(n, "n", 2), np.random.default_rng(rng)
        side = require_integer(branch, "branch", 0)
        if side >= len(found.laws):
            raise ValueError(f"branch must be below {len(found.laws)}, the number of branches, got {side}")
        return clone_plate(self.distribution, found.canonical, side, dimensions, draws)

    def plot(self, what: str = "order", *, width: str = "column", **settings: Any) -> Printed:  # noqa: ANN401
        """Return a figure for print, which carries its ``caption``.

        * ``what`` = "order": exact quantiles at ``levels`` of the order parameter that a ``phase`` (with its
          ``branch`` and ``component``) moves, against t, at ``kappa``; of a coordinate in the phase of the data.
        * "clones": φ(s), the probability that clones end in one mode, and for each of ``d`` its average over ``n``
          exact posteriors with one standard error.
        * "schedule": ``Schedule.plot`` at ``d``, ``kappa`` and ``steps``.

        ``width`` is "column" (345 pt) or "page" (510 pt). ``plate`` takes the same and returns the numbers. Raises
        ValueError or TypeError for settings that do not fit.
        """
        return printed(self.plate(what, **settings), width)

    def latex(self, *, expand: bool = False) -> str:
        """Return the limit as displays in LaTeX, one to a phase and one for the schedule.

        A phase has its scale, order parameter, initial law and equation, in named quantities that are defined beneath;
        ``expand`` writes the equations out in t. It needs amsmath alone, and no line is wider than a column of an
        article (345 pt).
        """
        fresh = names(self.distribution.free_symbols)
        schedule = self.schedule.latex(fresh)
        return f"{schedule}\n{limit_latex(self.phases, self.cascade, self.definitions, fresh, expand=expand)}"

    def __repr__(self) -> str:
        """One line: what it is the limit of, and its phases at their scales."""
        count = len(self.cascade.modes)
        told = ", ".join(
            f"{phase.name} at ψ ~ {'1' if phase.exponent == 0 else f'd^-{phase.exponent}'}"
            + (f" (q = {phase.order})" if phase.order is not None else "")
            for phase in self.phases
        )
        kind = type(self.distribution).__name__
        return f"<Limit of a {kind} with {count} mode{'s' * (count > 1)} under {self.interpolant.name}: {told}>"

    def _repr_latex_(self) -> str:
        return self.latex()


def derive(distribution: AbstractDistribution, interpolant: Interpolant) -> Limit:
    """Return the limit d → ∞ of a distribution's probability flow under an interpolant, derived now.

    The cascade gives the phases; one rule gives every phase its window; the canonical flow dy/dψ = E[a | z + ψa = y]
    of each phase's law, read along the window, gives the equations in t. ``derivation.check()`` re-verifies every step
    by numbers.

    Raises DerivationError, naming the step and what to do, where a rule does not apply.
    """
    require_distribution(distribution)
    if not isinstance(interpolant, Interpolant):
        raise TypeError(f"interpolant must be an Interpolant such as symsched.VP, got {interpolant!r}")
    _require_own_names(distribution)
    _log.info("deriving the phases of %s", distribution)
    found = distribution.cascade
    _log.info("phases: %s; carrying them along %s", ", ".join(p.name for p in found.phases), interpolant.name)
    sites = tuple(mode.law for mode in found.modes)
    dilated = dilate(interpolant, [phase.scale for phase in found.phases])
    schedule = replace(dilated, windows=crossed(dilated.windows, found), sites=sites)
    windows = {window.name: window for window in schedule.windows}
    phases = tuple(_carried(phase, windows[phase.name]) for phase in found.phases)
    return Limit(distribution, interpolant, found, phases, schedule)


def _require_own_names(distribution: AbstractDistribution) -> None:
    """Raise ValueError for a parameter that a formula could not be told from one of its own symbols."""
    # The spin mean m is the argument of an interaction and in no equation: the means ±m of a mixture may have its name.
    everything = {symbol.name for symbol in vars(symbols).values() if isinstance(symbol, sp.Symbol)} | {"mu"}
    own = everything - {symbols.m.name}
    for symbol in sorted(distribution.free_symbols - {symbols.d}, key=str):
        if symbol.name in own:
            hint = "; the dimension is symsched.symbols.d" if symbol.name == symbols.d.name else ""
            raise ValueError(
                f"a parameter is called {symbol}, as is a symbol of the equations that are derived: give it another "
                f"name{hint}"
            )


Source = Schedule | Interpolant | Limit | AbstractTable
"""What may stand for a schedule wherever one is asked for; a table, such as a design, settles its steps itself."""


def schedule_of(source: Source) -> Schedule | AbstractTable:
    """Return a schedule or a table itself, a limit's own, or the undilated one of an interpolant; else TypeError."""
    if isinstance(source, AbstractTable):
        return source
    if isinstance(source, Limit):
        return source.schedule
    schedule = plain(source) if isinstance(source, Interpolant) else source
    if not isinstance(schedule, Schedule):
        raise TypeError(f"schedule must be a Schedule, an Interpolant, a Limit or a Design, got {source!r}")
    return schedule


def warn_if_foreign(source: object, distribution: AbstractDistribution) -> None:
    """Warn where a limit, or a design, is that of another distribution than the one that is sampled."""
    if isinstance(source, Schedule):
        return  # passed by itself, it is meant
    owners: Sequence[object] = [source] if isinstance(source, Limit) else getattr(source, "limits", ())
    # A table of several limits is meant for what lies between them.
    owner = owners[0] if len(owners) == 1 else None
    if isinstance(owner, Limit) and owner.distribution != distribution:
        warnings.warn(
            f"the schedule is that of another distribution, {owner!r}: its steps lie where that one's modes are chosen"
            ". Derive the limit of the distribution that is sampled, or pass limit.schedule if this is meant",
            stacklevel=3,
        )


_passed, _left = sp.symbols("v r", positive=True)


def _carried(canonical: CanonicalPhase, window: Window) -> Phase:
    """Return a phase in the time of its window."""
    noise, _ = _leading(window.motion.alpha, window, "alpha")
    ratio, exponent = _leading(window.motion.beta / window.motion.alpha, window, "psi")
    if exponent != -canonical.exponent:
        raise DerivationError(
            "window",
            f"psi ~ d^{exponent} on the {window.name} window, not d^-{canonical.exponent}",
            "The dilation does not fit this phase.",
        )
    return Phase(
        canonical,
        window,
        noise,
        ratio,
        equations(canonical, noise, ratio),
        order_parameters(canonical, noise),
        initial_laws(canonical, window, noise, ratio),
    )


def _leading(amplitude: sp.Expr, window: Window, what: str) -> tuple[sp.Expr, sp.Rational]:
    """Return (c, e) with an amplitude of the motion ~ c(t) d^e inside the window."""
    # Positive shares that know nothing of each other: roots of squares come out, as they would not for 1 − 2t.
    motion = amplitude.subs({elapsed: _passed, remaining: _left})
    middle = {_passed: sp.Rational(2, 3), _left: sp.Rational(1, 3)}
    coefficient, exponent = leading_power(motion, f"{what} in the {window.name} window", middle)
    length = window.end - window.start
    in_time = coefficient.subs(
        {_passed: sp.expand((t - window.start) / length), _left: sp.expand((window.end - t) / length)}
    )
    return simplified(in_time), exponent
