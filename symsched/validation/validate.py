"""validate(): every prediction of a limit against finite-d Monte Carlo, with standard errors and a stated rule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import sympy as sp

from symsched.algebra.arrays import Index
from symsched.algebra.codegen import number
from symsched.algebra.inputs import INTEGERS, require_sequence
from symsched.errors import require_integer
from symsched.limits.limit import Limit, Source
from symsched.models.estimates import Comparison, Estimate, average, exponent
from symsched.predictions.order_paths import order_paths
from symsched.predictions.predict import ModePrediction, practical_infinity, predict
from symsched.predictions.spread import Spread, bar, binomial_score, few
from symsched.reporting.numbers import dimension_text
from symsched.reporting.verdicts import Z_LIMIT, Row, statistical
from symsched.schedules.plan import AbstractTable, Plan
from symsched.schedules.schedule import OvershootError
from symsched.simulation.simulate import Run, seed_of, simulate
from symsched.symbols import d as d_symbol
from symsched.validation.averages import Judge, average_row, few_text
from symsched.validation.posteriors import posterior_rows
from symsched.validation.reach import REACH, waiting, window_reach
from symsched.validation.report import Accuracy, Report

_STEPS, _KAPPA = 40, 3.0
_POSTERIORS = 400
"""Draws of the exact posterior: of a mean-field measure they may each cost seconds per thousand coordinates."""


def validate(
    limit: Limit,
    *,
    dimensions: Sequence[int] = (100, 1_000, 10_000),
    n: int = 2_000,
    steps: int | None = None,
    kappa: float | None = None,
    rng: int | np.random.Generator | np.random.SeedSequence = 0,
    scheme: str | None = None,
    schedule: Source | None = None,
    progress: bool = False,
) -> Report:
    """Return predictions of a limit beside Monte Carlo at given dimensions, each with z and a verdict.

    Predicted: mode weights, mean and variance of a coordinate per mode after ``steps`` steps, the limit d → ∞ at
    fixed steps read with the schedule of that d; the rate at which order-parameter paths approach the limit driven by
    the same noise; how far weights move from one dimension to another; and the exact posterior over modes at s = 1 in
    every window, from the window's atoms and weights. A dimension decides where the modes have been chosen at ψ ≤ 0.1,
    the later of κ d^−γ and where their places are told apart; before that a row is "not yet". Error bars are
    predicted: weights by the exact binomial law, means and variances by the law of one path, widened to what was seen;
    a mode with fewer than nine paths has "too few". ``schedule`` samples with another schedule than the limit's own:
    one whose steps lie elsewhere fails. ``steps`` are 40 and ``kappa`` 3 unless given; a Design settles them and
    ``scheme``, and is predicted as what it is. Where a schedule has no rate in d, the title says why.
    """
    if not isinstance(limit, Limit):
        raise TypeError(f"limit must come from derive(), got {limit!r}")
    if isinstance(schedule, Plan):
        raise TypeError(
            f"schedule must be a schedule, a design or a limit, got {schedule!r}, which is for one d: sample it with "
            "simulate(..., schedule=plan, d=...), and predict(limit, schedule=plan, d=...)"
        )
    sizes = [require_integer(d, "each of dimensions", 2) for d in require_sequence(dimensions, "dimensions", INTEGERS)]
    if not sizes:
        raise ValueError("dimensions must hold at least one integer")
    n = require_integer(n, "n", 2)  # one path has no standard error
    generator = rng if isinstance(rng, np.random.Generator) else np.random.default_rng(seed_of(rng))
    table = schedule if isinstance(schedule, AbstractTable) else None
    count = _STEPS if steps is None else steps
    steps, kappa = (steps, kappa) if table else (count, _KAPPA if kappa is None else kappa)
    constant = kappa if table or limit.schedule.needs_kappa else None
    rows: list[Row] = []
    errors: list[PathError] = []
    runs: list[Run] = []
    decided: list[tuple[Run, Sequence[ModePrediction]]] = []
    unrated = () if table else _without_rate(limit, count, constant, scheme)
    for d in sizes:
        run = simulate(
            limit.distribution,
            limit if schedule is None else schedule,
            d=d,
            n=n,
            steps=steps,
            kappa=constant if schedule is None else kappa,
            rng=generator,
            scheme=scheme,
            keep="statistics",
            progress=progress,
        )
        predictions = predict(limit, steps, kappa=constant, scheme=scheme, d=d, schedule=table)
        runs.append(run)
        rows += _mode_rows(limit, run, predictions, constant)
        if not waiting(limit, d, constant):
            decided.append((run, predictions))
        if limit.cascade.speciations and not (table or unrated):
            errors.append(path_error(limit, run, count, constant, scheme))
    rows += _change_rows(limit, decided, constant)
    if len(set(sizes)) > 1 and errors:
        rows.append(_rate_row(limit, sizes, errors, constant, n))
    rows += posterior_rows(limit, generator, n=min(n, _POSTERIORS), reach=REACH)
    rows += [_row_of(comparison) for comparison in limit.distribution.comparisons(generator)]
    accuracy = _accuracy(limit, max(runs, key=lambda run: run.dimension))
    title = ", ".join([limit.interpolant.name, f"n = {n}", repr(table) if table else f"steps = {count}", *unrated])
    return Report(tuple(rows), title, accuracy)


def _mode_rows(limit: Limit, run: Run, predictions: Sequence[ModePrediction], kappa: float | None) -> list[Row]:
    """Weight, mean and variance of every mode, with ψ² at the window's end allowed for.

    In the window the law of y is known with noise 1 in place of 1 + ψ² v, v the variance of a coordinate: log-odds are
    off by a factor 1 + O(ψ² v). Of K equal modes a share π then moves by at most π (1 − π) (logit π + log(K − 1)) ≤
    0.23 + log(K − 1)/4 of that, which is below 1 up to twenty modes. That a weight is allowed ψ², and a coordinate ψ²
    of its own size, is a choice of this order and no bound: further cumulants add terms of it. The mean of a single
    mode that nothing precedes is allowed besides what its exact value at this d differs from the limit's, as
    h/(d (1 − β)) of a hot spin.
    """
    reach = window_reach(limit, run.dimension, kappa)
    early = waiting(limit, run.dimension, kappa)
    model = limit.order_model(run.dimension)
    names = mode_names(limit)
    shift = _collective_mean(limit, float(run.dimension))
    alone = len(names) == 1 and not limit.cascade.speciations
    pull = limit.model(run.dimension).coordinate_mean if alone else None
    judge = partial(
        statistical,
        dimension=float(run.dimension),
        allowance_reason="ψ² at the window's end, what the limit neglects at this d",
        waiting_for=early,
    )
    rows: list[Row] = []
    n = len(run.modes)
    for k, (name, prediction, sites) in enumerate(zip(names, predictions, run.sites, strict=True)):
        hits = int(np.sum(run.modes == k))
        if len(names) > 1:
            target = number(limit.cascade.modes[k].weight, "a weight")
            off = partial(judge, allowance=reach**2 + Z_LIMIT * prediction.weight_error, target=target)
            rows.append(_weight_row(f"{name}weight", prediction, hits, n, off))
        if sites is None:
            continue
        scale = math.sqrt(prediction.site_variance) + abs(prediction.site_mean)
        site = model.sites[k]
        if not model.centred:
            target = site.mean + shift
            # What an interaction leaves of its field at this d is known exactly, and is no error of the sampler.
            left = 0.0 if pull is None else abs(pull - target)
            law, off = prediction.path_mean, partial(judge, allowance=reach**2 * scale + left, target=target)
            claim = f"{name}mean of a coordinate"
            rows.append(average_row(claim, prediction.site_mean + shift, sites.mean, law, hits, judge=off))
        # About the mean of its own path a coordinate's variance is smaller by 1/d.
        kept = 1.0 if model.centred else 1 - 1 / run.dimension
        law, off = prediction.path_variance, partial(judge, allowance=reach**2 * scale**2, target=site.variance)
        claim = f"{name}variance of a coordinate"
        rows.append(average_row(claim, prediction.site_variance * kept, sites.variance, law, hits, judge=off))
    return rows


def _weight_row(claim: str, predicted: ModePrediction, hits: int, n: int, judge: Judge) -> Row:
    """Judge a share by the exact binomial law of the predicted weight, which the quadrature knows to its own error."""
    p = predicted.weight
    return judge(
        claim,
        p,
        hits / n,
        math.hypot(math.sqrt(max(p * (1 - p), 0.0) / n), predicted.weight_error),
        law="the exact binomial law",
        score=lambda _, expected: binomial_score(hits, n, min(1.0, max(0.0, expected))),
    )


def _accuracy(limit: Limit, run: Run) -> Accuracy:
    """Return how far a run is from the data: the largest errors of a weight and of a width."""
    model = limit.order_model(run.dimension)
    weights = {
        k: Estimate(found.value - number(mode.weight, "a weight"), found.standard_error)
        for k, (found, mode) in enumerate(zip(run.weights, limit.cascade.modes, strict=True))
        if len(limit.cascade.modes) > 1
    }
    widths = {}
    for k, (sites, site) in enumerate(zip(run.sites, model.sites, strict=True)):
        if sites is not None:
            width = math.sqrt(sites.variance.value)
            error = sites.variance.standard_error / (2 * width) if width else 0.0
            widths[k] = Estimate(width - math.sqrt(site.variance), error)
    worst = [max(found, key=lambda k: abs(found[k].value), default=None) for found in (weights, widths)]
    first, second = worst
    return Accuracy(
        run.dimension,
        None if first is None else weights[first],
        None if second is None else widths[second],
        (first, second),
    )


def _change_rows(
    limit: Limit, decided: Sequence[tuple[Run, Sequence[ModePrediction]]], kappa: float | None
) -> list[Row]:
    """How far each weight moves between the smallest and the largest dimension that decide, at the same steps."""
    if len(decided) < 2 or len(limit.cascade.modes) < 2:
        return []
    (small, before), (large, after) = decided[0], decided[-1]
    n = len(large.modes)
    rows = []
    for name, first, last, old, new in zip(mode_names(limit), small.weights, large.weights, before, after, strict=True):
        law = _difference(old.weight, new.weight)
        own = math.hypot(old.weight_error, new.weight_error)
        rows.append(
            statistical(
                f"{name}change of the weight since d = {dimension_text(small.dimension)}",
                new.weight - old.weight,
                last.value - first.value,
                math.sqrt(law.variance / n),
                dimension=float(large.dimension),
                allowance=window_reach(limit, small.dimension, kappa) ** 2 + Z_LIMIT * own,
                allowance_reason="ψ² at the window's end, what the limit neglects at the smaller d",
                law="the law of one path",
                # A difference of counts moves in steps of 1/n: a tail begins half a step before its first one.
                score=lambda seen, expected, law=law: law.score(  # type: ignore[misc]
                    math.copysign(max(0.0, abs(seen - expected) - 0.5 / n), seen - expected), n
                ),
            )
        )
    return rows


def _difference(p: float, q: float) -> Spread:
    """The law of [a path ends in the mode at the larger d] − [at the smaller d]."""
    return Spread(np.array([-1.0, 0.0, 1.0]), np.array([p * (1 - q), p * q + (1 - p) * (1 - q), q * (1 - p)]), 0.0)


def _collective_mean(limit: Limit, d: float) -> float:
    """Return d^−γ E u of a single mode with a continuous effective law of u: what the mean of a coordinate owes to it.

    It vanishes as d → ∞, but far slower than everything else that the limit neglects.
    """
    if len(limit.cascade.modes) > 1:
        return 0.0
    laws = [(phase.exponent, branch.law) for phase in limit.cascade.speciations for branch in phase.branches]
    return sum(d ** -float(exponent) * law.site().mean for exponent, law in laws if law.atoms is None)


def mode_names(limit: Limit) -> list[str]:
    """Return what the rows call each mode: nothing if there is one, else its number."""
    count = len(limit.cascade.modes)
    return [""] if count == 1 else [f"mode {k}: " for k in range(count)]


@dataclass(frozen=True)
class PathError:
    """Distances of paths from the d = ∞ recursion, measured and predicted, and the logarithm of their ratio.

    Both have the same noise: the ratio has the error of pairs.
    """

    measured: Estimate
    predicted: Estimate
    log_ratio: Estimate


def _without_rate(limit: Limit, steps: int, kappa: float | None, scheme: str | None) -> tuple[str, ...]:
    """Return why paths cannot be held against the d = ∞ recursion in the first window, if so."""
    if not limit.cascade.speciations:
        return ()
    try:
        plan = limit.schedule.opening(steps, practical_infinity(limit), kappa, scheme)
    except OvershootError:
        return ("no rate in d: as d → ∞ a step in x overshoots the noise inside the first window",)
    # From the anchor of a window that is crossed to the next node the order parameter stands still.
    still = 2 if limit.schedule.windows[0].crossing is not None and scheme in {None, "edgeworth"} else 1
    if len(_inside(limit, plan)) <= still:
        return ("no rate in d: in the first window paths have not moved at any node",)
    return ()


def _inside(limit: Limit, plan: Plan) -> Index:
    """Return the nodes of the first window."""
    return np.flatnonzero(plan.times[:-1] < float(limit.schedule.windows[0].end) - 1e-12)


def path_error(limit: Limit, run: Run, steps: int, kappa: float | None, scheme: str | None) -> PathError:
    """Return how far paths are, in the first window, from the d = ∞ recursion with the same noise.

    The distance of one path is the root mean square over the window's times of the difference in ν = μ/α^q; where α
    starts at another power of d than the window's own, μ has no limit. Predicted is that of the order parameters'
    own recursion at this d.
    """
    order = limit.cascade.phases[0].order or 1
    farthest = practical_infinity(limit)
    model, nearer = limit.order_model(farthest), limit.order_model(run.dimension)
    # Nothing behind the first window is asked about, and there a step in x may not exist at d = ∞.
    plan, near = (limit.schedule.opening(steps, d, kappa, scheme) for d in (farthest, run.dimension))
    inside = _inside(limit, plan)
    paths = run.paths[:, inside] if run.paths.ndim == 3 else run.paths[:, inside, None]
    measured = paths / (run.plan.alpha[inside, None] / run.unit) ** order
    components = slice(model.orders.index(order), model.orders.index(order) + measured.shape[2])
    start = np.zeros((len(measured), len(model.orders)))
    start[:, components] = measured[:, 0]
    reached = order_paths(model, plan, start).nu[:, inside, components]
    predicted = order_paths(nearer, near, start).nu[:, inside, components]
    first, second = (np.sqrt(np.mean((nu - reached) ** 2, axis=(1, 2))) for nu in (measured, predicted))
    seen, told = average(first), average(second)
    spread = average(first / seen.value - second / told.value).standard_error
    return PathError(seen, told, Estimate(math.log(seen.value / told.value), spread))


def _rate_row(limit: Limit, sizes: Sequence[int], errors: Sequence[PathError], kappa: float | None, n: int) -> Row:
    """Return the row of the rate in d between the dimensions at hand, two-sided; as d → ∞ it is −γ or faster.

    The recursion at finite d neglects ψ² at the window's end, as everywhere, and ψ times what the next cumulants of the
    modes differ by: they move the log-odds of a path either way, so that weights are off by the square of it, but a
    distance E by itself. Its logarithm is off by as much over E, and the slope, a weighted sum of logarithms, by the
    same sum of those. Where that is as much as the rate itself, the row is that of the distance at the largest d.
    """
    ends = [window_reach(limit, d, kappa) for d in sizes]
    reach = [end**2 + end * _next_separation(limit, d) for d, end in zip(sizes, ends, strict=True)]
    reason = "ψ² at the window's end, and ψ times what the next cumulants differ by"
    logs = np.log(sizes)
    weights = (logs - logs.mean()) / np.sum((logs - logs.mean()) ** 2)
    least = [min(found.measured.value, found.predicted.value) for found in errors]
    allowance = float(np.abs(weights) @ (np.array(reach) / least))
    expected = exponent(sizes, [found.predicted for found in errors]).value
    gamma = limit.cascade.phases[0].exponent
    judge = partial(
        statistical,
        waiting_for=waiting(limit, max(sizes), kappa),
        too_few=few_text(n) if few(n) else "",
    )
    if allowance < abs(expected):
        change = Estimate(
            float(weights @ [found.log_ratio.value for found in errors]),
            float(np.linalg.norm(weights * [found.log_ratio.standard_error for found in errors])),
        )
        return judge(
            "rate in d at which order-parameter paths approach the limit",
            expected,
            expected + change.value,
            bar(change, n),
            allowance=allowance,
            allowance_reason=f"{reason}, in the distances; as d → ∞ the rate is −{gamma} or faster",
        )
    largest = int(np.argmax(logs))
    found = errors[largest]
    pair = Estimate(0.0, found.measured.value * found.log_ratio.standard_error)
    return judge(
        "distance of order-parameter paths from the limit",
        found.predicted.value,
        found.measured.value,
        bar(pair, n),
        dimension=float(sizes[largest]),
        allowance=reach[largest],
        allowance_reason=f"{reason}, what the limit neglects at this d",
    )


def _next_separation(limit: Limit, d: float) -> float:
    """Return by how much modes differ in g_{q+1} = c_{q+1}/√(q+1)!, of the order behind the first window's own.

    Beside ν it adds s ψ g_{q+1} ξ to the log-odds of a path, ξ standard normal and independent of ν: √d ψ^(q+1) = s ψ.
    """
    following = (limit.cascade.phases[0].order or 1) + 1
    cumulants = [
        number(mode.law.cumulants(following)[-1].subs(d_symbol, sp.Rational(d)), "a cumulant")
        for mode in limit.cascade.modes
    ]
    return (max(cumulants) - min(cumulants)) / math.sqrt(math.factorial(following))


def _row_of(found: Comparison) -> Row:
    return statistical(
        found.claim,
        found.predicted,
        found.measured.value,
        found.measured.standard_error,
        dimension=float(found.dimension),
        allowance=found.allowance,
        allowance_reason=found.reason,
        score=found.score,
        law=found.law,
    )
