"""Symbolic laws against their numeric sites, mpmath and known values."""

import mpmath as mp
import numpy as np
import pytest
import sympy as sp
from sympy import Rational
from sympy.stats import (
    Bernoulli,
    Beta,
    Binomial,
    Cauchy,
    ChiSquared,
    ContinuousRV,
    Die,
    DiscreteRV,
    Exponential,
    FDistribution,
    FiniteRV,
    Gamma,
    Geometric,
    Gumbel,
    Laplace,
    Logistic,
    LogNormal,
    Maxwell,
    MultivariateNormal,
    Normal,
    Poisson,
    Rademacher,
    Skellam,
    StudentT,
    Triangular,
    Uniform,
)

from symsched.algebra.constants import ImplicitConstant
from symsched.errors import DerivationError
from symsched.laws import AtomLaw, DensityLaw, LatticeLaw, law_of
from symsched.laws.numeric import AtomSite, DensitySite, GaussianSite
from symsched.symbols import a, d, nu, s, u

x = sp.Symbol("x", real=True)
h = sp.Symbol("h", real=True)
m = sp.Symbol("m", positive=True)
p = sp.Symbol("p", positive=True)
sigma = sp.Symbol("sigma", positive=True)
mean = sp.Symbol("mean", real=True)


# Denoisers and partition functions.


def test_two_atoms_have_the_tanh_denoiser():
    law = law_of(FiniteRV("a", {1: Rational(4, 5), -1: Rational(1, 5)}))
    assert law.denoiser(s, nu) == sp.tanh(s * nu + sp.log(2))
    assert law_of(Rademacher("a")).denoiser(s, nu) == sp.tanh(s * nu)
    general = AtomLaw((m, -m), (p, 1 - p))
    assert sp.simplify(general.denoiser(s, nu) - m * sp.tanh(s * m * nu + sp.log(p / (1 - p)) / 2)) == 0
    magnetised = AtomLaw((m, -m), (sp.exp(h * m) / (2 * sp.cosh(h * m)), sp.exp(-h * m) / (2 * sp.cosh(h * m))))
    assert sp.simplify(magnetised.denoiser(s, nu) - m * sp.tanh(m * (h + s * nu))) == 0


def test_two_unequal_atoms_agree_with_the_definition():
    law = AtomLaw((Rational(1, 2), Rational(-3, 4)), (Rational(1, 3), Rational(2, 3)))
    partition = law.partition(s, nu)
    defined = sp.diff(sp.log(partition), nu) / s
    for at, point in [(0.3, -1.0), (2.0, 0.7), (5.0, 4.0)]:
        values = {s: at, nu: point}
        assert float(law.denoiser(s, nu).subs(values)) == pytest.approx(float(defined.subs(values)), abs=1e-13)
        assert law.denoiser(at, point) == pytest.approx(float(defined.subs(values)), abs=1e-13)
        assert law.partition(at, point) == pytest.approx(float(partition.subs(values)), rel=1e-13)


LAWS = {
    "normal": Normal("a", Rational(1, 3), 2),
    "uniform": Uniform("a", -1, 2),
    "laplace": Laplace("a", Rational(1, 2), Rational(3, 4)),
    "exponential": Exponential("a", 2),
    "gamma": Gamma("a", 3, Rational(1, 2)),
    "beta": Beta("a", 2, 3),
    "triangular": Triangular("a", -1, 3, 1),
    "maxwell": Maxwell("a", 1),
    "truncated normal": ContinuousRV(
        x, sp.exp(-((x - 1) ** 2) / 2) / sp.sqrt(2 * sp.pi) / sp.erf(sp.sqrt(2)), sp.Interval(-1, 3)
    ),
    "atoms": FiniteRV("a", {-2: Rational(1, 6), 0: Rational(1, 3), 1: Rational(1, 2)}),
}


