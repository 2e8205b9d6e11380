"""The search for a table with found rows: a window by the weights alone, then the data behind the gap, by sites."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import final

import numpy as np
import sympy as sp

from symsched.limits.limit import Limit
from symsched.models.order_model import AbstractPointsModel, DiscreteOrderModel
from symsched.predictions.designs.errors import FAR, LEAST, WIDTH, Errors
from symsched.predictions.designs.learned.design import LearnedDesign
from symsched.predictions.designs.learned.judged import table_errors
from symsched.predictions.designs.learned.problem import Problem
from symsched.predictions.designs.learned.table import Table
from symsched.predictions.designs.learned.tuned import LEFT

_JUDGED = (LEAST, 1e6, *FAR)
"""Dimensions over which tables are compared."""
_INSIDE, _BEHIND = 2, 3
"""Nodes of a window, one more where modes lie on a line, and behind the gap, at most."""
_ENOUGH = 0.5
"""Errors, in units of 1 % and 5 %, below which no further evaluation is tried."""
_WIDTHS = (0.3, 1.0)
"""Widths of normal modes in units of half their distance."""
_SHARED = 1e-6
"""By how much the middles of several limits may differ, in units of half the distance of the modes."""
_TREE = 4
"""Evaluations at least where branches are told apart first."""


def learned_design(
    limit: Limit,
    evaluations: int,
    *,
    weights: tuple[float, float] | None,
    widths: tuple[float, float] | None,
    row: bool,
    tried: Callable[[], object] = lambda: None,
    others: Sequence[Limit] = (),
) -> LearnedDesign | None:
    """Return the best table of at most ``evaluations`` that was found; None where the limit is not of this form, or no
    table holds from the d on at which it is predicted.

    It is of this form where nothing is decided, where two modes part by a cumulant that does not shrink with d and, if
    that is not the mean, a step crosses the gap behind it, where more modes part by their means alone, and for any
    number of normal modes in general directions. With ``others`` it is the best for the worst of all these limits,
    which must share a form of one mode, or of two that part by means about the same middle: else None.
    """
    problem = _problem([limit, *others], weights, widths, row)
    if problem is None or not _fits(problem, evaluations):
        return None
    if problem.model.centred and widths is None:
        problem = replace(problem, widths=_usual_widths(problem))
    search = _Search(problem, tried)
    search.run(evaluations)
    if not search.found:
        return None
    found = sorted(search.found, key=itemgetter(0))
    _, predicted, table = found[0]
    values = tuple(value for value, *_ in found)
    return LearnedDesign(limit, table, problem.weights, problem.widths, predicted, values, tuple(others))


@final
class _Search:
    """Tables of ever more evaluations, and what is ``found`` of those that were judged: the worst error, what is
    predicted, and the table.
    """

    def __init__(self, problem: Problem, tried: Callable[[], object]) -> None:
        """Start with nothing found."""
        self.found: list[tuple[float, Errors, Table]] = []
        self._problem, self._tried = problem, tried
        self._tuned: dict[int, Table | None] = {}

    @property
    def best(self) -> float:
        """The least worst error so far."""
        return min((value for value, *_ in self.found), default=math.inf)

    def run(self, evaluations: int) -> None:
        """Judge tables until one is good enough; those that miss sites at d = ∞ already only if none else is better."""
        late: list[tuple[float, Table]] = []
        for inside, behind in _splits(self._problem, evaluations):
            for sites, table in self._problem.tables(inside, behind):
                if sites <= 1:
                    self._try(sites, table)
                else:
                    late.append((sites, table))
                self._tried()
                if self.best < _ENOUGH:
                    return
        for sites, table in sorted(late, key=itemgetter(0)):
            self._try(sites, table)

    def _try(self, sites: float, table: Table) -> None:
        """Judge a table that may win, and where weights alone are missed, with numbers that move with d."""
        if sites >= self.best:
            return
        judged = self._judged(table)
        if judged is None:
            return
        self.found.append(judged)
        if self._problem.order > 2 and judged[0] > max(_ENOUGH, judged[1].width / WIDTH):
            if table.inside not in self._tuned:
                self._tuned[table.inside] = self._problem.tuned(table)
            near = self._tuned[table.inside]
            again = None if near is None else self._judged(near.carried_by(table))
            self.found += [] if again is None else [again]

    def _judged(self, table: Table) -> tuple[float, Errors, Table] | None:
        """Return the worst error of a table, what is predicted of it and itself; None where it does not hold so far.

        Modes that hardly differ part so late that a window ends before the data from a larger d on, or no gap leaves
        them. It is asked at no further d once it is worse than another.
        """
        held = [d for d in _JUDGED if d >= table.least_dimension and (table.gap.order <= 2 or table.left(d) < LEFT)]
        if FAR[0] not in held:
            return None
        problem, errors = self._problem, dict[float, Errors]()
        limits = tuple(one.limit for one in problem.everyone)
        for d in sorted(held, key=lambda d: (d not in FAR, d)):
            errors[d] = table_errors(limits, table, (problem.weights, problem.widths), d)
            if errors[d].worst > self.best:
                break
        far = [errors[d] for d in FAR if d in errors]
        predicted = Errors(max(one.weight for one in far), max(one.width for one in far))
        return max(one.worst for one in errors.values()), predicted, table


def _problem(
    limits: Sequence[Limit],
    weights: tuple[float, float] | None,
    widths: tuple[float, float] | None,
    row: bool,
) -> Problem | None:
    """Return the problem of one limit, or of the worst of several; None where these do not share a form."""
    first, *others = (Problem(limit, limit.order_model(FAR[0]), weights, widths, row) for limit in limits)
    if not others:
        return first
    everyone = (first, *others)
    if all(not one.order for one in everyone):
        return replace(first, others=tuple(others))
    plain = all(
        one.order == 1
        and one.exponent * 2 == 1
        and one.before is None
        and len(one.pairs) == 1
        and len(one.model.sites) == 2
        and not one.model.centred
        for one in everyone
    )
    if not plain:
        return None
    frame = first.middle, min(one.half for one in everyone)
    if any(abs(one.middle - frame[0]) > _SHARED * frame[1] for one in everyone):
        return None
    first, *others = (replace(one, frame=frame) for one in everyone)
    return replace(first, others=tuple(others))


def _fits(problem: Problem, evaluations: int) -> bool:
    """Whether a table of this kind has a limit's form and a number of evaluations."""
    speciations, model = problem.limit.cascade.speciations, problem.model
    if not speciations:
        return True
    if not isinstance(model, AbstractPointsModel):
        return False
    if len(speciations) > 1:
        return len(speciations) == 2 and evaluations >= _TREE and _two_branches(problem)
    order = problem.order
    crossed = order == 1 or problem.limit.schedule.windows[0].crossing is not None
    pair = len(model.sites) == 2 or model.centred or (problem.line and model.orders == (1,))
    least = 3 if problem.line else 2
    return bool(pair and crossed and speciations[0].exponent * order * 2 == 1 and evaluations >= least)


