"""Numeric sites against mpmath, brute force and known flows."""

import math

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

from symsched.laws.numeric import AtomSite, DensitySite, GaussianSite

INF = np.inf
SECH = (
    lambda a: -np.abs(a) - 2 * np.log1p(np.exp(-np.abs(a))),
    lambda a: -abs(a) - 2 * mp.log1p(mp.exp(-abs(a))),
)
DENSITIES = {
    "uniform": (lambda a: 0 * a, (-1, 2), lambda a: mp.mpf(0)),
    "laplace": (lambda a: -np.abs(a - 0.5) / 0.75, (-INF, 0.5, INF), lambda a: -abs(a - mp.mpf(0.5)) / mp.mpf(0.75)),
    "exponential": (lambda a: -a, (0, INF), lambda a: -a),
    "gamma 3": (lambda a: 2 * np.log(a) - a, (0, INF), lambda a: 2 * mp.log(a) - a),
    "gamma 1/2": (lambda a: -0.5 * np.log(a) - a, (0, INF), lambda a: -mp.log(a) / 2 - a),
    "logistic": (SECH[0], (-INF, INF), SECH[1]),
    "quartic": (lambda a: -(a**4), (-INF, INF), lambda a: -(a**4)),
    "bimodal": (
        lambda a: np.logaddexp(np.log(1.5) - (a - 2) ** 2 * 12.5, -((a + 1) ** 2) / 2),
        (-INF, INF),
        lambda a: mp.log(mp.mpf(1.5) * mp.exp(-((a - 2) ** 2) * 12.5) + mp.exp(-((a + 1) ** 2) / 2)),
    ),
    "beta 2 3": (lambda a: np.log(a) + 2 * np.log1p(-a), (0, 1), lambda a: mp.log(a) + 2 * mp.log(1 - a)),
    "arcsine": (lambda a: -0.5 * np.log(a * (1 - a)), (0, 1), lambda a: -mp.log(a * (1 - a)) / 2),
    "far normal": (lambda a: -((a - 10000) ** 2) / 2, (-INF, INF), lambda a: -((a - 10000) ** 2) / 2),
}
MASS_CACHE: dict[str, object] = {}


def reference(name, field, curvature, site):
    """(log normaliser, mean) by mpmath; the site only says where to split the integral."""
    _, breakpoints, log_density = DENSITIES[name]
    with mp.workdps(30):
        f, c = mp.mpf(float(field)), mp.mpf(float(curvature))

        def integrals(f, c, centre, width):
            steps = [0] + [s * k for k in (0.5, 1, 2, 4, 8, 16, 32, 64, 256) for s in (-1, 1)]
            cuts = {mp.mpf(float(b)) for b in breakpoints}
            cuts |= {mp.mpf(centre) + mp.mpf(width) * k for k in steps}
            low, high = mp.mpf(float(breakpoints[0])), mp.mpf(float(breakpoints[-1]))
            cuts = sorted(x for x in cuts if low <= x <= high)
            r = min(max(mp.mpf(centre), low), high)

            def weight(a):
                return mp.exp(log_density(a) + (f - c * (a + r) / 2) * (a - r)) if low < a < high else mp.mpf(0)

            zero = mp.quad(weight, cuts)
            one = mp.quad(lambda a: weight(a) * (a - r), cuts)
            return mp.log(zero) + (f - c * r / 2) * r, r + one / zero

        if name not in MASS_CACHE:
            MASS_CACHE[name] = integrals(mp.mpf(0), mp.mpf(0), site.mean, math.sqrt(site.variance))[0]
        width = math.sqrt(float(site.tilted_variance(field, curvature)))
        log_normaliser, mean = integrals(f, c, float(site.tilted(field, curvature)[1]), width)
        return float(log_normaliser - MASS_CACHE[name]), float(mean)


TILTS = [(0.0, 0.0), (0.4, 0.0), (0.3, 0.01), (-2.0, 1.0), (50.0, 30.0), (-400.0, 3.0), (1e4, 1e4), (3e11, 1e12)]


