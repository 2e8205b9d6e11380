"""Claim 12: under the dilated VP schedule the spin mean chooses its mode in the first half, by a scalar equation.

With μ = Σ x_i/√d: μ' = 2κm tanh(hm + 2κm t μ), μ_0 ~ N(0, 1), as d → ∞ at fixed t; paths converge at rate d^−1/2 at
equal t, and at rate 1/d at equal s = √d ψ, because what is left of order d^−1/2 is the schedule's own α = 1 −
2κt/√d.
"""

from __future__ import annotations

import math

import numpy as np

from symsched.algebra.codegen import Array, number
from symsched.limits.limit import Phase
from symsched.reporting.charts import Chart, Curve
from symsched.reporting.claim import Finding
from symsched.reporting.verdicts import Row, bounded, deterministic
from symsched.schedules.interpolant import VP
from symsched.validation.claims.cw_enumeration import spin_means
from symsched.validation.claims.cw_model import (
    BETA,
    FIELD,
    GROUP,
    KAPPA,
    PAPER,
    flow_of_order_parameter,
    integrate,
    limit_of,
    magnetisation,
    noise_from,
    quantile_flow,
    slope,
    spins,
    typical,
    up_weight,
)
from symsched.validation.effort import Effort

STARTS = (-1.5, -1.0, -0.3, 0.3, 1.2)


def end_rows(phase: Phase) -> list[Row]:
    """Return rows that hold the integrated equation against the exact flow by quantiles (all of it mpmath)."""
    m, up = magnetisation(), up_weight()
    ends = integrate(phase, STARTS, (0.0, 0.5))[:, -1]
    return [
        deterministic(f"μ(½) from μ_0 = {start}", float(end), quantile_flow((1 - up, up), (-m, m), KAPPA, start), 1e-8)
        for start, end in zip(STARTS, ends, strict=True)
    ]


def law_rows(sizes: tuple[int, ...]) -> tuple[list[Row], Array]:
    """Return rows on the law of the order parameter at t = ½, and its distances at equal t and at equal s.

    At finite d that law is exact: the flow carries the law of I_τ, so ν is √d ψ m̂ + N(0, 1) with m̂ enumerated.
    """
    law = limit_of(VP).phases[0].law
    grid = np.linspace(-7, 7, 281)
    limit = np.asarray(law.cdf(KAPPA, grid))
    predicted = 1 - float(law.cdf(KAPPA, 0.0))
    distances, positive = [], []
    for d in sizes:
        means = spin_means(d, number(BETA, "beta"), number(FIELD, "h"))
        alpha = 1 - KAPPA / math.sqrt(d)
        in_time = means.noisy_cdf(KAPPA / alpha, grid / alpha)
        distances.append([np.max(np.abs(in_time - limit)), np.max(np.abs(means.noisy_cdf(KAPPA, grid) - limit))])
        positive.append(1 - float(means.noisy_cdf(KAPPA / alpha, np.zeros(1))[0]))
    table = np.array(distances)
    # Two sizes a factor 4 apart: a correction c/√d cancels in 2 P(4d) − P(d).
    last = spin_means(sizes[-1] * 4, number(BETA, "beta"), number(FIELD, "h"))
    fine = 1 - float(last.noisy_cdf(KAPPA / (1 - KAPPA / math.sqrt(4 * sizes[-1])), np.zeros(1))[0])
    rows = [
        deterministic(
            f"P(μ(½) > 0), extrapolated from d = {sizes[-1]}, {4 * sizes[-1]}",
            predicted,
            2 * fine - positive[-1],
            200 / sizes[-1],
        ),
        bounded("law of μ(½), sup distance: rate in d", slope(sizes, table[:, 0]), -0.6, -0.45, predicted=-0.5),
        bounded("law of ν at s = κ, sup distance: rate in d", slope(sizes, table[:, 1]), -1.1, -0.9, predicted=-1.0),
    ]
    return rows, table


