"""Random mean-field measures against the exact law of their mean, summed over the counts of their atoms.

Every check is a function that must also refuse wrong weights and places.
"""

from typing import NamedTuple

import numpy as np
import sympy as sp
from hypothesis import assume
from hypothesis import strategies as st
from random_cases import searched
from scipy import special
from sympy.stats import FiniteRV

import symsched
from symsched.symbols import m

R = sp.Rational


# Mean-field measures against the law of m at finite d.


class Field(NamedTuple):
    """Spins −1, 0, 1 with masses (w, 1 − v − w, v) in g = Σ c_p m^p and f = h m."""

    low: sp.Rational
    high: sp.Rational
    powers: dict
    field: sp.Rational

    def measure(self):
        vacancy = 1 - self.low - self.high
        table = {-1: self.low, 0: vacancy, 1: self.high}
        spin = FiniteRV("a", {value: mass for value, mass in table.items() if mass})
        return symsched.MeanField(spin, sum(c * m**p for p, c in self.powers.items()), self.field * m)

    def energy(self, mean):
        return sum(float(c) * mean**p for p, c in self.powers.items())

    def landscape(self):
        """Heights and χ of the local maxima of g − I, by a plain scan over a fine grid of tilts."""
        u = np.linspace(-14, 14, 200_001)
        masses = [float(self.low), float(1 - self.low - self.high), float(self.high)]
        total = masses[0] * np.exp(-u) + masses[1] + masses[2] * np.exp(u)
        mean = (masses[2] * np.exp(u) - masses[0] * np.exp(-u)) / total
        height = self.energy(mean) - u * mean + np.log(total)
        inner = np.flatnonzero((height[1:-1] > height[:-2]) & (height[1:-1] >= height[2:])) + 1
        variance = (masses[2] * np.exp(u) + masses[0] * np.exp(-u)) / total - mean**2
        bend = sum(p * (p - 1) * float(c) * mean ** (p - 2) for p, c in self.powers.items())
        return height[inner], (1 - bend * variance)[inner]

    def law_of_mean(self, d):
        """Values of m and their exact probabilities: a sum over the multinomial numbers of up and down spins."""
        up, down = np.meshgrid(np.arange(d + 1), np.arange(d + 1), indexing="ij")
        up, down = up[up + down <= d], down[up + down <= d]
        parts = ((up, self.high), (down, self.low), (d - up - down, 1 - self.low - self.high))
        logs = special.gammaln(d + 1) + sum(special.xlogy(n, float(w)) - special.gammaln(n + 1) for n, w in parts)
        mean = (up - down) / d
        return mean, special.softmax(logs + d * self.energy(mean) + float(self.field) * mean)


@st.composite
def fields(draw, even):
    low = draw(st.sampled_from([R(1, 2), R(1, 3), R(1, 4), R(1, 5)]))
    high = low if even else draw(st.sampled_from([R(1, 2), R(1, 3), R(1, 4)]))
    powers = {2: R(draw(st.integers(-2, 12)), 4), 4: R(draw(st.integers(-4, 4)), 8)}
    if not even:
        powers[3] = R(draw(st.integers(-4, 4)), 6)
    found = Field(low, high, powers, R(draw(st.sampled_from([-2, -1, 1, 2])), 3))
    # Far from critical points and from coexistence by accident, where 1/d is no small number.
    heights, chi = found.landscape()
    top = heights > heights.max() - 1e-6
    assume(np.all(heights[~top] < heights.max() - 0.1) and np.all(chi[top] > 0.3))
    # Two maxima need a barrier: g − I is 0 between them.
    assume(np.sum(top) == 2 and heights.max() > 0.06 if even else np.sum(top) == 1)
    return found


def at_large_dimension(field, cuts):
    """Masses, means and d·variances between cuts, with the terms in 1/d removed by two dimensions."""
    rows = []
    for d in (250, 500):
        mean, mass = field.law_of_mean(d)
        part = np.digitize(mean, cuts)
        weights = np.bincount(part, mass, len(cuts) + 1)
        centres = np.bincount(part, mass * mean, len(cuts) + 1) / weights
        squares = np.bincount(part, mass * mean**2, len(cuts) + 1) / weights
        rows.append(np.array([weights, centres, d * (squares - centres**2)]))
    return 2 * rows[1] - rows[0]


def field_agrees(exact, weights, places, spreads):
    claimed = np.array([weights, places, spreads], dtype=float)
    return exact.shape == claimed.shape and bool(np.all(np.abs(exact - claimed) < [[5e-3], [3e-3], [2e-2]]))


def compare_with_the_exact_law(field):
    measure = field.measure()
    limit = symsched.derive(measure, symsched.VP)
    places = np.array([float(sp.N(saddle.magnetisation, 20)) for saddle in measure.saddles])
    spreads = np.array([float(sp.N(saddle.variance / saddle.chi, 20)) for saddle in measure.saddles])
    weights = np.array([float(sp.N(mode.weight, 20)) for mode in limit.cascade.modes])
    exact = at_large_dimension(field, (places[1:] + places[:-1]) / 2)
    assert field_agrees(exact, weights, places, spreads), (exact, weights, places, spreads)
    assert not field_agrees(exact, weights, places + 0.02, spreads)
    assert not field_agrees(exact, weights, places, spreads * 1.25 + 0.02)
    return limit, exact, weights, places, spreads


@searched(3, fields(even=False))
def test_random_interactions_with_one_maximum(field):
    limit, *_ = compare_with_the_exact_law(field)
    if len(limit.cascade.modes) == 1:
        assert [phase.name for phase in limit.phases] == ["data"]


@searched(3, fields(even=True))
def test_weights_of_random_even_interactions(field):
    limit, exact, weights, places, spreads = compare_with_the_exact_law(field)
    assert limit.phases[0].exponent == R(1, 2)
    assert not field_agrees(exact, weights[::-1], places, spreads)
    assert not field_agrees(exact, weights + np.array([0.02, -0.02]), places, spreads)