@pytest.mark.parametrize("name", LAWS)
def test_closed_forms_agree_with_the_numbers(name):
    law = law_of(LAWS[name])
    denoiser, partition = law.denoiser(s, nu), law.partition(s, nu)
    assert not denoiser.has(sp.Integral) and not partition.has(sp.Integral)
    for at, point in [(0.5, 0.25), (1.0, -1.5), (3.0, 2.0)]:
        numbers = {s: sp.Rational(at), nu: sp.Rational(point)}
        assert law.denoiser(at, point) == pytest.approx(float(sp.N(denoiser.subs(numbers), 30)), rel=1e-10, abs=1e-10)
        assert law.partition(at, point) == pytest.approx(float(sp.N(partition.subs(numbers), 30)), rel=1e-10)


@pytest.mark.parametrize("name", LAWS)
def test_the_denoiser_is_the_gradient_of_the_log_partition(name):
    law = law_of(LAWS[name])
    gradient = sp.diff(sp.log(law.partition(s, nu)), nu) / s
    numbers = {s: Rational(3, 2), nu: Rational(1, 3)}
    assert abs(sp.N((gradient - law.denoiser(s, nu)).subs(numbers), 30)) < 1e-20


@pytest.mark.parametrize("name", LAWS)
def test_log_laplace_and_tilt(name):
    law = law_of(LAWS[name])
    point = Rational(1, 5)
    site = law.site()
    assert float(sp.N(law.log_laplace(point), 30)) == pytest.approx(float(site.tilted(0.2, 0.0)[0]), abs=1e-10)
    tilted = law.tilt(point)
    assert tilted.site().mean == pytest.approx(float(site.tilted(0.2, 0.0)[1]), abs=1e-10)
    slope = sp.diff(law.log_laplace(u), u).subs(u, point)
    assert float(sp.N(slope, 30)) == pytest.approx(tilted.site().mean, abs=1e-10)


def test_known_generating_functions():
    assert law_of(Rademacher("a")).log_laplace(u) == sp.log(sp.cosh(u))
    assert law_of(Normal("a", mean, sigma)).log_laplace(u) == mean * u + sigma**2 * u**2 / 2
    laplace = law_of(Laplace("a", 0, sigma)).log_laplace(u)
    assert sp.simplify(sp.exp(laplace) - 1 / (1 - sigma**2 * u**2)) == 0
    uniform = law_of(Uniform("a", -1, 1)).log_laplace(u)
    assert sp.simplify(sp.exp(uniform) - sp.sinh(u) / u) == 0
    assert law_of(Cauchy("a", 0, 1)).log_laplace(u) is None


def test_normal_law_is_gaussian_everywhere():
    law = law_of(Normal("a", mean, sigma))
    assert sp.simplify(law.denoiser(s, nu) - (mean + sigma**2 * s * nu) / (1 + sigma**2 * s**2)) == 0
    numbers = law.subs({mean: Rational(1, 2), sigma: 2})
    assert numbers.site() == GaussianSite(0.5, 4.0)
    assert float(numbers.cdf(s, nu).subs({s: 2, nu: 1})) == pytest.approx(numbers.cdf(2.0, 1.0), rel=1e-12)
    assert law.tilt(u).cumulants(2) == (mean + sigma**2 * u, sigma**2)


# Cumulants.


def test_exact_cumulants():
    assert law_of(Rademacher("a")).cumulants(8) == (0, 1, 0, -2, 0, 16, 0, -272)
    assert law_of(Uniform("a", -1, 1)).cumulants(6) == (0, Rational(1, 3), 0, Rational(-2, 15), 0, Rational(16, 63))
    assert law_of(Laplace("a", 0, 1)).cumulants(8) == (0, 2, 0, 12, 0, 240, 0, 10080)
    assert law_of(Exponential("a", 1)).cumulants(5) == (1, 1, 2, 6, 24)
    assert law_of(Gamma("a", Rational(1, 2), 1)).cumulants(4) == (Rational(1, 2), Rational(1, 2), 1, 3)
    assert law_of(Logistic("a", 0, 1)).cumulants(4) == (0, sp.pi**2 / 3, 0, 2 * sp.pi**4 / 15)
    assert law_of(Poisson("a", sigma)).cumulants(3) == (sigma, sigma, sigma)
    assert law_of(Bernoulli("a", Rational(1, 5))).cumulants(3) == (Rational(1, 5), Rational(4, 25), Rational(12, 125))
    assert law_of(Normal("a", 1 / d, sigma)).cumulants(3) == (1 / d, sigma**2, 0)


