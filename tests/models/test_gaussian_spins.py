"""Gaussian spins with a quadratic interaction are a Gaussian vector: posterior and samples in closed form.

Near criticality the collective field lies far outside of what the spins' own law suggests.
"""

import numpy as np
import pytest
from test_interactions import polynomial

from symsched.distributions.mean_field.numeric.interaction_model import InteractionModel
from symsched.distributions.mean_field.numeric.model import MeanFieldModel
from symsched.laws.numeric import GaussianSite


def case(seed, most=0.97):
    """Mean and variance of a spin, coupling, field, and ψ; coupling times variance up to ``most``, critical at 1."""
    rng = np.random.default_rng(seed)
    mean, variance = rng.normal() * rng.choice([0.3, 1, 3]), rng.uniform(0.2, 1.5)
    coupling = rng.uniform(0.05, most) / variance
    return mean, variance, coupling, 0.5 * rng.normal(), 10 ** rng.uniform(-2.5, 1), rng


def observe(mean, variance, psi, d, rng):
    return rng.normal(size=(2, d)) + psi * (mean + np.sqrt(variance) * rng.normal(size=(2, d)))


def closed_form(law, field, psi, y):
    """Solve ((1/v + ψ²) I − (c/d) 11ᵀ) E a = μ/v + s + ψ y by hand (Sherman and Morrison)."""
    mean, variance, coupling = law
    d = y.shape[1]
    own = 1 / variance + psi**2
    right = mean / variance + field + psi * y
    return right / own + coupling / d * right.sum(axis=1, keepdims=True) / own**2 / (1 - coupling / own)


@pytest.mark.parametrize("seed", range(40))
def test_quadratic_field(seed):
    mean, variance, coupling, field, psi, rng = case(seed)
    d = int(10 ** rng.uniform(1.3, 3.5))
    y = observe(mean, variance, psi, d, rng)
    model = MeanFieldModel(d, GaussianSite(mean, variance), coupling, slope=field, boundaries=(coupling * mean,))
    expected = closed_form((mean, variance, coupling), field, psi, y)
    np.testing.assert_allclose(model.posterior(psi, y)[0], expected, rtol=1e-11, atol=1e-11)
    other = closed_form((mean, variance, coupling * 1.01), field, psi, y)
    assert np.abs(other - expected).max() > 1e-6


@pytest.mark.parametrize("seed", range(15))
def test_any_interaction(seed):
    mean, variance, coupling, field, psi, rng = case(seed, most=0.9)
    d = int(10 ** rng.uniform(3.7, 4.3))
    y = observe(mean, variance, psi, d, rng)
    model = InteractionModel(d, GaussianSite(mean, variance), polynomial([0.0, field, coupling / 2]))
    expected = closed_form((mean, variance, coupling), field, psi, y)
    np.testing.assert_allclose(model.posterior(psi, y)[0], expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("share", [0.6, 0.7, 0.8, 0.88])
def test_laws_that_reach_beyond_the_first_survey(share):
    """The peak lies inside the fields that are looked at first, but not all of its width."""
    rng = np.random.default_rng(3)
    for mean in (-1.0, 0.4, 3.0):
        law, psi = (mean, 0.6, share / 0.6), 0.1
        for d, model in ((250, MeanFieldModel), (9000, InteractionModel)):
            y = observe(mean, 0.6, psi, d, rng)
            strong = (
                {"coupling": law[2]} if model is MeanFieldModel else {"interaction": polynomial([0, 0, law[2] / 2])}
            )
            found = model(d, GaussianSite(mean, 0.6), **strong).posterior(psi, y)[0]
            np.testing.assert_allclose(found, closed_form(law, 0.0, psi, y), rtol=0, atol=1e-10)


@pytest.mark.parametrize("share", [0.3, 0.72, 0.95])
def test_samples(share):
    d, n, mean, variance, field = 250, 4000, -1.0, 0.9, 0.04
    model = MeanFieldModel(d, GaussianSite(mean, variance), share / variance, slope=field)
    averages = model.sample(np.random.default_rng(5), n).mean(axis=1)
    expected, spread = (mean + variance * field) / (1 - share), variance / (d * (1 - share))
    assert abs(averages.mean() - expected) < 4.5 * np.sqrt(spread / n)
    assert abs(averages.var() - spread) < 4.5 * spread * np.sqrt(2 / n)
