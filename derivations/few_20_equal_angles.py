"""Claim 20: the best Euler grid for a Gaussian coordinate has equal angles."""

from functools import cache
from itertools import pairwise

import numpy as np
import sympy as sp

from few_case import SIGMA, claim, posterior_mean, sigma
from independent.few_steps import euler_width, widest
from symsched.reporting.charts import Level
from symsched.symbols import psi, y
from symsched.validation.cells import Formula, Identity, cell
from symsched.validation.checks import Axes, ClosedForm

UNIFORM, EQUAL = 0.430782604899, 0.441742591840  # reference values, K = 10
STEPS = 10
here, there = sp.symbols("theta theta'", positive=True)
angles = sp.symbols("theta:4", positive=True)
following = sp.Symbol("psi'", positive=True)
PLACES = ({here: sp.Rational(6, 5), there: sp.Rational(3, 10)}, {here: sp.Rational(3, 2), there: sp.Rational(7, 5)})


def at(theta):
    """Ψ where α/(σβ) = tan θ."""
    return 1 / (sigma * sp.tan(theta))


@cache
def step():
    """By what an Euler step multiplies a deviation from the mean, in angles."""
    factor = 1 + (following - psi) * sp.diff(posterior_mean(), y)
    return sp.simplify(factor.subs({psi: at(here), following: at(there)}, simultaneous=True))


# %%
@cell(
    "On x = αz + βa with α + β = 1, Euler in x is Euler in y = x/α along ψ = β/α: the ψ of the nodes are all of a grid."
)
def linear():
    tau, later, D = sp.symbols("tau tau' D", positive=True)
    x = (1 - tau) * y
    stepped = x + (later - tau) * (-x / (1 - tau) + (1 + tau / (1 - tau)) * D)
    yield Identity("x'/α' = y + (ψ' − ψ) D", stepped / (1 - later), y + (later / (1 - later) - tau / (1 - tau)) * D)


@cell("One step on N(m, σ²), with tan θ = α/(σβ): θ falls from π/2 at noise to 0 at data.")
def one_step():
    yield Formula("D", posterior_mean())
    yield Formula("factor of a deviation from the mean", step())
    target = sp.sin(here) * sp.cos(here - there) / sp.sin(there)
    yield Identity("it is cos(θ − θ') sin θ/sin θ'", step(), target, at=PLACES)


@cell("The sines cancel between steps. What is left of the last, whose α' vanishes, is σ sin θ cos θ.")
def product():
    target = sp.sin(here) * sp.cos(here - there) / sp.sin(there)
    last = sp.limit(sigma * sp.tan(there) * target, there, 0)
    yield Identity("α' × the last factor as θ' → 0, β' = 1", last, sigma * sp.sin(here) * sp.cos(here))
    whole = sp.prod(target.subs({here: a, there: b}, simultaneous=True) for a, b in pairwise(angles))
    closed = sp.prod(sp.cos(a - b) for a, b in pairwise(angles))
    yield Identity("three steps", whole, closed * sp.sin(angles[0]) / sp.sin(angles[3]))


@cell("The K angles of the steps add up to π/2, and log cos is concave: by Jensen none does better than π/2K each.")
def best():
    step_angle, multiplier, count = (
        sp.Symbol("delta", positive=True),
        sp.Symbol("lambda"),
        sp.Symbol("K", positive=True),
    )
    bend = sp.diff(sp.log(sp.cos(step_angle)), step_angle, 2)
    yield Identity("(log cos Δ)'' = −1/cos²Δ < 0", bend, -1 / sp.cos(step_angle) ** 2)
    pull = sp.diff(sp.log(sp.cos(step_angle)) + multiplier * step_angle, step_angle)
    yield Identity("stationary under the sum: tan Δ is one number for all steps", pull, multiplier - sp.tan(step_angle))
    loss = sp.series(-sp.log(equal(1 / step_angle) / sigma) / step_angle, step_angle, 0, 2).removeO()
    yield Identity("it loses π²/8K of the width, for large K", loss, sp.pi**2 / 8)
    yield Formula("width at equal angles", equal(count))


def equal(count):
    """The width of K equal angles, from K Δ = π/2."""
    return sigma * sp.cos(sp.solve(count * there - sp.pi / 2, there)[0]) ** count


@cell("For σ = 1/2, K = 10.")
def numbers():
    yield Identity("uniform τ", by_angles(np.linspace(0, 1, STEPS + 1)), UNIFORM, within=1e-12)
    yield Identity("equal angles", equal(STEPS).subs(sigma, SIGMA), EQUAL, within=1e-12)


# %%
def by_angles(nodes, width=SIGMA):
    """The width of any grid in τ: σ Π cos(θ − θ')."""
    found = [float(sp.pi / 2) if tau == 0 else np.arctan((1 - tau) / (float(width) * tau)) for tau in nodes]
    return float(width) * float(np.prod(np.cos(np.diff(found))))


def least_lost(count, width=SIGMA):
    return float(equal(count).subs(sigma, width))


def uniform(count, width=SIGMA):
    return by_angles(np.linspace(0, 1, count + 1), width)


def node(k, count, width=SIGMA):
    """τ_k of equal angles, from (1 − τ)/τ = σ tan θ."""
    theta = sp.pi / 2 * (1 - sp.Rational(k, count))
    return float(1 / (1 + width * sp.tan(theta)))


CLAIM = claim(
    number=20,
    title="Equal angles are the best Euler grid of a Gaussian coordinate",
    statement="After Euler steps on a linear path a coordinate N(m, σ²) has the width σ Π cos(θ_k − θ_{k+1}), "
    "tan θ = α/(σβ), on any grid; no grid of K steps does better than equal angles, whose width is σ cos^K(π/2K). "
    "(The tangent law of arXiv 2601.13602, one eigenvalue.)",
    formulas=lambda: (sp.Eq(sp.Symbol("sigma_K"), equal(sp.Symbol("K", positive=True)), evaluate=False),),
    cells=(linear, one_step, product, best, numbers),
    checks=(
        ClosedForm(
            name="width of {} uniform steps, by the loop",
            points=(2, 10, 40),
            derived=uniform,
            independent=lambda count: euler_width(np.linspace(0, 1, count + 1), float(SIGMA)),
            tolerance=1e-12,  # rounding
            wrong={"derived": lambda count: by_angles(np.linspace(0, 1, count + 1) ** 2)},
        ),
        ClosedForm(
            name="width of the best grid of {} steps, by SciPy's optimiser",
            points=(2, 3, 5, 10),
            derived=least_lost,
            independent=lambda count: widest(count, float(SIGMA))[0],
            tolerance=1e-9,  # the optimiser stops where the width is flat to second order
            axes=Axes("widths", "Width that K Euler steps leave", "width", "K", (Level("σ", float(SIGMA)),)),
            line=range(2, 21),
            seen=(2, 3, 5, 10, 15),
            wrong={"derived": uniform},
        ),
        ClosedForm(
            name="τ_{} of the best grid of {} steps, by SciPy's optimiser",
            points=((1, 3), (2, 3), (1, 5), (4, 5)),
            derived=node,
            independent=lambda k, count: widest(count, float(SIGMA))[1][k],
            tolerance=1e-4,  # where a maximum flat to 1e-9 may be
            wrong={"derived": lambda k, count: k / count},
        ),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
