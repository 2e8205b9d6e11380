"""Claim 21: what many small steps lose of a mode's weight."""

import math
from functools import cache, partial

import numpy as np
import sympy as sp
from scipy import integrate

from few_case import P, bend, claim, modes, p, separatrix, undecided
from independent.few_steps import bent_grid, dividing, settled, weight_by_flow
from symsched.symbols import nu, s
from symsched.validation.cells import Formula, Identity, cell
from symsched.validation.checks import Axes, ClosedForm

END = 4.0
UNIFORM, BEST, ADAMS = 0.2158, 0.0987, 0.546  # reference values, p = 4/5 to s = 4
h = sp.Symbol("h", positive=True)
SHORT = sp.Rational(1, 3)
SPOTS = ({p: P, s: sp.Rational(3, 2), nu: -sp.Rational(1, 3)}, {p: sp.Rational(3, 10), s: SHORT, nu: 2 * SHORT})


# %%
@cell(
    "The exact flow keeps P(ν_s ≤ ν), so its paths are the level curves of F_s(ν), and the one at 1 − p goes to "
    "neither mode. Along a level curve ν' = −∂_sF/∂_νF, and every further derivative follows."
)
def curve():
    density, first, second, _ = separatrix()
    yield Formula("F_s(ν)", modes().cdf(s, nu))
    yield Identity("ν' is the posterior mean", first, modes().denoiser(s, nu), at=SPOTS)
    drift = modes().denoiser(s, nu)
    yield Identity("ν'' is its rate along the flow", second, sp.diff(drift, s) + drift * sp.diff(drift, nu), at=SPOTS)
    law = p * sp.exp(-((nu - s) ** 2) / 2) + (1 - p) * sp.exp(-((nu + s) ** 2) / 2)
    yield Identity("ρ = ∂_νF is the density of ν_s", density, law / sp.sqrt(2 * sp.pi), at=SPOTS)


@cell("A step ends below the curve by a gap, which leaves the level of F lower by ρ times it.")
def gaps():
    yield Formula("gap of an Euler step", gap(*EULER))
    yield Formula("gap of a two-step Adams step", gap(*ADAMS_STEP))
    density, first, second, _ = separatrix()
    moved = modes().cdf(s + h, nu + h * first)
    lost = sp.diff(moved, h, 2).subs(h, 0) / 2
    target = -share(EULER, 2) * second * density
    yield Identity("on F itself: F_{s+h}(ν + hν') − F_s(ν) = −½h²ν''ρ + O(h³)", lost, target, at=SPOTS)


@cell(
    "So the level of the path that stays on the curve ends lower by Σ gap ρ, and the start from which the steps "
    "divide lies higher: the weight of the mode above is p − Σ gap ρ. With h = 1/(N n(s)) the Euler sum is an integral."
)
def grids():
    density, size, multiplier = sp.symbols("n G lambda", positive=True)
    cost = sp.Symbol("C", positive=True)
    stationary = sp.solve(sp.diff(size / density + multiplier * density, density), density)[0]
    yield Formula("the n that makes ∫ G/n least for ∫ n = 1, G = |ν''ρ|", stationary)
    chosen = sp.sqrt(size) / cost  # λ by ∫ n = 1: C = ∫ √G
    yield Identity("then G/n = C √G, C = ∫ √G, which integrates to C²", size / chosen, cost * sp.sqrt(size))


@cell("For p = 4/5, to s = 4. Adams begins with an Euler step, whose one gap counts as all others together do.")
def numbers():
    yield Identity("N × error, uniform Euler steps", constant("euler"), UNIFORM, within=5e-5)
    yield Identity("N × error, the best Euler steps", constant("best"), BEST, within=5e-5)
    yield Identity("N² × error, uniform Adams steps", constant("adams"), ADAMS, within=5e-4)


# %%
@cache
def gap(first, second=0):
    """ν(s + h) less a step with the weights ``first`` at s and ``second`` at s − h, in the lowest order of h."""
    path = sp.Function("nu")
    taylor = [sp.diff(path(s), s, k) * h**k / sp.factorial(k) for k in range(4)]
    before = sp.diff(sum((-1) ** k * taylor[k] for k in range(4)), s)
    left = sp.expand(sum(taylor) - path(s) - h * (first * path(s).diff(s) + second * before))
    return next(left.coeff(h, k) * h**k for k in range(1, 4) if left.coeff(h, k) != 0)


