"""Order parameters carried along a plan: where a mode is beyond doubt, and what a wrong width does to them."""

import math

import numpy as np
import pytest
import sympy as sp
from sympy.stats import Normal, Rademacher

import symsched
from symsched.predictions.order_paths import order_paths

HALF = sp.Rational(1, 2)


def model_of(distribution, dimension):
    limit = symsched.derive(distribution, symsched.VP)
    return limit, limit.order_model(dimension)


def test_modes_are_separated_eight_standard_deviations_apart():
    """Atoms ±1 are 2 s = 2 √d ψ standard deviations of ν apart."""
    _, model = model_of(symsched.GaussianMixture(HALF, 1, 1), 10_000)
    assert not model.separated(0.039)
    assert model.separated(0.041)


def test_a_width_that_euler_gets_wrong_shifts_a_hermite_sum():
    """The first step from ψ = 0 leaves y = z: at ψ_1 its standard form is z/√(1 + ψ_1²), and Σ He_4 has a mean."""
    mixture = symsched.ProductMixture([(HALF, Rademacher("a")), (HALF, Normal("a", 0, 1))])
    limit, model = model_of(mixture, 10_000)
    plan = limit.schedule.plan(6, 10_000, 3.0, "canonical")
    found = order_paths(model, plan, np.array([[0.3]])).nu[0, 1, 0]
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    narrow = nodes / math.sqrt(1 + plan.psi[1] ** 2)
    mean = weights @ np.polynomial.hermite_e.hermeval(narrow, [0, 0, 0, 0, 1]) / weights.sum()
    assert abs(mean) * math.sqrt(10_000 / 24) > 0.01
    assert found == pytest.approx(0.3 + math.sqrt(10_000 / 24) * mean, rel=1e-9)
