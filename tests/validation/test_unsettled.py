"""What no dimension at hand can decide says so: modes that depend on d, and schedules without a recursion at d = ∞."""

import dataclasses

import numpy as np
import pytest
import sympy as sp
from sympy.stats import Normal

import symsched
from symsched.reporting.verdicts import Verdict
from symsched.symbols import d
from symsched.validation.drift import drift
from symsched.validation.posteriors import posterior_rows

HALF = sp.Rational(1, 2)


@pytest.mark.parametrize(
    "distribution",
    [
        symsched.CurieWeiss(1 + d ** sp.Rational(-1, 8)),
        symsched.ProductMixture([(HALF + s * d ** sp.Rational(-1, 8), Normal("a", s, 1)) for s in (1, -1)]),
    ],
    ids=["a coupling", "a weight"],
)
def test_modes_that_depend_on_d_decide_nothing_before_they_have_settled(distribution):
    rows = posterior_rows(symsched.derive(distribution, symsched.VP), np.random.default_rng(0), n=400, reach=0.1)
    assert max(abs(row.measured - row.predicted) for row in rows) > 0.05
    assert {row.verdict for row in rows} == {Verdict.NOT_YET}
    assert all("the modes depend on d" in row.rule for row in rows)


def test_a_wrong_exponent_is_no_drift_of_modes():
    """Modes d^−1/8 apart settle at once at ψ ~ d^−3/8, and at no other scale at all."""
    mixture = symsched.ProductMixture([(HALF, Normal("a", s * d ** sp.Rational(-1, 8), 1)) for s in (0, 1)])
    limit = symsched.derive(mixture, symsched.VP)
    phase = limit.cascade.speciations[0]
    assert drift(limit, phase, 1e3) == 0
    assert drift(limit, dataclasses.replace(phase, exponent=sp.Rational(1, 4)), 1e3) == 0


@pytest.mark.parametrize(
    ("distribution", "steps", "words"),
    [
        (symsched.CurieWeiss(1), 40, "a step in x overshoots the noise inside the first window"),
        (symsched.parse("1/2*Normal(0, 1) + 1/2*Normal(0, 2)"), 3, "have not moved at any node"),
        (symsched.parse("1/2*Normal(0, 1) + 1/2*Normal(0, 2)"), 10, ""),
    ],
    ids=["critical coupling", "one node", "two variances"],
)
def test_where_no_recursion_stands_for_infinite_d_the_other_rows_stay(distribution, steps, words):
    limit = symsched.derive(distribution, symsched.VE_TRIG)
    report = symsched.validate(limit, dimensions=(100, 200), n=20, steps=steps)
    assert report.rows
    assert words in report.title and ("no rate in d" in report.title) == bool(words)
    assert any("order-parameter paths" in row.claim for row in report.rows) != bool(words)


def test_modes_that_no_dimension_at_hand_tells_apart_decide_nothing():
    """Means ±1/1000 at d = 10^4 lie m√d = 0.1 apart, where the limit, of weight .87, was called false by 24 errors."""
    limit = symsched.derive(symsched.GaussianMixture(p=sp.Rational(4, 5), m=sp.Rational(1, 1000)), symsched.VP)
    report = symsched.validate(limit, dimensions=(10_000,), n=200, steps=20, kappa=3)
    weights = [row for row in report.rows if row.claim.endswith(": weight")]
    assert weights
    assert all(row.verdict is Verdict.NOT_YET for row in weights)
    assert not report.passed
    assert "1.0e+08" in weights[0].rule
    # Where they are ±1 the same rows decide, and a wrong weight is found out.
    apart = symsched.derive(symsched.GaussianMixture(p=sp.Rational(4, 5)), symsched.VP)
    told = symsched.validate(apart, dimensions=(10_000,), n=200, steps=20, kappa=3)
    assert all(row.verdict is not Verdict.NOT_YET for row in told.rows if row.claim.endswith(": weight"))
