"""Claim 3: on plain schedules N/√d alone decides what uniform steps give."""

import math
from functools import cache, partial

import numpy as np
import sympy as sp
from scipy import special
from sympy.stats import Normal

from gm_case import SIGMA, P, claim, heavier, law, sigma
from independent.mixture import euler_weight, long_product, width_by_angles
from independent.paths import PLAIN, euler_steps
from symsched.algebra.codegen import number
from symsched.laws import law_of
from symsched.models.estimates import Estimate
from symsched.reporting.charts import Level
from symsched.symbols import d, nu, psi, s, y
from symsched.validation.cells import Formula, Identity, cell
from symsched.validation.checks import Axes, ClosedForm, Quantity, RateInD, Settles, dividing_place, extrapolated
from symsched.validation.effort import Sized

DIMENSIONS = Sized((100, 10_000, 1_000_000), (100, 10_000))  # d, each with about √d steps
FARTHEST = 25.0
"""s at which the modes are apart beyond doubt."""
SIZES = (1e4, 4e4, 16e4)  # d from which the sampler's own weight is extrapolated
BISECTED = 24 / 30**6
"""What bisection leaves of a dividing start in [−12, 12], enclosed 30 times more tightly six times: 3·10⁻⁸."""
width_ratio = sp.Symbol("a", positive=True)
"""a = σν = σN/√d."""
left, total = sp.symbols("j J", integer=True, positive=True)


# %%
def recursion_weight(effective, step):
    """The share of ν_0 ~ N(0, 1) that ends above 0 under ν ← ν + δ D(s, ν), s ← s + δ, which increases in ν_0."""

    def ends_up(starts):
        state = starts.copy()
        for k in range(math.ceil(FARTHEST / step)):
            state += step * np.asarray(effective.denoiser(k * step, state))
        return state > 0

    return float(special.ndtr(-dividing_place(ends_up, -12.0, 12.0)))


@cell("Plain VP: s = √d ψ advances by 1/ν per step, and nothing else of d is left.")
def weights():
    yield Formula("drift of the effective law (p = 4/5)", law().denoiser(s, nu))
    for rate in (0.5, 1.0, 2.0, 8.0):
        yield Formula(f"weight at N = {rate:g} √d", sp.Float(recursion_weight(law(), 1 / rate), 11))


def plain_factor():
    """What the step with j steps left does to a deviation from the mode's mean, α = j/ν, β = 1: A + (B/α) ∂D/∂y."""
    rate = sp.Symbol("nu", positive=True)
    slope = sp.diff(law_of(Normal("g", 0, sigma)).denoiser(psi, y), y)
    noise, following = left / rate, (left - 1) / rate
    shrink = following / noise
    factor = shrink + (1 - shrink) / noise * slope.subs(psi, 1 / noise)
    return sp.factor(sp.simplify(factor.subs(rate, width_ratio / sigma)))


@cache
def plain_width():
    """lim σ̂/σ of plain VE at N = (a/σ)√d: a product over steps, summed by SymPy."""
    product = sp.Product(plain_factor(), (left, 1, total)).doit()
    # Γ(J + c)/Γ(c) ~ J^c Γ(J)/Γ(c): the powers of J left over cancel the width J/a with which the product starts.
    grown = product.replace(sp.RisingFactorial, lambda c, count: count**c / sp.gamma(c))
    summed = sp.gammasimp(sp.powsimp(sp.simplify(grown * total / width_ratio)))
    return summed.replace(sp.cos, lambda angle: sp.cosh(sp.sqrt(sp.factor(-(angle**2)))))


@cell(
    "Plain VE: with j steps left α = √d j/N = j/ν and β → 1. The product starts from the width J/ν = σJ/a; with "
    "Γ(J + c)/Γ(c) ~ J^c Γ(J)/Γ(c) the powers of J cancel, and SymPy reflects the Γ functions."
)
def widths():
    yield Formula("factor of the step with j steps left", plain_factor())
    yield Formula("σ̂/σ", plain_width())
    target = sp.cosh(sp.pi * sp.sqrt(width_ratio**2 - sp.Rational(1, 4))) / sp.sinh(sp.pi * width_ratio)
    points = tuple({width_ratio: sp.Rational(*at)} for at in ((1, 7), (1, 2), (5, 3)))
    yield Identity("it is cosh(π√(a² − 1/4))/sinh(πa)", plain_width(), target, at=points)


def formulas():
    count, k = sp.Symbol("N", positive=True), sp.Symbol("k", integer=True, nonnegative=True)
    here, there, rate = sp.Indexed("nu", k), sp.Indexed("nu", k + 1), count / sp.sqrt(d)
    drift = law().denoiser(s, nu).subs({s: k / rate, nu: here})
    yield sp.Eq(there, here + drift / rate, evaluate=False)
    yield sp.Eq(sp.Symbol("sigma_hat") / sp.Symbol("sigma"), plain_width(), evaluate=False)


# %%
@cache
def weight_at(rate):
    return recursion_weight(law(), 1 / rate)


