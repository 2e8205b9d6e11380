"""``symsched schedule``: the numbers of a dilated schedule, or its source text."""

import argparse

import numpy as np

from symsched.algebra.arrays import Array
from symsched.cli.output import write_json
from symsched.cli.reading import Request, real, request, whole
from symsched.reporting.pages.data import json_value
from symsched.schedules.schedule import Schedule

COLUMNS = ("t", "tau", "alpha", "beta", "psi", "sigma")


def run(options: argparse.Namespace) -> int:
    """Print a row for every node: t, τ, α, β, ψ = β/α and σ = 1/ψ; or the source text for a target."""
    asked = request(options)
    if options.target is not None:
        return _source(asked, options)
    for name in ("d", "steps"):
        if getattr(options, name) is None:
            raise ValueError(f"--{name} is required for the numbers of a schedule (only --target does without)")
    dimension, steps = real(options.d, "d"), whole(options.steps, "steps", 1)
    constant = asked.settings.kappa if options.kappa is None else real(options.kappa, "kappa")
    schedule = asked.limit().schedule
    scheme = schedule.scheme if options.scheme is None else options.scheme
    table = nodes(schedule, steps, dimension, constant, scheme)
    if options.json:
        settings = {"d": json_value(dimension), "steps": steps, "kappa": constant, "scheme": scheme}
        columns = {name: json_value(table[name].tolist()) for name in COLUMNS}
        write_json({"name": asked.title, "interpolant": asked.interpolant.name, **settings, **columns})
        return 0
    print("".join(f"{name:>15}" for name in COLUMNS))
    for row in zip(*(table[name] for name in COLUMNS), strict=True):
        print("".join(f"{value:15.8g}" for value in row))
    return 0


def _source(asked: Request, options: argparse.Namespace) -> int:
    """Print the source text; with d and steps its steps are numbers."""
    numbers = (
        None if options.d is None else real(options.d, "d"),
        (None if options.steps is None else whole(options.steps, "steps", 1)),
    )
    constant = asked.settings.kappa if options.kappa is None else real(options.kappa, "kappa")
    kappa = None if numbers == (None, None) else constant
    text = asked.limit().schedule.source(
        options.target, d=numbers[0], steps=numbers[1], kappa=kappa, scheme=options.scheme, title=asked.title
    )
    write_source(asked, options.target, text, as_json=options.json)
    return 0


def write_source(asked: Request, target: str, text: str, *, as_json: bool) -> None:
    """Print source text, or JSON that holds it."""
    if as_json:
        write_json({"name": asked.title, "interpolant": asked.interpolant.name, "target": target, "source": text})
    else:
        print(text, end="")


def nodes(schedule: Schedule, steps: int, dimension: float, constant: float, scheme: str) -> dict[str, Array]:
    """Return the columns of the table at the N+1 nodes; ψ ends at infinity and σ starts there."""
    plan = schedule.plan(steps, dimension, constant, scheme)
    with np.errstate(divide="ignore"):
        psi = np.append(plan.psi, np.inf)
        sigma = 1 / psi
    dilated = schedule.dilation(plan.times, dimension, constant)
    columns = (plan.times, dilated, plan.alpha, plan.beta, psi, sigma)
    return dict(zip(COLUMNS, columns, strict=True))