@pytest.mark.parametrize("name", DENSITIES)
def test_density_tilts_agree_with_mpmath(name):
    log_weight, breakpoints, _ = DENSITIES[name]
    site = DensitySite(log_weight, breakpoints)
    for field, curvature in TILTS:
        log_normaliser, mean = site.tilted(field, curvature)
        expected = reference(name, field, curvature, site)
        assert abs(log_normaliser - expected[0]) <= 1e-10 * max(1, abs(expected[0])), (field, curvature)
        spread = math.sqrt(float(site.tilted_variance(field, curvature)))
        assert abs(mean - expected[1]) <= 1e-10 * max(spread, abs(expected[1])), (field, curvature)


@pytest.mark.parametrize("name", DENSITIES)
def test_density_tilts_stay_finite_and_inside_the_support(name):
    log_weight, breakpoints, _ = DENSITIES[name]
    site = DensitySite(log_weight, breakpoints)
    curvature = np.array([1e-6, 1.0, 1e6, 1e12])[:, None]
    field = np.concatenate([-np.logspace(-6, 14, 11), np.logspace(-6, 14, 11)])
    log_normaliser, mean = site.tilted(field, curvature)
    variance = site.tilted_variance(field, curvature)
    assert log_normaliser.shape == mean.shape == variance.shape == (4, 22)
    assert np.all(np.isfinite(log_normaliser)) and np.all(np.isfinite(mean)) and np.all(variance >= 0)
    assert np.all(mean >= breakpoints[0]) and np.all(mean <= breakpoints[-1])


def test_field_at_zero_curvature_inside_and_outside_the_domain():
    exponential = DensitySite(lambda a: -a, (0, INF))
    log_normaliser, mean = exponential.tilted(np.array([0.9, -3.0, 0.0]), 0.0)
    assert np.allclose(log_normaliser, -np.log1p(-np.array([0.9, -3.0, 0.0])), rtol=1e-11, atol=1e-12)
    assert np.allclose(mean, 1 / (1 - np.array([0.9, -3.0, 0.0])), rtol=1e-11)
    with pytest.raises(ValueError, match="moment"):
        exponential.tilted(1.0, 0.0)
    uniform = DensitySite(lambda a: 0 * a, (-1, 2))
    log_normaliser, mean = uniform.tilted(np.array([1e8, -1e8]), 0.0)
    assert np.allclose(mean, [2 - 1e-8, -1 + 1e-8], rtol=1e-15)
    assert np.allclose(log_normaliser, [2e8 - np.log(3e8), 1e8 - np.log(3e8)], rtol=1e-14)


def test_power_tails():
    student = DensitySite(lambda a: -2 * np.log1p(a**2 / 3), (-INF, INF))
    assert student.variance == pytest.approx(3.0, rel=1e-10)
    cauchy = DensitySite(lambda a: -np.log1p(a**2), (-INF, INF))
    assert float(cauchy.tilted(0.0, 2.0)[0]) == pytest.approx(math.log(math.e * math.erfc(1.0)), rel=1e-10)
    with pytest.raises(ValueError, match="moment"):
        _ = cauchy.mean
    with pytest.raises(ValueError, match="integrable"):
        DensitySite(lambda a: -np.log(a), (0, 1))


def test_bad_densities_are_refused():
    with pytest.raises(ValueError, match="increasing"):
        DensitySite(lambda a: 0 * a, (1, 0))
    with pytest.raises(ValueError, match="vanishes"):
        DensitySite(lambda a: np.full_like(a, -INF), (0, 1))
    with pytest.raises(ValueError, match="negative"):
        DensitySite(lambda a: 0 * a, (0, 1)).tilted(0.0, -1.0)


def kolmogorov(samples, cdf):
    return stats.kstest(samples, cdf).statistic * math.sqrt(samples.size)


