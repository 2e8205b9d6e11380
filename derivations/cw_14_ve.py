"""Claim 14: dilated VE (linear), both halves, and what fixed steps leave of a spin."""

from functools import cache

import numpy as np
import sympy as sp
from scipy import special

from cw_13_vp_second import at_finite_d, dividing, moves
from cw_case import (
    BETA,
    FIELD,
    KAPPA,
    amplitudes,
    claim,
    decided,
    exact,
    laws_apart,
    limit,
    nu,
    rate,
    rms,
    saddle,
    solved,
    value,
)
from independent.paths import DILATED, euler_steps
from independent.populations import kept
from independent.spins import magnetisation, spin_threshold
from symsched.symbols import kappa as kappa_symbol
from symsched.symbols import t as time
from symsched.validation.cells import Formula, Identity, cell
from symsched.validation.checks import Axes, ClosedForm, Flow, SolvesODE
from symsched.validation.effort import Sized

READ = 0.4
"""t at which laws and paths of the first half are compared: s = τ/(1 − τ) = 4 there as d → ∞."""
STARTS = (-1.2, -0.6, -0.2, 0.3, 1.0)  # M(0): both sides of the unstable point
LARGE = Sized(tuple(4**k for k in range(6, 10)), (4**6, 4**7))  # for laws
SMALL = Sized((256, 1024, 4096), (256, 1024))  # for paths on exact flows, which cost d a step
WIDE = 10**8  # d at which steps of two sizes are compared

t, m, h, kappa, d = sp.symbols("t m h kappa d", positive=True)
M, x, u = sp.symbols("M x u", real=True)
OF_D = kappa / sp.sqrt(d)


def in_limit(expression):
    return sp.limit(expression, d, sp.oo)


@cell("First half: μ = αν in α = lim α/√d, M = μ/m, dν/ds = m tanh(hm + smν) with s = √d ψ.")
def first_half():
    tau = (1 - OF_D) * 2 * t
    alpha, signal = in_limit(1 - tau), in_limit(tau)
    s = signal / alpha
    velocity = sp.diff(alpha, t) / alpha * M + alpha * sp.diff(s, t) * sp.tanh(h * m + s * m**2 * M / alpha)
    push = sp.diff(signal, t) - sp.diff(alpha, t) * signal / alpha
    paper = sp.diff(alpha, t) / alpha * M + push * sp.tanh(h * m + signal * m**2 * M / alpha**2)
    yield Formula("M'", velocity)
    yield Identity("that is the paper's form", velocity, paper)
    yield from as_derived(
        limit("ve").phases[0].ode, lambda mu: m * velocity.subs(M, mu / m), {m: saddle().magnetisation, h: FIELD}, 0.25
    )


@cell("Second half: α itself is of order one, A = 2κ(1 − t), β → 1, ψ = 1/A.")
def second_half():
    A = in_limit(sp.sqrt(d) * OF_D * (2 - 2 * t))
    velocity = sp.diff(A, t) / A * x + A * sp.diff(1 / A, t) * sp.tanh(u + x / A**2)
    paper = sp.diff(A, t) / A * (x - sp.tanh(u + x / A**2))
    yield Identity("x' = (A'/A)(x − tanh(u + x/A²)), u = βmS", velocity, paper)
    field = {u: BETA * saddle().magnetisation, kappa: kappa_symbol}
    yield from as_derived(limit("ve").phases[-1].odes[-1], lambda place: velocity.subs(x, place), field, 0.75)


def as_derived(equation, velocity, constants, at):
    """What derive() says, and that it is the velocity found by hand, at one point."""
    place = sp.Symbol("place", real=True)
    found, own = equation.rhs.subs(equation.lhs.args[0], place), velocity(place).subs({**constants, t: time})
    point = {time: sp.Rational(at), kappa_symbol: 3, place: sp.Rational(2, 7)}
    yield Formula("derive() says", equation)
    yield Identity("that is the equation found by hand", found, own, at=(point,))


@cell(
    "What fixed steps leave: the last step of the first half sees E[a_i] = mS and no single spin. With d → ∞ first, "
    "x_i(½) ~ N(mS, κ²); with steps → ∞ first it has two peaks, N(±1, κ²). The limits do not commute."
)
def fixed_steps():
    yield Formula("mean spin 1 − 2Φ((x* − m)/κ)", sp.Float(predicted_spin(), 12))


