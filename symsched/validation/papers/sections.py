"""The sections of a paper on a limit, each as LaTeX: what they say is read from the limit, a design or a report."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from symsched.algebra.codegen import number
from symsched.algebra.derivation import Assumption, Check, Derivation
from symsched.algebra.escapes import latex_text
from symsched.algebra.notation.lines import display, equation
from symsched.algebra.telling import prose
from symsched.limits.limit import Limit
from symsched.predictions.designs.base import AbstractDesign
from symsched.predictions.designs.errors import WEIGHT, WIDTH
from symsched.predictions.predict import INFINITE, ModePrediction, predict
from symsched.reporting.numbers import dimension_text, number_latex, number_text
from symsched.reporting.prose import prose_latex
from symsched.schedules.plan import Plan
from symsched.validation.papers.tables import number_cell, table, text_cell
from symsched.validation.report import Report

CLOCKS = (
    ("t", "in the schedule's own time"),
    ("ou", "in the Ornstein--Uhlenbeck clock, which runs from data to noise"),
)
"""Clocks in which the time of a speciation is told."""
_SETTING = (
    r"Data $a \in \mathbf{R}^d$ have the law"
    "\n{data}\n"
    r"Noise is $z \sim \mathcal N(0, I_d)$, and the interpolant is $I_\tau = \alpha(\tau)\, z + \beta(\tau)\, a$, with "
    r"$\tau = 0$ at the noise and $\tau = 1$ at the data. Its probability flow moves a state $x$ by"
    "\n\\[\n"
    r"\dot x = \frac{{\dot\alpha}}{{\alpha}}\, x + \Bigl(\dot\beta - \frac{{\dot\alpha}}{{\alpha}}\beta\Bigr)\, "
    r"\mathbf{{E}}[a \mid I_\tau = x], \qquad x(0) = \alpha(0)\, z."
    "\n\\]\n"
    r"Along a schedule $\tau(t)$ the dot is a derivative in $t$, and $\psi = \beta/\alpha$ is the root of the "
    "signal-to-noise ratio."
)
_THEOREM = (
    r"Let $\kappa > 0$ be fixed and let the flow run along the schedule $\tau(t)$ that stands first below. As "
    r"$d \to \infty$, under the assumptions of Section~\ref{sec:assumptions}, what a window of $t$ moves converges in "
    r"law to the solution of that window's equation, and everything else stands still in it: the order parameters "
    r"$\mu$ where $\psi$ falls like a power of $d$, and where $\psi = O(1)$ each coordinate of a path whose mode is "
    "chosen."
)


@dataclass(frozen=True)
class Section:
    """A section: its name for references, its title as prose, its body as LaTeX."""

    name: str
    title: str
    body: str


def statement(limit: Limit, figures: Sequence[str]) -> Section:
    """Return the setting, the theorem with its equations, and the times of speciation."""
    data = limit.distribution.latex()
    setting = _SETTING.replace("{{", "{").replace("}}", "}").replace("{data}", data)
    theorem = f"\\begin{{theorem}}\n{_THEOREM}\n{limit.latex()}\n\\end{{theorem}}"
    return Section("statement", "Statement", "\n\n".join([setting, theorem, _times(limit), *figures]))


def _times(limit: Limit) -> str:
    speciations = [phase for phase in limit.phases if phase.order is not None]
    if not speciations:
        return "There is one mode, and no speciation."
    parts = []
    for place, phase in enumerate(speciations):
        found = [(told, limit.speciation_time_in(clock, place)) for clock, told in CLOCKS]
        lines = [
            line
            for told, time in found
            if time is not None
            for line in [*equation("t_S", time), rf"\qquad\text{{{told}}}"]
        ]
        parts.append(f"The {latex_text(phase.name)} is half way, at $s = 1$, at the time\n{display(lines)}")
    return "\n\n".join(parts)


def assumptions(derivation: Derivation) -> Section:
    """Return everything that the steps assume, each once with the steps that do."""
    found: dict[str, list[int]] = {}
    for place, step in enumerate(derivation.steps, 1):
        for one in step.assumes:
            found.setdefault(_assumption(one), []).append(place)
    items = [
        rf"\item {said} (step{'s' * (len(places) > 1)} {', '.join(map(str, places))})" for said, places in found.items()
    ]
    body = "The derivation of Section~\\ref{sec:derivation} assumes the following; each step says where it is used."
    return Section("assumptions", "Assumptions", "\n".join([body, r"\begin{enumerate}", *items, r"\end{enumerate}"]))


def _assumption(one: Assumption) -> str:
    return f"{prose.latex(one.says)}: {prose.latex(one.checked)}"


def derivation(told: Derivation, checks: Sequence[tuple[str, Sequence[Check]]]) -> Section:
    """Return the steps, and a table of the numbers by which each was verified: the check that fits least."""
    count = sum(len(found) for _, found in checks)
    passed = sum(check.passed for _, found in checks for check in found)
    rows = []
    for place, (_, found) in enumerate(checks, 1):
        worst = max(found, key=_misfit)
        held = f"{sum(check.passed for check in found)} of {len(found)}"
        numbers = (number_cell(worst.claimed, 10), number_cell(worst.independent, 10))
        rows.append((str(place), held, *numbers, text_cell(worst.method)))
    verified = table(
        "Each step by numbers that share no code with it: how many of its checks hold, and the one that fits least.",
        ("step", "hold", "claimed", "independent", "the independent number is by"),
        rows,
        columns=r"rrrr>{\raggedright\arraybackslash}p{0.42\linewidth}",
    )
    sentence = f"{passed} of {count} checks of the steps by independent numbers hold."
    return Section("derivation", "Derivation", f"{told.latex()}\n\n{sentence}\n\n{verified}")


def _misfit(check: Check) -> float:
    """Return a check's difference in units of its tolerance; one that tolerates nothing comes first if it is off."""
    difference = abs(check.claimed - check.independent) / max(1.0, abs(check.independent))
    return difference / check.tolerance if check.tolerance > 0 else math.inf if difference else 0.0


