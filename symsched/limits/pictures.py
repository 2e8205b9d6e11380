"""The pictures of a limit: quantiles of what a phase moves, in time, and how often clones end in the same mode."""

from collections.abc import Sequence

import numpy as np
from scipy import special

from symsched.algebra.arrays import Array
from symsched.algebra.codegen import number
from symsched.distributions.base import AbstractDistribution
from symsched.distributions.cascade import CanonicalPhase
from symsched.errors import require_integer, require_real
from symsched.laws import AbstractLaw, AtomLaw
from symsched.laws.numeric import AbstractSite, AtomSite
from symsched.limits.clones import clone_probability, posteriors
from symsched.limits.phase import Phase
from symsched.models.estimates import Estimate, average
from symsched.reporting.charts import Chart, Curve, Plate, Style
from symsched.reporting.numbers import dimension_text, number_text

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles that are drawn."""
_LINE = 161
"""Points of a line."""
_LAST = 0.995
"""Share of a window up to which a coordinate is drawn: at its end ψ is infinite."""
_NEAR, _RESOLVED = 1e-2, 1e-12
"""A quantile is drawn where the law has this mass so near to it: elsewhere float64 does not know where it is."""
_APART = 6.0
"""φ is drawn up to where the closest two atoms are this many standard deviations of ν apart."""
_MARKS = 9
"""Strengths at which clones are counted."""
_STYLES: tuple[Style, ...] = ("line", "dashed", "dotted")


def require_levels(levels: Sequence[float]) -> tuple[float, ...]:
    """Return quantile levels as increasing numbers between 0 and 1, or raise."""
    found = tuple(require_real(level, "each of levels", above=0) for level in levels)
    if not found or any(level >= 1 for level in found) or list(found) != sorted(set(found)):
        raise ValueError(f"levels must be increasing numbers between 0 and 1, such as {LEVELS}, got {levels!r}")
    return found


def style_of(level: float, levels: Sequence[float]) -> Style:
    """Return how a quantile is drawn: solid nearest to the middle, then dashed, then dotted."""
    distances = sorted({round(abs(one - 0.5), 12) for one in levels})
    return _STYLES[min(distances.index(round(abs(level - 0.5), 12)), len(_STYLES) - 1)]


def percents(levels: Sequence[float]) -> str:
    """Return levels as percentages, 5, 50, 95 %."""
    return f"{', '.join(number_text(100 * level, 4) for level in levels)} %"


def site_of(law: AbstractLaw, component: int = 0) -> AbstractSite:
    """Return a law on the line in numbers, of one on points of a space that of a ``component``."""
    if not (isinstance(law, AtomLaw) and law.dimension is not None):
        if component:
            raise ValueError(f"component must be 0 where there is one order parameter, got {component}")
        return law.site()
    if component >= law.dimension:
        raise ValueError(f"component must be below {law.dimension}, the number of order parameters, got {component}")
    places = np.array([number(point[component], "an atom") for point in law.values])
    return AtomSite(places, np.array([number(weight, "a weight") for weight in law.weights]))


def fan(x: Array, strengths: Array, lift: Array, site: AbstractSite, levels: Sequence[float]) -> list[Curve]:
    """Return the exact quantiles of lift (z + s a) against x, (T,) each: what the flow makes of quantiles of the noise.

    Quantiles that lie alike about the middle have one style, and what lies between them is shaded. One that falls
    into a gap of the law, as the median of ±1 does, is lost to rounding at large s: its line ends there.
    """
    flows = site.flow(strengths[:, None], special.ndtri(np.asarray(levels))[None, :])
    around = [site.cdf(strengths[:, None], flows + step) for step in (-_NEAR, _NEAR)]
    flows = np.where(around[1] - around[0] > _RESOLVED, flows, np.nan) * lift[:, None]
    curves, told = [], set()
    for k, level in enumerate(levels):
        mirror = next((j for j, other in enumerate(levels) if abs(other - (1 - level)) < 1e-12), None)
        if mirror is not None and mirror > k:
            middle, half = (flows[:, mirror] + flows[:, k]) / 2, (flows[:, mirror] - flows[:, k]) / 2
            curves.append(Curve("", x, middle, half, "band", "order"))
        style = style_of(level, levels)
        alike = percents([one for one in levels if style_of(one, levels) == style])
        curves.append(Curve("" if style in told else f"exact {alike}", x, flows[:, k], None, style, "order"))
        told.add(style)
    return curves


def law_text(law: AbstractLaw) -> str:
    """Return an effective law in words."""
    if law.atoms is None:
        return "g of a continuous law"
    if len(law.atoms) > 6:
        return f"g on {len(law.atoms)} atoms"
    parts = []
    for value, weight in law.atoms.items():
        place = [number_text(number(one, "an atom"), 3) for one in getattr(value, "args", ()) or (value,)]
        if not law.dimension:
            place = [number_text(number(value, "an atom"), 3)]
        name = place[0] if len(place) == 1 else f"({', '.join(place)})"
        parts.append(f"{name} (weight {number_text(number(weight, 'a weight'), 3)})")
    return f"g at {', '.join(parts)}"


def phase_text(phase: CanonicalPhase) -> str:
    """Return a phase in words: its name, scale and order."""
    if phase.order is None:
        return f"{phase.name} phase (ψ = O(1))"
    return f"{phase.name} (order q = {phase.order}, ψ ~ d^(−{phase.exponent}))"


def order_label(phase: CanonicalPhase, component: int, letter: str = r"\mu") -> str:
    """Return the label of the axis of an order parameter."""
    if phase.order is None:
        return "coordinate $x$"
    return f"order parameter ${letter}{f'_{{{component + 1}}}' if phase.dimension > 1 else ''}$"


def order_plate(phase: Phase, kappa: float, place: tuple[int, int], levels: Sequence[float], interpolant: str) -> Plate:
    """Return the quantiles of what a phase moves over its window; ``place``: branch and component.

    In the phase of the data it is a coordinate of the branch's mode.
    """
    constant, shown = require_real(kappa, "kappa", above=0), require_levels(levels)
    branch, component = require_integer(place[0], "branch", 0), require_integer(place[1], "component", 0)
    if branch >= len(phase.laws):
        raise ValueError(f"branch must be below {len(phase.laws)}, the number of branches, got {branch}")
    order, start, end = phase.order or 1, float(phase.window.start), float(phase.window.end)
    times = np.linspace(start, end if phase.order is not None else start + _LAST * (end - start), _LINE)
    with np.errstate(divide="ignore", invalid="ignore"):
        lift, strengths = phase.amplitudes(times, constant)
    kept = np.isfinite(lift) & np.isfinite(strengths)
    law = phase.laws[branch]
    curves = fan(times[kept], strengths[kept] ** order, lift[kept] ** order, site_of(law, component), shown)
    # What is drawn is that of the first branch or of the one that was asked for, and of one of several directions.
    whose = "" if len(phase.laws) == 1 else f", modes {', '.join(map(str, phase.branches[branch].modes))}"
    what = "Order parameter of the" if phase.order is not None else "One coordinate in the"
    told = f" The effective law: {law_text(law)}." if phase.order is not None else ""
    caption = (
        f"{what} {phase_text(phase.canonical)}{whose}, against the time t of the dilated schedule under {interpolant}, "
        f"in the limit d → ∞ with κ = {number_text(constant, 6)}. Lines: exact quantiles at "
        f"{percents(shown)}; each is a path of the limit.{told}"
    )
    chart = Chart("order", "Order parameter", "time $t$", order_label(phase.canonical, component), tuple(curves))
    return Plate((chart,), caption)


def clone_plate(
    distribution: AbstractDistribution,
    phase: CanonicalPhase,
    branch: int,
    dimensions: Sequence[int],
    draws: tuple[int, np.random.Generator],
) -> Plate:
    """Return φ(s) of a speciation's law, with what pairs of clones do at finite dimensions beside it.

    Points are averages of Σ_k π_k² under the exact posterior over what the phase decides between, at as many ``draws``.
    """
    law, (n, rng) = phase.branches[branch].law, draws
    if not (isinstance(law, AtomLaw) and len(law.values) > 1):
        raise ValueError(f"clones part at a choice between modes, and the {phase.name} makes none: its law is {law!r}")
    s = np.linspace(0.0, _APART / number(phase.distance, "a distance of modes"), _LINE)
    exact = [clone_probability(law, float(one)).value for one in s]
    curves = [Curve(r"$\varphi(s)$, limit", s, exact, quantity="limit")]
    marks = np.linspace(0.0, s[-1], _MARKS + 1)[1:]
    for d in dimensions:
        seen = [same_outcome(distribution, phase, float(one), d=d, n=n, rng=rng) for one in marks]
        label = f"d = {dimension_text(d)}"
        values, errors = [one.value for one in seen], [one.standard_error for one in seen]
        curves.append(Curve(label, marks, values, errors, "points", quantity=label))
    measured = f" Points: {number_text(n)} exact posteriors at each s, with one standard error." if dimensions else ""
    whose = "" if len(phase.branches) == 1 else f", modes {', '.join(map(str, phase.branches[branch].modes))}"
    root = "s" if phase.order == 1 else f"s^(1/{phase.order})"
    caption = (
        f"Probability φ(s) that two clones which share their path up to s end alike, in the "
        f"{phase_text(phase)}{whose}; ψ = {root} d^(−{phase.exponent}). "
        f"Line: φ(s) = E Σ_k π_k², with {law_text(law)}.{measured}"
    )
    chart = Chart("clones", "Clones", "signal strength $s$", r"$\varphi$, both in one mode", tuple(curves))
    return Plate((chart,), caption)


def same_outcome(
    distribution: AbstractDistribution,
    phase: CanonicalPhase,
    s: float,
    *,
    d: int,
    n: int,
    rng: np.random.Generator,
) -> Estimate:
    """Return E Σ_o π_o² over the outcomes o of the first speciation, at n exact draws z + ψ a in dimension ``d``.

    It is the probability that two independent draws from the exact posterior agree in what the phase decides.
    """
    model = distribution.model(d)
    psi = s ** (1 / (phase.order or 1)) * d ** -float(phase.exponent)
    found = []
    for shares in posteriors(model, model, psi, n, rng):
        groups = [shares[:, list(modes)].sum(axis=1) for modes in phase.branches[0].outcomes]
        found.append(np.sum(np.square(groups), axis=0))
    return average(np.concatenate(found))
