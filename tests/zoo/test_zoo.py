"""The zoo against numbers of its own: divergences between modes, and the law of the spin mean, by plain quadrature.

A law is given here once more, as nodes and weights of a Gauss rule or as its atoms: nothing comes from the cascade.
"""

import functools
import itertools
import math
import pickle

import numpy as np
import pytest
import sympy as sp
from numpy.polynomial import hermite_e, laguerre, legendre
from scipy import special
from scipy.optimize import brentq, minimize_scalar

import symsched
from symsched.algebra.asymptotics import trial_values
from symsched.symbols import d as d_symbol
from symsched.zoo import ZOO, find

NAMES = [entry.name for entry in ZOO]


@functools.cache
def limit_of(name):
    entry = find(name)
    return symsched.derive(entry.distribution(), entry.settings.path)


# ---------------------------------------------------------------- the laws, as Gauss rules


def normal(mean, std):
    nodes, weights = hermite_e.hermegauss(60)
    return mean + std * nodes, weights / weights.sum()


def gamma(shape, scale):
    nodes, weights = special.roots_genlaguerre(60, shape - 1)
    return scale * nodes, weights / weights.sum()


def laplace(scale):
    nodes, weights = laguerre.laggauss(60)
    return scale * np.concatenate([-nodes[::-1], nodes]), np.concatenate([weights[::-1], weights]) / 2


def uniform(low, high):
    nodes, weights = legendre.leggauss(60)
    return (low + high) / 2 + (high - low) / 2 * nodes, weights / 2


def atoms(table):
    return np.array(list(table), dtype=float), np.array(list(table.values()), dtype=float)


def poisson(mean):
    k = np.arange(120)
    return k.astype(float), np.exp(k * math.log(mean) - mean - special.gammaln(k + 1))


def geometric(p):
    k = np.arange(1, 300)
    return k.astype(float), p * (1 - p) ** (k - 1)


def skewed(sign):
    return atoms({sign * 2.0: 0.2, -sign * 0.5: 0.8})


SPINS = atoms({-1: 0.5, 1: 0.5})
ROOT3 = math.sqrt(3)

# Per entry: modes as functions of d, and the exponents at which they are told apart are computed below from these.
MIXTURES = {
    "gaussian-mixture": lambda d: [normal(1, 0.5), normal(-1, 0.5)],
    "unequal-gaussians": lambda d: [normal(1, 0.5), normal(-0.5, 1.5)],
    "bernoulli-pixels": lambda d: [atoms({0: 0.4, 1: 0.6}), atoms({0: 0.75, 1: 0.25})],
    "exponential-pair": lambda d: [gamma(1, 1), gamma(1, 0.5)],
    "two-variances": lambda d: [normal(0, 1.5), normal(0, 0.5)],
    "gamma-or-exponential": lambda d: [gamma(4, 0.25), gamma(1, 1)],
    "skewed-pair": lambda d: [skewed(1), skewed(-1)],
    "poisson-or-geometric": lambda d: [poisson(2), geometric(0.5)],
    "spins-or-normal": lambda d: [SPINS, normal(0, 1)],
    "laplace-or-normal": lambda d: [laplace(1 / math.sqrt(2)), normal(0, 1)],
    "uniform-or-normal": lambda d: [uniform(-ROOT3, ROOT3), normal(0, 1)],
    "quadrature-or-normal": lambda d: [atoms({-ROOT3: 1 / 6, 0: 2 / 3, ROOT3: 1 / 6}), normal(0, 1)],
    "weak-separation": lambda d: [normal(d**-0.25, 1), normal(-(d**-0.25), 1)],
    "two-level-tree": lambda d: [normal(g + m * d**-0.25, 0.5) for g in (1, -1) for m in (1, -1)],
    "means-then-variances": lambda d: [normal(g, w) for g in (1, -1) for w in (1.5, 0.5)],
}


