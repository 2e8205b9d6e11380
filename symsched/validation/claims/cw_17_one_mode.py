"""Claim 17: for β < 1 the same derivation finds one mode and no speciation, and the schedule that follows has one
window.

The spins are independent given nothing, but for the collective direction: d·Var(m̂) → Λ''/χ = 1/(1 − β). VP needs
no dilation; VE gets one window, in which signal and noise both move linearly. At β = 1 the maximum is critical: m̂
= d^−1/4 u with u ∝ exp(−u⁴/12), chosen at ψ ~ d^−1/4.
"""

from __future__ import annotations

import math

import numpy as np
import sympy as sp

from symsched.algebra.codegen import number
from symsched.limits.limit import Limit
from symsched.predictions.predict import predict
from symsched.reporting.charts import Chart, Curve
from symsched.reporting.claim import Finding
from symsched.reporting.verdicts import Row, bounded, deterministic, statistical
from symsched.schedules.interpolant import VE, VP, Interpolant
from symsched.schedules.schedule import Schedule
from symsched.simulation.simulate import simulate
from symsched.symbols import d as d_symbol
from symsched.validation.claims.cw_enumeration import spin_means
from symsched.validation.claims.cw_model import FIELD, GROUP, KAPPA, PAPER, limit_of, slope
from symsched.validation.effort import Effort

BETA = sp.Rational(1, 2)
STEPS = 20
CRITICAL_FIELD = sp.Rational(4, 5)


def structure_rows(limit: Limit, name: str) -> list[Row]:
    """Return rows that count modes (against maxima of the exact law of m̂), speciation phases and windows."""
    masses = spin_means(4000, number(BETA, "beta"), 0.0).masses
    peaks = int(np.sum((masses[1:-1] > masses[:-2]) & (masses[1:-1] >= masses[2:])))
    return [
        deterministic(f"{name}: modes, against maxima of the exact law of m̂", len(limit.cascade.modes), peaks, 0),
        deterministic(f"{name}: speciation phases", 0, len(limit.cascade.speciations), 0),
        deterministic(f"{name}: windows of the schedule", 1, len(limit.schedule.windows), 0),
    ]


def collective_rows(effort: Effort) -> list[Row]:
    """Return rows on d·Var(m̂): exact samples, and every value of m̂ enumerated."""
    limit = limit_of(VP, BETA)
    saddle = limit.distribution.saddles[0]  # type: ignore[attr-defined]
    predicted = number(saddle.variance / saddle.chi, "the collective variance")
    numeric = (number(BETA, "beta"), number(FIELD, "h"))
    sizes = (1000, 4000, 16_000)
    table = [d * (law.moment(2) - law.moment(1) ** 2) for d in sizes for law in [spin_means(d, *numeric)]]
    d, n = 2000, effort.choose(4000, 1000)
    means = limit.distribution.model(d).sample(np.random.default_rng(effort.seed), n).mean(axis=1)
    estimate = d * float(np.var(means, ddof=1))
    return [
        deterministic("d·Var(m̂) = Λ''/χ, enumerated and extrapolated", predicted, (4 * table[2] - table[1]) / 3, 1e-5),
        bounded(
            "d·Var(m̂): rate in d", slope(sizes, [value - predicted for value in table]), -1.1, -0.9, predicted=-1.0
        ),
        statistical("d·Var(m̂) of exact samples", predicted, estimate, estimate * math.sqrt(2 / n), dimension=d),
    ]


def sampling_rows(interpolant: Interpolant, name: str, effort: Effort, schedule: Schedule | None = None) -> list[Row]:
    """Return rows on spins simulated at finite d by canonical Euler, on the limit's schedule or another."""
    limit = limit_of(interpolant, BETA)
    chosen = schedule or limit.schedule
    kappa = KAPPA if chosen.needs_kappa else None
    d, n = 2000, effort.choose(300, 60)
    (predicted,) = predict(limit, STEPS, kappa=KAPPA if interpolant is VE else None, scheme="canonical")
    run = simulate(
        limit.distribution,
        chosen,
        d=d,
        n=n,
        steps=STEPS,
        kappa=kappa,
        scheme="canonical",
        rng=effort.seed,
        method="scalar map",
    )
    if run.x is None or run.sites[0] is None:
        raise ArithmeticError("the run kept no samples")
    site = run.sites[0]
    decided = np.mean(np.abs(run.x) > 0.99, axis=1)
    up = np.mean(run.x > 0, axis=1)
    root = math.sqrt(n)
    saddle = limit.distribution.saddles[0]  # type: ignore[attr-defined]
    collective = number(saddle.variance / saddle.chi, "the collective variance")
    field = number(FIELD, "h") / (1 - number(BETA, "beta")) / d
    return [
        statistical(
            f"{name}: mean of a spin",
            predicted.site_mean,
            site.mean.value,
            site.mean.standard_error,
            dimension=d,
            allowance=field,
            allowance_reason="the field's pull h/(d (1 − β))",
        ),
        statistical(
            f"{name}: variance of a spin, with Euler's error",
            # Within a path the variance is about the path's own mean, which has variance Λ''/(χd).
            predicted.site_variance - collective / d,
            site.variance.value,
            site.variance.standard_error,
            dimension=d,
            allowance=1 / d,
            allowance_reason="1/d, what the limit neglects",
        ),
        statistical(
            f"{name}: share of spins up",
            0.5,
            float(up.mean()),
            float(up.std(ddof=1)) / root,
            dimension=d,
            allowance=field,
            allowance_reason="the field's pull h/(d (1 − β))",
        ),
        bounded(
            f"{name}: share of spins with |x_i| > 0.99", float(decided.mean()), 0.97, 1.0, predicted=1.0, dimension=d
        ),
    ]


