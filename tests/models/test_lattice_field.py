"""Mean-field measures of any interaction against enumeration, and against the quadratic transform."""

import itertools

import numpy as np
import pytest
import sympy as sp
from random_cases import seeds
from scipy import special
from sympy.stats import FiniteRV, Normal, Rademacher

from symsched.distributions.mean_field.measure import MeanField
from symsched.distributions.mean_field.numeric.interaction_model import InteractionModel
from symsched.distributions.mean_field.numeric.lattice_model import LatticeFieldModel
from symsched.distributions.mean_field.numeric.model import MeanFieldModel
from symsched.laws.numeric import AtomSite
from symsched.symbols import m

R = sp.Rational
SPINS = AtomSite([-1.0, 1.0], [0.5, 0.5])
THREE = AtomSite([-1.0, 0.0, 1.0], [0.2, 0.5, 0.3])


def cubic(d):
    return lambda mean: d * (0.4 * mean**2 + 0.3 * mean**3) + 0.7 * mean


def enumerated(model, psi, y):
    """Posterior mean and mass of m > boundary by a sum over all configurations."""
    values, weights = model.site.values, model.site.weights
    configurations = np.array(list(itertools.product(range(len(values)), repeat=model.d)))
    a = values[configurations]
    logs = np.log(weights)[configurations].sum(axis=1) + model.energy(a.mean(axis=1))
    out, upper = [], []
    for row in y:
        posterior = logs + psi * a @ row - psi**2 * (a**2).sum(axis=1) / 2
        mass = np.exp(posterior - posterior.max())
        mass /= mass.sum()
        out.append(mass @ a)
        upper.append(mass[a.mean(axis=1) >= (model.boundaries[0] if model.boundaries else -9)].sum())
    return np.array(out), np.array(upper)


@pytest.mark.parametrize("site", [SPINS, THREE], ids=["spins", "three values"])
@pytest.mark.parametrize("boundaries", [(), (0.1,)], ids=["one basin", "two basins"])
@pytest.mark.parametrize("psi", [0.0, 0.6, 4.0])
def test_posterior_is_the_sum_over_configurations(site, boundaries, psi):
    model = LatticeFieldModel(7, site, cubic(7), boundaries)
    y = np.random.default_rng(3).normal(size=(3, 7)) * 2
    expected, upper = enumerated(model, psi, y)
    means, masses = model.posterior(psi, y)
    assert np.allclose(means, expected, rtol=1e-11, atol=1e-12)
    assert np.allclose(masses[:, -1], upper if boundaries else 1.0, atol=1e-12)


def test_it_agrees_with_the_gaussian_transform_where_both_apply():
    d = 400
    lattice = LatticeFieldModel(d, SPINS, lambda mean: d * mean**2 + 0.3 * mean, (0.0,))
    field = MeanFieldModel(d, SPINS, 2.0, 0.0, 0.3, (0.0,))
    rng = np.random.default_rng(1)
    for psi in (0.02, 0.15, 1.0):
        y = rng.normal(size=(4, d)) + psi * rng.choice([-1.0, 1.0], size=(4, 1))
        assert np.allclose(lattice.posterior(psi, y)[0], field.posterior(psi, y)[0], atol=1e-9)


def test_a_peak_far_from_the_middle_of_its_basin_is_found():
    """A first-order interaction: independent spins are a local maximum of the energy, the ordered phase the global."""
    d = 1200
    model = LatticeFieldModel(d, SPINS, lambda mean: 0.9 * d * mean**4 + mean / 3, (0.0,))
    spins = np.full((1, d), -1.0)
    spins[0, :3] = 1.0
    for psi in (0.0, 0.05):
        y = np.random.default_rng(8).normal(size=(1, d)) + psi * spins
        means, masses = model.posterior(psi, y)
        # m = tanh(g'(m)) from a fixed-point iteration, in the basin that each row is in.
        m = 1.0
        for _ in range(50):
            m = np.tanh(3.6 * m**3)
        assert means.mean() == pytest.approx(m * (masses[0, 1] - masses[0, 0]), abs=2e-3)


def test_samples_have_the_exact_law_of_the_mean():
    model = LatticeFieldModel(30, THREE, cubic(30), ())
    means = model.sample(np.random.default_rng(5), 20_000).mean(axis=1)
    law = np.exp(model._log_sums[-1] + model._log_weight - model._log_partition)
    expected = law @ model._totals / 30
    width = np.sqrt(law @ (model._totals / 30) ** 2 - expected**2)
    assert abs(means.mean() - expected) < 5 * width / np.sqrt(20_000)
    # Negative control: without the interaction the mean is far away.
    assert abs(means.mean() - THREE.mean) > 20 * width / np.sqrt(20_000)


def test_log_density_is_normalised():
    model = LatticeFieldModel(6, THREE, cubic(6))
    everything = np.array(list(itertools.product(THREE.values, repeat=6)))
    assert np.exp(model.log_density(everything)).sum() == pytest.approx(1.0, abs=1e-12)


