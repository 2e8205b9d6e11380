"""Claim 26: where a step over the gap must land an undecided path."""

from functools import cache

import numpy as np
import sympy as sp

from few_case import claim, m, p, posterior_mean, sigma
from independent.few_steps import Jump, undecided_factor
from symsched.laws import AtomLaw
from symsched.laws.base import normal_cdf
from symsched.symbols import psi, y
from symsched.validation.cells import Formula, Identity, cell
from symsched.validation.checks import Axes, ClosedForm, RateInD

first, second, eps, k, z = *sp.symbols("v_1 v_2 epsilon", positive=True), *sp.symbols("k z", real=True)
share, s, c, goal = sp.symbols("pi s c k_0", positive=True)
LAWS = {first: sp.Rational(9, 4), second: sp.Rational(1, 4)}
EPS, S, C = 0.8, 1.1571, 0.40528  # where the step lands, and the evaluation before it: the table of one evaluation
LANDING = 0.88212  # reference value
SPOT = ({first: 2, second: sp.Rational(1, 3), eps: sp.Rational(1, 2)},)
MEASURED, ROOM = 2_000, 2


# %%
@cell(
    "Two modes of coordinates N(0, v_1) and N(0, v_2) part at ψ ~ d^(−1/4). What D says there of a path, for small ψ:"
)
def answer():
    yield Formula("D", both())
    moved = sp.limit(both() / (2 * psi), psi, 0)
    yield Identity("D/2ψ is (π v_1 + (1 − π) v_2) y/2", moved, (share * first + (1 - share) * second) * y / 2)


@cell(
    "A step in ψ² straight to ε takes that as its slope, with k for the middle of v_1 and v_2. So it lands on "
    "y = (1 + ε²K/2) z, K = k + (π − 1/2)(v_1 − v_2). Over d coordinates the log-odds at ε are d times a mean:"
)
def landing():
    yield Formula("E log p_1/p_2 at ε", evidence())
    yield Formula("the k at which it vanishes", undecided())
    yield Identity("it does", evidence().subs(k, undecided()), at=SPOT)
    yield Identity("and is 0.88212 for 9/4, 1/4 and ε = 0.8", numbers(), LANDING, within=1e-5)


@cell(
    "Elsewhere d times that mean outweighs all that the path knew. So a path with π = 1/2 stays undecided only if k is "
    "this k_0, which is the middle of v_1 and v_2 for small ε alone. With any other k it is paths with another π* that "
    "stay undecided, whatever d is."
)
def shifted():
    small = sp.series(undecided().subs({first: 9 * second}), eps, 0, 2).removeO()
    yield Identity("k_0 → (v_1 + v_2)/2 as ε → 0, here v_1 = 9 v_2", sp.simplify(small), 5 * second)
    yield Formula("π*", divides())


@cell(
    "In the window the log-odds of the wider mode are 2(h + sν), ν = ν_0 + c(2p − 1), ν_0 ~ N(0, 1), by the effective "
    "law of two atoms. The weight after the step is the mass of ν above the place where they are those of π*."
)
def weights():
    law = AtomLaw((1, -1), (p, 1 - p))
    nu = sp.Symbol("nu", real=True)
    target = sp.tanh(sp.log(p / (1 - p)) / 2 + s * nu)
    yield Identity("2π − 1 is tanh(h + sν)", law.denoiser(s, nu), target)
    yield Formula("the place", edge())
    for at in (undecided(), (first + second) / 2):
        value = sp.N(weight().subs({k: at}).subs({**LAWS, eps: EPS, p: sp.Rational(1, 2), s: S, c: C}), 6)
        yield Formula(f"of p = 1/2, k = {sp.N(at.subs({**LAWS, eps: EPS}), 5)}", value)


# %%
@cache
def both():
    """The posterior mean of a coordinate where the wider mode has the probability π."""
    parts = [posterior_mean().subs({m: 0, sigma: sp.sqrt(v)}) for v in (first, second)]
    return share * parts[0] + (1 - share) * parts[1]


@cache
def evidence():
    """E log p_1/p_2 of y = (1 + ε²k/2) z at ψ = ε."""
    state, spreads = (1 + eps**2 * k / 2) * z, [1 + eps**2 * v for v in (first, second)]
    logs = [-(state**2) / (2 * spread) - sp.log(spread) / 2 for spread in spreads]
    poly = sp.Poly(sp.expand(logs[0] - logs[1]), z)
    moments = {(0,): 1, (2,): 1}  # of z
    return sp.simplify(sum(part * moments[power] for power, part in poly.terms()))


