"""Claim 14: the dilated VE schedule (linear) on Curie–Weiss spins, both halves.

First half, M = Σ x_i/(m d): M' = (α'/α) M + (β' − α'β/α) tanh(hm + βm² M/α²) in α = α/√d, M_0 ~ N(0, 1/m²). Second
half, A = lim α: x_i' = (A'/A)(x_i − tanh(βmS + x_i/A²)), from x_i ~ N(mS, κ²) at t = ½ when the steps of the first
half are fixed and d → ∞.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from symsched.algebra.codegen import Array, number
from symsched.limits.limit import Phase
from symsched.reporting.charts import Chart, Curve, Level
from symsched.reporting.claim import Finding
from symsched.reporting.verdicts import Row, bounded, deterministic
from symsched.schedules.interpolant import VE
from symsched.schedules.plan import Plan
from symsched.schedules.schemes import canonical
from symsched.validation.claims.cw_13_vp_second import decided_by_equation, threshold_by_quantiles, threshold_rows
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
from symsched.validation.claims.cw_populations import Population, draw, run
from symsched.validation.effort import Effort

STARTS = (-1.2, -0.6, -0.2, 0.3, 1.0)
_READ = 0.4
"""t at which laws and paths of the first half are compared: s = τ/(1 − τ) = 4 there as d → ∞."""


def strength(d: float, t: float) -> float:
    """Return √d ψ = τ/(1 − τ) at t in the first half, written out from the paper's dilation."""
    tau = (1 - KAPPA / math.sqrt(d)) * 2 * t
    return tau / (1 - tau)


def first_half_rows(phase: Phase) -> list[Row]:
    """Return rows that hold the integrated equation for M against the exact flow by quantiles."""
    m, up = magnetisation(), up_weight()
    ends = integrate(phase, np.array(STARTS) * m, (0.0, _READ))[:, -1] / m
    s = 2 * _READ / (1 - 2 * _READ)
    return [
        deterministic(
            f"M(t = {_READ}) from M_0 = {start}",
            float(end),
            quantile_flow((1 - up, up), (-m, m), s, m * start) * (1 - 2 * _READ) / m,
            1e-8,
        )
        for start, end in zip(STARTS, ends, strict=True)
    ]


def distances(sizes: tuple[int, ...], small: tuple[int, ...], paths: int, seed: int) -> tuple[Array, Array]:
    """Return distances from the limit at t = 0.4: of exact laws (sup), and of paths from the same noise (rms)."""
    phase = limit_of(VE).phases[0]
    grid = np.linspace(-9, 9, 361)
    limit_law = np.asarray(phase.law.cdf(2 * _READ / (1 - 2 * _READ), grid))
    laws = []
    for d in sizes:
        means = spin_means(d, number(BETA, "beta"), number(FIELD, "h"))
        # μ = (1 − τ) ν; the limit's is (1 − 2t) ν.
        shrink = (1 - (1 - KAPPA / math.sqrt(d)) * 2 * _READ) / (1 - 2 * _READ)
        laws.append(float(np.max(np.abs(means.noisy_cdf(strength(d, _READ), grid / shrink) - limit_law))))
    generator = np.random.default_rng(seed)
    first = typical(paths)
    limit = integrate(phase, first, (0.0, _READ))[:, -1]
    found = []
    for d in small:
        nu = flow_of_order_parameter(spins(d), noise_from(first, d, generator), (strength(d, _READ),))[:, 0]
        exact = nu * (1 - (1 - KAPPA / math.sqrt(d)) * 2 * _READ)
        found.append(float(np.sqrt(np.mean((exact - limit) ** 2))))
    return np.array(laws), np.array(found)


def spliced(d: float, first: int, second: int) -> Plan:
    """Return the plan with ``first`` Euler steps in the first half and ``second`` in the other."""
    schedule = limit_of(VE).schedule
    left, right = schedule.plan(2 * first, d, KAPPA), schedule.plan(2 * second, d, KAPPA)
    parts = [(getattr(left, name)[:first], getattr(right, name)[second:]) for name in ("times", "alpha", "beta")]
    return canonical(*(np.concatenate(part) for part in parts))


