"""Claim 7: with the dilated schedule a number of steps that does not grow with d is enough.

Limit meant: steps fixed (10 per half), d → ∞. Weight and width are then Euler's numbers for the limit equations, and
stop moving with d.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from symsched.predictions.predict import ModePrediction, predict
from symsched.reporting.charts import Chart, Curve, Level
from symsched.reporting.claim import Finding
from symsched.reporting.verdicts import Row, deterministic, statistical
from symsched.schedules.schedule import Schedule
from symsched.simulation.simulate import simulate
from symsched.validation.claims import gm_case
from symsched.validation.claims.gm_sums import SumPaths, draw_paths
from symsched.validation.effort import Effort
from symsched.validation.validate import REACH

STEPS = 20
_DIMENSIONS = (100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
_VECTORS = 4_000
_MOVED = 0.02
_REASON = "0.02 κ/√d: the half that is not at hand takes κ/√d of τ"


def claim(effort: Effort) -> Finding:
    """Return the claim with its rows for dilated VP, linear and trigonometric."""
    dimensions = (10_000, 100_000_000) if effort.quick else _DIMENSIONS
    names = ("vp",) if effort.quick else ("vp", "vp-trig")
    found = {name: constant_rows(name, effort, dimensions) for name in names}
    rows = [row for several in found.values() for row in several]
    limit = gm_case.limit("vp")
    return Finding(
        7,
        "Θ(1) steps on the dilated schedule",
        f"With {STEPS // 2} steps per half on dilated VP, weight and width from d = 10² to 10⁸ agree with Euler's "
        "numbers at d = ∞, and the weight no longer moves with d.",
        (limit.phases[0].ode, limit.phases[1].ode),
        tuple(rows),
        charts=(
            chart_against_dimension("weight", found["vp"], "weight", float(gm_case.P)),
            chart_against_dimension("width", found["vp"], "width", float(gm_case.SIGMA)),
        ),
        group=gm_case.GROUP,
        source=gm_case.SOURCE,
    )


def constant_rows(
    name: str, effort: Effort, dimensions: Sequence[int], sampled: Schedule | None = None, number: int = 7
) -> list[Row]:
    """Return weight and width at each d beside their numbers at d = ∞, and how they moved; ``sampled`` replaces the
    schedule of the samples.
    """
    limit = gm_case.limit(name)
    title = f"dilated {limit.interpolant.name}"
    far = predict(limit, STEPS, kappa=gm_case.KAPPA)[0]
    rng = np.random.default_rng([effort.seed, number, len(name)])
    schedule = sampled or limit.schedule
    rows: list[Row] = []
    ends: dict[int, SumPaths] = {}
    for d in dimensions:
        paths = draw_paths(
            gm_case.mixture(), schedule.plan(STEPS, d, gm_case.KAPPA), d, effort.choose(50_000, 20_000), rng
        )
        near = predict(limit, STEPS, kappa=gm_case.KAPPA, d=d)[0]
        rows += _pair(title, far, near, paths, d)
        ends[d] = paths
    rows.append(
        deterministic(
            f"{title}: width at the largest d, its number at d = ∞",
            math.sqrt(far.site_variance),
            paths.width().value,
            gm_case.KAPPA / math.sqrt(d),
            dimension=d,
        )
    )
    low, high = (ends[d].weight() for d in (max(10_000, dimensions[0]), dimensions[-1]))
    rows.append(
        statistical(
            f"{title}: change of the weight from d = 10⁴ to 10⁸",
            0.0,
            high.value - low.value,
            math.hypot(low.standard_error, high.standard_error),
            dimension=dimensions[-1],
            allowance=_MOVED * gm_case.KAPPA / 100,
            allowance_reason=_REASON,
        )
    )
    rows.append(_vector_row(title, effort, schedule, far))
    return rows


def _pair(title: str, far: ModePrediction, near: ModePrediction, paths: SumPaths, d: int) -> list[Row]:
    """The weight beside its number at d = ∞; the width beside the recursion on the schedule of this d, as it still
    moves by κ/√d.
    """
    weight, width = paths.weight(), paths.width()
    reach = gm_case.KAPPA / math.sqrt(d)
    return [
        statistical(
            f"{title}: weight",
            far.weight,
            weight.value,
            weight.standard_error,
            dimension=d,
            allowance=_MOVED * reach,
            allowance_reason=_REASON,
            decides=reach <= REACH,
        ),
        statistical(
            f"{title}: width",
            math.sqrt(near.site_variance),
            width.value,
            width.standard_error,
            dimension=d,
            decides=reach <= REACH,
        ),
    ]


def _vector_row(title: str, effort: Effort, schedule: Schedule, far: ModePrediction) -> Row:
    count = effort.choose(2_000, 500)
    run = simulate(
        gm_case.mixture(),
        schedule,
        d=_VECTORS,
        n=count,
        steps=STEPS,
        kappa=gm_case.KAPPA,
        rng=effort.seed,
        method="affine",
        keep="statistics",
    )
    weight = run.weights[0]
    return statistical(
        f"{title}: weight, whole vectors",
        far.weight,
        weight.value,
        weight.standard_error,
        dimension=_VECTORS,
        allowance=_MOVED * gm_case.KAPPA / math.sqrt(_VECTORS),
        allowance_reason=_REASON,
    )


def chart_against_dimension(what: str, rows: Sequence[Row], last_word: str, target: float) -> Chart:
    """Return the chart of one quantity against d: measured, its number at d = ∞, and that of the data."""
    seen = [row for row in rows if row.claim.endswith(f": {last_word}")]
    sizes = [row.dimension or 0.0 for row in seen]
    curves = (
        Curve("paths", sizes, [row.measured for row in seen], [row.standard_error or 0.0 for row in seen], "points"),
        Curve("Euler's recursion", sizes, [row.predicted for row in seen], style="dashed"),
    )
    return Chart(
        what,
        f"{what.capitalize()} with {STEPS // 2} steps per half",
        "dimension d",
        what,
        curves,
        log_x=True,
        levels=(Level("of the data", target),),
    )