def divergence(first, second, psi):
    """Half the symmetrised Kullback–Leibler divergence of z + ψ a: ½ ∫ φ (Z_1 − Z_2) log(Z_1/Z_2) dy."""
    y, step = np.linspace(-12, 12, 481, retstep=True)

    def partition(law):
        nodes, weights = law
        return weights @ np.expm1(psi * nodes[:, None] * y - psi**2 * nodes[:, None] ** 2 / 2)

    one, two = partition(first), partition(second)
    density = np.exp(-(y**2) / 2) / math.sqrt(2 * math.pi)
    return 0.5 * step * float(np.sum(density * (one - two) * (np.log1p(one) - np.log1p(two))))


def scale(modes, pair, d):
    """The ψ at which d coordinates tell the two modes apart: d × divergence = 1."""
    first, second = (modes(d)[k] for k in pair)
    return math.exp(brentq(lambda log: math.log(d * divergence(first, second, math.exp(log))), -30, 0, xtol=1e-10))


@pytest.mark.parametrize("name", list(MIXTURES))
def test_exponents_are_the_slopes_at_which_the_divergence_of_d_coordinates_is_one(name):
    modes = MIXTURES[name]
    near, far = 1e12, 1e16
    found = []
    for pair in itertools.combinations(range(len(modes(near))), 2):
        slope = math.log(scale(modes, pair, far) / scale(modes, pair, near)) / math.log(far / near)
        found.append(-slope)
    derived = [float(phase.exponent) for phase in limit_of(name).cascade.speciations]
    distinct = sorted({min(derived, key=lambda e: abs(e - value)) for value in found}, reverse=True)
    assert distinct == derived
    # Corrections are of the relative size ψ, d^(−1/12) at worst.
    assert all(min(abs(value / e - 1) for e in derived) < 0.02 for value in found)


@pytest.mark.parametrize("name", [name for name in MIXTURES if len(MIXTURES[name](4)) == 2])
def test_atoms_have_the_distance_that_the_divergence_demands(name):
    phase = limit_of(name).phases[0]
    d = 1e16
    psi = 0.05 * d ** -float(phase.exponent)
    measured = d * divergence(*MIXTURES[name](d), psi)
    one, two = (float(sp.N(value)) for value in phase.law.atoms)
    s = (psi * d ** float(phase.exponent)) ** phase.order
    assert measured == pytest.approx(s**2 * (one - two) ** 2 / 2, rel=0.02)


# ---------------------------------------------------------------- mean-field measures


def three_state(vacancy):
    return atoms({-1: (1 - vacancy) / 2, 0: vacancy, 1: (1 - vacancy) / 2})


def quartic():
    nodes, weights = uniform(-4, 4)
    density = weights * np.exp(-(nodes**4))
    return nodes, density / density.sum()


OCCUPIED = atoms({0: 0.5, 1: 0.3, 3: 0.2})


def tilted(law, u):
    """log E exp(ua), mean and variance of a under the tilt, for an array u."""
    nodes, weights = law
    exponents = np.log(weights)[:, None] + nodes[:, None] * np.ravel(u)
    log_mass = special.logsumexp(exponents, axis=0)
    shares = np.exp(exponents - log_mass)
    mean = nodes @ shares
    return log_mass, mean, nodes**2 @ shares - mean**2


