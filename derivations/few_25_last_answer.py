"""Claim 25: the best widths where the last D comes out, and why they are not Zolotarev's."""

from functools import cache

import mpmath
import numpy as np
import sympy as sp

from few_case import claim, deviations, v
from few_elliptic import HIGH, LOW, worst
from independent.few_steps import best_table
from symsched.validation.cells import Formula, Identity, cell
from symsched.validation.checks import Axes, ClosedForm

sigma, low, high, node = sp.symbols("sigma sigma_0 sigma_1 psi", positive=True)
STARTS = {2: (1.5, 8.4, 15, 0.06, 0.57), 3: (0.69, 4.06, 15.85, 23.1, 17.5, 0.00155, 0.363, 0.556, 0.838)}
"""Where the search for the nodes, the coefficients, the error and its inner places begins."""
DIGITS = 30


# %%
@cell("What n evaluations make of the noise where the last D comes out: it has no part of its own in z.")
def outcome():
    for count in (1, 2):
        yield Formula(f"n = {count}", sp.factor(answer(count)[0]))
    for count in (1, 2, 3):
        whole, nodes, row = answer(count)
        yield Identity(f"n = {count}: zero at v = 0", whole.subs(v, 0), 0)
        yield Identity(f"n = {count}: of slope ψ_n there", sp.diff(whole, v).subs(v, 0), nodes[-1])
        yield Identity(f"n = {count}: a pole at −1/ψ_n²", sp.denom(sp.factor(whole)).subs(v, -1 / nodes[-1] ** 2), 0)
        yield Identity(f"n = {count}: 2n − 1 parameters", len(nodes) + len(row), 2 * count - 1)


@cell(
    "Functions of v of type (n, n) with a zero at 0 have 2n parameters, and the best of them is Zolotarev's of order "
    "N = 2n. Here the slope at 0 is tied to a pole, slope² = −1/pole, and what could be had without that tie is lost:"
)
def tied():
    for count in (1, 2, 3):
        yield Formula(f"error of {count} without the tie", sp.Float(worst(count, order=2 * count), 6))
        yield Formula(f"error of {count}", sp.Float(least(count), 6))


@cell("One evaluation. At most half of σ comes out, where ψσ = 1, and less at the ends: the error has one sign.")
def single():
    share, top, even, left = halves()
    yield Identity("share of σ that comes out at ψσ = 1", share.subs(sigma, top), sp.Rational(1, 2))
    yield Formula("ψ at which the same part comes out at both ends", even)
    yield Identity("it is √(σ_0σ_1)/(σ_0 + σ_1)", left, sp.sqrt(low * high) / (low + high))


@cell(
    "More. At the best table the error is −E, E, …, −E at 2n − 1 places, the ends among them; without a tie 2n − 1 "
    "parameters would have 2n. There are positive weights with which the gradients of these errors, each taken with "
    "its sign, cancel: no small change of the parameters lowers all of them. In letters that is one determinant. (That "
    "no table far away is better is the optimiser's word, from many starts.)"
)
def several():
    for count in STARTS:
        found = solved(count)
        yield Formula(f"nodes of {count}", sp.Tuple(*(sp.Float(part, 8) for part in found[:count])))
        weights = cancelling(count)
        yield Identity(f"{count}: positive weights", int(np.sum(weights > 0)), 2 * count - 1)


# %%
@cache
def answer(count):
    """What comes out, the nodes, and the coefficients of the last row: those of the others add nothing to a width."""
    nodes, row = sp.symbols(f"psi_1:{count + 1}", positive=True), sp.symbols(f"c_1:{count}", real=True)
    rows = [*([0] * k for k in range(count - 1)), list(row)]
    return deviations(nodes, rows, [0] * count + [1])[1], nodes, row


