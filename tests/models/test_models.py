"""The numeric models against enumeration, quadrature and their own samples."""

import dataclasses
import itertools

import numpy as np
import pytest
from sampling_cases import plain
from scipy import integrate, special, stats

from symsched.distributions.gaussian_modes.model import DirectionModel
from symsched.distributions.mean_field.numeric.field_law import Question, Windows
from symsched.distributions.mean_field.numeric.model import MeanFieldModel
from symsched.distributions.product.model import ProductModel
from symsched.laws.numeric import AtomSite, DensitySite, GaussianSite
from symsched.laws.numeric.kernels import kernel
from symsched.models.one_map.drift import MissedPeakError
from symsched.models.one_map.populations import Coordinates
from symsched.simulation.run import run_plan

LAPLACE = DensitySite(lambda a: -np.abs(a), (-np.inf, 0.0, np.inf))
SPIN = AtomSite(np.array([-1.0, 1.0]), np.array([0.5, 0.5]))
FLAT = DensitySite(lambda a: 0 * a, (-1.0, 1.0))
TERNARY = AtomSite(np.array([-1.0, 0.2, 1.5]), np.array([0.3, 0.5, 0.2]))


def enumerated(model, psi, y):
    """Posterior mean over all configurations of a model whose sites are atoms."""
    configurations = np.array(list(itertools.product(model.site.values, repeat=model.d)))
    logs = model.log_density(configurations)
    logits = logs + psi * y @ configurations.T - psi**2 * np.sum(configurations**2, axis=1) / 2
    return special.softmax(logits, axis=1) @ configurations, logs


@pytest.mark.parametrize("site", [SPIN, TERNARY], ids=["spins", "three atoms"])
@pytest.mark.parametrize("coupling", [0.0, 0.3, 1.0, 2.0])
@pytest.mark.parametrize("d", [1, 2, 7])
def test_mean_field_posterior_against_enumeration(site, coupling, d):
    model = MeanFieldModel(d, site, coupling, slope=-0.1, tilt=0.4)
    rng = np.random.default_rng(1)
    for psi in (0.0, 0.1, 1.0, 7.0):
        y = rng.standard_normal((6, d)) + psi * model.sample(rng, 6)
        expected, logs = enumerated(model, psi, y)
        assert abs(special.logsumexp(logs)) < 1e-12
        np.testing.assert_allclose(model.posterior(psi, y)[0], expected, rtol=0, atol=1e-12)


def dense_quadrature(model, psi, y):
    """The posterior mean and basin masses by the trapezoidal rule on a very fine grid of fields."""
    u = np.linspace(*np.array(model.collective.span) + np.array([-1.5, 1.5]) * 8 / np.sqrt(model.d), 40_001)
    exponent = -model.d * (u - model.pull) ** 2 / (2 * model.coupling)
    exponent += sum(np.logaddexp(u + psi * point, -u - psi * point) for point in y)
    weights = special.softmax(exponent)
    return np.array([weights @ np.tanh(u + psi * point) for point in y]), u, weights


@pytest.mark.parametrize(("coupling", "tilt"), [(0.8, 0.0), (1.0, 0.3), (1.02, 0.0), (1.1, 0.7), (2.0, np.log(2))])
@pytest.mark.parametrize("d", [50, 1000])
def test_mean_field_posterior_against_dense_quadrature(coupling, tilt, d):
    model = MeanFieldModel(d, SPIN, coupling, tilt=tilt, boundaries=(0.0,))
    rng = np.random.default_rng(2)
    for psi in (1 / np.sqrt(d), 1.0):
        y = rng.standard_normal(d) + psi * rng.choice([-1.0, 1.0], d)
        expected, u, weights = dense_quadrature(model, psi, y)
        mean, mass = model.posterior(psi, y[None])
        np.testing.assert_allclose(mean[0], expected, rtol=0, atol=2e-12)
        below = np.interp(0.0, u + (u[1] - u[0]) / 2, np.cumsum(weights))
        np.testing.assert_allclose(mass[0, 0], below, rtol=0, atol=1e-6)