@pytest.mark.parametrize(
    ("name", "cdf"),
    [
        ("uniform", stats.uniform(-1, 3).cdf),
        ("laplace", stats.laplace(0.5, 0.75).cdf),
        ("gamma 1/2", stats.gamma(0.5).cdf),
        ("gamma 3", stats.gamma(3).cdf),
        ("logistic", stats.logistic.cdf),
        ("beta 2 3", stats.beta(2, 3).cdf),
        ("arcsine", stats.beta(0.5, 0.5).cdf),
        ("far normal", stats.norm(10000).cdf),
    ],
)
def test_samples_follow_the_density(name, cdf):
    log_weight, breakpoints, _ = DENSITIES[name]
    site = DensitySite(log_weight, breakpoints)
    samples = site.sample(np.random.default_rng(7), (100, 1000)).ravel()
    assert kolmogorov(samples, cdf) < 2.2  # probability 1e-4
    tilted = DensitySite(lambda a: log_weight(a) + 0.1 * (a - site.mean) / math.sqrt(site.variance), breakpoints)
    wrong = tilted.sample(np.random.default_rng(7), 100_000)
    assert kolmogorov(wrong, cdf) > 2.2
    # The table itself, not its statistics.
    levels = np.linspace(1e-6, 1 - 1e-6, 2001)
    assert np.max(np.abs(cdf(site._inverse(levels)) - levels)) < 2e-9


def test_atoms_are_exact():
    site = AtomSite(np.array([2.0, -1.0, 2.0, 0.5]), np.array([0.25, 0.5, 0.125, 0.125]))
    assert site.values.tolist() == [-1.0, 0.5, 2.0] and site.weights.tolist() == [0.5, 0.125, 0.375]
    for field, curvature in [(0.0, 0.0), (3.0, 1.0), (-700.0, 2.0), (1e14, 1.0), (-7.5e11, 1e12), (5e11 + 0.25, 1e12)]:
        with mp.workdps(40):
            pairs = [
                (w * mp.exp(mp.mpf(field) * g - mp.mpf(curvature) * g**2 / 2), g)
                for g, w in zip(map(mp.mpf, site.values), map(mp.mpf, site.weights), strict=True)
            ]
            total = mp.fsum(w for w, _ in pairs)
            mean = mp.fsum(w * g for w, g in pairs) / total
            variance = mp.fsum(w * (g - mean) ** 2 for w, g in pairs) / total
        log_normaliser, tilted_mean = site.tilted(field, curvature)
        assert float(log_normaliser) == pytest.approx(float(mp.log(total)), rel=1e-12, abs=1e-13)
        assert float(tilted_mean) == pytest.approx(float(mean), rel=1e-12)
        assert float(site.tilted_variance(field, curvature)) == pytest.approx(float(variance), rel=1e-10, abs=1e-300)
    assert AtomSite(np.array([3.0]), np.array([1.0])).gaussian == (3.0, 0.0)
    with pytest.raises(ValueError, match="sum to 1"):
        AtomSite(np.array([0.0, 1.0]), np.array([0.5, 0.6]))


def test_two_atoms_agree_with_the_general_rule():
    pair = AtomSite(np.array([-0.25, 1.5]), np.array([0.2, 0.8]))
    field, curvature = np.linspace(-30, 30, 101), 4.0
    log_normaliser, mean, variance = pair._moments(field, np.full(101, curvature))
    assert np.allclose(pair.tilted(field, curvature)[0], log_normaliser, rtol=1e-13)
    assert np.allclose(pair.tilted(field, curvature)[1], mean, rtol=1e-13)
    assert np.allclose(pair.tilted_variance(field, curvature), variance, rtol=1e-11)


def test_gaussian_site_agrees_with_its_density():
    gaussian = GaussianSite(0.75, 2.25)
    density = DensitySite(lambda a: -((a - 0.75) ** 2) / 4.5, (-INF, INF))
    field, curvature = np.linspace(-50, 50, 21), np.array([0.0, 1e-3, 1.0, 1e6, 1e12])[:, None]
    for exact, computed in zip(gaussian.tilted(field, curvature), density.tilted(field, curvature), strict=True):
        assert np.allclose(computed, exact, rtol=1e-10, atol=1e-10)
    assert np.allclose(density.tilted_variance(field, curvature), gaussian.tilted_variance(field, curvature), rtol=1e-9)
    nu0 = np.array([-9.0, -1.0, 0.0, 3.0, 9.0])
    assert np.allclose(density.flow(2.0, nu0), gaussian.flow(2.0, nu0), rtol=1e-10)
    points = np.linspace(-3, 3, 7)
    assert np.allclose(density.log_density(points), gaussian.log_density(points), rtol=1e-11)
    with pytest.raises(ValueError, match="negative"):
        GaussianSite(0.0, -1.0)


