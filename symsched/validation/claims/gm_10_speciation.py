"""Claim 10: when the modes part: τ ~ d^−1/2 under VP, O(1) under VE, ½ log d in the Ornstein–Uhlenbeck clock; and
φ(s), by clones.

φ(s) = E Σ π_k² is a curve in s = √d ψ in the limit d → ∞; at finite d it is a curve in ψ. Exponents are read off
where φ at finite d passes midway between its ends; clones share y = z + ψ a and take two modes from the exact
finite-d posterior.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import mpmath
import numpy as np
import sympy as sp
from scipy.optimize import brentq

from symsched.algebra.asymptotics import leading_power
from symsched.distributions.base import AbstractDistribution
from symsched.distributions.rules import cascade
from symsched.laws import AtomLaw
from symsched.predictions.clones import clone_probability, simulate_clones
from symsched.reporting.charts import Chart, Curve
from symsched.reporting.claim import Finding
from symsched.reporting.verdicts import Row, bounded, deterministic, statistical
from symsched.symbols import d as d_symbol
from symsched.validation.claims import gm_case
from symsched.validation.claims.gm_exact import AMPLITUDES
from symsched.validation.effort import Effort

SOURCE = "arXiv 2501.00988; arXiv 2402.18491 for clones"
_SIZES = (1e4, 1e6, 1e8)
_HALF = sp.Rational(1, 2)
Ratio = Callable[[float, float], float]


def claim(effort: Effort) -> Finding:
    """Return the claim with its rows."""
    limit = gm_case.limit("vp")
    law = gm_case.effective_law(limit)
    curve = clone_rows(effort, law)
    tau, clock = sp.Symbol("tau_S"), sp.Symbol("t_S")
    return Finding(
        10,
        "Speciation",
        "Modes part at τ ~ d^−1/2 under VP and at τ = O(1) under VE, and at ½ log d in the Ornstein–Uhlenbeck "
        "clock; as d → ∞ two clones that share a path "
        "up to s = √d ψ end in the same mode with probability φ(s) = E Σ π_k².",
        (
            sp.Eq(tau, limit.speciation_time_in("tau"), evaluate=False),
            sp.Eq(tau, gm_case.limit("ve").speciation_time_in("tau"), evaluate=False),
            sp.Eq(clock, limit.speciation_time_in("ou"), evaluate=False),
        ),
        (*exponent_rows(("vp", "ve") if effort.quick else tuple(AMPLITUDES)), *closed_form_rows(), *curve),
        charts=(_chart(law, curve),),
        group=gm_case.GROUP,
        source=SOURCE,
    )


def agreement(strength: float, p: float = 0.8) -> float:
    """Return E Σ π_k² of p N(s, 1) + (1 − p) N(−s, 1), by mpmath on the densities: what the predictions are held
    against.
    """
    with mpmath.workdps(15):
        weight, level = mpmath.mpf(str(p)), mpmath.mpf(strength)

        def density(v: mpmath.mpf) -> mpmath.mpf:
            parts = (weight * mpmath.npdf(v, level), (1 - weight) * mpmath.npdf(v, -level))
            total = mpmath.fsum(parts)
            return (parts[0] ** 2 + parts[1] ** 2) / total

        return float(mpmath.quad(density, mpmath.linspace(-level - 9, level + 9, 9)))


def finite_strength(psi: float, d: float, sigma: float = 0.5) -> float:
    """Return the separation of the modes of Σ y_i at finite d in its own standard deviations, over 2: √d ψ/√(1 +
    σ²ψ²).
    """
    return math.sqrt(d) * psi / math.sqrt(1 + sigma**2 * psi**2)


def exponent_rows(names: Sequence[str]) -> list[Row]:
    """Return the exponents of the derived speciation times beside those at which φ at finite d passes midway."""
    rows = []
    low, high = agreement(0.0), 1.0
    midway = brentq(lambda s: agreement(s) - (low + high) / 2, 0.5, 2.0, xtol=1e-8)

    def crossing(ratio: Ratio, d: float, begin: float, end: float) -> float:
        return float(brentq(lambda at: finite_strength(ratio(at, d), d) - midway, begin, end, xtol=1e-15))

    for name in names:
        limit = gm_case.limit(name)
        expected = float(leading_power(limit.speciation_time_in("tau"), "the speciation time")[1])
        times = [crossing(partial(_ratio, name), d, 1e-9, 1 - 1e-9) for d in _SIZES]
        slope = float(np.polyfit(np.log(_SIZES), np.log(times), 1)[0])
        rows.append(
            bounded(
                f"{limit.interpolant.name}: exponent in d of the time at which φ passes midway",
                slope,
                expected - 0.02,
                expected + 0.02,
                predicted=expected,
            )
        )
    clock = gm_case.limit("vp").speciation_time_in("ou")
    # Where log d multiplies: the derivative of the clock's time in log d as d → ∞.
    expected = float(sp.limit(d_symbol * sp.diff(clock, d_symbol), d_symbol, sp.oo))
    times = [crossing(_ornstein_uhlenbeck_ratio, d, 1e-3, 40.0) for d in _SIZES]
    slope = float(np.polyfit(np.log(_SIZES), times, 1)[0])
    rows.append(
        bounded(
            "Ornstein–Uhlenbeck clock: factor of log d in the time at which φ passes midway",
            slope,
            expected - 0.01,
            expected + 0.01,
            predicted=expected,
        )
    )
    return rows


def _ratio(name: str, tau: float, d: float) -> float:
    alpha, beta = AMPLITUDES[name](mpmath.mpf(tau), mpmath.mpf(d))
    return float(beta / alpha)


def _ornstein_uhlenbeck_ratio(time: float, _: float = 0.0) -> float:
    return math.exp(-time) / math.sqrt(-math.expm1(-2 * time))


def closed_form_rows() -> list[Row]:
    """Return φ of the effective law at the finite-d strength beside ½(1 + E tanh(Λ + √Λ g)), the closed form in the
    Ornstein–Uhlenbeck clock.
    """
    law = cascade(gm_case.mixture(_HALF, sp.S.One)).phases[0].branches[0].law
    rows = []
    for d, time in ((1024, 2.0), (1024, 3.0), (1024, 4.0)):
        psi = _ornstein_uhlenbeck_ratio(time)
        predicted = clone_probability(law, finite_strength(psi, d, 1.0)).value
        rows.append(
            deterministic(
                f"φ at t = {time:g} in the Ornstein–Uhlenbeck clock, p = 1/2, σ = 1, by the closed form",
                predicted,
                ornstein_uhlenbeck(d, time, 1.0),
                1e-9,
                dimension=d,
            )
        )
    return rows


def ornstein_uhlenbeck(d: float, time: float, sigma: float) -> float:
    """Return ½(1 + E tanh(Λ + √Λ g)), Λ = d e^−2t/(1 − e^−2t + σ² e^−2t) (arXiv 2402.18491)."""
    with mpmath.workdps(20):
        decay = mpmath.exp(-2 * mpmath.mpf(time))
        level = d * decay / (1 - decay + mpmath.mpf(sigma) ** 2 * decay)
        mean = mpmath.quad(
            lambda g: mpmath.tanh(level + mpmath.sqrt(level) * g) * mpmath.npdf(g), mpmath.linspace(-12, 12, 13)
        )
        return float((1 + mean) / 2)


def clone_rows(effort: Effort, law: AtomLaw, believed: AbstractDistribution | None = None) -> list[Row]:
    """Return φ(s) beside quadrature and beside clones at finite d, s = √d ψ; ``believed`` is the mixture whose
    posterior the clones use.
    """
    rows = []
    rng = np.random.default_rng([effort.seed, 10])
    d = effort.choose(1_000, 400)
    for strength in (0.5, 1.0, 1.5, 2.0, 3.0):
        predicted = clone_probability(law, strength)
        rows.append(deterministic(f"φ({strength:g}), by quadrature", predicted.value, agreement(strength), 1e-9))
        seen = simulate_clones(
            gm_case.mixture(), strength / math.sqrt(d), d=d, n=effort.choose(20_000, 4_000), rng=rng, believed=believed
        )
        rows.append(
            statistical(
                f"φ({strength:g}), by clones",
                predicted.value,
                seen.value,
                math.hypot(seen.standard_error, predicted.standard_error),
                dimension=d,
                allowance=abs(
                    clone_probability(law, finite_strength(strength / math.sqrt(d), d)).value - predicted.value
                ),
                allowance_reason="σ²ψ² in the strength s at this d",
            )
        )
    return rows


def _chart(law: AtomLaw, rows: Sequence[Row]) -> Chart:
    line = np.linspace(0, 4, 81)
    places = (0.5, 1.0, 1.5, 2.0, 3.0)
    clones = rows[1::2]
    curves = (
        Curve("limit", line, [clone_probability(law, s).value for s in line]),
        Curve(
            "clones", places, [row.measured for row in clones], [row.standard_error or 0.0 for row in clones], "points"
        ),
    )
    return Chart("clones", "Two clones end in the same mode", r"$s = \sqrt{d}\,\psi$", r"$\varphi(s)$", curves)