@pytest.mark.parametrize("name", LAWS)
def test_cumulants_agree_with_brute_force(name):
    law = law_of(LAWS[name])
    assert law.cumulants_exact
    with mp.workdps(30):
        if law.atoms is not None:
            pairs = [(mp.mpf(str(sp.N(v, 30))), mp.mpf(str(sp.N(w, 30)))) for v, w in law.atoms.items()]
            moments = [mp.fsum(w * v**k for v, w in pairs) for k in range(7)]
        else:
            function = sp.lambdify(a, law.density, "mpmath")
            low, high = float(law.lower), float(law.upper)
            cuts = [low, *(c for c in (-8, -3, -1, 0.5, 1, 3, 8) if low < c < high), high]
            moments = [mp.quad(lambda y, k=k: function(y) * y**k, cuts) for k in range(7)]
        series = mp.taylor(lambda t: mp.log(sum(moments[k] * t**k / mp.factorial(k) for k in range(7))), 0, 6)
        expected = [float(c * mp.factorial(k)) for k, c in enumerate(series)][1:]
    assert np.allclose([float(c) for c in law.cumulants(6)], expected, rtol=1e-8, atol=1e-8)


def test_cumulants_by_quadrature_say_so():
    law = law_of(LogNormal("a", 0, Rational(1, 2)))
    assert not law.cumulants_exact
    first, second = law.cumulants(2)
    with mp.workdps(30):
        assert abs(mp.mpf(str(first)) - mp.exp(mp.mpf(1) / 8)) < 1e-18
        assert abs(mp.mpf(str(second)) - mp.expm1(mp.mpf(1) / 4) * mp.exp(mp.mpf(1) / 4)) < 1e-18


def test_cumulants_that_do_not_exist_are_named():
    law = law_of(StudentT("a", 5))
    assert float(law.cumulants(4)[3]) == pytest.approx(6 / (5 - 4) * (5 / 3) ** 2, rel=1e-12)
    with pytest.raises(DerivationError, match="order 5 does not exist"):
        law.cumulants(5)
    with pytest.raises(DerivationError, match="order 1"):
        law_of(Cauchy("a", 0, 1)).cumulants(1)
    with pytest.raises(DerivationError, match="symbols"):
        law_of(StudentT("a", sigma)).cumulants(2)


# Effective laws.


def test_critical_law_reference_values():
    law = DensityLaw(x, sp.exp(-(x**4) / 12 + 4 * x / 5), -sp.oo, sp.oo)
    assert law.site().mean == pytest.approx(0.855582811839854, abs=1e-12)
    assert law.site().variance + law.site().mean ** 2 == pytest.approx(1.6280975720316795, abs=1e-12)
    first, second = law.cumulants(2)
    assert float(first) == pytest.approx(0.855582811839854, abs=1e-15)
    assert float(second + first**2) == pytest.approx(1.6280975720316795, abs=1e-14)
    tilted = DensityLaw(x, sp.exp(-(x**4) / 12), -sp.oo, sp.oo).tilt(Rational(4, 5))
    assert tilted.denoiser(0.7, 0.1) == pytest.approx(law.denoiser(0.7, 0.1), rel=1e-12)
    assert law.denoiser(s, nu).has(sp.Integral) and isinstance(law.site(), DensitySite)
    assert float(law.denoiser(s, nu).subs({s: 1, nu: Rational(1, 2)}).evalf(15)) == pytest.approx(
        law.denoiser(1.0, 0.5), rel=1e-10
    )


