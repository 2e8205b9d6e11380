"""Claim 24: the best widths of n evaluations and a row are Zolotarev's rational functions."""

import mpmath
import numpy as np
import sympy as sp

from few_case import claim, deviations, slope, v
from few_elliptic import DIGITS, HIGH, LOW, best_width, exactly, node, scaled, stretched, worst
from independent.few_steps import best_table, table_width
from symsched.validation.cells import Formula, Identity, cell
from symsched.validation.checks import Axes, ClosedForm

one, two = sp.symbols("psi_1 psi_2", positive=True)
c, e0, e1, e2 = sp.symbols("c_21 e_z e_1 e_2", real=True)
PARTS = sp.symbols("f_1 f_2", real=True)
SPOT = (
    {one: sp.Rational(1, 2), two: 3, c: 2, e0: sp.Rational(1, 5), e1: sp.Rational(3, 4), e2: 1, v: sp.Rational(1, 7)},
)


# %%
@cell("D hands on of a deviation δ of y at ψ the part below; so of a table's noise there comes out, in v = σ²:")
def table():
    yield Formula("∂D/∂y", slope())
    yield Formula("one evaluation and a row", sp.factor(outcome(1)))
    whole = sp.factor(outcome(2))
    yield Formula("two evaluations and a row", whole)
    below = sp.denom(sp.together(whole))
    for k, at in enumerate((one, two), 1):
        yield Identity(f"its poles lie at −1/ψ² of the nodes: {k}", below.subs(v, -1 / at**2), 0)
    yield Identity("their number", sp.degree(below, v), 2)
    yield Identity("and no more zeros than that", sp.degree(sp.numer(sp.together(whole)), v), 2)


@cell(
    "So widths are rational functions of v of type (n, n). With no coefficient among the D each pole has its own e: "
    "any such function with negative poles can be had, and what y_2 takes of D_1 adds nothing to a width."
)
def types():
    apart = outcome(2).subs({c: 0, e1: PARTS[0], e2: PARTS[1]})
    found = sp.solve(sp.Poly(sp.numer(sp.together(apart - outcome(2))), v).coeffs(), PARTS, dict=True)[0]
    for part in PARTS:
        yield Formula(f"{part} in place of c_21", sp.factor(found[part]))
    yield Identity("the same width for every v", apart.subs(found), outcome(2), at=SPOT)


@cell(
    "Let σ lie in [kσ_1, σ_1], k < 1, and x = σ/σ_1 = dn(u; k'), k' = √(1 − k²), so that u runs over [0, K]. With λ so "
    "that K(λ')/K(λ) is 1/N of K(k')/K(k), N = 2n + 1, dn(Mu; λ'), M = N K(λ')/K(k'), is a rational function of x: x "
    "over a function r of x² of type (n, n), Zolotarev's. It is zero at x² = −cs² of 2jK/N, j = 1, …, n, where dn(Mu; "
    "λ') has poles, and has its own at −k²sc², where that is zero."
)
def elliptic():
    k, count = mpmath.mpf(LOW) / HIGH, 2
    stretch, lam = stretched(2 * count + 1)
    for share in (0.13, 0.41, 0.77):
        with mpmath.workdps(DIGITS):
            complement = 1 - k**2
            u = share * mpmath.ellipk(complement)
            x = mpmath.ellipfun("dn", u, m=complement)
            rational = x * best_width(1, count) / best_width(x**2, count)
            dn = mpmath.ellipfun("dn", stretch * u, m=1 - lam**2)
        yield Identity(f"x r(1)/r(x²) is dn(Mu; λ') at u = {share} K", exactly(rational), exactly(dn), within=1e-25)


@cell(
    "dn(Mu; λ') goes N times between 1 and λ while u runs over [0, K]. Scaled to its middle, r/σ − 1 is ±E in turn at "
    "N + 1 = 2n + 2 places, E = (1 − λ)/(1 + λ). A better r̂ of type (n, n) would make r − r̂ vanish 2n + 1 times, but "
    "its numerator has degree 2n: none does better. The nodes are ψ_j = cs(2jK/N; k')/(kσ_1)."
)
def alternates():
    for count in (1, 2):
        sigma = np.geomspace(LOW, HIGH, 4001)
        error = np.array([float(scaled(at**2, count)) for at in sigma]) / sigma - 1
        turns = np.flatnonzero(np.diff(np.sign(np.diff(error)))) + 1
        tops = error[np.concatenate(([0], turns, [len(error) - 1]))]
        yield Identity(f"{count}: places", len(tops), 2 * count + 2)
        for at, top in enumerate(tops):
            yield Identity(f"{count}: error {at + 1} is ±E", abs(top), worst(count), within=1e-9)


