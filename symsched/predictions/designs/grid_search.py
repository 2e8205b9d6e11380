"""The search for a grid: the data phase on its own, then the windows by the weights they lead to."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import itemgetter

import numpy as np
from scipy import special, stats

from symsched.algebra.arrays import Array
from symsched.models.order_model import AbstractOrderModel, AbstractPointsModel, DiscreteOrderModel
from symsched.predictions.designs.errors import WEIGHT, WIDTH, usual_weights
from symsched.predictions.designs.grid import DataPhase, Layout, Scales, grid_plan
from symsched.predictions.designs.learned.fitting import Form, best_rows
from symsched.predictions.designs.minimax import minimax, simplex
from symsched.predictions.designs.nodes import half_seen
from symsched.predictions.order_paths import order_paths
from symsched.predictions.weights import mode_weights
from symsched.schedules.grids import split
from symsched.schedules.plan import Plan

_DATA_TRIES, _WINDOW_TRIES = 70, 28
"""Evaluations of an objective by the simplex method: a data phase costs milliseconds, weights a tenth of a second."""
_STARTS = ((0.4, 8.0, 1.0), (0.8, 4.0, 1.0), (0.3, 30.0, 1.3), (1.0, 200.0, 1.0))
"""Starts of (first, last, thin)."""
_NEAR = 0.6
"""Another start of ψ at the first node of the data phase."""
_FAST = 2
"""Replicates of a net in a search."""
_ENOUGH = 0.5
"""Half the errors that count as one: no further division is tried."""
_REACH, _BEND, _ROUNDS = 2.5, 1.5, 10
"""Start of windows whose nodes are placed one by one, and iterations of their search, twice as many before."""
_FINE = 0.25
"""Errors of sites, in units of 5 %, that need no further node."""
_CORNER = 0.35
"""Logarithm by which a simplex first changes a number."""
_FAILED = 1e3


def best_layout(
    scales: Scales, sites: DataPhase, evaluations: int, judged: Callable[[Layout], float]
) -> tuple[Layout, tuple[float, ...]]:
    """Return the best layout of N evaluations that was found, and what all that were tried are ``judged``, increasing.

    For every way to divide the evaluations, the even ones first, Nelder and Mead's simplex is run on the data phase
    from four starts, by W2/(0.05 sd) of the modes, and on the windows and the first node behind them, by that and
    Δw/0.01 at the dimension of the model, with the weights of the modes as they are, reversed and equal. It ends where
    half of these is reached. Deterministic.
    """
    model, phases = sites.model, len(scales.exponents)
    free = evaluations - (1 if scales.anchored else 0)
    models = _reweighted(model)
    found: list[tuple[float, Layout]] = []
    for counts in sorted(_divisions(phases, free), key=lambda counts: abs(2 * counts[-1] - free)):
        if found and found[0][0] < _ENOUGH:
            break
        layout, site = _best_data(Layout(counts), sites)
        if found and site >= found[0][0]:
            continue
        weight = 0.0
        if phases and len(model.sites) > 1:
            layout, weight = _best_windows(layout, scales, models, sites)
        found.append((max(weight, judged(layout)), layout))
        found.sort(key=lambda pair: pair[0])
    return found[0][1], tuple(value for value, _ in found)


def best_staged(
    scales: Scales, limit_models: Sequence[AbstractOrderModel], sites: DataPhase, evaluations: int
) -> tuple[Layout, float]:
    """Return the best layout with found rows behind windows of means alone, whose nodes are placed one by one, and the
    worst Δw/0.01 at the dimensions of the models.

    The rows are blind and know the sites: as few nodes as miss them by a quarter of 5 % at most. The windows share the
    other evaluations evenly, the first the odd one. Sequential quadratic programming from nodes at s ~ (k/n)^1.5, on
    the weights of the modes as they are, reversed and equal. Deterministic.
    """
    phases = len(scales.exponents)
    unit = min(half_seen(site) for site in sites.model.sites)
    for count in range(1, evaluations - phases + 1):
        form = Form(count, 0.0, unit, anchored=False, blind=True, gained=False, row=True)
        rows, error = best_rows([sites.landing], form)
        if error < _FINE * WIDTH:
            break
    counts = (*sorted(split(evaluations - count, phases), reverse=True), count)
    models = [one for model in limit_models for one in _reweighted(model)]
    bounds = np.cumsum(counts[:-1])[:-1]

    def read(numbers: Array) -> Layout:
        parts = np.split(np.exp(np.clip(numbers, -4, 4)), bounds)
        return Layout(counts, places=tuple(tuple(np.cumsum(part).tolist()) for part in parts), rows=rows)

    def missed(numbers: Array) -> Array:
        layout, found = read(numbers), []
        for model in models:
            try:
                plan = grid_plan(scales, layout, model.dimension)
            except ValueError:
                found.append(np.ones(len(model.weights)))
                continue
            found.append(mode_weights(model, plan)[0] - model.weights)
        return np.concatenate(found) / WEIGHT

    start = np.concatenate([np.log(np.diff(_REACH * (np.arange(n + 1) / n) ** _BEND)) for n in counts[:-1]])
    best = minimax(missed, [start], lambda numbers: bool(np.all(np.abs(missed(numbers)) < 1 / WEIGHT)), _ROUNDS)
    if best is None:
        raise ValueError(f"no grid of {evaluations} evaluations was found whose windows are apart")
    return read(best.point), best.value


def _divisions(phases: int, free: int) -> list[tuple[int, ...]]:
    """Return the numbers of nodes of each window and of the data phase that are tried."""
    if phases == 0:
        return [(free,)]
    out = []
    for data in range(1, free - phases + 1):
        windows = free - data
        if windows > max(6 * phases, free // 2) or data > max(6, 2 * free // 3):
            continue
        # Later phases are cheaper: what the first leaves undecided they cannot mend.
        out.append((*sorted(split(windows, phases), reverse=True), data))
    return out


def _reweighted(model: AbstractOrderModel) -> list[AbstractOrderModel]:
    """Return the model with the weights of its modes as they are, reversed and equal."""
    if not isinstance(model, DiscreteOrderModel):
        return [model]
    points = model.points
    return [replace(model, points=replace(points, weights=np.array(table))) for table in usual_weights(model)]


def _best_data(layout: Layout, sites: DataPhase) -> tuple[Layout, float]:
    def read(numbers: Array) -> Layout:
        first, span, thin = np.exp(numbers)
        return replace(layout, first=float(first), last=float(first * (1 + span)), thin=float(thin))

    def cost(numbers: Array) -> float:
        if np.any(np.abs(numbers) > 8):
            return _FAILED
        return sites.error(read(numbers)) / WIDTH

    begins = [np.log([first, last / first - 1, thin]) for first, last, thin in _STARTS]
    value, numbers = min((simplex(cost, begin, _DATA_TRIES, _CORNER) for begin in begins), key=itemgetter(0))
    return read(numbers), value


def _best_windows(
    layout: Layout, scales: Scales, models: list[AbstractOrderModel], sites: DataPhase
) -> tuple[Layout, float]:
    def read(numbers: Array) -> Layout:
        reach, bend, first = np.exp(numbers)
        return replace(layout, reach=float(reach), bend=float(bend), first=float(first))

    def cost(numbers: Array) -> float:
        chosen = read(numbers)
        if np.any(np.abs(numbers) > 4) or chosen.first >= layout.last:
            return _FAILED
        try:
            plan = grid_plan(scales, chosen, models[0].dimension)
        except ValueError:
            return _FAILED
        worst = math.hypot(sites.error(chosen), left_open(models[0], scales, chosen, plan)) / WIDTH
        for model in models:
            seen = mode_weights(model, plan, replicates=_FAST)[0]
            worst = max(worst, float(np.max(np.abs(seen - model.weights))) / WEIGHT)
        return worst

    # What sites like best is often too far for modes that are still open.
    begins = [layout.first] + ([_NEAR] if layout.first > 1.2 * _NEAR else [])
    ends = (simplex(cost, np.log([layout.reach, layout.bend, at]), _WINDOW_TRIES, _CORNER) for at in begins)
    value, numbers = min(ends, key=itemgetter(0))
    return read(numbers), value


def left_open(model: AbstractOrderModel, scales: Scales, layout: Layout, plan: Plan) -> float:
    """Return by how much, in units of the noise, a coordinate is off behind the gap as modes were still open before it.

    With responsibilities π at the last node of the windows the gap adds Σ π_k c_k He_{q−1} ψ̂^q/q! instead of the c of
    the mode that the path ends in, a difference of root mean square |Σ π g − g| ψ̂^q/√q; it is carried to the site in
    proportion to its deviation.
    """
    if not isinstance(model, AbstractPointsModel):
        return 0.0
    starts, masses = _net(len(model.orders))
    paths = order_paths(model, plan, starts)
    last = plan.psi.size - layout.counts[-1] - 1
    missed = paths.responsibilities[:, last] @ model.points.places - model.points.places[paths.modes]
    order = scales.last_order
    return float(np.sqrt(masses @ np.sum(missed**2, axis=1))) * layout.first**order / math.sqrt(order)


def _net(components: int) -> tuple[Array, Array]:
    """Return starts and masses for averages over N(0, I)."""
    if components == 1:
        nodes, masses = np.polynomial.hermite_e.hermegauss(64)
        return nodes[:, None], masses / masses.sum()
    net = special.ndtri(stats.qmc.Sobol(components, seed=np.random.default_rng(0)).random_base2(8))
    return np.asarray(net), np.full(len(net), 1 / len(net))
