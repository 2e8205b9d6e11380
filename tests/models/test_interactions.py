"""Mean-field measures with interactions that are not quadratic, against enumeration and other methods."""

import numpy as np
import pytest
from sampling_cases import SPIN, dilated
from sympy.stats import Rademacher

import symsched
from symsched.distributions.mean_field.numeric.interaction import Interaction
from symsched.distributions.mean_field.numeric.interaction_model import InteractionModel
from symsched.distributions.mean_field.numeric.lattice_model import LatticeFieldModel
from symsched.distributions.mean_field.numeric.model import MeanFieldModel
from symsched.laws.numeric import AtomSite, DensitySite, GaussianSite
from symsched.simulation.run import run_plan
from symsched.symbols import m

TERNARY = AtomSite([-1.0, 0.0, 1.0], [0.3, 0.5, 0.2])


def polynomial(strong, weak=(0.0,)):
    """An interaction from the coefficients of g and f in increasing powers; it can be pickled."""
    families = []
    for coefficients in (strong, weak):
        p = np.polynomial.Polynomial(coefficients)
        families.append((p, p.deriv(), p.deriv(2)))
    return Interaction(*families)


def cubic():
    return polynomial([0.0, -0.1, 0.4, 0.5], [0.0, 0.3, 0.2])


def concave():
    return polynomial([0.0, 0.2, -0.9])


@pytest.mark.parametrize("coupling", [0.7, 1.0, 1.1, 2.0])
@pytest.mark.parametrize("psi", [0.0, 0.02, 0.3, 3.0])
def test_bumps_agree_with_the_gaussian_transform(coupling, psi):
    """The same quadratic measure two ways, critical and bistable included."""
    d = 4000
    interaction = polynomial([0.0, 0.0, coupling / 2], [0.0, 0.4])
    smooth = InteractionModel(d, SPIN, interaction, boundaries=(0.0,))
    quadratic = MeanFieldModel(d, SPIN, coupling, tilt=0.4, boundaries=(0.0,))
    rng = np.random.default_rng(2)
    y = rng.standard_normal((3, d)) + psi * rng.choice([-1.0, 1.0], (3, 1))
    mean, mass = smooth.posterior(psi, y)
    expected, shares = quadratic.posterior(psi, y)
    np.testing.assert_allclose(mean, expected, rtol=0, atol=1e-10)
    if coupling > 1.05:
        np.testing.assert_allclose(mass, shares, rtol=0, atol=1e-8)
    x = np.ones((2, d))
    np.testing.assert_allclose(smooth.log_density(x), quadratic.log_density(x), rtol=1e-11)


@pytest.mark.parametrize("make", [cubic, concave], ids=["cubic", "concave"])
def test_bumps_agree_with_the_sum_over_the_total(make):
    d, interaction = 2500, make()
    smooth = InteractionModel(d, SPIN, interaction, boundaries=(0.05,))
    summed = LatticeFieldModel(d, SPIN, lambda mean: interaction.energy(d * mean, d), boundaries=(0.05,))
    rng = np.random.default_rng(3)
    for psi in (0.0, 0.05, 1.0):
        y = rng.standard_normal((1, d)) + 0.3 * psi
        mean, mass = smooth.posterior(psi, y)
        expected, shares = summed.posterior(psi, y)
        np.testing.assert_allclose(mean, expected, rtol=0, atol=1e-11)
        if make is cubic:  # the concave measure has one mode: a boundary within it cuts no basin off
            np.testing.assert_allclose(mass, shares, rtol=0, atol=1e-4)
    x = np.ones((2, d))
    np.testing.assert_allclose(smooth.log_density(x), summed.log_density(x), rtol=1e-11)


@pytest.mark.parametrize("site", [GaussianSite(0.2, 0.7), DensitySite(lambda a: -(a**4), (-np.inf, np.inf))])
def test_sites_with_densities(site):
    """A quadratic interaction through the general method, for sites that lie on no lattice."""
    d, psi = 1500, 0.4
    smooth = InteractionModel(d, site, polynomial([0.0, 0.1, 0.3]))
    quadratic = MeanFieldModel(d, site, 0.6, slope=0.1)
    y = np.random.default_rng(4).standard_normal((1, d))
    np.testing.assert_allclose(smooth.posterior(psi, y)[0], quadratic.posterior(psi, y)[0], rtol=0, atol=1e-9)


