"""Claim 15: with ten steps per half, weights and spins do not depend on d, and are those of the d = ∞ recursion.

Limit meant: steps fixed, d → ∞. The numbers carry Euler's error in the steps, not an error in d.
"""

from __future__ import annotations

import math

import numpy as np

from symsched.charts import Chart, Curve, Level
from symsched.codegen import number
from symsched.interpolants import VE, VP, Interpolant
from symsched.ledger.claim import Claim
from symsched.ledger.claims.cw_model import GROUP, KAPPA, PAPER, limit_of, slope, spins
from symsched.ledger.claims.cw_populations import draw, run, up_share
from symsched.ledger.claims.cw_recursion import euler_plan, last_weight, spin_statistics
from symsched.ledger.settings import Effort
from symsched.predictions import predict
from symsched.sampling.scheme import Plan
from symsched.simulate import Estimate, simulate
from symsched.verdicts import Row, bounded, deterministic, statistical

STEPS = 20
SHIFT = "κ d^−1/2 (1 − m̂²), the spins that the schedule's own d^−1/2 moves across the threshold"


def weight_at(d: int, plan: Plan, paths: int, seed: int) -> Estimate:
    """Return the weight of the + mode at dimension d under a plan, the deciding ν_0 integrated exactly."""
    shares = up_share(spins(d), plan, draw(d, paths, 200, np.random.default_rng(seed)), 26)
    return Estimate(float(shares.mean()), float(shares.std(ddof=1)) / math.sqrt(paths))


def spin_mean_at(d: int, plan: Plan, paths: int, cells: int, seed: int) -> Estimate:
    """Return the mean spin of the paths that end in the + mode at dimension d."""
    population = draw(d, paths, cells, np.random.default_rng(seed))
    x, up = run(spins(d), plan, population)
    means = population.total(x)[up > 0.5] / d
    return Estimate(float(means.mean()), float(means.std(ddof=1)) / math.sqrt(len(means)))


def rows_of(interpolant: Interpolant, name: str, effort: Effort) -> tuple[list[Row], Chart]:
    """Return the rows and the chart of one interpolant."""
    limit = limit_of(interpolant)
    sizes = tuple(10**k for k in ((2, 4, 8) if effort.quick else (2, 3, 4, 6, 8)))
    target = predict(limit, STEPS, kappa=KAPPA)[-1].weight
    spin = spin_statistics(limit, euler_plan(limit, STEPS))
    weights, at_size = [], []
    for d in sizes:
        plan = euler_plan(limit, STEPS, d)
        weights.append(weight_at(d, plan, effort.choose(48, 12), effort.seed))
        at_size.append(last_weight(limit, plan, d))
    rows = [
        deterministic(
            f"{name}: weight of the + mode, with the schedule of this d",
            predicted,
            found.value,
            10 / d + 2e-5,
            dimension=d,
        )
        for d, predicted, found in zip(sizes, at_size, weights, strict=True)
    ]
    rows.append(
        deterministic(
            f"{name}: weight of the + mode against d = ∞", target, weights[-1].value, 2e-5, dimension=sizes[-1]
        )
    )
    settling = slope(sizes[:-1], [found.value - target for found in weights[:-1]])
    rows.append(bounded(f"{name}: rate in d at which the weight settles", settling, -0.9, -0.4, predicted=-0.5))
    for d in sizes[-1:] if effort.quick else sizes[2:]:
        measured = spin_mean_at(
            d, euler_plan(limit, STEPS, d), effort.choose(40, 16), effort.choose(1000, 600), effort.seed + 1
        )
        rows.append(_spin_row(f"{name}: mean spin in the + mode against d = ∞", spin.mean, measured, d))
    counts, simulated = monte_carlo(interpolant, name, target, spin.mean, effort)
    chart = Chart(
        f"weights-{name.lower()}",
        f"{name}: weight of the + mode after {STEPS} steps",
        "d",
        "weight",
        (
            Curve(
                "exact posterior, ν_0 integrated",
                sizes,
                [w.value for w in weights],
                [w.standard_error for w in weights],
                style="points",
            ),
            Curve("simulate(), counted", counts[0], counts[1], counts[2], style="points"),
            Curve("recursion with the schedule of d", sizes, at_size, style="dashed"),
        ),
        log_x=True,
        levels=(
            Level("d = ∞, 20 steps", target),
            Level("d = ∞, exact flow", number(limit.cascade.modes[-1].weight, "a weight")),
        ),
    )
    return [*rows, *simulated], chart


def monte_carlo(
    interpolant: Interpolant, name: str, weight: float, spin: float, effort: Effort
) -> tuple[tuple[list[float], list[float], list[float]], list[Row]]:
    """Return simulate()'s counted weights and mean spins by d, and their rows."""
    limit = limit_of(interpolant)
    sizes = ((1000, 100),) if effort.quick else ((1_000, 600), (10_000, 400), (100_000, 60))
    rows: list[Row] = []
    table: tuple[list[float], list[float], list[float]] = ([], [], [])
    for d, n in sizes:
        found = simulate(
            limit.distribution,
            limit,
            d=d,
            n=n,
            steps=STEPS,
            kappa=KAPPA,
            rng=effort.seed,
            keep="statistics",
            method="scalar map",
        )
        up, sites = found.weights[-1], found.sites[-1]
        for values, value in zip(table, (d, up.value, up.standard_error), strict=True):
            values.append(value)
        rows.append(
            statistical(
                f"{name}: weight of the + mode, simulate() with n = {n}",
                weight,
                up.value,
                up.standard_error,
                dimension=d,
            )
        )
        if sites is not None:
            rows.append(_spin_row(f"{name}: mean spin in the + mode, simulate() with n = {n}", spin, sites.mean, d))
    return table, rows


def _spin_row(name: str, predicted: float, measured: Estimate, d: int) -> Row:
    allowance = KAPPA / math.sqrt(d) * (1 - predicted**2)
    return statistical(
        name,
        predicted,
        measured.value,
        measured.standard_error,
        dimension=d,
        allowance=allowance,
        allowance_reason=SHIFT,
    )


def claim(effort: Effort) -> Claim:
    """Return claim 15."""
    vp, vp_chart = rows_of(VP, "VP", effort)
    ve, ve_chart = rows_of(VE, "VE", effort)
    limit = limit_of(VP)
    return Claim(
        15,
        "Curie–Weiss: Θ(1) steps",
        "At ten Euler steps per half of the dilated schedules, steps fixed and d → ∞, the weight of the + mode and"
        " the mean spin in it settle on the "
        "numbers of the d = ∞ recursion, from d = 10² to 10⁸. (The mean spin is that of the recursion in which the"
        " collective field answers to "
        "Euler's own error; with the field fixed at βm it would be off in the fourth digit.)",
        (limit.schedule.tau, *limit.definitions),
        (*vp, *ve),
        charts=(vp_chart, ve_chart),
        group=GROUP,
        source=PAPER,
    )
