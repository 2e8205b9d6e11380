"""Claim 14: dilated VE (linear), both halves, and what fixed steps leave of a spin."""

from functools import cache

import numpy as np
import sympy as sp
from scipy import special
from scipy.integrate import solve_ivp

from cw_13_vp_second import at_finite_d, dividing, moves
from cw_case import (
    BETA,
    FIELD,
    KAPPA,
    PATHS_ROOM,
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
from symsched.validation.checks import Axes, ClosedForm, Flow, SolvesODE, dividing_place, extrapolated
from symsched.validation.effort import Sized

READ = 0.4
"""t at which laws and paths of the first half are compared: s = τ/(1 − τ) = 4 there as d → ∞."""
STARTS = (-1.2, -0.6, -0.2, 0.3, 1.0)  # M(0): both sides of the unstable point
LARGE = Sized(tuple(4**k for k in range(6, 10)), (4**6, 4**7))  # for laws
SMALL = Sized((256, 1024, 4096), (256, 1024))  # for paths on exact flows, which cost d a step
WIDE = 10**12  # d of fixed steps: d^−1/2 is 10⁻⁶

FINE = 120  # steps of the second half, at most
LAST = 40.0
"""ψ up to which the flow is followed: by then a distance from z* has grown like e^{ψ²/2}."""

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
    "x_i(½) ~ N(mS, κ²); with steps → ∞ first it has two peaks, N(±1, κ²). The limits do not commute. The field "
    "answers to the law that is there: u = βE tanh(u + ψy) in place of βm, dy/dψ = tanh(u + ψy) from y ~ N(mS/κ, 1)."
)
def fixed_steps():
    yield Formula("mean spin 1 − 2Φ(z*)", sp.Float(predicted_spin(), 9))
    fixed = float(1 - 2 * special.ndtr((decided("ve", 1) - value(saddle().magnetisation)) / KAPPA))
    yield Formula("with the field fixed at βm: 1 − 2Φ((x* − m)/κ), x* the threshold", sp.Float(fixed, 9))
    yield Identity("that is what the flow gives without an answer", predicted_spin(answers=False), fixed, within=1e-7)


# %%
@cache
def predicted_spin(*, answers=True):
    """1 − 2Φ(z*), z* the noise at t = ½ above which a spin of the + mode ends up, as d → ∞ before the second half."""
    noise = np.linspace(-8, 8, 801)
    masses = np.exp(-(noise**2) / 2) / np.exp(-(noise**2) / 2).sum()
    coupling, size = float(BETA), value(saddle().magnetisation)

    def velocity(psi, y):
        field = coupling * size
        # The answer converges by a factor 6 an iteration.
        for _ in range(24 if answers else 0):
            field = coupling * float(masses @ np.tanh(field + psi * y[: len(noise)]))
        return np.tanh(field + psi * y)

    def ends_up(probes):
        begin = size / KAPPA + np.concatenate([noise, probes])
        return solve_ivp(velocity, (1 / KAPPA, LAST), begin, "DOP853", rtol=1e-9, atol=1e-9).y[len(noise) :, -1] > 0

    return float(1 - 2 * special.ndtr(dividing_place(ends_up, -7.0, 7.0, rounds=5)))


@cache
def kept_spin(steps):
    """Mean spin kept with 10 Euler steps in the first half, those of the second extrapolated up to ``steps``."""
    first = euler_steps(DILATED["ve"], 20, WIDE, KAPPA)[:10]
    counts = [steps // 4, steps // 2, steps]
    plans = [np.concatenate([first, euler_steps(DILATED["ve"], 2 * n, WIDE, KAPPA)[n:]]) for n in counts]
    table = np.array([kept(WIDE, plan, 1.0, 3, cells=600, seed=0) for plan in plans])
    return float(extrapolated(table, 2, (1, 2)).mean())


def unresolved(_):
    """Twice what n⁻³ leaves of it, measured with half as many steps n of the second half: 7·10⁻⁷."""
    return 2 * abs(kept_spin(FINE) - kept_spin(FINE // 2)) / (2**3 - 1)


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
    part="the dilated VE schedule of the Curie–Weiss model: the equations of M and of a spin",
    statement="τ = (1 − κ/√d) 2t for t ≤ ½ and 1 − κ/√d + (κ/√d)(2t − 1) after. As d → ∞ at fixed t, M = Σ x_i/(m d) "
    "follows M' = (α'/α) M + (β' − α'β/α) tanh(hm + β(τ) m² M/α²), α in units of √d, from M_0 ~ N(0, 1/m²) in the "
    "first half, exact paths converging at rate d^−1/2; in the second, with A = 2κ(1 − t), each spin follows "
    "x_i' = (A'/A)(x_i − tanh(βmS + x_i/A²)), and a threshold of x_i(½) decides it. If the first half takes a fixed "
    "number of steps while d → ∞, x_i(½) is N(mS, κ²), and the mean spin that is kept is 1 − 2Φ(z*), z* dividing the "
    "flow in which the field answers to that law (with the field fixed at βm it would be off in the fourth digit).",
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
            tolerance=1e-10,  # the solver's 1e-11, grown as paths part
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
        rate(f"law of M(t = {READ}), sup distance", laws_apart("ve", READ), LARGE, expected=-0.5),
        rate(f"paths from the same noise at t = {READ}", paths_apart, SMALL, expected=-0.5, room=PATHS_ROOM),
        moves("ve", (-9.0, 0.0, 4.0), KAPPA * spin_threshold(1, 1 / KAPPA), "vp"),
        dividing("ve", lambda side: KAPPA * spin_threshold(side, 1 / KAPPA)),
        at_finite_d("ve"),
        ClosedForm(
            name="mean spin kept at κ = 3 ({} steps in the first half, ∞ in the second)",
            points=(10,),
            derived=lambda _: predicted_spin(),
            independent=lambda _: kept_spin(FINE),
            tolerance=unresolved,
            dimension=WIDE,
            wrong={"derived": lambda _: predicted_spin(answers=False)},
        ),
        ClosedForm(
            name="the same against m: what the fixed {} steps cost",
            points=(10,),
            derived=lambda _: predicted_spin() - value(saddle().magnetisation),
            independent=lambda _: kept_spin(FINE) - magnetisation(),
            tolerance=unresolved,
            scale=1.0,
            wrong={"derived": lambda _: 0.0},
        ),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