@cell("In numbers, for σ in [.3, 1]: the worst relative error, the nodes, and the row of one evaluation.")
def numbers():
    for count in (1, 2, 3):
        yield Formula(f"E of {count}", sp.Float(worst(count), 8))
        yield Formula(f"nodes of {count}", sp.Tuple(*(sp.Float(node(j, count), 8) for j in range(1, count + 1))))
    yield Formula("e_z, e_1", sp.Tuple(*(sp.Float(part, 8) for part in row_of_one())))


# %%
def outcome(count):
    """What comes out of the noise with one or two evaluations and a row."""
    nodes, rows, out = ((one,), ([],), (e0, e1)) if count == 1 else ((one, two), ([], [c]), (e0, e1, e2))
    return deviations(nodes, rows, out)[1]


def row_of_one():
    """e_z and e_1 for which the table of one evaluation has the best width."""
    given = outcome(1).subs(one, node(1, 1))
    equations = [given.subs(v, at) - float(scaled(at, 1)) for at in (0.2, 0.8)]
    found = sp.solve(equations, [e0, e1], dict=True)[0]
    return float(found[e0]), float(found[e1])


def by_the_row(sigma):
    """The relative error at σ of the table of one evaluation, in letters and then in numbers."""
    first, second = row_of_one()
    return float((outcome(1).subs({one: node(1, 1), e0: first, e1: second, v: sigma**2}) / sigma) - 1)


def by_the_loop(sigma):
    return float(table_width((node(1, 1),), ((),), row_of_one(), np.array([sigma**2]))[0] / sigma - 1)


def found(count):
    return best_table(count, LOW, HIGH, row=True)


CLAIM = claim(
    number=24,
    title="The best widths of n evaluations and a row are Zolotarev's",
    statement="What a table of n evaluations and a row makes of the noise of a coordinate N(m, σ²) is a rational "
    "function of σ² of type (n, n) with poles −1/ψ_i², any with negative poles; the one nearest to σ, at worst over an "
    "interval of σ, is Zolotarev's, with nodes and error in elliptic functions. For σ in [.3, 1] one evaluation leaves "
    ".0125, two .00027, three 6·10⁻⁶.",
    formulas=lambda: (outcome(1), outcome(2)),
    cells=(table, types, elliptic, alternates, numbers),
    checks=(
        ClosedForm(
            name="worst error of a width, {} evaluations and a row, by SciPy's optimiser",
            points=(1, 2),
            derived=worst,
            independent=lambda count: found(count).worst,
            tolerance=1e-3,  # between 161 widths
            axes=Axes("errors", "Worst relative error of a width, σ in [.3, 1]", "error", "evaluations", log_y=True),
            line=(1, 2, 3, 4),
            seen=(1, 2),
            wrong={"derived": lambda count: worst(count, order=2 * count)},
        ),
        ClosedForm(
            name="node {} of {}, by SciPy's optimiser",
            points=((1, 1), (1, 2), (2, 2)),
            derived=node,
            independent=lambda j, count: found(count).nodes[j - 1],
            tolerance=1e-4,
            wrong={"derived": lambda j, count: (LOW * HIGH) ** -0.5},
        ),
        ClosedForm(
            name="error of the width at σ = {:g} by the row of one, by a loop",
            points=(0.3, 0.45, 1.0),
            derived=by_the_row,
            independent=by_the_loop,
            tolerance=1e-9,
            scale=1,
            axes=Axes("row", "Error of the width, one evaluation and a row", "relative error", "σ"),
            line=np.linspace(LOW, HIGH, 60),
            seen=(0.3, 0.4, 0.5, 0.6, 0.8, 1.0),
            wrong={"derived": lambda sigma: by_the_row(sigma) + 1e-3},
        ),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
