"""What is wrong must fail: a wrong window, a wrong weight, a wrong atom, a broken step."""

import dataclasses

import pytest
import sympy as sp
import sympy.stats

import symsched
from symsched.schedules.schedule import dilate

R = sp.Rational
HALF = R(1, 2)
MIXTURE = symsched.GaussianMixture(p=R(4, 5), m=1, sigma=HALF)
SETTINGS = {"dimensions": (1_000, 10_000), "n": 2_000, "steps": 20, "kappa": 3, "rng": 0}


def failing(report):
    return [row.claim for row in report.rows if row.verdict == "fails"]


def test_the_paper_passes():
    report = symsched.validate(symsched.derive(MIXTURE, symsched.VP), **SETTINGS)
    assert report.passed, failing(report)
    assert report.to_dict()["passed"]
    assert "| quantity" in report.to_markdown()


def test_the_same_seed_gives_the_same_report():
    limit = symsched.derive(MIXTURE, symsched.VE)
    small = {**SETTINGS, "dimensions": (400,), "n": 200}
    assert symsched.validate(limit, **small).rows == symsched.validate(limit, **small).rows


def test_the_papers_window_fails_on_two_variances():
    limit = symsched.derive(symsched.parse("7/10*Normal(0, 1/2) + 3/10*Normal(0, 3/2)"), symsched.VP)
    wrong = dilate(symsched.VP, [("speciation", HALF, 1), ("data", sp.S.Zero, None)])
    settings = {"dimensions": (10**6,), "n": 200, "steps": 30, "kappa": 3, "rng": 1}
    right = symsched.validate(limit, **settings)
    assert not [claim for claim in failing(right) if "weight" in claim], failing(right)
    assert [claim for claim in failing(symsched.validate(limit, schedule=wrong, **settings)) if "weight" in claim]


class Mislabelled(symsched.ProductMixture):
    """The mixture of weight 4/5 for whoever derives, that of weight 7/10 for whoever samples."""

    def model(self, d):
        return symsched.GaussianMixture(p=R(7, 10), m=1, sigma=HALF).model(d)


def test_a_wrong_weight_fails():
    limit = symsched.derive(MIXTURE, symsched.VP)
    wrong = dataclasses.replace(limit, distribution=Mislabelled([(mode.weight, mode.law) for mode in MIXTURE.modes]))
    settings = {**SETTINGS, "dimensions": (10_000,)}
    verdicts = {}
    for name, tried in (("right", limit), ("wrong", wrong)):
        report = symsched.validate(tried, **settings)
        verdicts[name] = {row.claim: str(row.verdict) for row in report.rows}["mode 0: weight"], report.passed
    assert verdicts == {"right": ("agrees", True), "wrong": ("fails", False)}


def test_plain_schedules_fail_the_derived_prediction():
    limit = symsched.derive(MIXTURE, symsched.VP)
    report = symsched.validate(limit, schedule=symsched.schedules.schedule.plain(symsched.VP), **SETTINGS)
    assert not report.passed


@pytest.mark.parametrize("distribution", [MIXTURE, symsched.CurieWeiss(2, sp.log(2))], ids=["mixture", "spins"])
def test_every_broken_step_is_caught(distribution):
    limit = symsched.derive(distribution, symsched.VP)
    assert all(check.passed for check in limit.derivation.check())
    for step in limit.derivation.steps:
        wrong = dataclasses.replace(step, after=_spoil(step.after))
        assert wrong.after != step.after
        assert not all(check.passed for check in wrong.check()), f"{step.rule}: a wrong result went unnoticed"


def _spoil(expression):
    """Scale every right-hand side, entry or value by 1.1."""
    factor = R(11, 10)
    if isinstance(expression, sp.Equality):
        return sp.Eq(expression.lhs, factor * expression.rhs, evaluate=False)
    if isinstance(expression, sp.Tuple):
        return sp.Tuple(*(_spoil(part) for part in expression))
    return expression * factor


def test_bad_input_says_what_is_needed():
    limit = symsched.derive(MIXTURE, symsched.VP)
    run = {"d": 100, "n": 10, "steps": 10, "kappa": 3}
    for change, error, message in (
        ({"d": 100.5}, TypeError, "d must be an integer"),
        ({"n": 0}, ValueError, "n must be at least 1"),
        ({"kappa": 10}, ValueError, "too large for d"),
        ({"steps": 1}, ValueError, "steps must be at least 2"),
        ({"scheme": "eulr"}, ValueError, "unknown scheme"),
        ({"method": "fast"}, ValueError, "unknown method"),
    ):
        with pytest.raises(error, match=message):
            symsched.simulate(MIXTURE, limit.schedule, **{**run, **change})
    p = sp.Symbol("p", positive=True)
    with pytest.raises(ValueError, match="needs numbers for p"):
        symsched.simulate(symsched.GaussianMixture(p=p), limit.schedule, **run)
    for bad, message in (
        (lambda: symsched.GaussianMixture(p=0), "strictly between 0 and 1"),
        (lambda: symsched.GaussianMixture(p=HALF, sigma=-1), "must not be negative"),
        (lambda: symsched.GaussianMixture(p=HALF, m=0), "must not be 0"),
        (lambda: symsched.CurieWeiss(-1), "beta must be positive"),
        (
            lambda: symsched.ProductMixture(
                [(HALF, sp.stats.Normal("a", 0, 1)), (R(1, 3), sp.stats.Normal("a", 1, 1))]
            ),
            "sum to 1",
        ),
        (lambda: symsched.ProductMixture([(HALF, sp.stats.Normal("a", 0, 1))] * 2), "same law"),
        (lambda: symsched.GaussianModes([HALF, HALF], [[1, 2], [2, 1]], 1), "positive semi-definite"),
    ):
        with pytest.raises(ValueError, match=message):
            bad()
    with pytest.raises(ValueError, match="unknown clock"):
        limit.speciation_time_in("ous")
    with pytest.raises(TypeError, match=r"text is read by symsched\.parse"):
        symsched.GaussianMixture(p="4/5")
