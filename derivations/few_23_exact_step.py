"""Claim 23: one step is exact where coordinates are Gaussian and their variance is known."""

from functools import cache

import numpy as np
import sympy as sp

from few_case import SIGMA, claim, m, posterior_mean, sigma
from independent.few_steps import flow_of_a_coordinate
from symsched.symbols import psi, y
from symsched.validation.cells import Formula, Identity, cell
from symsched.validation.checks import Axes, ClosedForm

following, a, b = sp.symbols("psi' a b", positive=True)
SPOTS = ({psi: sp.Rational(1, 3), following: 5, sigma: SIGMA}, {psi: 2, following: 7, sigma: 3})
STARTS, SKEWED = (-1.3, 0.4, 2.0), sp.Rational(4, 5)


# %%
@cell("The flow of N(m, σ²): y keeps its distance from the mean ψm in units of its deviation √(1 + ψ²σ²).")
def flow():
    yield Formula("D", posterior_mean())
    carried = exact()
    yield Formula("y at ψ'", carried)
    drift = posterior_mean().subs({psi: following, y: carried}, simultaneous=True)
    yield Identity("it solves dy/dψ = D", sp.diff(carried, following), drift)
    yield Identity("it starts at y", carried.subs(following, psi), y)


@cell(
    "y' = a y + b D is that for all y and all m at once: both are linear in them, which makes two conditions for a, b."
)
def coefficients():
    found = solved()
    yield Formula("a", found[a])
    yield Formula("b", found[b])
    rest = a * y + b * posterior_mean() - exact()
    third = sp.simplify(rest.subs(found).subs({y: 0, m: 0}))
    yield Identity("nothing is left that depends on neither", third, 0)
    for name, part in (("y", y), ("m", m)):
        yield Identity(f"nor on {name}", sp.diff(rest, part).subs(found), 0, at=SPOTS)


@cell("Euler is the same with σ = 0; from noise the step has D = m and b = ψ'; to the data y'/ψ' tends to")
def ends():
    found = solved()
    yield Identity("a at σ = 0", found[a].subs(sigma, 0), 1)
    yield Identity("b at σ = 0", found[b].subs(sigma, 0), following - psi)
    yield Identity("b at ψ = 0", found[b].subs(psi, 0), following)
    last = {part: sp.limit(found[part] / following, following, sp.oo) for part in (a, b)}
    yield Formula("data from y and D", last[a] * y + last[b] * sp.Symbol("D"))
    arrives = last[a] * y + last[b] * posterior_mean()
    standard = (y - psi * m) / sp.sqrt(1 + psi**2 * sigma**2)
    yield Identity("it is m + σ × what y is in standard deviations", arrives, m + sigma * standard)


# %%
@cache
def exact():
    """Where the flow carries y from ψ to ψ', solved as an equation for the deviation from the mean."""
    deviation, at = sp.Function("delta"), sp.Symbol("q", positive=True)
    rate = sp.diff(posterior_mean(), y).subs(psi, at)
    found = sp.dsolve(deviation(at).diff(at) - rate * deviation(at), deviation(at), ics={deviation(psi): y - psi * m})
    return following * m + found.rhs.subs(at, following)


@cache
def solved():
    rest = sp.expand(a * y + b * posterior_mean() - exact())
    found = sp.solve([sp.diff(rest, y), sp.diff(rest, m)], [a, b], dict=True)[0]
    return {part: sp.factor(value) for part, value in found.items()}


@cache
def _stepped(width):
    """One step by the D of σ = 1/2, with the a and b of this width."""
    found = solved()[a].subs(sigma, width) * y + solved()[b].subs(sigma, width) * posterior_mean().subs(sigma, SIGMA)
    return sp.lambdify((y, m, psi, following), found)


def step(start, mean, begin, end, width=SIGMA):
    """Y at ψ' = ``end`` by one step from ``start`` at ψ = ``begin``; the coordinate's own width is 1/2."""
    return float(_stepped(width)(start, mean, begin, end))


def euler(start, mean, begin, end):
    return step(start, mean, begin, end, sp.S.Zero)


def by_solver(start, mean, begin, end):
    return flow_of_a_coordinate(start, mean, begin, end, float(SIGMA))


CLAIM = claim(
    number=23,
    title="One step is exact for Gaussian coordinates of known variance",
    statement="For a coordinate N(m, σ²) with σ known there is one a and one b, free of m and y, for which one step "
    "y' = a y + b D(ψ, y) is the exact flow from any ψ to any ψ'. Euler is the case σ = 0.",
    formulas=lambda: (sp.Eq(a, solved()[a], evaluate=False), sp.Eq(b, solved()[b], evaluate=False)),
    cells=(flow, coefficients, ends),
    checks=(
        ClosedForm(
            name="one step from y = {} with m = {:g} from ψ = {:g} to {:g}, by SciPy",
            points=tuple((y0, mean, *span) for y0 in STARTS for mean, *span in ((1.0, 0.1, 8.0), (-2.5, 1.0, 60.0))),
            derived=step,
            independent=by_solver,
            tolerance=1e-8,  # the solver's 1e-10, enlarged on the way
            wrong={"derived": euler},
        ),
        ClosedForm(
            name="one step from y = 0.4 with m = {:g} from ψ = 1/2 to {:g}, by SciPy",
            points=((1.0, 1.0), (1.0, 10.0), (-2.0, 10.0)),
            derived=lambda mean, end: step(0.4, mean, 0.5, end),
            independent=lambda mean, end: by_solver(0.4, mean, 0.5, end),
            tolerance=1e-8,
            axes=Axes("step", "One step from ψ = 1/2, y = 0.4, σ = 1/2", "y", r"$\psi$"),
            line=np.linspace(0.5, 10, 40),
            seen=(1.0, 2.5, 5.0, 7.5, 10.0),
            series=((1.0,), (-2.0,)),
            named=lambda mean: f"m = {mean:g}",
            wrong={"derived": lambda mean, end: step(0.4, mean, 0.5, end, SKEWED)},
        ),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