@cache
def width_at(rate):
    return number(plain_width().subs(width_ratio, sp.Rational(str(round(rate, 4))) * SIGMA), "the width")


def steps_at(rate, dimension):
    return round(rate * math.sqrt(dimension))


@cache
def sampler_weight(rate, dimension):
    """The weight by the sampler's own recursion at this d."""
    return euler_weight(euler_steps(PLAIN["vp"], steps_at(rate, dimension), dimension, 1.0), dimension)


@cache
def settled_weight(rate):
    """The limit of the same as d → ∞, corrections d^−1/2 and 1/d removed; d^−3/2 and bisection leave 5·10⁻⁸."""
    return float(extrapolated(np.array([[sampler_weight(rate, size)] for size in SIZES]), 4, (0.5, 1))[0])


@cache
def product_width(rate, dimension):
    """The product at this d, as cosines: it ends after N factors, and β < 1 in the early ones."""
    return width_by_angles(PLAIN["ve"], steps_at(rate, dimension), dimension) / float(SIGMA)


def weight_sample(rate, path, dimension, effort):
    return heavier(path, steps_at(rate, dimension), dimension, n=effort.choose(8_000, 3_000), seed=effort.seed)


def width_sample(rate, path, dimension, effort):
    found = heavier(path, steps_at(rate, dimension), dimension, n=500, seed=effort.seed)["width"]
    return {"width": Estimate(found.value / float(SIGMA), found.standard_error / float(SIGMA))}


def checks(rate, *, full_only=False):
    return (
        Settles(
            schedule=PLAIN["vp"],
            sample=partial(weight_sample, rate),
            dimensions=DIMENSIONS,
            quantities=(
                Quantity(
                    "weight",
                    f"plain VP: weight at N = {rate:g} √d",
                    lambda _: weight_at(rate),
                    lambda dimension: abs(sampler_weight(rate, dimension) - weight_at(rate)),
                    "what ψ = τ(1 + τ + …) at this d changes in the recursion",
                ),
            ),
            full_only=full_only,
            wrong={"sample": partial(weight_sample, 2 * rate)},
        ),
        Settles(
            schedule=PLAIN["ve"],
            sample=partial(width_sample, rate),
            dimensions=DIMENSIONS,
            quantities=(
                Quantity(
                    "width",
                    f"plain VE: σ̂/σ at N = {rate:g} √d",
                    lambda _: width_at(rate),
                    lambda dimension: abs(product_width(rate, dimension) - width_at(rate)),
                    "what the product at this d lacks",
                ),
            ),
            full_only=full_only,
            wrong={"sample": partial(width_sample, 1.1 * rate)},
        ),
        RateInD(
            name=f"plain VE: rate in d of the approach at N = {rate:g} √d",
            subject=rate,
            gap=lambda at, size, effort: width_sample(rate, PLAIN["ve"], size, effort)["width"].value - width_at(at),
            sizes=DIMENSIONS,
            expected=lambda: -0.5,
            full_only=full_only,
            wrong={"subject": 2 * rate},
        ),
    )


CLAIM = claim(
    number=3,
    title="Θ(√d) steps on plain schedules",
    part="the plain schedules of the Gaussian mixture: the Θ(√d) steps that they need",
    statement="With ν = N/√d fixed and d → ∞ the weight under plain VP and the width under plain VE depend on ν alone: "
    "the first is Euler's recursion with step 1/ν in the effective flow, the second a closed form.",
    formulas=formulas,
    cells=(weights, widths),
    checks=(
        ClosedForm(
            name="plain VP: weight at N = {:g} √d, the sampler's own recursion as d → ∞",
            points=(0.5, 1.0),
            derived=weight_at,
            independent=settled_weight,
            tolerance=5 * BISECTED,  # the weights of extrapolation add up to 5
            axes=Axes(
                "weight",
                "Weight of the heavier mode, plain VP",
                "weight",
                "$N/\\sqrt{d}$",
                levels=(Level("p", float(P)),),
            ),
            line=np.geomspace(0.3, 4, 40),
            seen=(0.5, 1.0, 2.0),
            wrong={"derived": lambda rate: weight_at(1.1 * rate)},
        ),
        *checks(0.5),
        *checks(1.0),
        *checks(2.0, full_only=True),
        ClosedForm(
            name="plain VE: σ̂/σ at N = {:g} √d, product of 10⁶ factors",
            points=Sized((0.5, 1.0, 2.0), (0.5, 1.0)),
            derived=width_at,
            independent=lambda rate: long_product(float(SIGMA) * rate),
            tolerance=1e-12,  # a million factors, each rounded: √10⁶ · 2·10⁻¹⁶
            axes=Axes("width", "Width of a mode over σ, plain VE", r"$\hat\sigma/\sigma$", "$N/\\sqrt{d}$"),
            line=np.geomspace(0.3, 4, 40),
            seen=(0.3, 0.5, 1.0, 2.0, 4.0),
            wrong={"derived": lambda rate: width_at(1.1 * rate)},
        ),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
