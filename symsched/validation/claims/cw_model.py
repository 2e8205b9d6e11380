"""What the Curie–Weiss claims share: the paper's parameters, the derived limits, and their equations as functions."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

import mpmath
import numpy as np
import sympy as sp
from scipy import special
from scipy.integrate import solve_ivp

from symsched.algebra.codegen import Array, number
from symsched.distributions.named import CurieWeiss
from symsched.limits.limit import Limit, Phase, derive
from symsched.schedules.interpolant import Interpolant
from symsched.validation.checks import solve_ode
from symsched.validation.claims.cw_field import Spins

GROUP = "Curie–Weiss"
PAPER = "arXiv 2501.00988"
BETA = sp.Integer(2)
FIELD = sp.log(2)
KAPPA = 3.0


@functools.cache
def limit_of(interpolant: Interpolant, beta: sp.Expr = BETA, field: sp.Expr = FIELD) -> Limit:
    """Return the limit of Curie–Weiss spins under an interpolant, derived once per process."""
    return derive(CurieWeiss(beta, field), interpolant)


def spins(d: int, beta: sp.Expr = BETA, field: sp.Expr = FIELD) -> Spins:
    """Return the measure at dimension d for the independent quadrature."""
    return Spins(d, number(beta, "beta"), number(field, "h"))


@functools.cache
def magnetisation(beta: float = 2.0) -> float:
    """Return the positive root of m = tanh(βm), by mpmath: the derived constant is held against it."""
    with mpmath.workdps(30):
        return float(mpmath.findroot(lambda m: m - mpmath.tanh(beta * m), 0.99))


def integrate(phase: Phase, starts: Sequence[float] | Array, times: Sequence[float] | Array, branch: int = 0) -> Array:
    """Return solutions of a phase's derived equation from ``starts`` (P,) at ``times`` (T,), shape (P, T)."""
    return solve_ode(phase.odes[branch], starts, [float(time) for time in times], KAPPA)


def flow_of_order_parameter(measure: Spins, start: Array, strengths: Sequence[float], tolerance: float = 1e-7) -> Array:
    """Return ν = Σ y_i/√d at √d ψ = ``strengths`` along the exact flow dy/dψ = E[a | y] from ``start`` (n, d)."""
    root = math.sqrt(measure.d)
    shape = start.shape

    def velocity(strength: float, flat: Array) -> Array:
        return np.asarray(measure.posterior(strength / root, flat.reshape(shape))[0].ravel() / root)

    solution = solve_ivp(
        velocity,
        (0.0, max(strengths)),
        start.ravel(),
        method="DOP853",
        rtol=tolerance,
        atol=tolerance,
        t_eval=list(strengths),
    )
    if not solution.success:
        raise ArithmeticError(f"the d-dimensional flow could not be integrated: {solution.message}")
    return np.asarray(solution.y.reshape(*shape, -1).sum(axis=1) / root)


def quantile_flow(weights: Sequence[float], points: Sequence[float], strength: float, start: float) -> float:
    """Return ν with Σ w_k Φ(ν − s g_k) = Φ(ν_0), by mpmath: the exact flow of atoms ``points`` with ``weights``."""
    with mpmath.workdps(30):
        target = mpmath.ncdf(start)

        def mismatch(nu: mpmath.mpf) -> mpmath.mpf:
            return (
                mpmath.fsum(w * mpmath.ncdf(nu - strength * g) for w, g in zip(weights, points, strict=True)) - target
            )

        reach = max(abs(g) for g in points) * strength + 1
        return float(mpmath.findroot(mismatch, (start - reach, start + reach), solver="anderson", tol=1e-40))


def up_weight(beta: float = 2.0, field: float = math.log(2)) -> float:
    """Return w_+ = e^{hm}/(2 cosh hm) at the root m, in floating point."""
    return 1 / (1 + math.exp(-2 * field * magnetisation(beta)))


def noise_from(start: Array, d: int, generator: np.random.Generator) -> Array:
    """Return z (n, d), standard normal given that Σ z_i/√d is ``start`` (n,): paths of several d that begin alike."""
    z = generator.standard_normal((len(start), d))
    return np.asarray(z + (start / math.sqrt(d) - z.mean(axis=1))[:, None])


def typical(count: int) -> Array:
    """Return the quantiles of N(0, 1) at (k + ½)/count."""
    return np.asarray(special.ndtri((np.arange(count) + 0.5) / count))


def slope(sizes: Sequence[float], errors: Sequence[float] | Array) -> float:
    """Return the exponent of a power law fitted to errors at sizes."""
    return float(np.polyfit(np.log(sizes), np.log(np.abs(errors)), 1)[0])


def normal_quantile(probability: float) -> float:
    """Return Φ^{-1} by mpmath."""
    with mpmath.workdps(30):
        return float(mpmath.sqrt(2) * mpmath.erfinv(2 * mpmath.mpf(probability) - 1))
