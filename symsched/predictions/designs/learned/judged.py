"""What a table with found rows does at finite d, over the weights of the modes and the widths of their coordinates."""

from dataclasses import replace

import numpy as np

from symsched.algebra.codegen import number
from symsched.laws.numeric import GaussianSite
from symsched.limits.limit import Limit
from symsched.models.order_model import AbstractOrderModel, DiscreteOrderModel
from symsched.predictions.designs.errors import Errors, moment_errors
from symsched.predictions.designs.learned.table import Table


def table_errors(
    limit: Limit, table: Table, widths: tuple[float, float] | None, d: float, larger: float = 1.0
) -> Errors:
    """Return the worst errors over the weights as they are, reversed and equal, and both ends of the widths."""
    found = []
    for model in _laws(limit.order_model(d), widths):
        gap = table.gap
        if gap.order == 2:
            slopes = np.array([number(mode.law.cumulants(2)[-1], "a variance") for mode in limit.cascade.modes])
            pair = list(table.before.pairs[0]) if table.before is not None else slice(None)
            gap = replace(gap, average=float(np.average(slopes[pair], weights=model.weights[pair])))
        plan = replace(table, gap=gap).plan(d)
        found.append(moment_errors(model, plan if larger == 1 else replace(plan, B=larger * plan.B)))
    return Errors(max(one.weight for one in found), max(one.width for one in found))


def _laws(model: AbstractOrderModel, widths: tuple[float, float] | None) -> list[AbstractOrderModel]:
    if not isinstance(model, DiscreteOrderModel):
        return [model]
    own = model.points.weights
    out: list[AbstractOrderModel] = []
    for weights in {tuple(own), tuple(own[::-1]), (1 / len(own),) * len(own)}:
        points = replace(model.points, weights=np.array(weights))
        for width in widths or (None,):
            sites = model.sites if width is None else (GaussianSite(0.0, width**2),) * len(own)
            out.append(replace(model, points=points, sites=sites))
    return out