def test_mean_field_posterior_near_a_critical_point_in_high_dimension():
    d = 10**5
    model = MeanFieldModel(d, SPIN, 1.0 + 1e-3)
    rng = np.random.default_rng(3)
    psi = d**-0.25
    y = rng.standard_normal(d)
    mean, _ = model.posterior(psi, y[None])
    u = np.linspace(-0.5, 0.5, 601)
    exponent = -d * u**2 / (2 * model.coupling)
    exponent += np.array([np.logaddexp(v + psi * y, -v - psi * y).sum() for v in u])
    weights = special.softmax(exponent)
    some = y[:20]
    np.testing.assert_allclose(mean[0, :20], np.tanh(u[:, None] + psi * some).T @ weights, rtol=0, atol=1e-10)


def magnetisation_law(model):
    """The exact law of the number of + spins."""
    k = np.arange(model.d + 1)
    total = 2 * k - model.d
    logs = special.gammaln(model.d + 1) - special.gammaln(k + 1) - special.gammaln(model.d - k + 1)
    logs += model.coupling * total**2 / (2 * model.d) + model.pull * total
    return total / model.d, special.softmax(logs)


@pytest.mark.parametrize("coupling", [0.5, 1.0, 1.3])
def test_mean_field_samples_follow_the_law_of_the_magnetisation(coupling):
    model = MeanFieldModel(60, SPIN, coupling, tilt=0.4)
    samples = model.sample(np.random.default_rng(4), 20_000)
    assert set(np.unique(samples)) == {-1.0, 1.0}
    values, weights = magnetisation_law(model)
    mean = samples.mean(axis=1)
    for power in (1, 2, 3, 4):
        expected = weights @ values**power
        error = np.sqrt((weights @ values ** (2 * power) - expected**2) / mean.size)
        assert abs((mean**power).mean() - expected) < 5 * error
    assert abs((samples[:, 0] * samples[:, 1]).mean() - (60 * weights @ values**2 - 1) / 59) < 5 / np.sqrt(mean.size)


def test_field_law_reproduces_the_magnetisation_law():
    model = MeanFieldModel(400, SPIN, 1.2, tilt=0.3, boundaries=(0.0,))
    values, weights = magnetisation_law(model)
    law = model.prior
    expected = weights @ values
    assert abs((law.weights * np.tanh(law.means.fields.values)).sum() - expected) < 1e-12
    assert (
        abs((law.weights * np.tanh(law.means.fields.values) ** 2).sum() - (400 * weights @ values**2 - 1) / 399) < 1e-12
    )


def test_sampling_of_the_field_against_its_cdf():
    from symsched.distributions.mean_field.numeric.field_draws import draw_fields

    model = MeanFieldModel(100, SPIN, 1.3, tilt=0.2)
    draws = draw_fields(model.collective.density(model.unobserved), np.random.default_rng(0), 50_000)
    u = np.linspace(-3, 3, 20_001)
    density = np.exp(-100 * (u - model.pull) ** 2 / 2.6 + 100 * np.log(np.cosh(u)))
    cdf = np.cumsum(density) / density.sum()
    assert stats.kstest(draws, lambda v: np.interp(v, u, cdf)).pvalue > 1e-4
    assert stats.kstest(draws + 0.02, lambda v: np.interp(v, u, cdf)).pvalue < 1e-4


def test_mean_field_with_a_gaussian_site_is_gaussian():
    d, coupling, variance = 5, 0.6, 0.8
    model = MeanFieldModel(d, GaussianSite(0.3, variance), coupling, slope=0.2)
    precision = np.eye(d) / variance - coupling / d
    mean = np.linalg.solve(precision, np.full(d, 0.3 / variance + 0.2))
    psi, y = 0.7, np.random.default_rng(5).standard_normal((3, d))
    expected = np.linalg.solve(precision + psi**2 * np.eye(d), (precision @ mean)[:, None] + psi * y.T).T
    np.testing.assert_allclose(model.posterior(psi, y)[0], expected, rtol=0, atol=1e-12)
    density = stats.multivariate_normal(mean, np.linalg.inv(precision)).logpdf(y)
    np.testing.assert_allclose(model.log_density(y), density, rtol=0, atol=1e-10)


