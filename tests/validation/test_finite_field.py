"""A single mode that its field pulls away from the limit by 1/d: known exactly, and no failure of the limit."""

import numpy as np
import pytest
import sympy as sp
from scipy import special, stats

import symsched
from symsched.distributions.mean_field.numeric.model import MeanFieldModel
from symsched.reporting.verdicts import Verdict
from symsched.symbols import m

R = sp.Rational
SPIN = sp.stats.Rademacher("a")


def counted(d, energy):
    """Return E m by the sum over the number of spins that are up."""
    up = np.arange(d + 1)
    mean = 2 * up / d - 1
    return special.softmax(stats.binom.logpmf(up, d, 0.5) + energy(mean)) @ mean


@pytest.mark.parametrize(("beta", "d"), [(R(1, 2), 1000), (R(9, 10), 12), (R(9, 10), 1000), (R(9, 10), 10**5)])
def test_the_mean_of_hot_spins_is_that_of_a_count(beta, d):
    found = symsched.CurieWeiss(beta, 1).model(d).coordinate_mean
    assert found == pytest.approx(counted(d, lambda x: d * float(beta) * x**2 / 2 + x), rel=1e-9)


def test_the_mean_with_another_interaction_is_that_of_a_count():
    found = symsched.MeanField(SPIN, m**2 / 4 + m**4 / 20, m).model(200).coordinate_mean
    assert found == pytest.approx(counted(200, lambda x: 200 * (x**2 / 4 + x**4 / 20) + x), rel=1e-8)


def means(limit):
    report = symsched.validate(limit, dimensions=(1000,), n=40_000, steps=20)
    return [row for row in report.rows if "mean of a coordinate" in row.claim]


def test_the_pull_of_a_field_is_allowed_and_no_more(monkeypatch):
    limit = symsched.derive(symsched.CurieWeiss(R(9, 10), 1), symsched.VP)
    (row,) = means(limit)
    assert row.verdict is Verdict.AGREES, row
    monkeypatch.setattr(MeanFieldModel, "coordinate_mean", None)
    (row,) = means(limit)
    assert row.verdict is Verdict.FAILS, row
