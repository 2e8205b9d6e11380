"""What a verdict rests on: two-sided rules, error bars like the spread over seeds, allowances worked out by hand."""

import math

import numpy as np
import pytest

from symsched.models.estimates import Estimate, average, exponent, share, variance
from symsched.reporting.verdicts import Verdict, bounded, statistical
from symsched.validation.report import Report
from tests.verdicts.cases import RIGHT
from tests.verdicts.measure import remembered

SEEDS = 24


@pytest.fixture(scope="module")
def reports():
    (case,) = (case for case in RIGHT if case.name == "pair, VP")
    with remembered():
        return [case.report(seed) for seed in range(SEEDS)]


@pytest.mark.parametrize(
    ("measured", "z", "verdict"),
    [
        (-0.45, 0.0, Verdict.AGREES),
        (-0.361, 3.9, Verdict.AGREES),
        (-0.359, 4.1, Verdict.FAILS),
        (-0.639, -3.9, Verdict.AGREES),
        (-0.641, -4.1, Verdict.FAILS),
    ],
)
def test_a_rate_is_judged_on_both_sides_in_its_own_errors(measured, z, verdict):
    row = bounded("rate", measured, -0.6, -0.4, predicted=-0.5, standard_error=0.01)
    assert (row.z, row.verdict) == (pytest.approx(z), verdict)


@pytest.mark.parametrize("measured", [-0.61, -0.39])
def test_a_number_without_error_fails_beyond_either_end(measured):
    assert bounded("rate", measured, -0.6, -0.4).verdict is Verdict.FAILS


def test_a_standard_error_is_the_spread_of_its_estimate():
    rng = np.random.default_rng(0)
    for estimate, draw in (
        (average, lambda: rng.exponential(size=400)),
        (share, lambda: rng.random(400) < 0.3),
        (variance, lambda: rng.standard_normal(400)),
    ):
        found = [estimate(draw()) for _ in range(400)]
        spread = np.std([one.value for one in found], ddof=1)
        # 400 of them know their spread to 4 %.
        assert np.mean([one.standard_error for one in found]) == pytest.approx(spread, rel=0.15)


def test_the_error_of_a_slope_is_that_of_its_points():
    # Between two points the slope is (log b − log a)/log 10, with relative errors of 3 and 4 %.
    found = exponent((10, 100), (Estimate(1.0, 0.03), Estimate(0.1, 0.004)))
    assert (found.value, found.standard_error) == (pytest.approx(-1), pytest.approx(0.05 / math.log(10)))


def test_every_error_bar_is_as_wide_as_the_spread_over_seeds(reports):
    claims = {(row.claim, row.dimension) for report in reports for row in report.rows if row.decides}
    assert len(claims) == 18
    for claim in claims:
        rows = [row for report in reports for row in report.rows if (row.claim, row.dimension) == claim]
        spread = np.std([row.measured - row.predicted for row in rows], ddof=1)
        # A rate is predicted for the noise at hand. 24 seeds know a spread to 15 %; bars of few paths are widened.
        assert 0.45 < spread / np.mean([row.standard_error for row in rows]) < 1.5, claim


def test_allowances_are_those_worked_out_by_hand(reports):
    allowed = {(row.claim, row.dimension): row.allowance for row in reports[0].rows}
    for dimension in (1_000, 10_000):
        # ψ² at the end of the window is κ²/d, κ = 3.
        assert allowed["mode 0: weight", dimension] == pytest.approx(9 / dimension)
    # E a² = 1 + 1/4, and ψ² = 1/d at s = 1.
    (posterior,) = {key for key in allowed if key[0].startswith("speciation: posterior weight of mode 0")}
    assert allowed[posterior] == pytest.approx(1.25 / posterior[1])
    # The rate is −.5; ψ² leaves it a tenth.
    assert allowed["rate in d at which order-parameter paths approach the limit", None] < 0.06


def test_a_claim_that_agrees_at_one_dimension_and_fails_at_another_has_not_passed():
    good = statistical("weight", 0.8, 0.8, 0.01, dimension=1e3)
    assert Report((good,), "").passed
    assert not Report((good, statistical("weight", 0.8, 0.9, 0.01, dimension=1e4)), "").passed
