"""A small measurement of what verdicts promise; the whole one is `python -m tests.verdicts`."""

import pytest

from symsched.reporting.verdicts import Verdict
from tests.verdicts.cases import RIGHT, WRONG
from tests.verdicts.measure import PROMISE, alarms, most, power

QUICK = ("pair, VP", "pair, VE", "pair, few paths", "a mode of weight 1/1000", "two variances")
SEEDS = 12


def test_right_limits_fail_no_more_rows_than_promised():
    cases = tuple(case for case in RIGHT if case.name in QUICK)
    measured = list(alarms(SEEDS, cases))
    rows = sum(decided for _, decided, _ in measured)
    assert rows > 500
    assert sum(len(failed) for *_, failed in measured) <= most(rows), measured


@pytest.mark.parametrize("case", WRONG, ids=lambda case: f"{case.kind}: {case.name}")
def test_what_is_wrong_fails(case):
    ((_, _, found),) = power(1, (case,))
    assert found == 1


def test_the_bound_is_that_of_the_promise():
    assert pytest.approx(1 / 15_787, rel=1e-3) == PROMISE
    assert most(0) == 0
    assert 60 * 16_000 * PROMISE < most(60 * 16_000) < 120


def test_a_mode_of_two_paths_has_too_few():
    (case,) = (case for case in RIGHT if case.name == "pair, few paths")
    report = case.report(0)
    few = [row for row in report.rows if row.verdict is Verdict.FEW]
    assert few and all("paths have no error bar" in row.rule and not row.decides for row in few)
    assert report.passed and "too few paths" in report.standing