def test_a_distribution_with_any_interaction_gets_this_model():
    measure = MeanField(Rademacher("a"), m**2 / 2 + m**4 / 2)
    assert isinstance(measure.model(40), LatticeFieldModel)
    uneven = MeanField(FiniteRV("a", {-1: R(1, 2), sp.sqrt(2): R(1, 2)}), m**4 / 8)
    assert isinstance(uneven.model(10), LatticeFieldModel)
    assert isinstance(measure.model(10_000), InteractionModel)
    assert isinstance(MeanField(Normal("a", 0, 1), -(m**4)).model(10), InteractionModel)


def test_values_off_a_lattice_are_refused():
    with pytest.raises(ValueError, match="lattice"):
        LatticeFieldModel(5, AtomSite([0.0, 1.0, 1 + np.sqrt(2)], [0.3, 0.3, 0.4]), cubic(5))


@pytest.mark.parametrize("psi", [20.0, 100.0, 1e3])
@pytest.mark.parametrize("d", [4, 6])
def test_data_stronger_than_any_tilt_of_the_energy_are_summed_all_the_same(d, psi):
    """Spins read off beyond doubt whose total no mode expects: every configuration but one has a share of e^−800."""
    model = MeanField(Rademacher("a"), m**4, 0).model(d)
    y = psi * np.resize([-1.0, 1.0, 1.0, -1.0], (1, d))
    expected, _ = enumerated(model, psi, y)
    means, masses = model.posterior(psi, y)
    assert np.allclose(means, expected, rtol=0, atol=1e-12)
    assert np.allclose(masses.sum(axis=1), 1)


@pytest.mark.parametrize("seed", seeds(40))
def test_random_posteriors_are_sums_over_configurations(seed):
    """Random sites and interactions, ψ from 0 to 10³, y within and far out of reach: by enumeration, or not at all."""
    rng = np.random.default_rng(seed)
    values = [(-1, 1), (-1, 0, 1), (R(-3, 2), R(1, 3), 1)][seed % 3]
    shares = rng.integers(1, 9, len(values))
    site = FiniteRV("a", {value: R(int(share), int(shares.sum())) for value, share in zip(values, shares, strict=True)})
    even = seed % 2 == 0
    g = sum(R(int(rng.integers(-20, 21)), 10) * m**power for power in ((2, 4) if even else (1, 2, 3, 4)))
    d = int(rng.integers(2, 9 if len(values) == 2 else 6))
    model = MeanField(site, g + (3 * m**4 if even else 0), 0 if even else m / 2).model(d)
    for psi in (0.0, 0.05, 1.0, 20.0, 1e3):
        truth = rng.choice(model.site.values, size=(2, d))
        y = np.concatenate([psi * truth, psi * truth + rng.normal(size=(2, d)), 1e3 * rng.normal(size=(1, d))])
        expected, _ = enumerated(model, psi, y)
        means, masses = model.posterior(psi, y)
        assert np.allclose(means, expected, rtol=0, atol=1e-9)
        assert np.allclose(masses.sum(axis=1), 1)


def test_two_peaks_in_one_basin_are_both_carried():
    """No boundary between two modes of equal weight, 800 spins, data that say nothing."""
    d = 800
    one = LatticeFieldModel(d, SPINS, lambda mean: d * mean**2, ())
    two = LatticeFieldModel(d, SPINS, lambda mean: d * mean**2, (0.0,))
    y = 1e-3 * np.random.default_rng(0).normal(size=(2, d))
    assert np.allclose(one.posterior(1e-3, y)[0], two.posterior(1e-3, y)[0], rtol=0, atol=1e-9)


def test_tilts_of_a_steep_energy_are_found_where_they_count():
    """100 sites on −1, 0, 3 with g = −3/2 m⁶ − m⁴, whose slopes reach −2000: by the numbers of 0 and 3 in two groups.

    It was −.389, −.101 for −.125, .631: slopes lay 25 apart, and the law at the nearest had lost what counts.
    """
    d, psi, sizes, levels = 100, 0.3, (69, 31), (-1.0186, 0.82616)
    energy = lambda mean: -d * (1.5 * mean**6 + mean**4)  # noqa: E731
    model = LatticeFieldModel(d, AtomSite([-1.0, 0.0, 3.0], [0.2, 0.6, 0.2]), energy)
    totals, logs = [], []
    for size, y in zip(sizes, levels, strict=True):
        zeros, threes = (part.ravel() for part in np.meshgrid(np.arange(size + 1), np.arange(size + 1)))
        inside = zeros + threes <= size
        zeros, threes = zeros[inside], threes[inside]
        ones = size - zeros - threes
        counts = special.gammaln(size + 1) - sum(special.gammaln(n + 1) for n in (zeros, threes, ones))
        masses = [np.log(w) + psi * y * a - psi**2 * a**2 / 2 for a, w in ((-1, 0.2), (0, 0.6), (3, 0.2))]
        totals.append(3 * threes - ones)
        logs.append(counts + ones * masses[0] + zeros * masses[1] + threes * masses[2])
    joint = np.add.outer(logs[0], logs[1]) + energy(np.add.outer(totals[0], totals[1]) / d)
    joint = np.exp(joint - joint.max())
    joint /= joint.sum()
    expected = joint.sum(axis=1) @ totals[0] / sizes[0], joint.sum(axis=0) @ totals[1] / sizes[1]
    means, _ = model.posterior(psi, np.repeat(levels, sizes)[None])
    assert means[0, [0, -1]] == pytest.approx(expected, abs=1e-9)
