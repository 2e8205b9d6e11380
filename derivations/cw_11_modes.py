"""Claim 11: where the spin mean sits, with which weights, and how it fluctuates."""

from functools import partial

import sympy as sp

from cw_case import BETA, FIELD, WEAK, claim, limit, own, saddle, value
from independent.spins import spin_means
from symsched.validation.cells import Formula, Identity, Steps, cell
from symsched.validation.checks import Axes, Enumerated
from symsched.validation.effort import Sized

m, u = sp.symbols("m u", real=True)
beta, h = sp.symbols("beta h", positive=True)
RATE = sp.integrate(sp.atanh(m), m)
CURVATURE = -sp.diff(beta * m**2 / 2 - RATE, m, 2)
CHI = 1 - beta * (1 - m**2)


@cell(
    "Large deviations of the spin mean: its density is exp(d (g − I) + f) √I'' up to a constant, with I' the inverse "
    "of Λ' = tanh."
)
def deviations():
    yield Formula("Λ(u)", sp.log(sp.cosh(u)))
    yield Formula("I(m)", sp.simplify(RATE))
    yield Formula("(g − I)'(m), which vanishes where m = tanh(βm)", sp.diff(beta * m**2 / 2 - RATE, m))


@cell("Gaussian fluctuations at a maximum: d·Var(m̂ | mode) = Λ''/χ with Λ'' = 1 − m² and χ = 1 − βΛ''.")
def fluctuations():
    yield Identity("−(g − I)'' = χ/Λ''", CURVATURE, CHI / (1 - m**2))
    weight = sp.exp(h * m) * sp.sqrt(sp.diff(RATE, m, 2) / CURVATURE)
    yield Identity("the Gaussian integral at a maximum is e^{hm} χ^{−1/2}", weight**2, sp.exp(2 * h * m) / CHI)
    yield Identity("χ is the same at ±m", CHI, CHI.subs(m, -m))
    yield Formula("so it cancels, and the weight of +m is", sp.exp(h * m) / (2 * sp.cosh(h * m)))


@cell("The same from the general rules, for β = 2 and h = ln 2.")
def general():
    yield Steps(limit("vp").derivation, ("saddle points", "weights", "product measures"))
    for found in limit("vp").distribution.saddles:
        yield Formula("m", sp.N(found.magnetisation, 15))
        yield Formula("χ", sp.N(found.chi, 15))


# %%
def derived(coupling):
    found = saddle(coupling)
    weight = limit("vp", coupling).cascade.modes[-1].weight
    return tuple(value(x) for x in (found.magnetisation, weight, found.variance / found.chi, found.chi))


def enumerated(coupling, d):
    """m, the weight of m̂ > 0, d·Var(m̂ | m̂ > 0), and (1 − m²) over it, which is χ in the limit."""
    law = spin_means(d, *own(coupling))
    mean, variance = law.given_up()
    return mean, law.up, d * variance, (1 - mean**2) / (d * variance)


def modes(coupling, other, *, base, sizes, axes=None):
    names = ("m", "weight of the + mode", "d·Var(m̂) in the + mode", "χ")
    return Enumerated(
        names=tuple(f"β = {coupling}: {name}" for name in names),
        derived=partial(derived, coupling),
        enumerated=partial(enumerated, coupling),
        base=(base, 2 * base, 4 * base),
        sizes=sizes,
        axes=axes,
        wrong={"derived": partial(derived, other)},
    )


def formulas():
    yield from limit("vp").definitions
    yield sp.Eq(sp.Symbol("w_+"), limit("vp").cascade.modes[-1].weight, evaluate=False)
    yield sp.Eq(sp.Symbol("chi"), saddle().chi, evaluate=False)


CLAIM = claim(
    number=11,
    title="Curie–Weiss: m, the weights and χ",
    part="the Curie–Weiss model: the equation m = tanh(βm) and the weights of its modes",
    statement="Spins ±1 with density ∝ exp(d β m̂²/2 + h m̂), β > 1 and h free of d: as d → ∞ the spin mean is at ±m "
    "with m = tanh(βm), at +m with weight e^{hm}/(2 cosh hm), and d·Var(m̂ | mode) → Λ''/χ. The m, weights and χ that "
    "the limit finds as saddle points of g − I are those of the exact law of the spin mean at finite d, a sum over "
    "d + 1 values, and are approached at rate 1/d.",
    formulas=formulas,
    cells=(deviations, fluctuations, general),
    checks=(
        modes(
            BETA,
            WEAK,
            base=2000,
            sizes=Sized((10**3, 10**4, 10**5, 10**6), (10**3, 10**4, 10**5)),
            axes=Axes("rates", f"Enumerated minus derived, β = 2, h = {FIELD}", "error", log_y=True),
        ),
        modes(
            WEAK,
            BETA,
            base=64_000,
            sizes=Sized((8000, 80_000, 800_000, 8_000_000), (8000, 80_000, 800_000)),
        ),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