@cache
def halves():
    """The share of σ that one evaluation leaves, its σ at the top, the best ψ, and the share at the ends then."""
    whole, (only,), _ = answer(1)
    share = whole.subs({only: node, v: sigma**2}) / sigma
    top = sp.solve(sp.diff(share, sigma), sigma)[0]
    even = sp.solve(sp.numer(sp.together(share.subs(sigma, low) - share.subs(sigma, high))), node)[0]
    return share, top, even, sp.simplify(share.subs({sigma: low, node: even}))


@cache
def _conditions(count):
    """The conditions of the best table, and the gradients of its errors with their signs: functions of the unknowns."""
    whole, nodes, row = answer(count)
    error = (whole / sigma - 1).subs(v, sigma**2)
    size, inner = sp.Symbol("E"), sp.symbols(f"sigma_2:{2 * count - 1}", positive=True)
    places = (sp.Rational(str(LOW)), *inner, sp.Rational(str(HIGH)))
    signs = [(-1) ** (k + 1) for k in range(len(places))]
    equations = [error.subs(sigma, at) - sign * size for sign, at in zip(signs, places, strict=True)]
    equations += [sp.diff(error, sigma).subs(sigma, at) for at in inner]
    gradients = [
        [sign * sp.diff(error, part).subs(sigma, at) for part in (*nodes, *row)]
        for sign, at in zip(signs, places, strict=True)
    ]
    unknown = (*nodes, *row, size, *inner)
    return sp.lambdify(unknown, equations, "mpmath"), sp.lambdify(unknown, sp.Matrix(gradients), "mpmath")


@cache
def solved(count):
    equations, gradients = _conditions(count)
    with mpmath.workdps(DIGITS):
        found = mpmath.findroot(lambda *at: [*equations(*at), mpmath.det(gradients(*at))], STARTS[count])
    return tuple(float(part) for part in found)


@cache
def cancelling(count):
    """The weights on the places for which the signed gradients add up to nothing."""
    gradients = np.array(_conditions(count)[1](*solved(count)).tolist(), dtype=float)
    weights = np.linalg.svd(gradients.T / np.abs(gradients).max(axis=0)[:, None])[2][-1]
    return weights / weights.sum()


def least(count):
    """The least worst error of widths."""
    if count == 1:
        return 1 - float(halves()[3].subs({low: LOW, high: HIGH}))
    return solved(count)[2 * count - 1]


def best_node(j, count):
    return float(halves()[2].subs({low: LOW, high: HIGH})) if count == 1 else solved(count)[j - 1]


def found(count):
    return best_table(count, LOW, HIGH, row=False)


CLAIM = claim(
    number=25,
    title="The best widths where the last D comes out",
    statement="Where the last of n answers D is what comes out, widths are rational functions of σ² with a zero at 0 "
    "whose slope is tied to a pole. The best of them are far from Zolotarev's: for σ in [.3, 1] one evaluation leaves "
    ".579, 1 − √(σ_0σ_1)/(σ_0 + σ_1), two leave .0623 and three .00155, where a free slope would leave .085, .0018 and "
    "4·10⁻⁵.",
    formulas=lambda: (answer(1)[0], answer(2)[0]),
    cells=(outcome, tied, single, several),
    checks=(
        ClosedForm(
            name="worst error of a width, the last of {} answers, by SciPy's optimiser",
            points=(1, 2, 3),
            derived=least,
            independent=lambda count: found(count).worst,
            tolerance=1e-3,  # between 161 widths
            axes=Axes("errors", "Worst relative error of a width, σ in [.3, 1]", "error", "evaluations", log_y=True),
            line=(1, 2, 3),
            seen=(1, 2, 3),
            wrong={"derived": lambda count: worst(count, order=2 * count)},
        ),
        ClosedForm(
            name="node {} of {}, by SciPy's optimiser",
            points=((1, 1), (1, 2), (2, 2), (1, 3), (2, 3), (3, 3)),
            derived=best_node,
            independent=lambda j, count: found(count).nodes[j - 1],
            tolerance=2e-3,  # the error is flat round the best nodes
            wrong={"derived": lambda j, count: (LOW * HIGH) ** -0.5},
        ),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
