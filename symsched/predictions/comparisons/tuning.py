"""The one search that everyone is tuned by: the same method, tries and cost, and the same rule for giving up."""

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from symsched.algebra.arrays import Array
from symsched.models.order_model import AbstractOrderModel
from symsched.predictions.comparisons.rivals import Rival
from symsched.predictions.designs.errors import WEIGHT, Errors, moment_errors
from symsched.predictions.designs.minimax import simplex
from symsched.predictions.weights import mode_weights
from symsched.schedules.plan import Plan

TRIES = 30
"""Plans that a search may predict, for every grid the same."""
_CORNER = 0.5
"""Logarithm by which the simplex first changes a number."""
_FAILED = 1e3
_WALL = 100.0
"""Cost of weights that are off by as much as cannot be made up for, where only what holds is asked for."""
_WEIGHT_ALONE = 3.0
"""Error of the weights, in units of 1 % or of the best cost, from which on the sites are not looked at."""
_HOPELESS, _LOOKED_AT = 15.0, 3
"""Error in units of 1 % and 5 % that the corners of the simplex and so many tries more have to get below, or a search
for what holds ends.
"""
_FLAT = 0.01
"""Relative difference of all costs of so many tries below which the numbers do not matter, and any search ends."""
_FEW_REPLICATES = 2


@final
@dataclass(frozen=True)
class Tuned:
    """The least errors that were found, and the numbers that have them."""

    errors: Errors
    numbers: tuple[float, ...]


class _EnoughError(Exception):
    """Ends a search whose question is answered."""


def tuned(
    rival: Rival,
    scheme: str,
    count: int,
    model: AbstractOrderModel,
    *,
    tries: int = TRIES,
    settle: bool = False,
    start: tuple[float, ...] = (),
) -> Tuned:
    """Return the least max(Δw/0.01, W2/(0.05 sd)) that Nelder and Mead's simplex finds in the numbers' logarithms.

    ``settle`` ends the search where it has found what holds, or is far from it. ``start`` is where it begins, by
    default where the rival says. Errors are infinite where no plan of the tries exists.
    """
    begin = start or rival.start
    best: tuple[float, Errors, tuple[float, ...]] = (math.inf, Errors(math.inf, math.inf), begin)
    costs: list[float] = []

    def cost(logs: Array) -> float:
        nonlocal best
        numbers = np.exp(logs)
        try:
            plan = rival.built(count, numbers, scheme)
            value, errors = _cost(model, plan, best[0], settle=settle)
        except (ValueError, ArithmeticError):  # windows that overlap, ends in the wrong order, a path that explodes
            return _FAILED
        costs.append(value)
        if value < best[0]:
            best = (value, errors, tuple(float(n) for n in numbers))
        if len(costs) > len(begin) + _LOOKED_AT and max(costs) - min(costs) <= _FLAT * min(costs):
            raise _EnoughError
        far = best[0] - _WALL * (best[0] > _WALL) > _HOPELESS
        if settle and (best[0] <= 1 or (len(costs) > len(begin) + _LOOKED_AT and far)):
            raise _EnoughError
        return value

    logs = np.log(np.array(begin))
    try:
        if count >= rival.least or scheme != rival.own:
            _ = simplex(cost, logs, tries, _CORNER) if begin else cost(logs)
    except _EnoughError:
        pass
    return Tuned(best[1], best[2])


def _cost(model: AbstractOrderModel, plan: Plan, best: float, *, settle: bool) -> tuple[float, Errors]:
    """Return the worst error in units of 1 % and 5 %, and both; of weights that are far worse than the best, alone."""
    if len(model.sites) > 1:
        off = float(np.max(np.abs(mode_weights(model, plan, _FEW_REPLICATES)[0] - model.weights)))
        alone = Errors(off, math.inf)
        if settle and off / WEIGHT > _WEIGHT_ALONE:
            return _WALL + off / WEIGHT, alone
        if off / WEIGHT > _WEIGHT_ALONE * best:
            return off / WEIGHT, alone
    errors = moment_errors(model, plan)
    return (errors.worst if math.isfinite(errors.worst) else _FAILED), errors
