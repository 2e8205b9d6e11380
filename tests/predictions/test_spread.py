"""Scores of averages over few paths, against laws whose tails are known exactly."""

import math

import numpy as np
import pytest
from scipy import stats

from symsched.models.estimates import Estimate, variance_score
from symsched.predictions.spread import Spread, bar, binomial_score, few


def exponential():
    places = np.linspace(-8, 8, 4001)
    masses = stats.norm.pdf(places)
    return Spread(stats.expon.isf(stats.norm.sf(places)), masses / masses.sum(), 0.0)


@pytest.mark.parametrize("n", [2, 3, 10, 100])
@pytest.mark.parametrize("z", [-3.5, -1.0, 0.3, 2.0, 4.0, 5.0])
def test_an_average_of_exponentials_has_the_score_of_its_gamma_law(n, z):
    total = stats.gamma.isf(stats.norm.sf(z), n)
    assert exponential().score(total / n - 1, n) == pytest.approx(z, abs=0.05)


def test_four_standard_errors_of_a_skewed_law_are_not_that_rare():
    """The control: by its variance alone, four of three exponentials' errors would be one in 16 000."""
    assert stats.norm.sf(exponential().score(4 / math.sqrt(3), 3)) == pytest.approx(
        stats.gamma.sf(3 + 4 * math.sqrt(3), 3), rel=0.05
    )
    assert stats.gamma.sf(3 + 4 * math.sqrt(3), 3) > 40 * stats.norm.sf(4)


def test_normal_noise_is_scored_as_it_is_and_certain_values_as_certain():
    normal = Spread(np.zeros(1), np.ones(1), 4.0)
    assert normal.score(3.0, 16) == pytest.approx(6.0)
    assert normal.widened(9.0).score(3.0, 16) == pytest.approx(4.0)
    assert normal.widened(1.0).variance == 4.0
    point = Spread(np.zeros(2), np.ones(2) / 2, 0.0)
    assert (point.score(0.0, 5), point.score(-1e-9, 5)) == (0.0, -math.inf)
    coin = Spread(np.array([0.0, 1.0]), np.array([0.5, 0.5]), 0.0)
    assert coin.score(0.7, 9) == math.inf


def test_many_values_are_put_together_without_moving_the_mean():
    values, masses = np.random.default_rng(0).exponential(size=60_000), np.full(60_000, 1 / 60_000)
    thin, whole = Spread.of(values, masses), Spread(values, masses, 0.0)
    assert len(thin.values) < 5_000
    assert thin.mean == pytest.approx(whole.mean, rel=1e-12)
    assert thin.score(2.0, 3) == pytest.approx(whole.score(2.0, 3), abs=0.01)


@pytest.mark.parametrize(("hits", "n", "p"), [(3, 3000, 0.0002), (0, 10, 0.5), (9, 10, 0.2), (15, 3000, 0.001)])
def test_a_share_has_the_score_of_its_exact_tail(hits, n, p):
    above = hits > n * p
    tail = stats.binom.sf(hits - 1, n, p) if above else stats.binom.cdf(hits, n, p)
    assert binomial_score(hits, n, p) == pytest.approx((1 if above else -1) * stats.norm.isf(tail))


def test_a_share_that_cannot_be_is_infinitely_far():
    assert binomial_score(1, 10, 0.0) == math.inf and binomial_score(9, 10, 1.0) == -math.inf
    assert binomial_score(10, 10, 1.0) == 0.0 and binomial_score(5, 10, 0.5) == 0.0
    assert 40 < binomial_score(5_000, 5_000, 0.5) < 100


def test_small_samples_have_students_bar_and_the_smallest_none():
    assert [few(n) for n in (0, 1, 2, 8, 30, 400)] == [True, True, True, True, False, False]
    assert bar(Estimate(0.0, 1.0), 10**6) == pytest.approx(1.0, abs=1e-4)
    assert bar(Estimate(0.0, 1.0), 12) == pytest.approx(stats.t.isf(stats.norm.sf(4), 11) / 4)


@pytest.mark.parametrize("z", [-4.0, -1.0, 3.0])
def test_a_variance_has_the_score_of_its_chi_squared_law(z):
    seen = stats.chi2.isf(stats.norm.sf(z), 49) / 49
    assert variance_score(seen * 2.5, 2.5, 50) == pytest.approx(z, abs=0.03)
