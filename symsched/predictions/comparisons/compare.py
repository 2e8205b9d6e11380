"""compare(): weight and site error against evaluations and d, everyone tuned by the same search."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from tqdm.auto import tqdm

from symsched.algebra.inputs import INTEGERS, require_sequence
from symsched.errors import DerivationError, nearest, require_integer, require_real
from symsched.limits.limit import Limit
from symsched.models.order_model import AbstractOrderModel
from symsched.predictions.comparisons.rivals import DESIGNED, INFORMED, Rival, rivals
from symsched.predictions.comparisons.table import Cell, Comparison
from symsched.predictions.comparisons.tuning import TRIES, tuned
from symsched.predictions.designs.base import AbstractDesign
from symsched.predictions.designs.design import quiet_design
from symsched.predictions.designs.errors import moment_errors
from symsched.predictions.designs.pair_design import Design

__all__ = ["Comparison", "compare"]

KNOWN = ("canonical", "adams", "adams3", "dpmpp_2m")
"""Schemes that any list of nodes can be run with."""
_FEW, _MOST = 4, 8
"""Evaluations beyond which no design is searched for, of two normal modes and of other limits."""


def compare(
    limit: Limit,
    *,
    evaluations: Sequence[int] = (4, 8, 16, 32),
    dimensions: Sequence[float] = (1e6,),
    schemes: Sequence[str] = ("canonical", "dpmpp_2m"),
    grids: Sequence[str] = (),
    designed: bool = True,
    progress: bool = False,
) -> Comparison:
    """Return predicted errors of our schedule and of the grids in use, by evaluations and dimension.

    Errors are those of mode weights, and of mean and deviation of a coordinate over its deviation, after the plan, by
    the order parameters at that d. Each grid is run with every one of ``schemes`` and with its own: EDM's with Heun's,
    ours with "edgeworth". Free numbers are searched for by one method with the same number of tries for all. ``grids``
    names those that are run, by default all. ``designed`` adds what ``design`` finds, a search of its own and longer,
    with at most so many evaluations (none beyond 8, or 4 for two normal modes, where nothing is left to gain).
    Predicted, not sampled: fixed evaluations at a given d. Interrupted, it returns the cells that are done.

    Raises TypeError or ValueError for bad input.
    """
    if not isinstance(limit, Limit):
        raise TypeError(f"limit must come from derive(), got {limit!r}")
    asked = require_sequence(evaluations, "evaluations", INTEGERS)
    counts = sorted({require_integer(n, "each of evaluations", 2) for n in asked})
    wanted_sizes = require_sequence(dimensions, "dimensions", "a sequence of numbers, such as [1e4, 1e6]")
    sizes = [require_real(d, "each of dimensions", above=1) for d in wanted_sizes]
    names = require_sequence(schemes, "schemes", f"a sequence of names out of {KNOWN}")
    if any(name not in KNOWN for name in names) or not (counts and sizes and names):
        raise ValueError(f"compare needs evaluations, dimensions and schemes out of {KNOWN}, got schemes {schemes!r}")
    only = require_sequence(grids, "grids", "a sequence of names, such as ['derived', 'EDM, tuned']")
    cells: list[Cell] = []
    title = f"{limit!r}, {TRIES} tries for each grid"
    try:
        with tqdm(disable=not progress, unit="cell", leave=False) as bar:
            for cell in _cells(limit, sizes, counts, (schemes, only), bar, designed=designed):
                cells.append(cell)
                bar.update()
    except KeyboardInterrupt:
        return Comparison(tuple(cells), title, interrupted=True)
    return Comparison(tuple(cells), title)


def _cells(
    limit: Limit,
    sizes: Sequence[float],
    counts: Sequence[int],
    asked: tuple[Sequence[str], Sequence[str]],
    bar: tqdm[None],
    *,
    designed: bool,
) -> Iterator[Cell]:
    tables = _designs(limit, counts) if designed else {}
    for d in sizes:
        model = limit.order_model(d)
        schemes, only = asked
        everyone = [(rival, scheme) for rival in _asked(limit, model, d, only) for scheme in _schemes(rival, schemes)]
        bar.total = len(sizes) * len(counts) * len(everyone) + len(sizes) * len(tables)
        for count in counts:
            if count in tables and d > tables[count].least_dimension:
                errors = moment_errors(model, tables[count].plan(d))
                yield Cell(DESIGNED, "its own", count, d, errors, (), own=True)
            for rival, scheme in everyone:
                bar.set_description(f"{rival.name}, {count}")
                found = tuned(rival, scheme, count, model)
                yield Cell(rival.name, scheme, count, d, found.errors, found.numbers, own=scheme == rival.own)


def _asked(limit: Limit, model: AbstractOrderModel, d: float, only: Sequence[str]) -> list[Rival]:
    everyone = rivals(limit, model, d, informed=not only or not INFORMED.isdisjoint(only))
    names = [rival.name for rival in everyone]
    for name in only:
        if name not in names:
            raise ValueError(f"unknown grid {name!r} for {limit!r}; {nearest(str(name), names)}")
    return [rival for rival in everyone if not only or rival.name in only]


def _schemes(rival: Rival, common: Sequence[str]) -> tuple[str, ...]:
    return (rival.own,) if rival.only_own else tuple(dict.fromkeys([rival.own, *common]))


def _designs(limit: Limit, counts: Sequence[int]) -> dict[int, AbstractDesign]:
    """Return the best design of at most so many evaluations for each count that has one."""
    found: dict[int, AbstractDesign] = {}
    last: AbstractDesign | None = None
    for count in counts:
        if last is None or (count > last.evaluations and not (isinstance(last, Design) and last.evaluations >= _FEW)):
            # A gap that no one step crosses, or too few evaluations, leave the last.
            with contextlib.suppress(DerivationError, ValueError):
                last = quiet_design(limit, min(count, _MOST))
        if last is not None:
            found[count] = last
    return found
