"""Many runs, of which each is kept on disk when it is done: an interrupted sweep goes on where it stopped."""

from __future__ import annotations

import errno
import itertools
import json
import os
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from symsched.algebra.inputs import INTEGERS, require_sequence
from symsched.distributions.base import AbstractDistribution
from symsched.errors import require_integer, require_real
from symsched.limits.limit import Source, schedule_of, warn_if_foreign
from symsched.models.estimates import Estimate
from symsched.reporting.charts import Plate
from symsched.reporting.drawing import Printed, printed
from symsched.reporting.folder import FolderError, folder_path, replace_file, require_folder, writing_to
from symsched.schedules.plan import AbstractTable
from symsched.schedules.schedule import Schedule, planned
from symsched.simulation.fingerprint import code_fingerprint, fingerprint
from symsched.simulation.lines import AXES, Asked, sweep_plate
from symsched.simulation.simulate import Run, SiteStatistics, simulate

_KAPPA = 3.0
_WHAT = "a sweep"
_LARGEST = 1 << 24
"""Bytes that no cell has."""


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
        """Return the cell that ``to_dict`` described; raise ValueError for other data."""
        try:
            sites = tuple(
                None if held is None else SiteStatistics(**{name: Estimate(**each) for name, each in held.items()})
                for held in data["sites"]
            )
            weights = tuple(Estimate(**held) for held in data["weights"])
            return Cell(**{**data, "weights": weights, "sites": sites})
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise ValueError(f"these data are no cell of a sweep: {error!r}") from error


@dataclass(frozen=True)
class Sweep:
    """The finished cells of a sweep, in the order of schedules, steps and dimensions."""

    cells: tuple[Cell, ...]
    title: str
    asked: Asked | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        """One line: the number of cells, and what was swept."""
        names = ", ".join(dict.fromkeys(cell.schedule for cell in self.cells))
        sizes = sorted({cell.dimension for cell in self.cells})
        return f"<Sweep of {len(self.cells)} cells, {self.title}: {names} at d from {sizes[0]} to {sizes[-1]}>"

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

    def plate(self, against: str = "d", *, mode: int = 0, predicted: bool = True) -> Plate:
        """Return the data of ``plot``: charts "weight" and "width"."""
        if against not in AXES:
            raise ValueError(f"a sweep is drawn against one of {', '.join(AXES)}, got {against!r}")
        return sweep_plate(self, against, require_integer(mode, "mode", 0), predicted=predicted)

    def plot(self, against: str = "d", *, mode: int = 0, predicted: bool = True, width: str = "column") -> Printed:
        """Return a figure of a mode's weight and of the width of its coordinates, which carries its ``caption``.

        Points are the cells, with one standard error, lines what the limit predicts for the same steps: ``against`` "d"
        for each schedule and number of steps, against "evaluations" for each schedule and d. Without ``predicted``,
        which takes seconds a line, there are points alone. ``width`` is "column" (345 pt) or "page" (510 pt).
        """
        return printed(self.plate(against, mode=mode, predicted=predicted), width)

    def _repr_markdown_(self) -> str:
        return self.to_markdown()


