"""What a table with found rows does at finite d, over the weights of the modes and the widths of their coordinates."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from symsched.algebra.codegen import number
from symsched.laws.numeric import GaussianSite
from symsched.limits.limit import Limit
from symsched.models.order_model import AbstractOrderModel, DiscreteOrderModel
from symsched.predictions.designs.errors import Errors, moment_errors, usual_weights
from symsched.predictions.designs.learned.table import Table

Ranges = tuple[tuple[float, float] | None, tuple[float, float] | None]
"""Weights of two modes, and widths of normal coordinates, or nothing."""


def table_errors(
    limits: Sequence[Limit], table: Table, ranges: Ranges, d: float, *, larger: float = 1.0, shift: float = 0.0
) -> Errors:
    """Return the worst errors over all limits and both ends of ``ranges``; without weights over those as they are,
    reversed and equal.

    ``larger`` is a factor on the denoiser, ``shift`` moves normal modes in every direction of theirs in turn.
    """
    found = []
    for limit, model in ((one, model) for one in limits for model in _laws(one.order_model(d), ranges, shift)):
        gap = table.gap
        if gap.order > 1:
            slopes = np.array([number(m.law.cumulants(gap.order)[-1], "a cumulant") for m in limit.cascade.modes])
            pair = list(table.before.pairs[0]) if table.before is not None else slice(None)
            gap = replace(gap, average=float(np.average(slopes[pair], weights=model.weights[pair])))
        plan = replace(table, gap=gap).plan(d)
        found.append(moment_errors(model, plan if larger == 1 else replace(plan, B=larger * plan.B)))
    return Errors(max(one.weight for one in found), max(one.width for one in found))


def _laws(model: AbstractOrderModel, ranges: Ranges, shift: float) -> list[AbstractOrderModel]:
    if not isinstance(model, DiscreteOrderModel):
        return [model]
    own, (asked, widths) = model.points.weights, ranges
    tables = usual_weights(model)
    if asked is not None and len(own) == 2:
        tables = [np.array(pair) for p in dict.fromkeys(asked) for pair in ((p, 1 - p), (1 - p, p))]
    directions = np.eye(model.points.places.shape[1]) if shift else np.zeros((1, 1))
    out: list[AbstractOrderModel] = []
    for weights in tables:
        for direction in directions:
            points = replace(model.points, weights=np.array(weights), places=model.points.places + shift * direction)
            for width in widths or (None,):
                sites = model.sites if width is None else (GaussianSite(0.0, width**2),) * len(own)
                out.append(replace(model, points=points, sites=sites))
    return out