# %%
def predicted_spin():
    return float(1 - 2 * special.ndtr((decided("ve", 1) - value(saddle().magnetisation)) / KAPPA))


@cache
def kept_spin(paths, seed):
    """Mean spin kept with 10 Euler steps in the first half, those of the second extrapolated from 60 and 120."""
    first = euler_steps(DILATED["ve"], 20, WIDE, KAPPA)[:10]
    plans = (np.concatenate([first, euler_steps(DILATED["ve"], 2 * n, WIDE, KAPPA)[n:]]) for n in (60, 120))
    coarse, fine = (kept(WIDE, steps, 1.0, paths, seed).mean() for steps in plans)
    return float(2 * fine - coarse)


def paths_apart(beta, size, effort):
    paths = effort.choose(12, 6)
    alpha, strength = amplitudes("ve", READ, float(size))
    return rms(alpha * nu(size, paths, (strength,), effort.seed)[:, 0] - solved("ve", READ, paths, beta))


def overlap(start, at):
    """M of the exact flow from M_0."""
    size = magnetisation()
    return exact("ve")(size * start, at) / size


CLAIM = claim(
    number=14,
    title="Curie–Weiss, dilated VE (linear): both halves",
    statement="τ = (1 − κ/√d) 2t for t ≤ ½ and 1 − κ/√d + (κ/√d)(2t − 1) after. As d → ∞ at fixed t, M = Σ x_i/(m d) "
    "follows M' = (α'/α) M + (β' − α'β/α) tanh(hm + β(τ) m² M/α²), α in units of √d, from M_0 ~ N(0, 1/m²) in the "
    "first half, exact paths converging at rate d^−1/2; in the second, with A = 2κ(1 − t), each spin follows "
    "x_i' = (A'/A)(x_i − tanh(βmS + x_i/A²)), and a threshold of x_i(½) decides it. If the first half takes a fixed "
    "number of steps while d → ∞, x_i(½) is N(mS, κ²), and the mean spin that is kept is 1 − 2Φ((x* − m)/κ) with the "
    "threshold x*.",
    formulas=lambda: (
        limit("ve").phases[0].ode,
        limit("ve").phases[0].initial,
        *limit("ve").phases[-1].odes,
        limit("ve").phases[-1].initial,
        *limit("ve").definitions,
    ),
    cells=(first_half, second_half, fixed_steps),
    checks=(
        SolvesODE(
            name="M(t = {t}) from M_0 = {start}",
            equation=lambda: limit("ve").phases[0].ode,
            starts=STARTS,
            times=(READ,),
            exact=overlap,
            tolerance=1e-8,
            unit=lambda: value(saddle().magnetisation),
            flow=Flow(
                Axes("first-half", "VE: the spin mean in the first half", "M", "t"),
                STARTS,
                tuple(0.01 * k for k in range(1, 49)),
                overlap,
                "exact, by quantiles",
                8,
            ),
            wrong={"equation": lambda: limit("vp").phases[0].ode},
        ),
        rate(f"law of M(t = {READ}), sup distance", laws_apart("ve", READ), LARGE, expected=-0.5, room=(-0.15, 0.1)),
        rate(f"paths from the same noise at t = {READ}", paths_apart, SMALL, expected=-0.5, room=(-0.25, 0.15)),
        moves("ve", (-9.0, 0.0, 4.0), KAPPA * spin_threshold(1, 1 / KAPPA), "vp"),
        dividing("ve", lambda side: KAPPA * spin_threshold(side, 1 / KAPPA)),
        at_finite_d("ve"),
        ClosedForm(
            name="mean spin kept at κ = 3 ({} steps in the first half, ∞ in the second)",
            points=(10,),
            derived=lambda _: predicted_spin(),
            independent=lambda _: kept_spin(3, 0),
            tolerance=2e-4,
            dimension=WIDE,
            wrong={"derived": lambda _: value(saddle().magnetisation)},
        ),
        ClosedForm(
            name="the same against m: what the fixed {} steps cost",
            points=(10,),
            derived=lambda _: predicted_spin() - value(saddle().magnetisation),
            independent=lambda _: kept_spin(3, 0) - magnetisation(),
            tolerance=2e-4,
            scale=1.0,
            wrong={"derived": lambda _: 0.0},
        ),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
