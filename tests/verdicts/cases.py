"""Ten limits that are right and twenty that have one thing wrong, each with the settings it is validated at."""

import copy
import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sympy as sp
from sympy.stats import Laplace, Normal, Rademacher

import symsched
from symsched.laws import AtomLaw
from symsched.schedules.schedule import custom, dilate, plain
from symsched.symbols import d, kappa, t

R = sp.Rational
HALF = R(1, 2)
PAIR = symsched.GaussianMixture(R(4, 5), 1, HALF)
RARE = symsched.GaussianMixture(R(999, 1000), 1, HALF)
VARIANCES = symsched.ProductMixture([(R(3, 10), Normal("a", 0, R(3, 2))), (R(7, 10), Normal("a", 0, HALF))])
TRIANGLE = symsched.GaussianModes(
    [HALF, R(1, 3), R(1, 6)], [[1, -HALF, -HALF], [-HALF, 1, -HALF], [-HALF, -HALF, 1]], HALF
)
SPINS = symsched.CurieWeiss(2, sp.log(2))
HOT = symsched.CurieWeiss(HALF, 1)
UNLIKE = symsched.ProductMixture([(HALF, Laplace("a", 1, 1)), (HALF, Normal("a", -1, 1))])
SMALL = {"dimensions": (1_000, 10_000), "n": 200, "steps": 12, "kappa": 3}
FEW = {**SMALL, "n": 10}
SLOW = {**SMALL, "dimensions": (1_000_000,), "n": 100}


@dataclass(frozen=True)
class Case:
    """A limit and what validate() is called with; ``kind`` says what is wrong with it, if something is."""

    name: str
    limit: Callable[[], symsched.Limit]
    settings: Mapping[str, Any] = field(default_factory=lambda: SMALL)
    kind: str = ""

    def report(self, seed: int) -> symsched.Report:
        """Validate with one seed."""
        return symsched.validate(self.limit(), rng=seed, **self.settings)


def derived(distribution, path=symsched.VP):
    """A limit, derived once."""
    return cache(lambda: symsched.derive(distribution, path))


pair, variances, spins, triangle = map(derived, (PAIR, VARIANCES, SPINS, TRIANGLE))

RIGHT = (
    Case("pair, VP", pair),
    Case("pair, VE", derived(PAIR, symsched.VE)),
    Case("pair, few paths", pair, FEW),
    Case("pair, trigonometric VP", derived(PAIR, symsched.VP_TRIG)),
    Case("a mode of weight 1/1000", derived(RARE), {**SMALL, "n": 3_000}),
    Case("triangle", triangle),
    Case("two variances", variances, SLOW),
    Case("Curie–Weiss", spins),
    Case("Curie–Weiss, hot", derived(HOT)),
    Case("Laplace and normal", derived(UNLIKE), {**SMALL, "dimensions": (2_000,), "n": 100}),
)


def law(limit, values, weights):
    """The limit with other atoms and weights in its first phase."""

    def changed():
        first, *others = limit().cascade.phases
        values_now = values or first.branches[0].law.values
        branch = dataclasses.replace(
            first.branches[0], law=AtomLaw(values_now, weights or first.branches[0].law.weights)
        )
        return cascaded(limit(), dataclasses.replace(first, branches=(branch,)), *others)

    return cache(changed)


def cascaded(limit, *phases, **changes):
    """The limit with other phases."""
    return dataclasses.replace(limit, cascade=dataclasses.replace(limit.cascade, phases=phases), **changes)


def sampled(believed, truth, path=symsched.VP):
    """The limit of ``believed``, whose samples are those of ``truth``."""

    def changed():
        other = copy.copy(believed)
        kind = type("Other", (type(believed),), {"model": lambda _, dimension: truth.model(dimension)})
        object.__setattr__(other, "__class__", kind)
        return dataclasses.replace(symsched.derive(believed, path), distribution=other)

    return cache(changed)


def window(exponent, order):
    """A dilation whose first window is at another scale."""
    return dilate(symsched.VP, [("speciation", exponent, order), ("data", sp.S.Zero, None)])


def misplaced():
    """Separated variances put at d^−1/2, and sampled by that."""
    first, data = variances().cascade.phases
    return cascaded(variances(), dataclasses.replace(first, exponent=HALF), data, dilated=window(HALF, 1))


EDGE = kappa / sp.sqrt(d) / 4
QUARTER = custom(symsched.VP, 2 * EDGE * t, EDGE + (1 - EDGE) * (2 * t - 1))


def by(schedule):
    """Settings with a schedule of their own."""
    return {**SMALL, "schedule": schedule}


WRONG = (
    Case("the undilated schedule", pair, by(plain(symsched.VP)), "schedule"),
    Case("a quarter of κ", pair, by(QUARTER), "schedule"),
    Case("a window at d^−1/4", pair, by(window(R(1, 4), 2)), "exponent"),
    Case("a window at d^−1", pair, by(window(sp.S.One, 1)), "exponent"),
    Case("variances at d^−1/2", cache(misplaced), {**SLOW, "n": 400}, "exponent"),
    Case("means' window for variances", variances, {**SLOW, "schedule": window(HALF, 1)}, "order"),
    Case("variances where means differ", sampled(PAIR, VARIANCES), kind="order"),
    Case("atoms too far", law(pair, (R(3, 2), -R(3, 2)), None), kind="atom"),
    Case("atoms too near", law(pair, (HALF, -HALF), None), kind="atom"),
    Case("atoms of order 2", law(variances, (R(5, 2), HALF), None), {**SLOW, "n": 400}, "atom"),
    Case("weight .6 for .8", law(pair, None, (R(3, 5), R(2, 5))), kind="weight"),
    Case("swapped weights", law(pair, None, (R(1, 5), R(4, 5))), kind="weight"),
    Case("samples of weight .6", sampled(PAIR, symsched.GaussianMixture(R(3, 5), 1, HALF)), kind="weight"),
    Case("field 1/4 for log 2", sampled(SPINS, symsched.CurieWeiss(2, R(1, 4))), kind="field"),
    Case("coupling 19/10 for 2", sampled(SPINS, symsched.CurieWeiss(R(19, 10), sp.log(2))), kind="field"),
    Case("coupling 7/10 for 1/2, hot", sampled(HOT, symsched.CurieWeiss(R(7, 10), 1)), kind="field"),
    Case("width .55 for .5", sampled(PAIR, symsched.GaussianMixture(R(4, 5), 1, R(11, 20))), kind="site"),
    Case("mean 1.05 for 1", sampled(PAIR, symsched.GaussianMixture(R(4, 5), R(21, 20), HALF)), kind="site"),
    Case(
        "a wide mode for a narrow one",
        sampled(
            VARIANCES,
            symsched.ProductMixture([(R(3, 10), Normal("a", 0, R(3, 2))), (R(7, 10), Normal("a", 0, R(11, 20)))]),
        ),
        SLOW,
        "site",
    ),
    Case(
        "Rademacher for normal",
        sampled(
            symsched.ProductMixture([(HALF, Normal("a", 0, 1)), (HALF, Normal("a", 2, 1))]),
            symsched.ProductMixture([(HALF, Rademacher("a")), (HALF, Normal("a", 2, 1))]),
        ),
        kind="site",
    ),
)