EULER, ADAMS_STEP = (1,), (sp.Rational(3, 2), -sp.Rational(1, 2))


def rate(order):
    return sp.Function("nu")(s).diff(s, order)


def share(step, order):
    """The number in front of h^k ν^(k) in the gap."""
    return sp.expand(gap(*step)).coeff(rate(order)) / h**order


def along(order, weight=P, reading=float):
    """∫ of ρ ν^(k) along the curve."""
    found, error = integrate.quad(lambda at: reading(bend(at, weight, order)), 0, END, epsabs=1e-12, epsrel=1e-11)
    assert error < 1e-8
    return found


@cache
def constant(what, weight=P):
    """N^k × error of the weight."""
    ends = float(share(EULER, 2))
    if what == "euler":
        return -ends * END * along(2, weight)
    if what == "best":
        return math.copysign(ends, -bend(0.0, weight)) * along(2, weight, lambda part: abs(part) ** 0.5) ** 2
    return -ends * END**2 * bend(0.0, weight) + without_the_first(weight)


def without_the_first(weight=P):
    """N² × error of Adams if it began with an exact step."""
    return -float(share(ADAMS_STEP, 3)) * END**2 * along(3, weight)


def by_steps(what, weight=P):
    """The same by loops of 20 to 160 steps, extrapolated."""
    chosen = float(weight)

    def error(count):
        nodes = bent_grid(count, END, chosen) if what == "best" else np.linspace(0, END, count + 1)
        return weight_by_flow(nodes, chosen, adams=what == "adams") - chosen

    return settled(error, 2 if what == "adams" else 1)


OTHER = sp.Rational(13, 20)

CLAIM = claim(
    number=21,
    title="What small steps lose of a weight",
    statement="Of two modes at ±1, N steps to s = κ give the mode of weight p the weight p − Σ gap·ρ as N → ∞, along "
    "the curve F_s(ν*) = 1 − p that goes to neither: Euler loses ½ Σ h² ν*''ρ, least, (1/2N)(∫|ν*''ρ|^½)², with steps "
    "h ~ |ν*''ρ|^(−½). (Read by where the exact flow carries the paths from κ.)",
    formulas=lambda: (gap(*EULER), gap(*ADAMS_STEP)),
    cells=(curve, gaps, grids, numbers),
    checks=(
        ClosedForm(
            name="N × error of uniform Euler steps, p = {}, by loops",
            points=(P, OTHER),
            derived=lambda weight: constant("euler", weight),
            independent=partial(by_steps, "euler"),
            tolerance=1e-4,  # what the last extrapolation moves
            wrong={"derived": lambda weight: 2 * constant("euler", weight)},
        ),
        ClosedForm(
            name="N × error of the best Euler steps, p = {}, by loops",
            points=(P, OTHER),
            derived=lambda weight: constant("best", weight),
            independent=partial(by_steps, "best"),
            tolerance=3e-3,  # nodes are interpolated on 800 steps
            wrong={"derived": lambda weight: constant("euler", weight)},
        ),
        ClosedForm(
            name="N² × error of uniform Adams steps, p = {}, by loops",
            points=(P, OTHER),
            derived=lambda weight: constant("adams", weight),
            independent=partial(by_steps, "adams"),
            tolerance=1e-3,
            wrong={"derived": without_the_first},
        ),
        ClosedForm(
            name="ν* at s = {:g}, by Φ alone",
            points=(0.5, 2.0),
            derived=undecided,
            independent=lambda at: dividing(at, float(P)),
            tolerance=1e-12,
            axes=Axes("curve", "The path that goes to neither mode, p = 4/5", "ν*", "s"),
            line=np.linspace(0, END, 80),
            seen=(0.0, 0.5, 1.0, 2.0, 3.0, 4.0),
            wrong={"derived": lambda at: undecided(at, OTHER)},
        ),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
