"""validate(): every prediction of a limit against finite-d Monte Carlo, with standard errors and a stated rule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy as sp

from symsched.algebra.inputs import INTEGERS, require_sequence
from symsched.errors import require_integer
from symsched.limits.limit import Limit, Source
from symsched.models.estimates import Comparison, Estimate, average, exponent
from symsched.predictions.order_paths import order_paths
from symsched.predictions.predict import ModePrediction, practical_infinity, predict
from symsched.reporting.charts import chart_of_rows
from symsched.reporting.drawing import figure
from symsched.reporting.numbers import dimension_text
from symsched.reporting.pages.data import row_to_dict
from symsched.reporting.rows import rows_to_latex, rows_to_markdown
from symsched.reporting.verdicts import Row, Verdict, bounded, statistical
from symsched.simulation.simulate import Run, simulate
from symsched.validation.posteriors import posterior_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REACH = 0.1
"""A limit is expected to hold where its slowest window sits at ψ = κ d^−γ ≤ 0.1; what it neglects is of the size ψ²."""
_SLACK = 0.4
"""A measured rate may be this share slower than the expected one."""
_POSTERIORS = 400
"""Draws of the exact posterior: of a mean-field measure they may each cost seconds per thousand coordinates."""


@dataclass(frozen=True)
class Report:
    """The rows of a validation, and what they say together."""

    rows: tuple[Row, ...]
    title: str

    @property
    def passed(self) -> bool:
        """Whether no row fails and every claim was settled by a row in a position to decide."""
        settled = {row.claim for row in self.rows if row.decides and row.verdict is Verdict.AGREES}
        fails = any(row.verdict is Verdict.FAILS for row in self.rows)
        return bool(self.rows) and not fails and settled == {row.claim for row in self.rows}

    def to_markdown(self) -> str:
        """The rows as a Markdown table."""
        return rows_to_markdown(self.rows)

    def to_dict(self) -> dict[str, Any]:
        """The rows as plain data, ready for JSON."""
        return {"title": self.title, "passed": self.passed, "rows": [row_to_dict(row) for row in self.rows]}

    def latex(self) -> str:
        """The rows as a LaTeX longtable."""
        return rows_to_latex(self.rows)

    def plot(self) -> Figure:
        """A figure of all rows: measured minus predicted in standard errors."""
        return figure(chart_of_rows(self.rows))

    def _repr_markdown_(self) -> str:
        return self.to_markdown()


def validate(
    limit: Limit,
    *,
    dimensions: Sequence[int] = (100, 1_000, 10_000),
    n: int = 2_000,
    steps: int = 40,
    kappa: float | None = 3,
    rng: int | np.random.Generator = 0,
    scheme: str = "interpolant",
    schedule: Source | None = None,
    progress: bool = False,
) -> Report:
    """Return predictions of a limit beside Monte Carlo at given dimensions, each with z and a verdict.

    Predicted: mode weights, mean and variance of a coordinate per mode after ``steps`` steps, the limit d → ∞ at
    fixed steps read with the schedule of that d; the rate at which order-parameter paths approach the limit driven by
    the same noise; how far weights move from one dimension to another; and the exact posterior over modes at s = 1 in
    every window, from the window's atoms and weights. A dimension decides where κ d^−γ ≤ 0.1; before that a row gets no
    allowance, settles nothing if it agrees and is "not yet" if it does not. ``schedule`` samples with another schedule
    than the limit's own: a wrong one fails.
    """
    if not isinstance(limit, Limit):
        raise TypeError(f"limit must come from derive(), got {limit!r}")
    sizes = [require_integer(d, "each of dimensions", 2) for d in require_sequence(dimensions, "dimensions", INTEGERS)]
    if not sizes:
        raise ValueError("dimensions must hold at least one integer")
    n = require_integer(n, "n", 2)  # one path has no standard error
    generator = rng if isinstance(rng, np.random.Generator) else np.random.default_rng(require_integer(rng, "rng", 0))
    constant = kappa if limit.schedule.needs_kappa else None
    rows: list[Row] = []
    errors: list[Estimate] = []
    decided: list[tuple[Run, Sequence[ModePrediction]]] = []
    for d in sizes:
        run = simulate(
            limit.distribution,
            limit if schedule is None else schedule,
            d=d,
            n=n,
            steps=steps,
            kappa=kappa if schedule is not None else constant,
            rng=generator,
            scheme=scheme,
            keep="statistics",
            progress=progress,
        )
        predictions = predict(limit, steps, kappa=constant, scheme=scheme, d=d)
        rows += _mode_rows(limit, run, predictions, constant)
        if not waiting(limit, d, constant):
            decided.append((run, predictions))
        if limit.cascade.speciations:
            errors.append(path_error(limit, run, steps, constant, scheme))
    rows += _change_rows(limit, decided, constant)
    if len(errors) > 1:
        rows.append(_rate_row(limit, sizes, errors, constant))
    rows += posterior_rows(limit, generator, n=min(n, _POSTERIORS), reach=REACH)
    rows += [_row_of(comparison) for comparison in limit.distribution.comparisons(generator)]
    return Report(tuple(rows), f"{limit.interpolant.name}, n = {n}, steps = {steps}")


def window_reach(limit: Limit, d: float, kappa: float | None) -> float:
    """Return ψ at the far end of the slowest speciation window, κ d^−γ: what the limit neglects is of the size ψ²."""
    speciations = limit.cascade.speciations
    if not speciations:
        return float(float(d) ** -0.5)
    return float((kappa or 1.0) * float(d) ** -float(speciations[-1].exponent))


def waiting(limit: Limit, d: float, kappa: float | None) -> str:
    """Return from which d on the limit is expected to hold, where ``d`` is smaller; else nothing."""
    reach = window_reach(limit, d, kappa)
    if reach <= REACH:
        return ""
    speciations = limit.cascade.speciations
    exponent = speciations[-1].exponent if speciations else sp.Rational(1, 2)
    needed = float(d) * (reach / REACH) ** (1 / float(exponent))
    return (
        f"the limit is expected from d ≈ {needed:.1e} on, where its last window ends at ψ ~ d^-{exponent} ≤ {REACH:g}"
    )


def _mode_rows(limit: Limit, run: Run, predictions: Sequence[ModePrediction], kappa: float | None) -> list[Row]:
    """Weight, mean and variance of every mode; what the limit neglects is allowed for, and stated."""
    reach = window_reach(limit, run.dimension, kappa)
    early = waiting(limit, run.dimension, kappa)
    centred = limit.order_model(run.dimension).centred
    names = mode_names(limit)
    shift = _collective_mean(limit, float(run.dimension))
    rows = []

    def compare(claim: str, predicted: float, measured: Estimate, extra: float, scale: float) -> None:
        rows.append(
            statistical(
                claim,
                predicted,
                measured.value,
                math.hypot(measured.standard_error, extra),
                dimension=float(run.dimension),
                allowance=reach**2 * scale,
                allowance_reason="ψ² at the window's end, what the limit neglects at this d",
                waiting_for=early,
            )
        )

    for name, prediction, weight, sites in zip(names, predictions, run.weights, run.sites, strict=True):
        if len(names) > 1:
            compare(f"{name}weight", prediction.weight, weight, prediction.weight_error, 1.0)
        if sites is None:
            continue
        scale = math.sqrt(prediction.site_variance) + abs(prediction.site_mean)
        if not centred:
            compare(f"{name}mean of a coordinate", prediction.site_mean + shift, sites.mean, 0.0, scale)
        # About the mean of its own path a coordinate's variance is smaller by 1/d.
        kept = 1.0 if centred else 1 - 1 / run.dimension
        compare(f"{name}variance of a coordinate", prediction.site_variance * kept, sites.variance, 0.0, scale**2)
    return rows


def _change_rows(
    limit: Limit, decided: Sequence[tuple[Run, Sequence[ModePrediction]]], kappa: float | None
) -> list[Row]:
    """How far each weight moves between the smallest and the largest dimension that decide, at the same steps."""
    if len(decided) < 2 or len(limit.cascade.modes) < 2:
        return []
    (small, before), (large, after) = decided[0], decided[-1]
    changes = zip(mode_names(limit), small.weights, large.weights, before, after, strict=True)
    return [
        statistical(
            f"{name}change of the weight since d = {dimension_text(small.dimension)}",
            new.weight - old.weight,
            last.value - first.value,
            math.hypot(first.standard_error, last.standard_error, old.weight_error, new.weight_error),
            dimension=float(large.dimension),
            allowance=window_reach(limit, small.dimension, kappa) ** 2,
            allowance_reason="ψ² at the window's end, what the limit neglects at the smaller d",
        )
        for name, first, last, old, new in changes
    ]


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


def path_error(limit: Limit, run: Run, steps: int, kappa: float | None, scheme: str) -> Estimate:
    """Return the mean over paths of their distance in the first window from the d = ∞ recursion with the same noise.

    The distance is the root mean square over the window's times of the difference in ν = μ/α^q; where α starts at
    another power of d than the window's own, μ has no limit.
    """
    order = limit.cascade.phases[0].order or 1
    farthest = practical_infinity(limit)
    model = limit.order_model(farthest)
    plan = limit.schedule.plan(steps, farthest, kappa, scheme)
    inside = np.flatnonzero(plan.times[:-1] < float(limit.schedule.windows[0].end) - 1e-12)
    paths = run.paths[:, inside] if run.paths.ndim == 3 else run.paths[:, inside, None]
    measured = paths / (run.plan.alpha[inside, None] / run.unit) ** order
    components = slice(model.orders.index(order), model.orders.index(order) + measured.shape[2])
    start = np.zeros((len(measured), len(model.orders)))
    start[:, components] = measured[:, 0]
    predicted = order_paths(model, plan, start).nu[:, inside, components]
    distances = np.sqrt(np.mean((measured - predicted) ** 2, axis=(1, 2)))
    return average(distances)


def _rate_row(limit: Limit, sizes: Sequence[int], errors: Sequence[Estimate], kappa: float | None) -> Row:
    rate = exponent(sizes, errors)
    expected = -float(limit.cascade.phases[0].exponent)
    row = bounded(
        "rate in d at which order-parameter paths approach the limit",
        rate.value,
        -math.inf,
        expected * (1 - _SLACK),
        predicted=expected,
        standard_error=rate.standard_error,
    )
    early = waiting(limit, max(sizes), kappa)
    if not early:
        return row
    verdict = Verdict.NOT_YET if row.verdict is Verdict.FAILS else row.verdict
    return replace(row, verdict=verdict, rule=f"{row.rule}; decides nothing here: {early}", decides=False)


def _row_of(found: Comparison) -> Row:
    return statistical(
        found.claim,
        found.predicted,
        found.measured.value,
        found.measured.standard_error,
        dimension=float(found.dimension),
        allowance=found.allowance,
        allowance_reason=found.reason,
    )
