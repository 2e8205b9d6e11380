"""Claim 3: on plain schedules Θ(√d) uniform steps are needed, and N/√d alone decides what they give.

Limit meant: d → ∞ with ν = N/√d fixed. Plain VP: s = √d ψ advances by 1/ν per step in the speciation, so the weight
is that of Euler's recursion with step 1/ν in the effective law's flow. Plain VE: α = j/ν with j steps left, so the
width is an infinite product, which SymPy sums: σ̂/σ = cosh(π√(a² − 1/4))/sinh(πa), a = σν.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import sympy as sp
from scipy import special
from sympy.stats import Normal

from symsched.algebra.codegen import number
from symsched.laws import AtomLaw, law_of
from symsched.reporting.charts import Chart, Curve, Level
from symsched.reporting.claim import Finding
from symsched.reporting.numbers import dimension_text
from symsched.reporting.verdicts import Row, bounded, deterministic, statistical
from symsched.schedules.schedule import plain
from symsched.symbols import d as d_symbol
from symsched.symbols import nu, psi, s, y
from symsched.validation.claims import gm_case
from symsched.validation.claims.gm_sums import draw_paths
from symsched.validation.effort import Effort

_FARTHEST = 25.0
_NEGLECTED = "0.3/√d: ψ = τ(1 + τ + …) where the weight is decided"
width_ratio = sp.Symbol("a", positive=True)
"""a = σν = σN/√d."""


def claim(effort: Effort) -> Finding:
    """Return the claim with its rows for plain VP and plain VE."""
    dimensions = (100, 10_000) if effort.quick else (100, 10_000, 1_000_000)
    rates = (0.5, 1.0) if effort.quick else (0.5, 1.0, 2.0)
    law = gm_case.effective_law(gm_case.limit("vp"))
    weights = weight_rows(effort, dimensions, rates, law)
    widths = width_rows(effort, dimensions, rates)
    formula = sp.Eq(sp.Symbol("sigma_hat") / sp.Symbol("sigma"), plain_width(), evaluate=False)
    return Finding(
        3,
        "Θ(√d) steps on plain schedules",
        "With ν = N/√d fixed and d → ∞ the weight under plain VP and the width under plain VE depend on ν alone: "
        "the first is Euler's recursion with "
        "step 1/ν in the effective flow, the second a closed form.",
        (_recursion(law), formula),
        (*weights, *widths),
        charts=(_weight_chart(weights, rates, law), _width_chart(widths, rates)),
        group=gm_case.GROUP,
        source=gm_case.SOURCE,
    )


def recursion_weight(law: AtomLaw, step: float) -> float:
    """Return the share of ν_0 ~ N(0, 1) that ends above 0 under ν ← ν + δ D(s, ν), s ← s + δ.

    The map is increasing, so the share is that above its root, which is enclosed 30 times more tightly per round.
    """
    low, high = -12.0, 12.0
    for _ in range(10):
        starts = np.linspace(low, high, 31)
        nu = starts.copy()
        for k in range(math.ceil(_FARTHEST / step)):
            nu += step * np.asarray(law.denoiser(k * step, nu))
        first = max(1, int(np.argmax(nu > 0)))
        low, high = float(starts[first - 1]), float(starts[first])
    return float(special.ndtr(-(low + high) / 2))


def plain_width() -> sp.Expr:
    """Return lim σ̂/σ of plain VE at N = (a/σ)√d, from the denoiser of a Gaussian coordinate: a product, summed by
    SymPy.
    """
    left, total = sp.Symbol("j", integer=True, positive=True), sp.Symbol("J", integer=True, positive=True)
    product = sp.Product(plain_factor(left), (left, 1, total)).doit()
    # Γ(J + c)/Γ(c) ~ J^c Γ(J)/Γ(c): the powers of J left over cancel the width J/a with which the product starts.
    grown = product.replace(sp.RisingFactorial, lambda c, count: count**c / sp.gamma(c))
    summed = sp.gammasimp(sp.powsimp(sp.simplify(grown * total / width_ratio)))
    return summed.replace(sp.cos, lambda angle: sp.cosh(sp.sqrt(sp.factor(-(angle**2)))))


def plain_factor(left: sp.Symbol) -> sp.Expr:
    """Return what the step with j steps left does to a deviation from the mode's mean, α = j/ν and β = 1: A + (B/α)
    ∂D/∂y.
    """
    width, rate = sp.Symbol("sigma", positive=True), sp.Symbol("nu", positive=True)
    slope = sp.diff(law_of(Normal("g", 0, width)).denoiser(psi, y), y)
    noise, following = left / rate, (left - 1) / rate
    shrink = following / noise
    factor = shrink + (1 - shrink) / noise * slope.subs(psi, 1 / noise)
    return sp.factor(sp.simplify(factor.subs(rate, width_ratio / width)))


def weight_rows(effort: Effort, dimensions: Sequence[int], rates: Sequence[float], law: AtomLaw) -> list[Row]:
    """Return the rows of plain VP: one for each ν = N/√d and d, the prediction from ``law``."""
    rows = []
    rng = np.random.default_rng([effort.seed, 3, 0])
    schedule = plain(gm_case.interpolant("vp"))
    for rate in rates:
        predicted = recursion_weight(law, 1 / rate)
        for d in dimensions:
            paths = draw_paths(
                gm_case.mixture(), schedule.plan(round(rate * math.sqrt(d)), d), d, effort.choose(8_000, 3_000), rng
            )
            weight = paths.weight()
            rows.append(
                statistical(
                    f"plain VP: weight at N = {rate:g} √d",
                    predicted,
                    weight.value,
                    weight.standard_error,
                    dimension=d,
                    allowance=0.3 / math.sqrt(d),
                    allowance_reason=_NEGLECTED,
                )
            )
    return rows


def width_rows(effort: Effort, dimensions: Sequence[int], rates: Sequence[float]) -> list[Row]:
    """Return the rows of plain VE: the closed form against a long product, then against paths for each ν = N/√d and
    d.
    """
    rows = []
    rng = np.random.default_rng([effort.seed, 3, 1])
    schedule = plain(gm_case.interpolant("ve"))
    formula, sigma = plain_width(), float(gm_case.SIGMA)
    for rate in rates:
        predicted = number(formula.subs(width_ratio, sp.Rational(rate) * gm_case.SIGMA), "the width")
        rows.append(
            deterministic(
                f"plain VE: σ̂/σ at a = σN/√d = {sigma * rate:g}, product of 10⁶ factors",
                predicted,
                long_product(sigma * rate),
                1e-5,
            )
        )
        for d in dimensions:
            paths = draw_paths(gm_case.mixture(), schedule.plan(round(rate * math.sqrt(d)), d), d, 500, rng)
            width = paths.width()
            rows.append(
                # The product ends after N factors, and β < 1 in the early ones.
                deterministic(
                    f"plain VE: σ̂/σ at N = {rate:g} √d", predicted, width.value / sigma, 0.5 / math.sqrt(d), dimension=d
                )
            )
        gaps = [abs(row.measured - row.predicted) for row in rows[-len(dimensions) :]]
        slope = float(np.polyfit(np.log(dimensions), np.log(gaps), 1)[0])
        rows.append(bounded(f"plain VE: rate in d of the approach at N = {rate:g} √d", slope, -0.6, -0.4))
    return rows


def long_product(ratio: float, factors: int = 1_000_000) -> float:
    """Return (J/a) Π (1 − j/(j² + a²)) over j ≤ J."""
    left = np.arange(1, factors + 1, dtype=np.float64)
    return float(factors / ratio * np.exp(np.sum(np.log1p(-left / (left**2 + ratio**2)))))


def _recursion(law: AtomLaw) -> sp.Eq:
    count, k = sp.Symbol("N", positive=True), sp.Symbol("k", integer=True, nonnegative=True)
    rate = count / sp.sqrt(d_symbol)
    here, there = sp.Indexed("nu", k), sp.Indexed("nu", k + 1)
    drift: Any = law.denoiser(s, nu)
    return sp.Eq(there, here + drift.subs({s: k / rate, nu: here}) / rate, evaluate=False)


def _weight_chart(rows: Sequence[Row], rates: Sequence[float], law: AtomLaw) -> Chart:
    line = np.geomspace(0.3, 4, 15)
    curves = [Curve("d = ∞", line, [recursion_weight(law, 1 / rate) for rate in line])]
    curves += _points(rows, rates)
    return Chart(
        "weight",
        "Weight of the heavier mode, plain VP",
        "$N/\\sqrt{d}$",
        "weight",
        tuple(curves),
        levels=(Level("p", float(gm_case.P)),),
    )


def _width_chart(rows: Sequence[Row], rates: Sequence[float]) -> Chart:
    line = np.geomspace(0.3, 4, 40)
    formula = plain_width()
    values = [
        number(formula.subs(width_ratio, sp.Rational(str(round(rate, 4))) * gm_case.SIGMA), "the width")
        for rate in line
    ]
    sampled = [row for row in rows if row.dimension is not None]
    return Chart(
        "width",
        "Width of a mode over σ, plain VE",
        "$N/\\sqrt{d}$",
        r"$\hat\sigma/\sigma$",
        (Curve("closed form", line, values), *_points(sampled, rates)),
    )


def _points(rows: Sequence[Row], rates: Sequence[float]) -> list[Curve]:
    curves = []
    for d in sorted({row.dimension or 0.0 for row in rows}):
        inside = [row for row in rows if row.dimension == d]
        curves.append(
            Curve(
                f"d = {dimension_text(d)}",
                rates,
                [row.measured for row in inside],
                [row.standard_error or 0.0 for row in inside],
                "points",
            )
        )
    return curves