def _two_branches(problem: Problem) -> bool:
    """Whether two branches part by their means and then modes by variances, the same in all branches that part."""
    first, last = problem.limit.cascade.speciations
    if (first.order, last.order) != (1, 2) or (first.exponent, last.exponent) != (sp.Rational(1, 2), sp.Rational(1, 4)):
        return False
    branches = first.branches[0].outcomes
    plain = isinstance(problem.model, DiscreteOrderModel) and not problem.model.centred
    if not (plain and problem.pairs and len(branches) == 2 and max(map(len, branches)) <= 2):
        return False
    own = problem.model.weights
    told = [(*problem.slopes[list(pair)], own[pair[0]] / own[list(pair)].sum()) for pair in problem.pairs]
    return bool(np.allclose(told, told[0], rtol=1e-9))


def _splits(problem: Problem, evaluations: int) -> list[tuple[int, int]]:
    """Return the numbers of nodes in the window and behind it that are tried, increasing in what they cost."""
    order = problem.order
    evaluations -= 0 if problem.before is None else 2
    least = 0 if order == 0 else 2 if problem.line else 1
    most = 0 if order == 0 else 1 if problem.model.centred else _INSIDE + problem.line
    splits = [
        (inside, behind)
        for inside in range(least, most + 1)
        for behind in range(1 if evaluations < least + 2 else 2, _BEHIND + 1)
        if inside + behind <= evaluations
    ]
    if problem.others:  # each costs as much as for all of them
        most = max(map(sum, splits))
        splits = [one for one in splits if sum(one) == most]
    return sorted(splits, key=lambda split: (sum(split), split[0]))


def _usual_widths(problem: Problem) -> tuple[float, float]:
    """Return the usual range in units of half the smallest distance of the modes, and the model's own width."""
    own = math.sqrt(problem.model.sites[0].variance)
    low, high = (share * problem.half for share in _WIDTHS)
    return min(low, own), max(high, own)