def schedule(limit: Limit, plan: Plan, dimensions: Sequence[float], kappa: float, figures: Sequence[str]) -> Section:
    """Return the nodes of a plan at a dimension, and what its number of steps is predicted to give."""
    d, steps = dimensions[-1], plan.steps
    names = [next(w.name for w in limit.schedule.windows if t <= float(w.end)) for t in plan.times]
    nodes = [
        (
            str(k),
            text_cell(names[k]),
            *(number_cell(float(value), 7) for value in (plan.times[k], plan.alpha[k], plan.beta[k])),
            number_cell(float(plan.psi[k]), 7) if k < steps else number_latex("∞"),
        )
        for k in range(steps + 1)
    ]
    size = number_latex(dimension_text(d))
    grid = table(
        rf"Nodes of {steps} steps at $d$ = {size}, $\kappa$ = {number_cell(kappa)}; {latex_text(_scheme(limit))}.",
        ("", "window", "$t$", r"$\alpha$", r"$\beta$", r"$\psi$"),
        nodes,
        columns="rlrrrr",
    )
    rows: list[tuple[str, ...]] = []
    for size_of, found in (
        (one, predict(limit, steps, kappa=_kappa(limit, kappa), d=one)) for one in (*dimensions, INFINITE)
    ):
        rows += _mode_rows(limit, size_of, found)
    predicted = table(
        f"What {steps} steps are predicted to give, beside the data: fixed steps, and the schedule of each $d$.",
        ("$d$", "mode", "weight", "of the data", "mean of a coordinate", "its deviation"),
        rows,
    )
    body = (
        r"The schedule of the theorem gives each phase an equal share of $t$, and in its window lets that amplitude "
        r"move linearly in $t$ which runs over its own scale. It needs no more steps as $d$ grows."
    )
    return Section("schedule", "Schedule", "\n\n".join([body, *figures, grid, predicted]))