def test_exact_flow_reference_values():
    law = AtomLaw((1, -1), (Rational(4, 5), Rational(1, 5)))
    assert law.flow(3.0, 0.3) == pytest.approx(3.0561510899913, abs=1e-12)
    assert law.flow(3, [-1.0]) == pytest.approx([-2.1821596210623], abs=1e-12)


def test_flow_without_a_mean():
    law = law_of(Cauchy("a", 0, 1))
    point = law.flow(2.0, 0.5)
    assert law.cdf(2.0, point) == pytest.approx(float(mp.ncdf(0.5)), rel=1e-11)


def test_points_in_the_plane():
    points = (sp.Tuple(1, 0), sp.Tuple(Rational(-1, 2), sp.sqrt(3) / 2), sp.Tuple(Rational(-1, 2), -sp.sqrt(3) / 2))
    law = AtomLaw(points, (Rational(1, 2), Rational(1, 4), Rational(1, 4)))
    first, second = sp.symbols("nu_1 nu_2", real=True)
    symbolic = law.denoiser(s, (first, second))
    assert isinstance(symbolic, sp.Tuple)
    state = np.array([[0.3, -0.2], [1.0, 2.0]])
    numbers = law.denoiser(1.5, state)
    assert numbers.shape == (2, 2)
    for row, value in zip(state, numbers, strict=True):
        exact = [float(part.subs({s: 1.5, first: row[0], second: row[1]})) for part in symbolic]
        assert np.allclose(value, exact, rtol=1e-13)
    step = 1e-3
    velocity = (law.flow(1.5 + step, state) - law.flow(1.5 - step, state)) / (2 * step)
    assert np.allclose(velocity, law.denoiser(1.5, law.flow(1.5, state)), atol=1e-6)
    # Two collinear points move like the law on the line.
    line, plane = AtomLaw((1, -1), (p, 1 - p)), AtomLaw((sp.Tuple(1, 0), sp.Tuple(-1, 0)), (p, 1 - p))
    value = {p: Rational(4, 5)}
    assert np.allclose(
        plane.subs(value).flow(3.0, np.array([0.3, 0.7])), [line.subs(value).flow(3.0, 0.3), 0.7], rtol=1e-9
    )
    with pytest.raises(ValueError, match="R\\^2"):
        law.cdf(1.0, np.zeros(2))
    with pytest.raises(ValueError, match="R\\^2"):
        law.cumulants(2)
    with pytest.raises(ValueError, match="shape"):
        law.denoiser(1.0, np.zeros(3))


# Lattices.


def test_lattices_agree_with_direct_sums():
    for rv, mass, start in [
        (Poisson("a", Rational(5, 2)), lambda k: mp.exp(-2.5) * mp.mpf(2.5) ** k / mp.factorial(k), 0),
        (Geometric("a", Rational(1, 3)), lambda k: mp.mpf(2) ** (k - 1) / mp.mpf(3) ** k, 1),
    ]:
        law = law_of(rv)
        assert isinstance(law, LatticeLaw) and isinstance(law.site(), AtomSite)
        kernel = [mass(k) * mp.exp(mp.mpf(0.6) * k - mp.mpf(1.44) * k**2 / 2) for k in range(start, 200)]
        expected = mp.fsum(w * k for k, w in enumerate(kernel, start=start)) / mp.fsum(kernel)
        assert law.denoiser(1.2, 0.5) == pytest.approx(float(expected), rel=1e-12)
        tilted = law.tilt(Rational(1, 10))
        assert tilted.site().mean == pytest.approx(float(sp.N(sp.diff(law.log_laplace(u), u).subs(u, 0.1))), rel=1e-10)
    assert law_of(Skellam("a", 1, 2)).site().variance == pytest.approx(3.0, rel=1e-12)
    assert law_of(Binomial("a", 4, Rational(1, 4))).cumulants(2) == (1, Rational(3, 4))


