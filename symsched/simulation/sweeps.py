"""Many runs, of which each is kept on disk when it is done: an interrupted sweep goes on where it stopped."""

from __future__ import annotations

import itertools
import json
import os
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm.auto import tqdm

from symsched.algebra.inputs import INTEGERS, require_sequence
from symsched.distributions.base import AbstractDistribution
from symsched.errors import require_integer, require_real
from symsched.limits.limit import Source, schedule_of
from symsched.models.estimates import Estimate
from symsched.reporting.charts import Chart, Curve
from symsched.reporting.drawing import figure
from symsched.reporting.folder import replace_file
from symsched.schedules.plan import AbstractTable
from symsched.schedules.schedule import planned
from symsched.simulation.fingerprint import code_fingerprint, fingerprint
from symsched.simulation.simulate import Run, SiteStatistics, simulate

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Cell:
    """One run of a sweep: its settings, and the statistics of ``Run`` with standard errors, one per mode."""

    schedule: str
    dimension: int
    steps: int
    kappa: float | None
    n: int
    weights: tuple[Estimate, ...]
    sites: tuple[SiteStatistics | None, ...]
    method: str
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data, ready for JSON."""
        return asdict(self)

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Cell:
        """Return the cell that ``to_dict`` described."""
        sites = tuple(
            None if held is None else SiteStatistics(**{name: Estimate(**each) for name, each in held.items()})
            for held in data["sites"]
        )
        weights = tuple(Estimate(**held) for held in data["weights"])
        return Cell(**{**data, "weights": weights, "sites": sites})


@dataclass(frozen=True)
class Sweep:
    """The finished cells of a sweep, in the order of schedules, steps and dimensions."""

    cells: tuple[Cell, ...]
    title: str

    def to_markdown(self) -> str:
        """Return a table with a line for each cell."""
        modes = max((len(cell.weights) for cell in self.cells), default=0)
        head = ["schedule", "steps", "d", *(f"weight of mode {k}" for k in range(modes))]
        head += [f"variance in mode {k}" for k in range(modes)]
        lines = [f"| {' | '.join(head)} |", "|" + "--:|" * len(head)]
        for cell in self.cells:
            variances = ["–" if site is None else str(site.variance) for site in cell.sites]
            row = [cell.schedule, str(cell.steps), str(cell.dimension), *map(str, cell.weights), *variances]
            lines.append(f"| {' | '.join(row)} |")
        return "\n".join(lines) + "\n"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data, ready for JSON."""
        return {"title": self.title, "cells": [cell.to_dict() for cell in self.cells]}

    def plot(self, mode: int = 0) -> Figure:
        """A figure of a mode's weight against d, a curve with error bars for each schedule and number of steps."""
        return figure(self.chart(mode))

    def chart(self, mode: int = 0) -> Chart:
        """The data of ``plot``."""
        curves = []
        for key, group in itertools.groupby(self.cells, key=lambda cell: (cell.schedule, cell.steps)):
            cells = list(group)
            weights = [cell.weights[mode] for cell in cells]
            curves.append(
                Curve(
                    f"{key[0]}, {key[1]} steps",
                    [float(cell.dimension) for cell in cells],
                    [weight.value for weight in weights],
                    [weight.standard_error for weight in weights],
                )
            )
        return Chart(
            "sweep",
            f"Weight against dimension, {self.title}",
            "dimension $d$",
            f"weight of mode {mode}",
            tuple(curves),
            log_x=True,
        )

    def _repr_markdown_(self) -> str:
        return self.to_markdown()