def critical_rows(sizes: tuple[int, ...]) -> list[Row]:
    """Return rows on β = 1: exponent and moments of u = d^{1/4} m̂, without a field and with a critical one."""
    rows = []
    for label, strength in (("no field", sp.S.Zero), ("field 0.8 u", CRITICAL_FIELD)):
        limit = limit_of(VP, sp.S.One, strength * d_symbol ** sp.Rational(1, 4))
        first = limit.phases[0]
        site = first.law.site()
        predicted = (site.mean, site.variance + site.mean**2)
        table = []
        for d in sizes:
            law = spin_means(d, 1.0, float(strength) * d**0.25)
            table.append((d**0.25 * law.moment(1), d**0.5 * law.moment(2)))
        errors = np.array(table) - np.array(predicted)
        # Corrections are powers of d^−1/2: two of them are removed from three sizes a factor 16 apart.
        once = (4 * np.array(table[1:]) - np.array(table[:-1])) / 3
        found = (16 * once[1:] - once[:-1]) / 15
        if strength != 0:
            rows.append(deterministic(f"β = 1, {label}: E u", predicted[0], float(found[-1, 0]), 1e-6))
        rows.append(deterministic(f"β = 1, {label}: E u²", predicted[1], float(found[-1, 1]), 1e-6))
        rows.append(
            bounded(f"β = 1, {label}: rate in d of E u²", slope(sizes, errors[:, 1]), -0.55, -0.45, predicted=-0.5)
        )
        means = [
            d**0.5 * law.moment(2) ** 0.5 for d in sizes for law in [spin_means(d, 1.0, float(strength) * d**0.25)]
        ]
        gamma = float(first.exponent)
        rows.append(
            bounded(
                f"β = 1, {label}: exponent γ of √d E[m̂²]^½ ~ d^γ",
                slope(sizes, means),
                gamma - 0.01,
                gamma + 0.01,
                predicted=gamma,
            )
        )
    return rows


def claim(effort: Effort) -> Finding:
    """Return claim 17."""
    vp, ve = limit_of(VP, BETA), limit_of(VE, BETA)
    rows = [*structure_rows(vp, "VP"), *structure_rows(ve, "VE"), *collective_rows(effort)]
    rows += [*sampling_rows(VP, "VP", effort), *sampling_rows(VE, "VE", effort)]
    rows += critical_rows(tuple(16**k for k in (2, 3, 4, 5)))
    times = np.linspace(0, 1, 41)[:-1]
    d = 10_000
    curves = [
        Curve(
            f"β = {beta}, {name}",
            times,
            np.arctan(limit_of(interpolant, beta).schedule.psi(40, d, KAPPA)) * 2 / math.pi,
        )
        for beta in (BETA, sp.Integer(2))
        for name, interpolant in (("VP", VP), ("VE", VE))
    ]
    chart = Chart(
        "schedules",
        "The schedule that follows, with and without speciation",
        "t",
        "(2/π) arctan ψ",
        tuple(curves),
        caption=f"d = {d}, κ = 3.",
    )
    return Finding(
        17,
        "Curie–Weiss at β < 1 (and β = 1)",
        "For β < 1 the derivation finds one mode, no speciation phase and a schedule of one window, with which "
        "twenty canonical steps give fair spins; "
        "d·Var(m̂) of the measure tends to Λ''/χ = 1/(1 − β). At β = 1 it finds a continuous effective law ∝ "
        "exp(−u⁴/12) at ψ ~ d^−1/4.",
        (
            vp.phases[0].ode,
            ve.phases[0].ode,
            sp.Eq(sp.Symbol("tau"), vp.schedule.tau, evaluate=False),
            sp.Eq(sp.Symbol("tau"), ve.schedule.tau, evaluate=False),
        ),
        tuple(rows),
        charts=(chart,),
        group=GROUP,
        source=PAPER,
    )