# Input.


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="sum to 1"):
        AtomLaw((1, -1), (Rational(1, 2), Rational(1, 3)))
    with pytest.raises(ValueError, match="negative"):
        AtomLaw((1, -1), (Rational(3, 2), Rational(-1, 2)))
    with pytest.raises(TypeError, match="text"):
        AtomLaw(("1", "2"), (Rational(1, 2), Rational(1, 2)))
    with pytest.raises(ValueError, match="finite"):
        AtomLaw((sp.oo, 0), (Rational(1, 2), Rational(1, 2)))
    with pytest.raises(ValueError, match="number for m"):
        AtomLaw((m, -m), (Rational(1, 2), Rational(1, 2))).denoiser(1.0, 0.5)
    with pytest.raises(ValueError, match="number for sigma"):
        law_of(Laplace("a", 0, sigma)).denoiser(1.0, 0.5)
    with pytest.raises(ValueError, match="integrates to 2"):
        law_of(ContinuousRV(x, sp.exp(-sp.Abs(x))))
    with pytest.raises(ValueError, match="negative"):
        law_of(ContinuousRV(x, 3 * x**2 / 2 - Rational(1, 4) + 0 * x, sp.Interval(-1, 1)))
    with pytest.raises(ValueError, match="not integrable"):
        DensityLaw(x, sp.exp(x**2), -sp.oo, sp.oo).site()
    with pytest.raises(ValueError, match="interval"):
        DensityLaw(x, sp.Integer(1), 1, 0)
    with pytest.raises(TypeError, match="random variable"):
        law_of(3)
    with pytest.raises(TypeError, match="expression of random variables"):
        law_of(2 * Normal("a", 0, 1))
    with pytest.raises(TypeError, match="joint"):
        law_of(MultivariateNormal("a", [0, 0], [[1, 0], [0, 1]]))
    with pytest.raises(TypeError, match="compound"):
        law_of(Normal("a", Normal("b", 0, 1), 1))
    with pytest.raises(ValueError, match="finite"):
        law_of(Rademacher("a")).denoiser(1.0, np.nan)
    with pytest.raises(TypeError, match="numbers"):
        law_of(Rademacher("a")).flow(s, 0.3)
    with pytest.raises(ValueError, match="sums to"):
        LatticeLaw(x, sp.Rational(1, 2) ** x, 0, sp.oo).site()


def test_user_densities_with_kinks_and_branches():
    k = sp.Symbol("k", real=True)
    law = law_of(ContinuousRV(k, sp.Piecewise((Rational(1, 4), sp.Abs(k) < 1), (sp.exp(1 - sp.Abs(k)) / 4, True))))
    assert law.denoiser(1.0, 0.5) == pytest.approx(
        float(sp.N(law.denoiser(s, nu).subs({s: 1, nu: Rational(1, 2)}), 30)), rel=1e-10
    )
    quartic = law_of(ContinuousRV(k, sp.exp(-(k**4)) / (2 * sp.gamma(Rational(5, 4)))))
    assert quartic.site().variance == pytest.approx(0.33798912003364234, rel=1e-11)
    gap = DensityLaw(k, sp.Piecewise((1, sp.Abs(k) > 1), (0, True)), -2, 2)
    assert gap.cumulants(2) == (0, Rational(7, 3))
    assert gap.site().variance == pytest.approx(7 / 3, rel=1e-11)


def test_parameters_may_depend_on_the_dimension():
    law = law_of(Normal("a", 0, 1 + 1 / d)).subs({d: 4})
    assert law.site() == GaussianSite(0.0, 1.5625)
    assert law_of(Bernoulli("a", 1 / d)).free_symbols == {d}


def test_die():
    assert law_of(Die("a", 6)).cumulants(2) == (Rational(7, 2), Rational(35, 12))