@pytest.mark.parametrize("psi", [100.0, 1000.0])
def test_normal_spins_near_the_data(psi):
    """log Z ~ |y|²/2 is 5e11 here: a mean moves by what exp(d g) moves Σ a, of which the posterior is normal, alone."""
    d = 10**6
    model = InteractionModel(d, GaussianSite(0.0, 1.0), polynomial([0.0, 0.0, 1.0, 0.0, -0.25]))
    rng = np.random.default_rng(6)
    y = psi * (0.3 + rng.standard_normal((1, d))) + rng.standard_normal((1, d))
    variance = 1 / (1 + psi**2)
    alone = psi * y * variance
    middle, width = alone.mean(), np.sqrt(variance / d)
    means = middle + width * np.linspace(-12, 12, 4001)
    logs = d * (means**2 - means**4 / 4) - ((means - middle) / width) ** 2 / 2
    shares = np.exp(logs - logs.max())
    moved = (shares @ (means - middle)) / shares.sum()
    np.testing.assert_allclose(model.posterior(psi, y)[0] - alone, moved, rtol=0, atol=1e-9 * width * np.sqrt(d))


@pytest.mark.parametrize("d", [2378, 20_000])
def test_a_steep_confinement_leaves_the_well_where_it_is(d):
    """Over three deviations of a wide site the force of −m⁴/3 spans 650, the field of the well is −.013."""
    centre, variance = -1.36, 1.99**2
    model = InteractionModel(d, GaussianSite(centre, variance), polynomial([0.0, 0.0, 1.3, -0.0168, -1 / 3]))
    y = np.repeat([[0.0], [2.0]], d, axis=1)
    for psi in (0.0, 0.05):
        narrow = 1 / (1 / variance + psi**2)
        alone = narrow * (centre / variance + psi * y[:, :1])
        means = alone + np.linspace(-8, 8, 400_001)
        logs = d * (1.3 * means**2 - 0.0168 * means**3 - means**4 / 3 - (means - alone) ** 2 / (2 * narrow))
        shares = np.exp(logs - logs.max(axis=1, keepdims=True))
        expected = (shares * means).sum(axis=1) / shares.sum(axis=1)
        np.testing.assert_allclose(model.posterior(psi, y)[0], np.repeat(expected[:, None], d, axis=1), atol=1e-9)


def test_a_dimension_too_small_is_refused():
    site = DensitySite(lambda a: -(a**4), (-np.inf, np.inf))
    model = InteractionModel(20, site, polynomial([0.0, 0.1, 0.3, 0.2]))
    with pytest.raises(ArithmeticError, match="larger d"):
        model.posterior(0.5, np.zeros((1, 20)))


def test_samples_follow_the_law_of_the_total():
    d = 600
    model = InteractionModel(d, TERNARY, cubic())
    summed = LatticeFieldModel(d, TERNARY, lambda mean: model.interaction.energy(d * mean, d))
    law = np.exp(summed._log_sums[-1] + summed._log_weight - summed._log_partition)
    totals = model.sample(np.random.default_rng(5), 4000).sum(axis=1)
    for power in (1, 2, 3):
        expected = law @ summed._totals**power
        error = np.sqrt((law @ summed._totals ** (2 * power) - expected**2) / totals.size)
        assert abs((totals**power).mean() - expected) < 5 * error
    # Negative control: without the interaction the mean is elsewhere.
    assert abs(totals.mean() - TERNARY.mean * d) > 20 * totals.std() / np.sqrt(totals.size)


def test_scalar_map_agrees_with_the_loop():
    model = InteractionModel(4000, SPIN, cubic())
    full, fast = (run_plan(model, dilated(4000, 12), 2, 1, method=method) for method in ("full", "scalar map"))
    assert run_plan(model, dilated(4000, 2), 1, 1).method == "scalar map"
    np.testing.assert_allclose(fast.x, full.x, rtol=0, atol=1e-8)
    np.testing.assert_allclose(fast.means, full.means, rtol=0, atol=1e-8)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="increase"):
        InteractionModel(10, SPIN, cubic(), boundaries=(0.5, 0.1))
    with pytest.raises(ValueError, match="single atom"):
        InteractionModel(10, AtomSite([1.0], [1.0]), cubic())


def test_few_steps_that_the_order_parameter_alone_cannot_take_name_the_method_that_can():
    spins = symsched.MeanField(Rademacher("a"), 3 * m**2 / 5 + m**4 / 5)
    limit = symsched.derive(spins, symsched.VP)
    asked = {"d": 20_000, "n": 60, "steps": 16, "kappa": 3, "rng": 0, "keep": "statistics"}
    with pytest.raises(ArithmeticError, match=r"was not resolved.*method='scalar map'"):
        symsched.simulate(spins, limit, **asked)
    run = symsched.simulate(spins, limit, method="scalar map", **asked)
    assert abs(run.weights[0].value - 0.5) < 4 * run.weights[0].standard_error
