"""Limits and numbers on their way to the terminal: as text and as JSON."""

import json
from pathlib import Path
from typing import Any

import sympy as sp

from symsched.algebra.formulas import formula_latex
from symsched.laws import AbstractLaw
from symsched.limits.limit import CLOCKS, Limit, Phase
from symsched.reporting.charts import Chart, Plate
from symsched.reporting.drawing import draw
from symsched.reporting.folder import replace_file, writing_to

Data = dict[str, Any]
"""Plain values, ready for JSON."""


def write_json(data: object) -> None:
    """Write one JSON document to standard output."""
    print(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False))


def write_picture(
    folder: Path, name: str, chart: Chart | tuple[Chart, ...] | Plate, what: str, width: str = "column"
) -> Path:
    """Draw a chart into a folder, which is made if it is not there, and return the file; ``what`` it belongs to.

    The end of ``name`` says in which format.
    """
    picture = folder / name
    format: Any = picture.suffix[1:]
    with writing_to(folder, what):
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(picture, draw(chart, format, width))
    return picture


def law_to_dict(law: AbstractLaw) -> Data:
    """Return an effective law's atoms with their weights, or its density (unnormalised)."""
    if law.atoms is not None:
        return {"atoms": [{"value": str(value), "weight": str(weight)} for value, weight in law.atoms.items()]}
    return {"density": str(law.density)}


def limit_to_dict(limit: Limit) -> Data:
    """Return a limit: modes, phases, schedule and speciation times, expressions as text that SymPy reads."""
    times = {clock: limit.speciation_time_in(clock) for clock in CLOCKS}
    return {
        "interpolant": limit.interpolant.name,
        "modes": [{"weight": str(mode.weight), "number": float(sp.N(mode.weight))} for mode in limit.cascade.modes],
        "phases": [_phase_to_dict(phase) for phase in limit.phases],
        "definitions": [str(equation) for equation in limit.definitions],
        "schedule": {
            "tau": str(limit.schedule.tau),
            "alpha": str(limit.schedule.alpha),
            "beta": str(limit.schedule.beta),
            "windows": [
                {"name": name, "start": str(start), "end": str(end)} for name, start, end in limit.schedule.shares
            ],
        },
        "speciation_time": {clock: None if time is None else str(time) for clock, time in times.items()},
    }


def _phase_to_dict(phase: Phase) -> Data:
    return {
        "name": phase.name,
        "exponent": str(phase.exponent),
        "order": phase.order,
        "window": [str(phase.window.start), str(phase.window.end)],
        "order_parameter": str(phase.order_parameter),
        "initial": str(phase.initial),
        "initials": [str(equation) for equation in phase.initials],
        "branches": [
            {
                "modes": list(branch.modes),
                "weight": str(branch.weight),
                "law": law_to_dict(branch.law),
                "ode": str(ode),
                "ode_latex": formula_latex(ode),
            }
            for branch, ode in zip(phase.branches, phase.odes, strict=True)
        ],
    }


def limit_to_text(limit: Limit) -> str:
    """Return a limit as a person reads it on a terminal."""
    lines = [f"interpolant: {limit.interpolant.name}"]
    for phase in limit.phases:
        lines += ["", *_phase_to_text(phase)]
    if limit.definitions:
        lines += ["", "where", *(_formula(equation) for equation in limit.definitions)]
    time = limit.speciation_time
    if time is None:
        lines += ["", "no speciation: there is one mode"]
    else:
        ou = limit.speciation_time_in("ou")
        lines += ["", f"speciation time: t = {time}", f"in the Ornstein-Uhlenbeck clock: t = {ou}"]
    lines += ["", "dilation tau(t):"]
    lines += [f"    {w.start} <= t <= {w.end}  ({w.name}):  {w.tau}" for w in limit.schedule.windows]
    return "\n".join(lines)


def _phase_to_text(phase: Phase) -> list[str]:
    order = "" if phase.order is None else f", order q = {phase.order}"
    scale = "psi = O(1)" if phase.exponent == 0 else f"psi ~ d^(-{phase.exponent})"
    lines = [f"{phase.name}: {scale}{order}, t from {phase.window.start} to {phase.window.end}"]
    several = len(phase.branches) > 1
    for k, (branch, ode) in enumerate(zip(phase.branches, phase.odes, strict=True)):
        if several:
            lines.append(f"  branch {k + 1}, modes {', '.join(map(str, branch.modes))}, weight {branch.weight}")
        if phase.order is not None:
            lines.append(f"  effective law: {_law(branch.law)}")
        lines.append(_formula(ode))
    return [*lines, *(f"  start: {equation.lhs} ~ {_normal(equation.rhs)}" for equation in phase.initials)]


def _normal(law: sp.Basic) -> str:
    """Write a normal law on one line, also where its covariance is a matrix."""
    mean, variance = (list(part) if isinstance(part, sp.MatrixBase) else part for part in law.args)
    if isinstance(mean, list):
        variance = [variance[k : k + len(mean)] for k in range(0, len(variance), len(mean))]
    return f"Normal({mean}, {variance})"


def _law(law: AbstractLaw) -> str:
    if law.atoms is None:
        return f"density proportional to {law.density}"
    return ", ".join(f"{value} with weight {weight}" for value, weight in law.atoms.items())


def _formula(equation: sp.Basic) -> str:
    drawn = sp.pretty(equation, use_unicode=True, wrap_line=False)
    return "\n".join(f"    {line}".rstrip() for line in drawn.splitlines())
