"""Claim 13: in the second half of dilated VP every spin moves by itself, and the side of one threshold on which it
starts decides it.

Given the mode S: x_i' = (α'/α) x_i + (β' − α'β/α) tanh(βmS + (β(τ)/α²) x_i), from x_i ~ N(0, 1) as d → ∞. The spin
ends at +1 above the threshold S Φ⁻¹((1 − m)/2) of x_i(½), which integrating that equation finds.
"""

from __future__ import annotations

import math

import numpy as np

from symsched.algebra.codegen import Array, number
from symsched.limits.limit import Limit
from symsched.reporting.charts import Chart, Curve, Level
from symsched.reporting.claim import Finding
from symsched.reporting.verdicts import Row, bounded, deterministic, statistical
from symsched.schedules.interpolant import VP
from symsched.schedules.schedule import Schedule
from symsched.validation.claims.cw_enumeration import spin_means
from symsched.validation.claims.cw_model import (
    BETA,
    FIELD,
    GROUP,
    KAPPA,
    PAPER,
    integrate,
    limit_of,
    magnetisation,
    normal_quantile,
    quantile_flow,
    slope,
    spins,
    typical,
)
from symsched.validation.claims.cw_populations import draw, thresholds
from symsched.validation.effort import Effort

_NEARLY = 0.9999
"""Time at which a spin of the limit has made up its mind; the equation is singular at t = 1."""


def decided_by_equation(limit: Limit, branch: int) -> float:
    """Return the x(½) at which the solution of the derived site equation changes its final sign, bisected."""
    low, high = -12.0, 12.0
    for _ in range(12):
        starts = np.linspace(low, high, 17)
        ends = integrate(limit.phases[-1], starts, (0.5, _NEARLY), branch)[:, -1]
        first = int(np.argmax(ends > 0))
        low, high = float(starts[first - 1]), float(starts[first])
    return (low + high) / 2


def threshold_by_quantiles(side: float, ratio: float) -> float:
    """Return the y at ψ = ``ratio`` above which a spin of the mode S = ``side`` ends at +1, by mpmath."""
    m = magnetisation()
    start = normal_quantile((1 - side * m) / 2)
    return quantile_flow(((1 - side * m) / 2, (1 + side * m) / 2), (-1.0, 1.0), ratio, start) if ratio else start


def ratio_nodes(schedule: Schedule, d: int, halves: tuple[int, int]) -> tuple[Array, int]:
    """Return ψ at so many nodes per half of a dilated schedule (all but the last), and the index of t = ½."""
    first = schedule.psi(2 * halves[0], d, KAPPA)[: halves[0]]
    second = schedule.psi(2 * halves[1], d, KAPPA)[halves[1] :]
    return np.concatenate([first, second]), halves[0]


def measured_thresholds(schedule: Schedule, d: int, paths: int, effort: Effort) -> tuple[Array, Array, float]:
    """Return S times the threshold of x_i(½) and S per path of the exact flow at dimension d, and α there."""
    halves = (12, effort.choose(40, 32))
    ratios, node = ratio_nodes(schedule, d, halves)
    generator = np.random.default_rng(effort.seed)
    population = draw(d, paths, effort.choose(400, 250), generator).started_at(typical(paths))
    alpha = float(schedule.plan(2, d, KAPPA, "canonical").alpha[1])
    found, side = thresholds(spins(d), population, ratios, node)
    return alpha * found, side, alpha


def threshold_rows(limit: Limit, sizes: tuple[int, ...], paths: int, effort: Effort) -> tuple[list[Row], Array]:
    """Return rows of thresholds at finite d against the limit's law read at that d, and their spread over paths."""
    law = limit.phases[-1].laws[-1]
    mean = number(law.cumulants(1)[0], "m")
    start = normal_quantile((1 - mean) / 2)
    rows, spread = [], []
    for d in sizes:
        found, _, alpha = measured_thresholds(limit.schedule, d, paths, effort)
        ratio = float(ratio_nodes(limit.schedule, d, (1, 1))[0][1])
        predicted = alpha * float(law.flow(ratio, start))
        error = float(found.std(ddof=1)) / math.sqrt(paths)
        rows.append(
            statistical(
                "S × threshold of x_i(½), exact flow at finite d",
                predicted,
                float(found.mean()),
                error,
                dimension=d,
                allowance=5 / d + 2e-3,
                allowance_reason="5/d, plus the steps of the integration",
            )
        )
        spread.append(math.sqrt(float(np.mean((found - found.mean()) ** 2))))
    return rows, np.array(spread)


def claim(effort: Effort) -> Finding:
    """Return claim 13."""
    limit = limit_of(VP)
    names = ("−", "+")
    places = [decided_by_equation(limit, k) for k in (0, 1)]
    rows = [
        deterministic(
            f"threshold of x_i(½) in the {names[k]} mode", places[k], threshold_by_quantiles(2.0 * k - 1, 0.0), 1e-7
        )
        for k in (0, 1)
    ]
    means = spin_means(10**6, number(BETA, "beta"), number(FIELD, "h")).given_up()[0]
    up = 0.5 * math.erfc(places[1] / math.sqrt(2))
    rows.append(
        deterministic("mean spin 2P(x_i(½) > threshold) − 1 in the + mode", 2 * up - 1, means, 1e-5, dimension=10**6)
    )
    sizes = (10**3, 10**6) if effort.quick else (10**3, 10**4, 10**6)
    measured, spread = threshold_rows(limit, sizes, effort.choose(16, 6), effort)
    rows += measured
    rows.append(
        bounded("spread of the threshold over paths: rate in d", slope(sizes, spread), -0.7, -0.3, predicted=-0.5)
    )
    times = np.linspace(0.5, 0.98, 49)
    starts = (-3.0, -2.3, places[1] - 0.02, places[1] + 0.02, -1.7, -1.0, 0.5, 2.0)
    lines = integrate(limit.phases[-1], starts, times, 1)
    chart = Chart(
        "spins",
        "Spins of the + mode in the second half",
        "t",
        "x_i",
        tuple(Curve(f"x(½) = {s:.2f}", times, line) for s, line in zip(starts, lines, strict=True)),
        levels=(Level("threshold of x_i(½)", places[1]),),
        caption="Solutions of the derived site equation, β = 2, VP linear.",
    )
    return Finding(
        13,
        "Curie–Weiss, dilated VP: the second half and the threshold of a spin",
        "As d → ∞, given the mode S, each spin follows its own equation from x_i(½) ~ N(0, 1), and ends at +1 if "
        "x_i(½) exceeds the threshold "
        "S Φ⁻¹((1 − m)/2). The threshold found by integrating the derived equation is the exact quantile, and that"
        " of the exact d-dimensional "
        "flow, read path by path, up to d^−1/2.",
        (*limit.phases[-1].odes, limit.phases[-1].initial, *limit.definitions),
        tuple(rows),
        charts=(chart,),
        group=GROUP,
        source=PAPER,
    )
