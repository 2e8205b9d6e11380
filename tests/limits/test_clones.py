"""φ runs from Σ w² to 1, on the line and in space, and simulated clones follow it."""

import math

import numpy as np
import pytest
import sympy as sp
from sympy.stats import Normal

from symsched.distributions.gaussian_modes.modes import GaussianModes
from symsched.distributions.named import GaussianMixture
from symsched.laws import AtomLaw, law_of
from symsched.limits.clones import clone_probability, simulate_clones

HALF = sp.Rational(1, 2)


class TestClones:
    """φ runs from Σ w² to 1, on the line and in space, and simulated clones follow it."""

    @pytest.mark.parametrize(
        "law",
        [
            AtomLaw((1, -1), (sp.Rational(4, 5), sp.Rational(1, 5))),
            AtomLaw((0, 2, 5), (sp.Rational(1, 5), sp.Rational(1, 2), sp.Rational(3, 10))),
            AtomLaw((sp.Tuple(1, 0), sp.Tuple(0, 1), sp.Tuple(-1, -1)), (HALF, sp.Rational(1, 4), sp.Rational(1, 4))),
        ],
    )
    def test_ends(self, law):
        squares = sum(float(w) ** 2 for w in law.weights)
        assert clone_probability(law, 0.0).value == pytest.approx(squares, abs=1e-9)
        assert clone_probability(law, 30.0).value == pytest.approx(1.0, abs=1e-9)
        values = [clone_probability(law, s).value for s in (0.0, 0.5, 1.0, 2.0, 4.0)]
        assert values == sorted(values)

    def test_space_agrees_with_the_line(self):
        line = clone_probability(AtomLaw((1, -1), (HALF, HALF)), 1.3)
        root = 1 / sp.sqrt(2)
        plane = clone_probability(AtomLaw((sp.Tuple(root, root), sp.Tuple(-root, -root)), (HALF, HALF)), 1.3)
        assert abs(line.value - plane.value) < 5 * plane.standard_error + 1e-6

    def test_three_directions_by_simulation(self):
        centre = -HALF
        quarter = sp.Rational(1, 4)
        gram = [[1, centre, centre], [centre, 1, centre], [centre, centre, 1]]
        modes = GaussianModes([HALF, quarter, quarter], gram, HALF)
        law = AtomLaw(tuple(sp.Tuple(*row) for row in modes.centres), modes.weights)
        d = 400
        for strength in (0.7, 1.5):
            predicted = clone_probability(law, strength / math.sqrt(1 + 0.25 * strength**2 / d))
            seen = simulate_clones(modes, strength / math.sqrt(d), d=d, n=4_000, rng=np.random.default_rng(3))
            assert abs(seen.value - predicted.value) < 5 * math.hypot(seen.standard_error, predicted.standard_error)

    def test_refusals(self):
        law = AtomLaw((1, -1), (HALF, HALF))
        with pytest.raises(ValueError, match="s must not be negative"):
            clone_probability(law, -1.0)
        with pytest.raises(TypeError, match="finitely many atoms"):
            clone_probability(law_of(Normal("g", 0, 1)), 1.0)
        with pytest.raises(ValueError, match="psi must not be negative"):
            simulate_clones(GaussianMixture(p=HALF), -0.1, d=10, n=10, rng=np.random.default_rng(0))