def coupled(phase: Phase, sizes: tuple[int, ...], paths: int, seed: int) -> Array:
    """Return rms distances (sizes, 2) of exact paths from the limit with the same μ_0: at t = ½, and at s = κ."""
    generator = np.random.default_rng(seed)
    first = typical(paths)
    limit = integrate(phase, first, (0.0, 0.5))[:, -1]
    out = []
    for d in sizes:
        alpha = 1 - KAPPA / math.sqrt(d)
        nu = flow_of_order_parameter(spins(d), noise_from(first, d, generator), (KAPPA, KAPPA / alpha))
        out.append([np.sqrt(np.mean((alpha * nu[:, 1] - limit) ** 2)), np.sqrt(np.mean((nu[:, 0] - limit) ** 2))])
    return np.array(out)


def path_chart(d: int, seed: int) -> Chart:
    """Return the chart of limit paths with exact paths at one d."""
    times = np.linspace(0, 0.5, 26)
    limit = integrate(limit_of(VP).phases[0], STARTS, times)
    noise = noise_from(np.array(STARTS), d, np.random.default_rng(seed))
    alphas = 1 - 2 * KAPPA * times[1::3] / math.sqrt(d)
    exact = alphas * flow_of_order_parameter(spins(d), noise, tuple(2 * KAPPA * times[1::3] / alphas))
    curves = [Curve(f"limit, μ_0 = {s}", times, row) for s, row in zip(STARTS, limit, strict=True)]
    curves += [
        Curve(f"exact, d = {d}" if k == 0 else "", times[1::3], row, style="points") for k, row in enumerate(exact)
    ]
    return Chart(
        "paths", "The spin mean chooses its mode", "t", "μ", tuple(curves), caption="β = 2, h = ln 2, κ = 3, VP linear."
    )


def claim(effort: Effort) -> Finding:
    """Return claim 12."""
    sizes = tuple(4**k for k in range(5, effort.choose(10, 8)))
    rows, distances = law_rows(sizes)
    small = tuple(4**k for k in range(3, effort.choose(7, 6)))
    errors = coupled(limit_of(VP).phases[0], small, effort.choose(12, 6), effort.seed)
    rows += [
        bounded(
            "paths from the same noise, at t = ½: rate in d", slope(small, errors[:, 0]), -0.65, -0.4, predicted=-0.5
        ),
        bounded(
            "paths from the same noise, at s = κ: rate in d", slope(small, errors[:, 1]), -1.3, -0.8, predicted=-1.0
        ),
    ]
    limit = limit_of(VP)
    rates = Chart(
        "rates",
        "Distance from the limit at the end of the first half",
        "d",
        "distance",
        (
            Curve("paths at t = ½", small, errors[:, 0], style="points"),
            Curve("paths at s = κ", small, errors[:, 1], style="points"),
            Curve("law at t = ½", sizes, distances[:, 0], style="points"),
            Curve("law at s = κ", sizes, distances[:, 1], style="points"),
            Curve("d^−1/2", (small[0], sizes[-1]), [2 * d**-0.5 for d in (small[0], sizes[-1])], style="dashed"),
            Curve("1/d", (small[0], sizes[-1]), [2 / d for d in (small[0], sizes[-1])], style="dashed"),
        ),
        log_x=True,
        log_y=True,
    )
    return Finding(
        12,
        "Curie–Weiss, dilated VP: the first half",
        "As d → ∞ at fixed t, μ = Σ x_i/√d follows μ' = 2κm tanh(hm + 2κm t μ) from μ_0 ~ N(0, 1). Exact "
        "d-dimensional paths from the same noise "
        "converge at rate d^−1/2 at equal t and 1/d at equal s = √d ψ: the slower rate is the schedule's own "
        "correction.",
        (*(phase.ode for phase in limit.phases[:1]), limit.phases[0].initial, *limit.definitions),
        (*end_rows(limit.phases[0]), *rows),
        charts=(path_chart(effort.choose(400, 100), effort.seed), rates),
        group=GROUP,
        source=PAPER,
    )