def test_mean_field_with_a_density_site_against_quadrature_in_two_dimensions():
    site = DensitySite(lambda a: -(a**4), (-np.inf, np.inf))
    model = MeanFieldModel(2, site, 1.1, slope=0.1)
    psi, y = 0.8, np.array([0.4, -1.1])

    def integrand(b, a, power):
        weight = np.exp(site.log_density(np.array([a, b])).sum() + 1.1 * (a + b) ** 2 / 4 + 0.1 * (a + b))
        return a**power * weight * np.exp(psi * (y[0] * a + y[1] * b) - psi**2 * (a * a + b * b) / 2)

    top, bottom = (integrate.dblquad(integrand, -4, 4, -4, 4, args=(power,), epsabs=1e-11)[0] for power in (1, 0))
    assert abs(model.posterior(psi, y[None])[0][0, 0] - top / bottom) < 1e-8


def test_mean_field_without_coupling_is_a_product():
    model = MeanFieldModel(40, SPIN, 0.0, slope=0.3, tilt=4.0)
    samples = model.sample(np.random.default_rng(0), 2000)
    assert abs(samples.mean() - np.tanh(0.4)) < 5 / np.sqrt(samples.size)
    run = run_plan(MeanFieldModel(3000, SPIN, 0.0, slope=0.3), plain(5), 2, 0)
    full = run_plan(MeanFieldModel(3000, SPIN, 0.0, slope=0.3), plain(5), 2, 0, method="full")
    np.testing.assert_allclose(run.x, full.x, atol=1e-9)


def test_mean_field_samples_of_a_density_site():
    site = DensitySite(lambda a: -(a**4), (-np.inf, np.inf))
    model = MeanFieldModel(3, site, 1.0)
    samples = model.sample(np.random.default_rng(6), 400)
    u = np.linspace(-6, 6, 4001)
    log_normaliser, mean = site.tilted(u, 0.0)
    weights = special.softmax(-3 * u**2 / 2 + 3 * log_normaliser)
    expected = weights @ (mean**2)
    products = samples[:, 0] * samples[:, 1]
    assert abs(products.mean() - expected) < 5 * products.std() / 20


def test_product_posterior_against_enumeration():
    sites = (TERNARY, AtomSite([-1.0, 2.0], [0.4, 0.6]))
    model = ProductModel(4, [0.3, 0.7], sites)
    psi, y = 0.6, np.random.default_rng(7).standard_normal((5, 4))
    total, norm = 0.0, 0.0
    for weight, site in zip(model.weights, sites, strict=True):
        points = np.array(list(itertools.product(site.values, repeat=4)))
        logs = site.log_density(points).sum(axis=1) + psi * y @ points.T - psi**2 * np.sum(points**2, axis=1) / 2
        norm = norm + weight * np.exp(logs).sum(axis=1)
        total = total + weight * np.exp(logs) @ points
    mean, responsibilities = model.posterior(psi, y)
    np.testing.assert_allclose(mean, total / norm[:, None], atol=1e-13)
    np.testing.assert_allclose(responsibilities.sum(axis=1), 1, atol=1e-14)
    assert (
        abs(np.exp(model.log_density(np.array(list(itertools.product([-1, 0.2, 1.5, 2], repeat=4))))).sum() - 1) < 1e-12
    )


@pytest.mark.parametrize(
    "model",
    [
        ProductModel(30, [0.2, 0.8], (GaussianSite(-1.0, 0.5), LAPLACE)),
        DirectionModel(30, [0.2, 0.3, 0.5], [[1.0, 0.0], [-0.3, 0.6], [0.0, -1.0]], 0.5),
        DirectionModel(30, [0.4, 0.6], [[1.0], [-1.0]], 0.7),
    ],
    ids=["product", "three directions", "one direction"],
)
def test_posterior_is_the_conditional_mean_of_the_model_s_own_samples(model):
    """E[(a − D(y)) h(y)] = 0 for every h: with a shrunk posterior as negative control."""
    rng = np.random.default_rng(8)
    n, psi = 20_000, 0.4
    a = model.sample(rng, n)
    y = rng.standard_normal((n, 30)) + psi * a
    mean, responsibilities = model.posterior(psi, y)
    assert responsibilities.shape == (n, model.modes)
    for test in (np.ones((n, 1)), np.tanh(y), np.sign(y.sum(axis=1, keepdims=True))):
        values = ((a - mean) * test).mean(axis=1)
        assert abs(values.mean()) < 5 * values.std() / np.sqrt(n)
        wrong = ((a - 0.5 * mean) * np.tanh(y)).mean(axis=1)
        assert abs(wrong.mean()) > 5 * wrong.std() / np.sqrt(n)


