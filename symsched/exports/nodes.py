"""What is exported: the nodes ψ of a schedule or of a design at one d, and whose they are."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import final

import numpy as np

from symsched.algebra.arrays import Array
from symsched.errors import require_integer, require_real
from symsched.limits.limit import Limit, Source, schedule_of
from symsched.predictions.designs.base import AbstractDesign
from symsched.schedules.plan import AbstractTable, Plan
from symsched.schedules.schedule import OvershootError, Schedule

_SAME = 1e-12
"""Relative distance of nodes between which a path stands still, as on a bridge between equal scales."""
_LEAST = 1.0
_HALVINGS = 40


@final
@dataclass(frozen=True, repr=False, eq=False)
class Nodes:
    """The nodes ψ (N,) at ``d``, increasing; the first is 0 where the source starts from pure noise.

    ``still`` nodes were left out, at which ψ stands still and a library that skips none would do nothing.
    ``limit`` is the limit that the source was made for, None where it knows of none. ``own`` is the plan of the
    source's own scheme, None where that overshoots; ``least_dimension`` the d below which there are no such nodes.
    """

    source: Schedule | AbstractTable
    limit: Limit | None
    d: float
    kappa: float | None
    psi: Array
    own: Plan | None = field(repr=False)
    own_scheme: str
    least_dimension: float
    still: int

    @property
    def title(self) -> str:
        """What the nodes are those of, in one line."""
        return repr(self.source)[1:-1] + (f" of {self.limit!r}" if isinstance(self.source, Schedule) else "")


def nodes_of(source: Source, d: float, steps: int | None, kappa: float | None) -> Nodes:
    """Return the nodes of a schedule, a limit's schedule, an interpolant's undilated one, or a design.

    Raises TypeError or ValueError naming what was required.
    """
    chosen = schedule_of(source)
    dimension = require_real(d, "d", above=0)
    known = source if isinstance(source, Limit) else getattr(chosen, "limit", None)
    limit = known if isinstance(known, Limit) else None
    if isinstance(chosen, Schedule):
        if steps is None:
            raise ValueError(
                "steps is required: the number of steps of the schedule, each an evaluation of the sampler"
            )
        count = require_integer(steps, "steps", 1)
        psi = chosen.psi(count, dimension, kappa)
        least = _least(lambda at: chosen.psi(count, at, kappa), dimension)
        scheme = chosen.scheme
        try:
            own = chosen.plan(count, dimension, kappa)
        except OvershootError:
            own = None
    else:
        if steps is not None or kappa is not None:
            raise ValueError("a design has steps and windows of its own: leave steps and kappa out")
        own = chosen.plan(dimension)
        psi, scheme = own.psi, "the design's own rows"
        least = chosen.least_dimension if isinstance(chosen, AbstractDesign) else math.nan
    moves = np.append(True, np.diff(psi) > _SAME * psi[1:])
    return Nodes(chosen, limit, dimension, kappa, psi[moves], own, scheme, least, int(np.sum(~moves)))


def _least(nodes: Callable[[float], Array], d: float) -> float:
    """Return the least dimension from 1 to ``d`` at which there are nodes, to a millionth."""

    def exist(at: float) -> bool:
        try:
            nodes(at)
        except ValueError:
            return False
        return True

    if d <= _LEAST or exist(_LEAST):
        return min(d, _LEAST)
    low, high = 0.0, math.log(d)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if exist(math.exp(middle)) else (middle, high)
    return math.exp(high)