def test_narrow_components_of_a_mixture_are_seen():
    narrow = sp.Rational(1, 10**6)
    weight = sp.exp(-(x**2) / 2) + sp.exp(-((x - Rational(3, 10)) ** 2) / (2 * narrow**2)) / narrow
    law = DensityLaw(x, weight, -sp.oo, sp.oo)
    assert law.cumulants(1) == (Rational(3, 20),)
    assert law.site().mean == pytest.approx(0.15, rel=1e-10)
    assert law.denoiser(1.0, 0.0) == pytest.approx(float(sp.N(law.denoiser(s, nu).subs({s: 1, nu: 0}), 30)), rel=1e-10)


def test_implicit_constants_stay_symbols_and_become_numbers():
    v = sp.Symbol("v")
    root = ImplicitConstant("m", v, v - sp.tanh(2 * v), sp.Float("0.95"))
    law = AtomLaw((root, -root), (Rational(4, 5), Rational(1, 5)))
    assert law.denoiser(s, nu) == root * sp.tanh(s * nu * root + sp.log(2))
    value = 0.957504024077
    assert law.denoiser(2.0, 0.3) == pytest.approx(value * np.tanh(0.6 * value + np.log(2)), rel=1e-11)
    spin = law_of(Rademacher("a")).tilt(2 * root)
    assert spin.site().mean == pytest.approx(value, rel=1e-11)
    uniform = law_of(Uniform("a", -1, 1)).tilt(root)
    assert uniform.site().mean == pytest.approx(1 / np.tanh(value) - 1 / value, rel=1e-10)
    quartic = DensityLaw(x, sp.exp(-(x**4) + root * x), -sp.oo, sp.oo)
    assert float(quartic.cumulants(1)[0]) == pytest.approx(quartic.site().mean, rel=1e-12)


X = sp.Symbol("X")


@pytest.mark.parametrize(
    ("rv", "mean", "variance"),
    [
        (Gamma("a", 8, 1), 8, 8),
        (Gamma("a", 500, 1), 500, 500),
        (Gamma("a", Rational(15, 2), 2), 15, 30),
        (ChiSquared("a", 700), 700, 1400),
        (FDistribution("a", 400, 600), Rational(600, 598), 2 * 600**2 * 998 / sp.Integer(400 * 598**2 * 596)),
        (Poisson("a", 760), 760, 760),
        (Gumbel("a", 2, 1), 1 + 2 * sp.EulerGamma, 4 * sp.pi**2 / 6),
        (Gumbel("a", 2, 1, minimum=True), 1 - 2 * sp.EulerGamma, 4 * sp.pi**2 / 6),
        (ContinuousRV(X, sp.exp(-(X**2) / 2) / sp.sqrt(2 * sp.pi)), 0, 1),
        (ContinuousRV(X, sp.exp(-X), set=sp.Interval(0, sp.oo)), 1, 1),
        (DiscreteRV(X, Rational(1, 2) ** X, set=sp.S.Naturals), 2, 2),
    ],
    ids=str,
)
def test_everyday_laws_and_documented_forms(rv, mean, variance):
    law = law_of(rv)
    for found, wanted in zip(
        (*law.cumulants(2), law.site().mean, law.site().variance), (mean, variance) * 2, strict=True
    ):
        assert float(sp.N(found)) == pytest.approx(float(sp.N(wanted)), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("name", ["partition", "denoiser", "cdf", "flow"])
def test_numbers_whose_squares_overflow_are_refused(name):
    """F_s(0.2) of N(1, 4) is Φ(−1/2) at s = 10^160; with s² = ∞ it came out as 1/2, and Z as NaN."""
    call = getattr(law_of(Normal("a", 1, 2)), name)
    assert np.isfinite(call(1e70, 0.2))
    with pytest.raises(ValueError, match=r"must be between -1e\+75 and 1e\+75"):
        call(1e160, 0.2)