def test_direction_model_is_a_gaussian_mixture():
    model = DirectionModel(5, [0.3, 0.7], [[1.0, 0.2], [-0.5, 0.4]], 0.6)
    np.testing.assert_allclose(model.frame @ model.frame.T, np.eye(2), atol=1e-14)
    means = np.sqrt(5) * model.centres @ model.frame
    x = np.random.default_rng(9).standard_normal((4, 5))

    def joint(scale, variance):
        laws = [stats.multivariate_normal(scale * r, variance * np.eye(5)) for r in means]
        return np.array([w * law.pdf(x) for w, law in zip([0.3, 0.7], laws, strict=True)])

    np.testing.assert_allclose(model.log_density(x), np.log(joint(1, 0.36).sum(axis=0)), atol=1e-12)
    psi = 1.3
    evidence = joint(psi, 1 + psi**2 * 0.36)
    expected = evidence.T / evidence.sum(axis=0)[:, None]
    mean, responsibilities = model.posterior(psi, x)
    np.testing.assert_allclose(responsibilities, expected, atol=1e-12)
    gain = psi * 0.36 / (1 + psi**2 * 0.36)
    np.testing.assert_allclose(mean, gain * x + (1 - psi * gain) * expected @ means, atol=1e-12)


def test_directions_agree_with_product_sites_along_the_diagonal():
    directions = DirectionModel(12, [0.8, 0.2], [[0.9], [-0.9]], 0.5)
    product = ProductModel(12, [0.8, 0.2], (GaussianSite(0.9, 0.25), GaussianSite(-0.9, 0.25)))
    y = np.random.default_rng(10).standard_normal((6, 12))
    for mine, theirs in zip(directions.posterior(0.3, y), product.posterior(0.3, y), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-13)
    np.testing.assert_allclose(directions.log_density(y), product.log_density(y), atol=1e-11)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ProductModel(0, [1.0], (SPIN,)), "d must be at least 1"),
        (lambda: ProductModel(3, [0.5, 0.6], (SPIN, SPIN)), "sum to 1"),
        (lambda: ProductModel(3, [1.0], (SPIN, SPIN)), "one entry for each"),
        (lambda: ProductModel(3, [1.0], ()), "at least one site"),
        (lambda: MeanFieldModel(3, SPIN, -1.0), "coupling"),
        (lambda: MeanFieldModel(3, SPIN, 1.0, boundaries=(1.0, 0.0)), "increase"),
        (lambda: MeanFieldModel(3, SPIN, float("nan")), "finite"),
        (lambda: DirectionModel(2, [1.0], [[1.0, 0.0, 0.0]], 1.0), "number of directions"),
        (lambda: DirectionModel(2, [1.0], [[1.0]], -1.0), "sigma"),
        (lambda: ProductModel(3, [1.0], (SPIN,)).posterior(0.1, np.zeros((2, 4))), "shape"),
        (lambda: ProductModel(3, [1.0], (SPIN,)).posterior(0.1, np.full((2, 3), np.nan)), "not finite"),
    ],
)
def test_bad_input_is_refused_with_a_reason(make, words):
    with pytest.raises((ValueError, TypeError), match=words):
        make()