@pytest.mark.parametrize("name", ["uniform", "laplace", "gamma 1/2", "bimodal", "quartic"])
def test_cdf_of_a_density_agrees_with_mpmath(name):
    log_weight, breakpoints, log_density = DENSITIES[name]
    site = DensitySite(log_weight, breakpoints)
    low, high = mp.mpf(float(breakpoints[0])), mp.mpf(float(breakpoints[-1]))
    for s, nu in [(0.5, -0.3), (1.0, 2.0), (20.0, 5.0), (1.0, -9.0), (1.0, 9.0), (0.0, 1.0)]:
        with mp.workdps(25):
            cuts = sorted({low, high, *(mp.mpf(x) for x in (-8, -2, -1, 0, 0.5, 1, 2, 3, 8) if low < x < high)})
            if s:
                cuts = sorted({*cuts, *(mp.mpf((nu + k) / s) for k in (-4, 0, 4) if low < (nu + k) / s < high)})

            def weight(a, sign, s=s, nu=nu):
                return mp.exp(log_density(a)) * mp.ncdf(sign * (nu - s * a)) if low < a < high else mp.mpf(0)

            lower, upper = (mp.quad(lambda a, sign=sign: weight(a, sign), cuts) for sign in (1, -1))
            mass = mp.quad(lambda a: mp.exp(log_density(a)) if low < a < high else mp.mpf(0), cuts)
        log_lower, log_upper = site.log_cdf(s, nu)
        assert float(log_lower) == pytest.approx(float(mp.log(lower / mass)), rel=1e-10, abs=1e-12)
        assert float(log_upper) == pytest.approx(float(mp.log(upper / mass)), rel=1e-10, abs=1e-12)


def test_flow_of_atoms_matches_the_reference_values():
    # Symmetric-in-size atoms ±1 with weights 4/5, 1/5 (mpmath values of the exact quantile flow at s = 3).
    site = AtomSite(np.array([-1.0, 1.0]), np.array([0.2, 0.8]))
    flowed = site.flow(3.0, np.array([0.3, -1.0]))
    assert flowed[0] == pytest.approx(3.0561510899913, abs=1e-12)
    assert flowed[1] == pytest.approx(-2.1821596210623, abs=1e-12)


@pytest.mark.parametrize(
    "site",
    [
        AtomSite(np.array([-1.0, 0.5, 3.0]), np.array([0.3, 0.3, 0.4])),
        DensitySite(*DENSITIES["laplace"][:2]),
        DensitySite(*DENSITIES["gamma 1/2"][:2]),
        GaussianSite(1.0, 0.5),
    ],
    ids=["atoms", "laplace", "gamma", "gaussian"],
)
def test_flow_solves_the_canonical_equation(site):
    nu0 = np.array([-8.0, -2.0, -0.1, 0.0, 1.3, 2.5, 8.0])
    s, step = 1.5, 1e-3
    velocity = (
        8 * (site.flow(s + step, nu0) - site.flow(s - step, nu0))
        - (site.flow(s + 2 * step, nu0) - site.flow(s - 2 * step, nu0))
    ) / (12 * step)
    nu = site.flow(s, nu0)
    assert np.allclose(velocity, site.tilted(s * nu, s * s)[1], rtol=1e-7, atol=1e-8)
    assert np.allclose(site.flow(0.0, nu0), nu0, rtol=1e-12)
    assert np.all(np.diff(site.flow(20.0, nu0)) > 0)