def _kappa(limit: Limit, kappa: float) -> float | None:
    return kappa if limit.schedule.needs_kappa else None


def _scheme(limit: Limit) -> str:
    return f"under {limit.interpolant.name}"


def _mode_rows(limit: Limit, d: float, found: Iterable[ModePrediction]) -> Iterable[tuple[str, ...]]:
    size = r"$\infty$" if d == INFINITE else number_latex(dimension_text(d))
    for place, (mode, one) in enumerate(zip(limit.cascade.modes, found, strict=True), 1):
        weight = number(mode.weight, "a weight") if not mode.weight.free_symbols else None
        cells = (one.weight, weight, one.site_mean, one.site_variance**0.5)
        yield (size if place == 1 else "", str(place), *(number_cell(cell) for cell in cells))


def design(found: AbstractDesign, dimensions: Sequence[float]) -> Section:
    """Return the table of a design, its predicted errors at several d and the least d."""
    least = number_latex(number_text(found.least_dimension, 4))
    aim = (
        rf"It meets what a table aims at, weights to {number_cell(WEIGHT)} and coordinates to {number_cell(WIDTH)} of "
        "their deviation."
        if found.predicted.worst <= 1
        else rf"It misses what a table aims at, weights to {number_cell(WEIGHT)} and coordinates to "
        rf"{number_cell(WIDTH)} of their deviation: allow more evaluations."
    )
    rows = [
        (number_latex(dimension_text(d)), number_cell(errors.weight, 3), number_cell(errors.width, 3))
        for d, errors in ((d, found.errors_at(d)) for d in dimensions if d > found.least_dimension)
    ]
    rows.append((r"$\infty$", number_cell(found.predicted.weight, 3), number_cell(found.predicted.width, 3)))
    body = (
        rf"A table of {found.evaluations} denoiser calls: $D_i$ is $\mathbf{{E}}[a \mid z + \psi a = y]$ at $\psi_i$ "
        rf"and $y_i$, $D_0$ is $\mathbf{{E}}\, a$, and $x$ is the sample. Its windows are apart from $d$ = {least} on."
    )
    errors = table(
        "Worst errors that are predicted of the table: of a mode's weight, and the Wasserstein distance of a "
        "coordinate's law over its deviation.",
        ("$d$", "weight", "coordinate"),
        rows,
    )
    return Section("design", "A table of few evaluations", f"{body} {aim}\n{found.latex()}\n\n{errors}")


def no_design(reason: str) -> Section:
    """Return the section of a design that there is none of, with the reason."""
    return Section("design", "A table of few evaluations", f"No table is given: {latex_text(reason)}")


def validation(report: Report, figures: Sequence[str]) -> Section:
    """Return what Monte Carlo in dimension d says: rows with their rules, and the two closing sentences."""
    body = (
        rf"Samples of the $d$-dimensional flow with the exact posterior, {latex_text(report.title)}. A row with a "
        r"standard error agrees where $|z| \le 4$, $z$ being its distance from the prediction in standard errors, "
        r"beyond an allowance for a known bias; of right predictions one in 16\,000 fails. ``Not yet'' is a dimension "
        r"at which the limit is not expected. The rows count modes from 0: their mode 0 is $k = 1$ above."
    )
    said = [f"{latex_text(report.standing[:1].upper() + report.standing[1:])}."]
    if report.accuracy is not None:
        told = str(report.accuracy)
        said.append(f"{latex_text(told[:1].upper() + told[1:])}.")
    return Section("validation", "Validation", "\n\n".join([body, report.latex(), *said, *figures]))


def figure(name: str, caption: str) -> str:
    """Return a figure of the folder ``figures``, no wider than the line, with its caption."""
    return (
        "\\begin{figure}[!htbp]\n\\centering\n"
        rf"\includegraphics[width=\ifdim\linewidth<345pt\linewidth\else 345pt\fi]{{figures/{name}.pdf}}"
        f"\n\\caption{{{prose_latex(caption)}}}\n\\end{{figure}}"
    )