@pytest.mark.parametrize("site", [SPIN, TERNARY, FLAT], ids=["spins", "three atoms", "flat"])
@pytest.mark.parametrize("share", [0.97, 1.0, 2.2])
@pytest.mark.parametrize("d", [2, 40, 3000])
def test_the_rule_against_a_finer_one(site, share, d):
    """Any site, critical or not, one peak or more; the reference sums log Z on a grid eight times as fine."""
    coupling = share / site.variance
    model = MeanFieldModel(d, site, coupling, slope=-coupling * site.mean, tilt=0.3, boundaries=(0.0,))
    rng = np.random.default_rng(17)
    for psi in (0.0, 1.5 / np.sqrt(d), 1.0):
        few = rng.standard_normal(min(d, 8)) + psi * site.mean
        low, high = model.collective.span
        reach = 10 * model.collective.width
        u = np.arange(low - reach, high + reach, 0.1 * model.collective.width)
        log_normaliser, mean = site.tilted(u[:, None] + psi * few, psi**2)
        exponent = d // few.size * log_normaliser.sum(axis=1) - d * (u - model.pull) ** 2 / (2 * coupling)
        weights = special.softmax(exponent)
        found, basins = model.posterior(psi, np.tile(few, d // few.size)[None])
        np.testing.assert_allclose(found[0, : few.size], weights @ mean, rtol=0, atol=1e-10)
        assert abs(basins[0, 0] - np.interp(0.0, u + (u[1] - u[0]) / 2, np.cumsum(weights))) < 2e-3
        assert abs(basins.sum() - 1) < 1e-12


@pytest.mark.parametrize(("coupling", "psi", "alone"), [(1.6, 0.4, True), (2.0, 0.001, False)], ids=["one", "two"])
def test_a_law_looked_for_near_the_last_one_is_the_law(coupling, psi, alone):
    d = 3000
    model = MeanFieldModel(d, SPIN, coupling, tilt=0.3, boundaries=(0.0,))
    rng = np.random.default_rng(12)
    population = Coordinates(psi * (rng.standard_normal((4, d)) + psi * model.sample(rng, 4)))
    found = model.collective.law(Question(population, kernel(SPIN, psi), model.cuts))
    assert (found.lead > 150) == alone
    deviation = 1 / np.sqrt(d)
    for shift in (0.0, 0.2 * deviation, 80 * deviation) if alone else ():
        near = Windows(found.near.middle + shift, found.near.half)
        again = model.collective.law(Question(population, kernel(SPIN, psi), model.cuts, near=near))
        assert (again.means.fields.shape[1] < found.means.fields.shape[1] / 2) == (shift < 1)
        for power in (1, 2):
            first, second = (
                (law.weights * np.tanh(law.means.fields.values) ** power).sum(axis=1) for law in (found, again)
            )
            np.testing.assert_allclose(first, second, rtol=1e-11)
        np.testing.assert_allclose(again.basins, found.basins, atol=1e-12)


def test_a_peak_that_grows_unseen_is_noticed():
    model = MeanFieldModel(3000, SPIN, 1.6, tilt=0.3, boundaries=(0.0,))
    both = model.prior
    upper = dataclasses.replace(both, low=both.high - 0.3, near=Windows(both.high - 0.15, 0.2), lead=70.0)
    drift = model.drift(2)
    drift._remember(upper, followed=False)
    drift._remember(upper, followed=True)
    drift._remember(upper, followed=True)
    assert drift._left == 0
    with pytest.raises(MissedPeakError):
        drift._remember(both, followed=False)
    careful = model.drift(0)
    for law in (upper, both, upper, both):
        careful._remember(law, followed=False)


@pytest.mark.parametrize("d", [30, 100])
def test_the_scalar_map_holds_in_low_dimension(d):
    model = MeanFieldModel(d, SPIN, 2.0, tilt=0.7, boundaries=(0.0,))
    full, fast = (run_plan(model, plain(60), 100, 0, method=method) for method in ("full", "scalar map"))
    np.testing.assert_allclose(fast.x, full.x, rtol=0, atol=1e-8)
    np.testing.assert_allclose(fast.responsibilities, full.responsibilities, rtol=0, atol=1e-10)


def test_a_ratio_whose_square_is_no_number_is_refused():
    """ψ = 1e160 gave NaN."""
    model = ProductModel(5, np.array([0.8, 0.2]), (GaussianSite(1.0, 1.0), GaussianSite(-1.0, 1.0)))
    weights = model.posterior(1e100, np.zeros((1, 5)))[1]
    assert np.all(np.isfinite(weights))
    with pytest.raises(ValueError, match="psi must be at most 1e"):
        model.posterior(1e160, np.zeros((1, 5)))