def well(law, coupling, slope, low, high):
    """Height of the maximum of Λ(u) − (u − slope)²/2c between low and high."""
    found = minimize_scalar(
        lambda u: float((u - slope) ** 2 / (2 * coupling) - tilted(law, u)[0][0]),
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return -found.fun


@functools.cache
def coexistence_coupling():
    """β at which the wells at 0 and at m of Blume–Capel are equally deep: the outer one has height 0."""
    return brentq(lambda beta: well(three_state(0.9), beta, 0, 3, 9), 5, 7, xtol=1e-14)


@functools.cache
def coexistence_slope():
    def balance(slope):
        return well(OCCUPIED, 1, slope, slope + 1.6, slope + 4) - well(OCCUPIED, 1, slope, slope - 1, slope + 1)

    return brentq(balance, -1.4, -0.9, xtol=1e-14)


# Per entry: spin law, coupling c and slope s of g = c m²/2 + s m, and the field h(d) of f = h m.
MEASURES = {
    "curie-weiss": lambda: (SPINS, 2, 0, lambda d: math.log(2)),
    "curie-weiss-hot": lambda: (SPINS, 0.5, 0, lambda d: 0),
    "curie-weiss-critical": lambda: (SPINS, 1, 0, lambda d: 0.8 * d**0.25),
    "asymmetric-field": lambda: (SPINS, 1.5, 0.2, lambda d: 0),
    "blume-capel-ordered": lambda: (three_state(0.5), 3, 0, lambda d: 0.25),
    "blume-capel-disordered": lambda: (three_state(0.5), 1, 0, lambda d: 0),
    "blume-capel-tricritical": lambda: (three_state(2 / 3), 3, 0, lambda d: 0),
    "blume-capel-coexistence": lambda: (three_state(0.9), coexistence_coupling(), 0, lambda d: 0),
    "asymmetric-coexistence": lambda: (OCCUPIED, 1, coexistence_slope(), lambda d: 0.5),
    "soft-spin": lambda: (quartic(), 4, 0, lambda d: 0.2),
    "bounded-spin": lambda: (uniform(-1, 1), 5, 0, lambda d: 0.5),
}


def field_law(name, d):
    """Law of the total field u = c m + s + h/d + noise on a grid: exp d(Λ(u) − (u − s − h/d)²/2c) du."""
    law, coupling, slope, field = MEASURES[name]()
    reach = coupling * float(np.max(np.abs(law[0]))) + 2
    u = np.linspace(slope - reach, slope + reach, 60_001)
    log_mass, mean, variance = (
        np.concatenate(p) for p in zip(*(tilted(law, part) for part in np.array_split(u, 16)), strict=True)
    )
    height = d * (log_mass - (u - slope - field(d) / d) ** 2 / (2 * coupling))
    mass = np.exp(height - height.max())
    return u, height, mass / mass.sum(), mean, variance


@pytest.mark.parametrize("name", list(MEASURES))
def test_exponents_are_those_of_the_spin_means_own_width(name):
    widths = {}
    for d in (2.0e5, 8.0e5):
        _, _, mass, mean, variance = field_law(name, d)
        centre = float(mass @ mean)
        widths[d] = math.sqrt(float(mass @ (mean - centre) ** 2 + mass @ variance / d))
    growth = math.log(widths[8.0e5] / widths[2.0e5]) / math.log(4)
    # d coordinates reveal the mean where ψ √d width = 1; a width of d^(−1/2) is that of independent coordinates.
    independent = max(0.5 + growth, 0)
    speciations = limit_of(name).cascade.speciations
    derived = [float(phase.exponent) for phase in speciations] or [0.0]
    assert len(derived) == 1
    assert derived[0] == pytest.approx(independent, abs=0.01)


@pytest.mark.parametrize(
    "name",
    [
        "curie-weiss",
        "blume-capel-ordered",
        "blume-capel-coexistence",
        "asymmetric-coexistence",
        "soft-spin",
        "bounded-spin",
    ],
)
def test_weights_are_the_shares_of_the_basins_at_large_d(name):
    _, height, mass, mean, _ = field_law(name, 2.0e5)
    modes = limit_of(name).cascade.modes
    centres = sorted(float(sp.N(value)) for value in limit_of(name).phases[0].law.atoms)
    places = [int(np.argmin(np.abs(mean - centre))) for centre in centres]
    cuts = [low + int(np.argmin(height[low:high])) for low, high in itertools.pairwise(places)]
    shares = [part.sum() for part in np.split(mass, cuts)]
    claimed = [float(sp.N(mode.weight)) for mode in modes]
    assert claimed == pytest.approx(shares, abs=2e-4)


# ---------------------------------------------------------------- the registry


def test_every_distribution_has_an_independent_number_or_a_gram_matrix():
    assert len(ZOO) >= 16
    others = {"gaussian-triangle", "gaussian-line", "gaussian-simplex", "four-spins", "confined-gaussian"}
    assert {*MIXTURES, *MEASURES, *others} == set(NAMES)


@pytest.mark.parametrize("name", ["gaussian-triangle", "gaussian-line", "gaussian-simplex"])
def test_gaussian_modes_keep_their_distances(name):
    distribution = find(name).distribution()
    phase = limit_of(name).phases[0]
    points = [value.args if isinstance(value, sp.Tuple) else (value,) for value in phase.law.atoms]
    for k, j in itertools.combinations(range(len(points)), 2):
        squared = sum((a - b) ** 2 for a, b in zip(points[k], points[j], strict=True))
        gram = distribution.gram
        assert sp.simplify(squared - (gram[k, k] + gram[j, j] - 2 * gram[k, j])) == 0
    assert phase.exponent == sp.Rational(1, 2)


@pytest.mark.parametrize("name", NAMES)
def test_every_derivation_survives_its_own_numbers(name):
    checks = limit_of(name).derivation.check()
    assert [str(check) for check in checks if not check.passed] == []


@pytest.mark.parametrize("entry", ZOO, ids=NAMES)
def test_weights_sum_to_one_and_windows_fit_at_the_recommended_settings(entry):
    limit = limit_of(entry.name)
    total = sum(mode.weight for mode in limit.cascade.modes)
    assert float(sp.N(total.subs(trial_values(total.free_symbols)).subs(d_symbol, 10**6))) == pytest.approx(1)
    settings = entry.settings
    for dimension in (*settings.dimensions, *settings.quick.dimensions):
        plan = limit.schedule.plan(settings.steps, dimension, settings.kappa)
        assert np.all(np.diff(plan.psi) >= 0)


def test_tricritical_parameters_are_derived():
    measure = find("blume-capel-tricritical").distribution()
    assert dict(measure.spin.atoms) == {-1: sp.Rational(1, 6), 0: sp.Rational(2, 3), 1: sp.Rational(1, 6)}
    assert measure.interaction == 3 * symsched.symbols.m**2 / 2


def test_a_parameter_changes_and_an_unknown_one_is_refused():
    changed = find("gaussian-mixture").distribution(p=sp.Rational(1, 3))
    assert changed.modes[0].weight == sp.Rational(1, 3)
    with pytest.raises(ValueError, match="no parameter 'sigm'; did you mean 'sigma'"):
        find("gaussian-mixture").distribution(sigm=1)


@pytest.mark.parametrize("written", ["two-variances", "TwoVariances", "two_variances"])
def test_names_are_found_however_they_are_written(written):
    assert find(written).name == "two-variances"


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'curie-weiss'"):
        find("curie-wiess")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("blume-capel-coexistence", {"vacancy": sp.Rational(1, 2)}),
        ("gaussian-simplex", {"modes": sp.Rational(5, 2)}),
        ("gaussian-mixture", {"p": 2}),
        ("bernoulli-pixels", {"dark": sp.Rational(3, 5)}),
    ],
)
def test_values_that_make_no_distribution_are_refused(name, values):
    with pytest.raises(ValueError, match=r".+"):
        find(name).distribution(**values)