def kept_rows(threshold: float, effort: Effort) -> list[Row]:
    """Return rows on the mean spin if the first half takes ten steps while d → ∞: x_i(½) is then Gaussian."""
    m = number(limit_of(VE).distribution.saddles[-1].magnetisation, "m")  # type: ignore[attr-defined]
    kept = float(1 - 2 * special.ndtr((threshold - m) / KAPPA))
    d, paths = 10**8, effort.choose(6, 3)
    population = draw(d, paths, 300, np.random.default_rng(effort.seed)).started_at(np.full(paths, 1.0))
    coarse, fine = (_kept(spliced(d, 10, steps), population) for steps in (60, 120))
    found = 2 * fine - coarse
    return [
        deterministic(
            "mean spin kept at κ = 3 (10 steps in the first half, ∞ in the second)",
            kept,
            float(found.mean()),
            2e-4,
            dimension=d,
        ),
        bounded(
            "the same against m: what the fixed steps cost",
            float(found.mean()) - m,
            0.5 * (kept - m),
            2 * (kept - m),
            predicted=kept - m,
        ),
    ]


def _kept(plan: Plan, population: Population) -> Array:
    """Return the mean of sign(x_i) per path, (n,): 1 − 2Φ(z*) with the z* that divides the signs."""
    spin = spins(population.d)
    x, _ = run(spin, plan, population)
    rows = np.arange(len(x))
    place = np.argmax(x > 0, axis=1)
    low, high = population.z[rows, place - 1], population.z[rows, place]
    probes = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, 200)
    probed = Population(
        population.d,
        np.concatenate([population.z, probes], axis=1),
        np.concatenate([population.counts, 0 * probes], axis=1),
    )
    signs = run(spin, plan, probed)[0][:, population.z.shape[1] :] > 0
    return np.asarray(1 - 2 * special.ndtr(probes[rows, np.argmax(signs, axis=1)]))


def claim(effort: Effort) -> Finding:
    """Return claim 14."""
    limit = limit_of(VE)
    rows = first_half_rows(limit.phases[0])
    sizes = tuple(4**k for k in range(6, effort.choose(10, 8)))
    small = tuple(4**k for k in range(4, effort.choose(7, 6)))
    laws, paths = distances(sizes, small, effort.choose(12, 6), effort.seed)
    rows += [
        bounded(f"law of M(t = {_READ}), sup distance: rate in d", slope(sizes, laws), -0.65, -0.4, predicted=-0.5),
        bounded(
            f"paths from the same noise at t = {_READ}: rate in d", slope(small, paths), -0.75, -0.35, predicted=-0.5
        ),
    ]
    places = [decided_by_equation(limit, k) for k in (0, 1)]
    for k, name in enumerate(("−", "+")):
        exact = KAPPA * threshold_by_quantiles(2.0 * k - 1, 1 / KAPPA)
        rows.append(deterministic(f"threshold of x_i(½) in the {name} mode", places[k], exact, 1e-7))
    measured, _ = threshold_rows(
        limit, (10**3, 10**6) if effort.quick else (10**3, 10**4, 10**6), effort.choose(16, 6), effort
    )
    rows += [*measured, *kept_rows(places[1], effort)]
    times = np.linspace(0, 0.48, 49)
    m = magnetisation()
    lines = integrate(limit.phases[0], np.array(STARTS) * m, times) / m
    late = np.linspace(0.5, 0.98, 49)
    starts = (-9.0, -5.0, places[1] - 0.1, places[1] + 0.1, 0.0, 4.0, 8.0)
    spin_lines = integrate(limit.phases[-1], starts, late, 1)
    charts = (
        Chart(
            "first-half",
            "VE: the spin mean in the first half",
            "t",
            "M",
            tuple(Curve(f"M_0 = {s}", times, y) for s, y in zip(STARTS, lines, strict=True)),
        ),
        Chart(
            "second-half",
            "VE: spins of the + mode in the second half",
            "t",
            "x_i",
            tuple(Curve(f"x(½) = {s:.2f}", late, y) for s, y in zip(starts, spin_lines, strict=True)),
            levels=(Level("threshold", places[1]),),
        ),
    )
    return Finding(
        14,
        "Curie–Weiss, dilated VE (linear): both halves",
        "As d → ∞ at fixed t, M = Σ x_i/(m d) follows its derived equation in the first half, exact paths "
        "converging at rate d^−1/2; in the second each spin "
        "follows its own, and a threshold of x_i(½) decides it. If the first half takes a fixed number of steps "
        "while d → ∞, x_i(½) is N(mS, κ²), and the "
        "mean spin that is kept is 1 − 2Φ((x* − m)/κ) with the threshold x*.",
        (
            limit.phases[0].ode,
            limit.phases[0].initial,
            *limit.phases[-1].odes,
            limit.phases[-1].initial,
            *limit.definitions,
        ),
        tuple(rows),
        charts=charts,
        group=GROUP,
        source=PAPER,
    )