def sweep(
    distribution: AbstractDistribution,
    schedules: Source | Mapping[str, Source],
    *,
    dimensions: Sequence[int],
    steps: Sequence[int] | None = None,
    n: int = 1_000,
    kappa: float | None = None,
    rng: int = 0,
    scheme: str | None = None,
    folder: str | os.PathLike[str] | None = None,
    executor: Executor | None = None,
    progress: bool = False,
) -> Sweep:
    """Return the statistics of n paths for every schedule, number of steps and dimension.

    With ``folder`` every finished cell is written there at once, and a cell found there is not run again: a sweep that
    was interrupted, or that is asked for more, only runs what is missing. A cell is known by everything that its
    numbers depend on: distribution, schedule, settings, seed, the package's code and the libraries' versions. Its seed
    follows from ``rng`` and its settings, so that no cell depends on which others are asked for. ``kappa`` is 3 unless
    given. A Design settles steps, κ and the scheme: beside designs alone they are left out, and the last two refused.

    A file there that is broken, foreign or half-written is named in a warning, and its cell is run again. Raises
    FolderError where none can be written, ValueError or TypeError for bad input, TypeError for a distribution that
    cannot be named (see fingerprint).
    """
    named = dict(schedules) if isinstance(schedules, Mapping) else {"schedule": schedules}
    sizes = [require_integer(d, "each of dimensions", 1) for d in require_sequence(dimensions, "dimensions", INTEGERS)]
    sources = {name: schedule_of(source) for name, source in named.items()}
    asked_steps = [] if steps is None else require_sequence(steps, "steps", INTEGERS)
    counts = [require_integer(count, "each of steps", 1) for count in asked_steps]
    settled = all(isinstance(schedule, AbstractTable) for schedule in sources.values())
    if not (named and sizes and (counts or (settled and steps is None))):
        raise ValueError(
            "a sweep needs at least one schedule, one dimension and, unless every schedule is a design, one number of "
            "steps"
        )
    paths, seed = require_integer(n, "n", 1), require_integer(rng, "rng", 0)
    home = None if folder is None else _home(folder)
    cells = []
    wanted = [
        (name, schedule, count, d)
        for name, schedule in sources.items()
        # A table has steps of its own.
        for count, d in itertools.product([None] if isinstance(schedule, AbstractTable) else counts, sizes)
    ]
    # Beside a schedule that they are for, κ and the scheme may be given; to tables alone they say nothing.
    given = (kappa, scheme) if settled else (None, None)
    constant = _KAPPA if kappa is None else require_real(kappa, "kappa")
    for source in named.values():
        warn_if_foreign(source, distribution)
    for name, schedule, wish, d in tqdm(wanted, unit="cell", disable=not progress, leave=False):
        parts = schedule.key if isinstance(schedule, AbstractTable) else (schedule,)
        count = wish if wish is not None else planned(schedule, None, d, *given).steps
        own = (schedule.scheme if scheme is None else scheme) if isinstance(schedule, Schedule) else None
        settings = (d, paths, count, constant if schedule.needs_kappa else None, own)
        key = fingerprint(distribution, *parts, settings, seed)
        file = None if home is None else home / f"{fingerprint(key, code_fingerprint())}.json"
        kept = None if file is None else _kept(file)
        if kept is not None:
            cells.append(replace(kept, schedule=name))
            continue
        if home is not None:
            require_folder(home, _WHAT)
        run = simulate(
            distribution,
            schedule,
            d=d,
            n=paths,
            steps=wish,
            kappa=settings[3],
            rng=np.random.default_rng(int(key, 16)),
            scheme=own,
            executor=executor,
            keep="statistics",
        )
        cells.append(_cell(name, run, settings))
        if file is not None:
            with writing_to(file.parent, _WHAT):
                replace_file(file, _sealed(cells[-1], file.stem))
    asked = Asked(distribution, {name: schedule_of(source) for name, source in named.items()}, scheme, seed)
    return Sweep(tuple(cells), f"n = {paths} paths, seed {seed}", asked)


def _home(folder: str | os.PathLike[str]) -> Path:
    home = folder_path(folder)
    with writing_to(home, _WHAT):
        home.mkdir(parents=True, exist_ok=True)
    return home


def _sealed(cell: Cell, name: str) -> bytes:
    """Return the content of a cell's file, which carries a seal: a single digit that has changed is noticed."""
    held = cell.to_dict()
    return (json.dumps({"seal": _seal(held, name), "cell": held}, allow_nan=False) + "\n").encode()


def _seal(held: object, name: str) -> str:
    """Return what belongs to the data of a cell in the file of this name, and to no others."""
    return fingerprint(name, json.dumps(held))


def _kept(file: Path) -> Cell | None:
    """Return the cell in a file, None where there is none; what is no such cell is named, and done again."""
    if not os.path.lexists(file):
        return None
    if file.is_dir():
        raise FolderError(
            errno.EISDIR, f"a sweep keeps a cell under this name, and a folder has it; move {file} away", str(file)
        )
    try:
        return Cell.from_dict(_opened(_content(file), file.stem))
    except (ValueError, OSError, RecursionError) as error:
        warnings.warn(f"{file} holds no finished cell of this sweep ({error}): it is done again", stacklevel=3)
        return None


def _content(file: Path) -> bytes:
    """Return what is in a file; a pipe or a device would be read forever."""
    if not file.is_file():
        raise ValueError("it is no file")
    if file.stat().st_size > _LARGEST:
        raise ValueError("it is too large")
    return file.read_bytes()


def _opened(content: bytes, name: str) -> Mapping[str, Any]:
    """Return the data of the cell in the file of this name, whose seal they must match."""
    document = json.loads(content.decode("utf-8"))
    if not (isinstance(document, dict) and isinstance(document.get("cell"), dict)):
        raise ValueError("it holds something else")
    if document.get("seal") != _seal(document["cell"], name):
        raise ValueError("its content was changed, or is that of another cell")
    return document["cell"]


def _cell(name: str, run: Run, settings: tuple[int, int, int, float | None, str | None]) -> Cell:
    d, n, steps, kappa, _ = settings
    return Cell(name, d, steps, kappa, n, run.weights, run.sites, run.method, run.seconds)