def binomial_mean(d):
    up = np.arange(d + 1)
    mean = 2 * up / d - 1
    choices = special.gammaln(d + 1) - special.gammaln(up + 1) - special.gammaln(d - up + 1)
    return mean, choices + d * 0.9 * mean**4 + mean / 3


def confined_mean(d):
    mean = np.linspace(-2, 2, 400_001)
    return mean, d * (mean**2 - mean**4 / 2 - mean**2 / 2) + mean / 2


@pytest.mark.parametrize(("name", "law"), [("four-spins", binomial_mean), ("confined-gaussian", confined_mean)])
def test_weights_where_the_interaction_is_not_quadratic(name, law):
    mean, logs = law(200_000)
    shares = special.softmax(logs)
    claimed = [float(sp.N(mode.weight)) for mode in limit_of(name).cascade.modes]
    assert claimed == pytest.approx([shares[mean < 0].sum(), shares[mean > 0].sum()], abs=2e-4)
    centre = float(sp.N(max(limit_of(name).phases[0].law.atoms)))
    assert centre == pytest.approx(mean[np.argmax(logs)], abs=2e-5)


@pytest.mark.parametrize("entry", ZOO, ids=lambda entry: entry.name)
def test_a_model_that_was_used_can_be_sent_to_another_process(entry):
    model = entry.distribution().model(20)
    y = np.linspace(-1, 1, 40).reshape(2, 20)
    expected = model.posterior(0.3, y)[0]
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).posterior(0.3, y)[0], expected)