def mixture(*components):
    """Log density of a Gaussian mixture of (weight, mean, standard deviation), unnormalised."""
    return lambda a: np.logaddexp.reduce(
        [np.log(w / width) - ((a - centre) / width) ** 2 / 2 for w, centre, width in components]
    )


@pytest.mark.parametrize(
    "components",
    [
        ((0.5, 0.0, 1.0), (0.5, 1000.0, 1.0)),
        ((0.9, -50.0, 1.0), (0.1, 50.0, 0.01)),
        ((0.5, 0.0, 1.0), (0.5, 0.3, 0.001)),
        ((0.5, 0.0, 1e-8), (0.5, 1e-6, 1e-8)),
        ((1e-6, 0.0, 100.0), (1 - 1e-6, 0.0, 1.0)),
        ((0.3, -30.0, 1.0), (0.4, 0.0, 0.1), (0.3, 30.0, 2.0)),
    ],
)
def test_separated_and_narrow_modes_are_found(components):
    site = DensitySite(mixture(*components), (-INF, INF))
    field = np.array([0.0, 1.0, -3.0, 30.0, 300.0, 1000.0])
    for curvature in (0.0, 0.1, 10.0, 1e4):
        parts = [GaussianSite(centre, width**2).tilted(field, curvature) for _, centre, width in components]
        logs = np.array([np.log(w) + part[0] for (w, _, _), part in zip(components, parts, strict=True)])
        total = np.logaddexp.reduce(logs)
        mean = np.sum(np.exp(logs - total) * np.array([part[1] for part in parts]), axis=0)
        log_normaliser, computed = site.tilted(field, curvature)
        spread = np.sqrt(site.tilted_variance(field, curvature))
        assert np.allclose(log_normaliser, total, rtol=1e-10, atol=1e-10)
        assert np.all(np.abs(computed - mean) <= 1e-10 * np.maximum(spread, np.abs(mean)))


def test_a_spike_below_the_scan_needs_a_mark():
    components = ((0.5, 0.0, 1.0), (0.5, 0.3, 1e-5))
    blind = DensitySite(mixture(*components), (-INF, INF))
    assert abs(blind.mean - 0.15) > 0.1
    told = DensitySite(mixture(*components), (-INF, INF), ((0.3, 1e-5),))
    assert told.mean == pytest.approx(0.15, rel=1e-10)


@pytest.mark.parametrize("s", [0.0, 1e-8, 0.1, 1.0, 1e3, 1e6])
def test_flow_keeps_both_tails(s):
    cauchy = DensitySite(lambda a: -np.log1p(a**2), (-INF, INF))
    for site, nu0 in [
        (DensitySite(*DENSITIES["gamma 1/2"][:2]), np.array([-37.0, -8.0, -1.0, 0.0, 1.0, 8.0, 37.0])),
        (cauchy, np.array([-8.0, -5.0, -1.0, 0.0, 1.0, 5.0, 8.0])),
    ]:
        log_lower, log_upper = site.log_cdf(s, site.flow(s, nu0))
        smaller = np.where(nu0 <= 0, log_lower, log_upper)
        assert np.allclose(smaller, stats.norm.logcdf(-np.abs(nu0)), rtol=1e-10, atol=1e-10)


def test_the_normaliser_gives_the_slope_of_the_cdf():
    for site in (
        AtomSite(np.array([-1.0, 0.5]), np.array([0.3, 0.7])),
        GaussianSite(0.5, 2.0),
        DensitySite(*DENSITIES["bimodal"][:2]),
    ):
        nu, step = np.array([-2.0, 0.3, 4.0]), 1e-3
        slope = (8 * (site.cdf(1.5, nu + step) - site.cdf(1.5, nu - step))) / (12 * step)
        slope -= (site.cdf(1.5, nu + 2 * step) - site.cdf(1.5, nu - 2 * step)) / (12 * step)
        log_density = site.log_normaliser(1.5 * nu, 2.25) - nu**2 / 2 - np.log(2 * np.pi) / 2
        assert np.allclose(np.exp(log_density), slope, rtol=1e-9)
