"""How many evaluations a limit needs for weights to 1 % and sites to 5 %: ours against the best other."""

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, final

from symsched.algebra.inputs import INTEGERS, require_sequence
from symsched.errors import DerivationError, require_integer, require_real
from symsched.limits.limit import Limit
from symsched.models.order_model import AbstractOrderModel, AbstractPointsModel
from symsched.predictions.comparisons.rivals import OURS, Rival, rivals
from symsched.predictions.comparisons.tuning import tuned
from symsched.predictions.designs.design import quiet_design
from symsched.predictions.designs.errors import Errors, moment_errors
from symsched.reporting.pages.data import fields_to_dict

COUNTS = (2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Evaluations that are tried."""
TRIES, OWN_TRIES = 12, 5
"""Plans that a search may predict here, for each of the others and for ours, of which one number is free."""
_DESIGNED = (3, 4, 6, 8)
_SAME = "dpmpp_2m"
_NONE = Errors(math.inf, math.inf)


@final
@dataclass(frozen=True)
class Needed:
    """Evaluations with which one contender holds, infinite if none of those tried, and its errors there."""

    who: str
    evaluations: float
    errors: Errors


_NOBODY = Needed("nobody", math.inf, _NONE)


@final
@dataclass(frozen=True)
class Requirement:
    """What a limit needs at one d: by the derived schedule, by a design if one was found, by the best other.

    ``judged`` says by what; ``most`` is the largest number of evaluations that was tried.
    """

    name: str
    dimension: float
    schedule: Needed
    designed: Needed | None
    other: Needed
    judged: str
    most: int

    @property
    def ours(self) -> Needed:
        """The better of the derived schedule and the design."""
        both = [self.schedule, *([self.designed] if self.designed else [])]
        return min(both, key=lambda one: one.evaluations)

    @property
    def verdict(self) -> str:
        """Who needs fewer evaluations: "ours", "other", "equal", or "neither" where nobody holds."""
        mine, theirs = self.ours.evaluations, self.other.evaluations
        if math.isinf(mine) and math.isinf(theirs):
            return "neither"
        return "equal" if mine == theirs else "ours" if mine < theirs else "other"

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, ready for JSON."""
        return {**fields_to_dict(self), "verdict": self.verdict}


def requirement(
    limit: Limit, name: str, d: float = 1e6, *, evaluations: Sequence[int] = COUNTS, designed: bool = True
) -> Requirement:
    """Return how many evaluations a limit needs at one d, by bisection: as if errors fell with their number.

    Everyone has the same search at every number, the others with more tries than ours. Others run with
    DPM-Solver++(2M), and the paper's dilation with its own Euler; one who does not hold with fewer evaluations than the
    best so far is not asked again. The design is the first of 3, 4, 6, 8 evaluations that holds, if that is fewer than
    the schedule needs.

    Raises TypeError or ValueError for bad input.
    """
    if not isinstance(limit, Limit):
        raise TypeError(f"limit must come from derive(), got {limit!r}")
    asked = require_sequence(evaluations, "evaluations", INTEGERS)
    counts = sorted({require_integer(n, "each of evaluations", 2) for n in asked})
    size = require_real(d, "d", above=1)
    if not counts:
        raise ValueError("evaluations must hold at least one number")
    model = limit.order_model(size)
    everyone = rivals(limit, model, size, quick=True)
    schedule, *others = [
        _Entrant(rival, rival.own if rival.only_own or rival.name == OURS else _SAME, model) for rival in everyone
    ]
    ours = _least(schedule, counts)
    # Those with free numbers first: who has none is then asked at one number of evaluations.
    best = _NOBODY
    for entrant in sorted(others, key=lambda one: -len(one.rival.start)):
        fewer = [count for count in counts if count < best.evaluations]
        if fewer and (math.isinf(best.evaluations) or entrant.errors(fewer[-1]).worst <= 1):
            found = _least(entrant, fewer)
            best = found if found.evaluations < best.evaluations else best
    tables = [n for n in _DESIGNED if designed and n in counts and n < ours.evaluations]
    table = _design(limit, model, size, tables)
    return Requirement(name, size, ours, table, best, _judged(model), counts[-1])


@final
@dataclass(frozen=True, eq=False)
class _Entrant:
    """One contender with its scheme, before one model."""

    rival: Rival
    scheme: str
    model: AbstractOrderModel
    known: dict[int, Errors] = field(default_factory=dict)

    def errors(self, count: int) -> Errors:
        """Return the errors with ``count`` evaluations, tuned until they hold or are far from it."""
        if count not in self.known:
            tries = OWN_TRIES if self.rival.name == OURS else TRIES
            found = tuned(self.rival, self.scheme, count, self.model, tries=tries, settle=True)
            self.known[count] = found.errors
        return self.known[count]


def _least(entrant: _Entrant, counts: Sequence[int]) -> Needed:
    """Return the least number of evaluations that holds, halving between one that does not and one that does."""
    low, high = -1, len(counts)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if entrant.errors(counts[middle]).worst <= 1 else (middle, high)
    if high == len(counts):
        return Needed(entrant.rival.name, math.inf, _NONE)
    return Needed(entrant.rival.name, counts[high], entrant.errors(counts[high]))


def _design(limit: Limit, model: AbstractOrderModel, d: float, counts: Sequence[int]) -> Needed | None:
    for count in counts:
        # A gap that no one step crosses, or too few evaluations.
        with contextlib.suppress(DerivationError, ValueError, ArithmeticError):
            table = quiet_design(limit, count)
            errors = moment_errors(model, table.plan(d))
            if errors.worst <= 1:
                return Needed("designed", count, errors)
    return None


def _judged(model: AbstractOrderModel) -> str:
    parts = ["weights"] if len(model.sites) > 1 else []
    normal = all(site.gaussian is not None for site in model.sites)
    parts.append("sites" if normal else "mean and deviation of a site")
    if model.orders and not isinstance(model, AbstractPointsModel):
        parts.append("not the law of the mean that fluctuates")
    return ", ".join(parts)


def requirements_markdown(rows: Sequence[Requirement]) -> str:
    """Return one table, and lines that say where ours loses and where nobody holds."""
    head = "| member | derived schedule | designed | best other | fewest | judged by |\n|:--|--:|--:|--:|:--|:--|\n"
    lines = [
        f"| {row.name} | {_text(row.schedule, row.most)} | {_text(row.designed, row.most) if row.designed else '–'} | "
        f"{_text(row.other, row.most, named=True)} | {row.verdict} | {row.judged} |"
        for row in rows
    ]
    names = {verdict: [row.name for row in rows if row.verdict == verdict] for verdict in ("other", "equal", "neither")}
    won = sum(row.verdict == "ours" for row in rows)
    told = [
        f"Ours needs fewer evaluations at {won} of {len(rows)}.",
        f"Ours loses at {', '.join(names['other'])}." if names["other"] else "Ours loses nowhere.",
        *([f"As many: {', '.join(names['equal'])}."] if names["equal"] else []),
        *([f"Nobody holds: {', '.join(names['neither'])}."] if names["neither"] else []),
    ]
    return head + "\n".join(lines) + "\n\n" + " ".join(told) + "\n"


def _text(needed: Needed, most: int, *, named: bool = False) -> str:
    if math.isinf(needed.evaluations):
        return f"more than {most}"
    errors = f"{needed.evaluations:.0f} ({needed.errors.weight:.4f} / {needed.errors.width:.3f})"
    return f"{errors}, {needed.who}" if named else errors