@cache
def undecided():
    """k_0: the larger root, at which y is a positive multiple of z."""
    return sp.simplify(max(sp.solve(evidence(), k), key=lambda root: float(root.subs({**LAWS, eps: EPS}))))


def numbers(wide=LAWS[first], narrow=LAWS[second], at=EPS):
    return float(undecided().subs({first: wide, second: narrow, eps: at}))


def middle(wide=LAWS[first], narrow=LAWS[second], at=EPS):
    return float(wide + narrow) / 2


def divides():
    """π*, from what the step must land on and what it lands on."""
    return sp.solve(k + (share - sp.Rational(1, 2)) * (first - second) - goal, share)[0]


def edge():
    """The ν_0 whose log-odds in the window are those of π*, written π."""
    start = sp.Symbol("nu_0")
    level = sp.log(share / (1 - share)) / 2
    return sp.solve(sp.log(p / (1 - p)) / 2 + s * (start + c * (2 * p - 1)) - level, start)[0]


@cache
def weight():
    """The weight of the wider mode after the step, as d → ∞."""
    return 1 - normal_cdf(edge().subs(share, divides()).subs(goal, undecided()))


@cache
def _numeric():
    return sp.lambdify((p, k), weight().subs({**LAWS, eps: EPS, s: S, c: C}), ["scipy", "numpy"])


def predicted(d, heavy, landing=None):
    return float(_numeric()(heavy, numbers() if landing is None else landing))


def sampled(d, heavy, landing=None):
    """The same at finite d: paths are multiples of their noise, so that a root gives all of them."""
    jump = Jump(float(LAWS[first]), float(LAWS[second]), EPS, S, C, numbers() if landing is None else landing)
    return jump.weight(float(d), heavy)


def room(d, heavy):
    """What a finite d leaves, from a d at which no row stands."""
    left = abs(sampled(MEASURED, heavy) - predicted(MEASURED, heavy))
    return ROOM * left * (MEASURED / d) ** 0.5


CLAIM = claim(
    number=26,
    title="Where a step over the gap must land an undecided path",
    statement="Behind a speciation by variances one step to ψ = ε lands on y = (1 + ε²K/2) z. Its constant must be the "
    "k_0 that solves E log p_1/p_2 = 0 at ε, .88212 for the variances 9/4 and 1/4 and ε = .8: then the weight tends to "
    "that of the window as d → ∞. With the middle of the variances, 5/4, half becomes .63 at every d.",
    formulas=lambda: (sp.Eq(goal, undecided(), evaluate=False), divides()),
    cells=(answer, landing, shifted, weights),
    checks=(
        ClosedForm(
            name="k_0 of v = {}, {} at ε = {:g}, by quadrature and root",
            points=((*LAWS.values(), EPS), (*LAWS.values(), 0.3), (2, 1, 1.5)),
            derived=numbers,
            independent=lambda wide, narrow, at: 2 * (undecided_factor(float(wide), float(narrow), at) - 1) / at**2,
            tolerance=1e-9,
            axes=Axes("landing", "Where an undecided path must land, v = 9/4 and 1/4", "k", "ε"),
            line=np.linspace(0.05, 3, 60),
            seen=(0.1, 0.5, 0.8, 1.5, 3.0),
            series=((*LAWS.values(),),),
            wrong={"derived": middle},
        ),
        ClosedForm(
            name="weight at d = {:g} after evaluation and step, p = {:g}, by the radius",
            points=tuple((d, heavy) for d in (1e4, 1e8, 1e12) for heavy in (0.3, 0.5, 0.9)),
            derived=predicted,
            independent=sampled,
            tolerance=room,
            scale=1,
            wrong={"derived": lambda d, heavy: predicted(d, heavy, middle())},
        ),
        ClosedForm(
            name="weight at d = 10¹² with the middle for k_0, p = {:g}, by the radius",
            points=(0.3, 0.5, 0.9),
            derived=lambda heavy: predicted(1e12, heavy, middle()),
            independent=lambda heavy: sampled(1e12, heavy, middle()),
            tolerance=1e-5,
            wrong={"derived": lambda heavy: predicted(1e12, heavy)},
        ),
        RateInD(
            name="rate in d at which the weight settles, p = 1/2",
            subject=None,
            gap=lambda landing, d, effort: sampled(d, 0.5, landing) - predicted(d, 0.5),
            sizes=(10**4, 10**6, 10**8),
            expected=lambda: -0.5,
            wrong={"subject": middle()},
        ),
    ),
)

if __name__ == "__main__":
    CLAIM.tell()
