"""Random Gram matrices, singular ones included, against posteriors from the points that they were made from.

Every check is a function that must also refuse wrong points.
"""

import itertools

import numpy as np
import sympy as sp
from hypothesis import assume
from hypothesis import strategies as st
from random_cases import searched
from scipy import special

import symsched

R = sp.Rational


# Gaussian modes in general directions.


@st.composite
def directions(draw):
    size = draw(st.integers(2, 4))
    rank = draw(st.integers(1, size))
    places = [[draw(st.integers(-2, 2)) for _ in range(rank)] for _ in range(size)]
    assume(len({tuple(place) for place in places}) == size)
    shares = [draw(st.integers(1, 4)) for _ in range(size)]
    return [R(share, sum(shares)) for share in shares], sp.Matrix(places), draw(st.sampled_from([R(1, 2), R(1), R(2)]))


def points_of(law):
    rows = [value.args if isinstance(value, sp.Tuple) else (value,) for value in law.values]
    return np.array([[float(sp.N(entry, 20)) for entry in row] for row in rows])


def directions_agree(law, weights, gram, strengths=(0.3, 1.1)):
    """Whether the posterior mean has the overlaps with the means that the Gram matrix alone says.

    At ν = Σ_j c_j g_j every product g_k·ν is one of the Gram matrix, whatever frame the points are written in.
    """
    points = points_of(law)
    gram, shares = np.array(gram, dtype=float), np.array(weights, dtype=float)
    for strength, coefficients in itertools.product(strengths, np.eye(len(shares)) - 0.3):
        nu = coefficients @ points
        drift = law.denoiser(strength, nu if points.shape[1] > 1 else nu[0])
        posterior = special.softmax(np.log(shares) + strength * gram @ coefficients - strength**2 * np.diag(gram) / 2)
        if not np.allclose(points @ np.atleast_1d(drift), gram @ posterior, rtol=1e-9, atol=1e-9):
            return False
    return True


@searched(10, directions())
def test_random_gram_matrices(drawn):
    weights, places, sigma = drawn
    gram = places * places.T
    phase = symsched.GaussianModes(weights, gram, sigma).cascade.phases[0]
    (law,) = (branch.law for branch in phase.branches)
    assert (phase.order, phase.exponent) == (1, R(1, 2))
    assert phase.dimension == places.rank()
    assert directions_agree(law, weights, gram)
    wrong = gram.copy()
    wrong[0, 0] += R(1, 10)
    assert not directions_agree(law, weights, wrong)
    tilted = [weights[0] * R(9, 10), *weights[1:-1], weights[-1] + weights[0] / 10]
    assert not directions_agree(law, tilted, gram)
    # d KL at ψ = s d^−1/2 under the isotropic noise of one mode.
    d, strength = 10**8, 1.7
    psi = strength * d ** -float(phase.exponent)
    for k, j in itertools.combinations(range(len(weights)), 2):
        square = sum(float(c) ** 2 for c in places.row(k) - places.row(j))
        gap = np.sum((points_of(law)[k] - points_of(law)[j]) ** 2)
        exact = d * psi**2 * square / 2 / (1 + psi**2 * float(sigma) ** 2)
        assert abs(exact - strength**2 * gap / 2) < 1e-6 * exact
