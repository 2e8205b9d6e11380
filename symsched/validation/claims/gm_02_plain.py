"""Claim 2: fixed steps on the plain schedules fail as d grows, VP in the weight, VE in the width.

Limit meant: N fixed, d → ∞. Plain VP: the weight of the heavier mode tends to 1, and the width is that of its grid at
every d. Plain VE: the weight stays that of its grid, which has enough steps around the speciation, and the width
tends to 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import sympy as sp

from symsched.predictions.predict import predict
from symsched.reporting.charts import Chart, Curve, Level
from symsched.reporting.claim import Finding
from symsched.reporting.verdicts import Row, bounded, deterministic, statistical
from symsched.schedules.schedule import Schedule, plain
from symsched.simulation.simulate import simulate
from symsched.symbols import tau
from symsched.validation.claims import gm_case
from symsched.validation.claims.gm_sums import draw_paths
from symsched.validation.effort import Effort

STEPS = 20
_DIMENSIONS = (100, 10_000, 1_000_000, 100_000_000)
_VECTORS = 2_000
_NAMES = {"vp": "plain VP", "ve": "plain VE"}
_NEGLECTED = "1/d, what the order parameter neglects"


def claim(effort: Effort) -> Finding:
    """Return the claim with its rows for plain VP and plain VE."""
    dimensions = _DIMENSIONS[1:3] if effort.quick else _DIMENSIONS
    found = {name: plain_rows(name, effort, dimensions) for name in _NAMES}
    ends = [
        bounded(
            "plain VP: weight at the largest d",
            found["vp"][-2].measured,
            0.99,
            1.0,
            predicted=1.0,
            dimension=dimensions[-1],
        ),
        bounded(
            "plain VE: width at the largest d",
            found["ve"][-1].measured,
            0.0,
            0.02,
            predicted=0.0,
            dimension=dimensions[-1],
        ),
    ]
    theta, k = sp.Function("theta"), sp.Symbol("k", integer=True, nonnegative=True)
    count, sigma = sp.Symbol("N", integer=True, positive=True), sp.Symbol("sigma", positive=True)
    product = sp.Product(sp.cos(theta(k) - theta(k + 1)), (k, 0, count - 1))
    formulas = [sp.Eq(sp.Symbol("sigma_N") / sigma, product, evaluate=False)]
    for name in _NAMES:
        ratio = (1 / (sigma * gm_case.interpolant(name).psi)).subs(tau, k / count)
        formulas.append(sp.Eq(sp.tan(theta(k)), sp.simplify(ratio), evaluate=False))
    return Finding(
        2,
        "Plain schedules with fixed steps",
        f"With {STEPS} uniform steps in τ and d → ∞, plain VP puts all weight on the heavier mode and keeps the "
        "width of its grid; "
        "plain VE keeps the weight of its grid and loses the width.",
        tuple(formulas),
        (*found["vp"], *found["ve"], *ends),
        charts=(_chart("weight", found, 0, float(gm_case.P)), _chart("width", found, 1, float(gm_case.SIGMA))),
        group=gm_case.GROUP,
        source=gm_case.SOURCE,
    )


def plain_rows(name: str, effort: Effort, dimensions: Sequence[int], sampled: Schedule | None = None) -> list[Row]:
    """Return the rows of a plain schedule, weight then width for each d last; ``sampled`` replaces the schedule of
    the samples.
    """
    schedule = plain(gm_case.interpolant(name))
    rng = np.random.default_rng([effort.seed, 2, len(name)])
    rows = [_vectors(name, effort, sampled or schedule)]
    for d in dimensions:
        predicted = predict(gm_case.limit(name), STEPS, schedule=schedule, d=d)[0]
        rows.append(
            deterministic(
                f"{_NAMES[name]}: width by Π cos(θ_k − θ_k+1)",
                math.sqrt(predicted.site_variance),
                grid_width(name, d),
                1e-9,
                dimension=d,
            )
        )
        paths = draw_paths(
            gm_case.mixture(),
            (sampled or schedule).plan(STEPS, d, gm_case.KAPPA),
            d,
            effort.choose(40_000, 10_000),
            rng,
        )
        weight, width = paths.weight(), paths.width()
        rows.append(
            statistical(
                f"{_NAMES[name]}: weight",
                predicted.weight,
                weight.value,
                weight.standard_error,
                dimension=d,
                allowance=1 / d,
                allowance_reason=_NEGLECTED,
            )
        )
        rows.append(
            statistical(
                f"{_NAMES[name]}: width",
                math.sqrt(predicted.site_variance),
                width.value,
                width.standard_error,
                dimension=d,
            )
        )
    return rows


def grid_width(name: str, d: float) -> float:
    """Return σ Π cos(θ_k − θ_{k+1}) over the plain grid, tan θ = α/(σβ)."""
    alpha = {"vp": 1.0, "ve": math.sqrt(d)}[name]
    nodes = np.arange(STEPS + 1) / STEPS
    angles = np.arctan2(alpha * (1 - nodes), float(gm_case.SIGMA) * nodes)
    return float(gm_case.SIGMA) * float(np.prod(np.cos(np.diff(angles))))


def _vectors(name: str, effort: Effort, sampled: Schedule) -> Row:
    """Whole d-dimensional paths by the plain loop, in case the reduction to sums were wrong."""
    predicted = predict(gm_case.limit(name), STEPS, schedule=plain(gm_case.interpolant(name)), d=_VECTORS)[0]
    count = effort.choose(400, 100)
    run = simulate(
        gm_case.mixture(),
        sampled,
        d=_VECTORS,
        n=count,
        steps=STEPS,
        kappa=gm_case.KAPPA,
        rng=effort.seed,
        method="full",
        keep="statistics",
    )
    inside = run.site_variance[run.modes == 0]
    return statistical(
        f"{_NAMES[name]}: variance of a coordinate, whole vectors",
        predicted.site_variance,
        float(inside.mean()),
        float(inside.std(ddof=1)) / math.sqrt(len(inside)),
        dimension=_VECTORS,
        allowance=2 * predicted.site_variance / _VECTORS,
        allowance_reason="2/d of the variance: the mean of d coordinates is subtracted",
    )


def _chart(what: str, found: dict[str, list[Row]], offset: int, target: float) -> Chart:
    curves = []
    for name in _NAMES:
        rows = found[name][2 + offset :: 3]
        sizes = [row.dimension or 0.0 for row in rows]
        curves.append(Curve(f"{name.upper()}, recursion", sizes, [row.predicted for row in rows], style="dashed"))
        curves.append(
            Curve(
                f"{name.upper()}, paths",
                sizes,
                [row.measured for row in rows],
                [row.standard_error or 0.0 for row in rows],
                "points",
            )
        )
    return Chart(
        what,
        f"{what.capitalize()} after {STEPS} uniform steps",
        "dimension d",
        what,
        tuple(curves),
        log_x=True,
        levels=(Level("of the data", target),),
    )