def sweep(
    distribution: AbstractDistribution,
    schedules: Source | Mapping[str, Source],
    *,
    dimensions: Sequence[int],
    steps: Sequence[int],
    n: int = 1_000,
    kappa: float | None = 3,
    rng: int = 0,
    scheme: str = "interpolant",
    folder: str | os.PathLike[str] | None = None,
    executor: Executor | None = None,
    progress: bool = False,
) -> Sweep:
    """Return the statistics of n paths for every schedule, number of steps and dimension.

    With ``folder`` every finished cell is written there at once, and a cell found there is not run again: a sweep that
    was interrupted, or that is asked for more, only runs what is missing. A cell is known by everything that its
    numbers depend on: distribution, schedule, settings, seed, the package's code and the libraries' versions. Its seed
    follows from ``rng`` and its settings, so that no cell depends on which others are asked for.

    Raises ValueError or TypeError for bad input, TypeError for a distribution that cannot be named (see fingerprint).
    """
    named = dict(schedules) if isinstance(schedules, Mapping) else {"schedule": schedules}
    sizes = [require_integer(d, "each of dimensions", 1) for d in require_sequence(dimensions, "dimensions", INTEGERS)]
    counts = [require_integer(count, "each of steps", 1) for count in require_sequence(steps, "steps", INTEGERS)]
    if not (named and sizes and counts):
        raise ValueError("a sweep needs at least one schedule, one dimension and one number of steps")
    paths, seed = require_integer(n, "n", 1), require_integer(rng, "rng", 0)
    constant = None if kappa is None else require_real(kappa, "kappa")
    home = None if folder is None else Path(folder)
    if home is not None:
        home.mkdir(parents=True, exist_ok=True)
    cells = []
    wanted = [
        (name, schedule, count, d)
        for name, schedule in ((name, schedule_of(source)) for name, source in named.items())
        # A table has steps of its own.
        for count, d in itertools.product([None] if isinstance(schedule, AbstractTable) else counts, sizes)
    ]
    for name, schedule, asked, d in tqdm(wanted, unit="cell", disable=not progress, leave=False):
        parts = schedule.key if isinstance(schedule, AbstractTable) else (schedule,)
        count = asked if asked is not None else planned(schedule, None, d, None, scheme).steps
        settings = (d, paths, count, constant if schedule.needs_kappa else None, scheme)
        key = fingerprint(distribution, *parts, settings, seed)
        file = None if home is None else home / f"{fingerprint(key, code_fingerprint())}.json"
        kept = None if file is None else _kept(file, (d, paths, count, settings[3]))
        if kept is not None:
            cells.append(replace(kept, schedule=name))
            continue
        run = simulate(
            distribution,
            schedule,
            d=d,
            n=paths,
            steps=asked,
            kappa=settings[3],
            rng=np.random.default_rng(int(key, 16)),
            scheme=scheme,
            executor=executor,
            keep="statistics",
        )
        cells.append(_cell(name, run, settings))
        if file is not None:
            held = cells[-1].to_dict()
            text = json.dumps({"cell": held, "check": fingerprint(held)}, allow_nan=False) + "\n"
            replace_file(file, text.encode("utf-8"))
    return Sweep(tuple(cells), f"n = {paths} paths, seed {seed}")


def _kept(file: Path, settings: tuple[int, int, int, float | None]) -> Cell | None:
    """Return the cell in a file, None where there is none; what is no such cell is named, and done again."""
    if not file.exists():
        return None
    try:
        held = json.loads(file.read_text(encoding="utf-8"), parse_constant=_no_number)
        if fingerprint(held["cell"]) != held["check"]:
            raise ValueError("its numbers are not those that were written")
        cell = Cell.from_dict(held["cell"])
        if (cell.dimension, cell.n, cell.steps, cell.kappa) != settings:
            raise ValueError("its d, n, steps and kappa are others")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, IsADirectoryError) as error:
        warnings.warn(f"{file} holds no finished cell of this sweep ({error!r}): it is done again", stacklevel=3)
        return None
    return cell


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is no result")


def _cell(name: str, run: Run, settings: tuple[int, int, int, float | None, str]) -> Cell:
    d, n, steps, kappa, _ = settings
    return Cell(name, d, steps, kappa, n, run.weights, run.sites, run.method, run.seconds)
