"""Each univariate law of sympy.stats beside a density or mass function that shares no code with the package."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import mpmath as mp
import numpy as np
from scipy import special
from scipy import stats as ref
from sympy import Rational, stats

Log = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Known:
    """A law: log density (or log mass), the points between which it is smooth, and whether it lives on integers."""

    log_weight: Log
    cuts: tuple[float, ...]
    lattice: bool = False


def continuous(law) -> Known:
    """Return what SciPy knows of a frozen continuous law."""
    levels = [1e-17, 1e-12, 1e-8, 1e-4, 0.01, 0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 0.99]
    marks = [law.ppf(level) for level in levels] + [law.isf(level) for level in (1e-4, 1e-8, 1e-12, 1e-17)]
    low, high = law.support()
    return Known(law.logpdf, tuple(sorted({low, high, *(m for m in marks if low < m < high)})))


def formula(log_weight: Log, *cuts: float) -> Known:
    """Return a law by its log density between the given points."""
    return Known(log_weight, cuts)


def discrete(law) -> Known:
    """Return what SciPy knows of a frozen law on integers."""
    low = law.ppf(1e-17) if np.isinf(law.support()[0]) else law.support()[0]
    high = min(law.support()[1], law.isf(1e-17) if law.isf(1e-17) > law.ppf(1 - 1e-15) else 1e5)
    return Known(law.logpmf, (float(low), float(high)), lattice=True)


def masses(log_weight: Log, low: float, high: float) -> Known:
    """Return a law on the integers from low to high."""
    return Known(log_weight, (low, high), lattice=True)


def _arcsine(low: float, high: float) -> Known:
    """Return the arcsine law by the rule of Gauss and Chebyshev, which is that law on equal atoms."""
    angles = np.pi * (2 * np.arange(2000) + 1) / 4000
    return Known(
        lambda a: np.full(a.shape, -np.log(2000)),
        tuple((low + high) / 2 + (high - low) / 2 * np.cos(angles)),
        lattice=True,
    )


def _soliton(k: int) -> Log:
    return lambda i: np.where(i == 1, -np.log(k), -np.log(np.maximum(i * (i - 1), 1)))


def _robust(k: int, delta: float, c: float) -> Log:
    ripple = c * np.log(k / delta) * np.sqrt(k)
    spike = int(np.round(k / ripple))

    def log_mass(i):
        i = np.asarray(i, dtype=float)
        rho = np.exp(_soliton(k)(i))
        tau = np.where(i < spike, ripple / np.maximum(i, 1) / k, 0.0)
        tau = np.where(i == spike, ripple * np.log(ripple / delta) / k, tau)
        return np.log(rho + tau)

    raw = np.arange(1, k + 1)
    total = np.exp(log_mass(raw)).sum()
    return lambda i: log_mass(i) - np.log(total)


def _skellam(first: float, second: float) -> Log:
    def log_mass(k):
        middle, width = second, 12 * np.sqrt(second)
        j = np.arange(middle - width, middle + width).round()[:, None]
        return special.logsumexp(ref.poisson.logpmf(k + j, first) + ref.poisson.logpmf(j, second), axis=0)

    return lambda k: log_mass(np.atleast_1d(np.asarray(k, dtype=float)))


def _hermite(a1: float, a2: float) -> Log:
    def log_mass(k):
        j = np.arange(0, 400)[:, None]
        rest = k - 2 * j
        inside = rest >= 0
        safe = np.where(inside, rest, 0)
        terms = safe * np.log(a1) - special.gammaln(safe + 1) + j * np.log(a2) - special.gammaln(j + 1) - a1 - a2
        return special.logsumexp(np.where(inside, terms, -np.inf), axis=0)

    return lambda k: log_mass(np.atleast_1d(np.asarray(k, dtype=float)))


def _beta_noncentral(alpha: float, beta: float, lamda: float) -> Log:
    def log_pdf(x):
        j = np.arange(0, 200)[:, None]
        terms = ref.poisson.logpmf(j, lamda / 2) + ref.beta.logpdf(np.atleast_1d(x), alpha + j, beta)
        return special.logsumexp(terms, axis=0)

    return log_pdf


def _chi_noncentral(k: float, shift: float) -> Log:
    return lambda x: ref.ncx2.logpdf(x**2, k, shift**2) + np.log(2 * x)


def _fisher_z(d1: float, d2: float) -> Log:
    return lambda z: ref.f.logpdf(np.exp(2 * z), d1, d2) + np.log(2) + 2 * z


def _davis(b: float, n: float, mu: float) -> Log:
    norm = n * np.log(b) - special.gammaln(n) - np.log(float(mp.zeta(n)))
    return lambda x: norm - (n + 1) * np.log(x - mu) - b / (x - mu) - np.log(-np.expm1(-b / (x - mu)))


def _benini(alpha: float, beta: float, sigma: float) -> Log:
    def log_pdf(x):
        t = np.log(x / sigma)
        return -alpha * t - beta * t**2 + np.log(alpha / x + 2 * beta * t / x)

    return log_pdf


def _shifted_gompertz(b: float, eta: float) -> Log:
    def log_pdf(x):
        e = np.exp(-b * x)
        return np.log(b) - b * x - eta * e + np.log1p(eta * -np.expm1(-b * x))

    return log_pdf


def _kumaraswamy(a: float, b: float) -> Log:
    return lambda x: np.log(a * b) + (a - 1) * np.log(x) + (b - 1) * np.log1p(-(x**a))


FAR = (-np.inf, np.inf)
LAWS: dict[str, tuple[Callable[[], object], Known]] = {}


def _law(name: str, constructor: Callable[..., object], arguments: tuple, known: Known) -> None:
    LAWS[name] = (lambda: constructor("a", *arguments), known)


S, R = stats, Rational
_law("Arcsin", S.Arcsin, (0, 1), _arcsine(0, 1))
_law("Arcsin(-2, 3)", S.Arcsin, (-2, 3), _arcsine(-2, 3))
_law("Benini", S.Benini, (2, 1, 1), formula(_benini(2, 1, 1), 1, 1.2, 1.5, 2, 3, 5, 10, 30, 100, 1000))
_law("Beta", S.Beta, (R(1, 2), R(3, 2)), continuous(ref.beta(0.5, 1.5)))
_law("Beta(200, 300)", S.Beta, (200, 300), continuous(ref.beta(200, 300)))
_law("Beta(1/3, 5/2)", S.Beta, (R(1, 3), R(5, 2)), continuous(ref.beta(1 / 3, 2.5)))
_law("BetaNoncentral", S.BetaNoncentral, (2, 3, 1), formula(_beta_noncentral(2, 3, 1), 0, 0.1, 0.3, 0.5, 0.7, 0.9, 1))
_law("BetaPrime", S.BetaPrime, (2, 5), continuous(ref.betaprime(2, 5)))
_law("BoundedPareto", S.BoundedPareto, (2, 1, 5), continuous(ref.truncpareto(2, 5)))
_law("Cauchy", S.Cauchy, (0, 1), continuous(ref.cauchy()))
_law("Chi", S.Chi, (3,), continuous(ref.chi(3)))
_law("Chi(8)", S.Chi, (8,), continuous(ref.chi(8)))
_law("ChiNoncentral", S.ChiNoncentral, (3, 1), formula(_chi_noncentral(3, 1), 0, 0.5, 1, 2, 3, 5, 8, 12))
_law("ChiSquared", S.ChiSquared, (3,), continuous(ref.chi2(3)))
_law("ChiSquared(15)", S.ChiSquared, (15,), continuous(ref.chi2(15)))
_law("ChiSquared(700)", S.ChiSquared, (700,), continuous(ref.chi2(700)))
_law("Dagum", S.Dagum, (2, 4, 1), continuous(ref.burr(4, 2)))
_law(
    "Davis", S.Davis, (2, 8, 1), formula(_davis(2, 8, 1), 1, 1.05, 1.1, 1.2, 1.3, 1.5, 2, 3, 6, 20, 100, 1e3, 1e4, 1e6)
)
_law("Erlang", S.Erlang, (3, 2), continuous(ref.gamma(3, scale=0.5)))
_law("Erlang(8, 2)", S.Erlang, (8, 2), continuous(ref.gamma(8, scale=0.5)))
_law("ExGaussian", S.ExGaussian, (0, 1, 1), continuous(ref.exponnorm(1)))
_law("Exponential", S.Exponential, (2,), continuous(ref.expon(scale=0.5)))
_law("ExponentialPower", S.ExponentialPower, (0, 2, 3), continuous(ref.gennorm(3, scale=2)))
_law("FDistribution", S.FDistribution, (5, 30), continuous(ref.f(5, 30)))
_law("FDistribution(400, 600)", S.FDistribution, (400, 600), continuous(ref.f(400, 600)))
_law(
    "FisherZ", S.FisherZ, (3, 7), formula(_fisher_z(3, 7), -14, -9, -6, -4, -3, -2, -1, -0.5, 0, 0.5, 1, 2, 3, 4, 6, 8)
)
_law("Frechet", S.Frechet, (10, 2, 1), continuous(ref.invweibull(10, loc=1, scale=2)))
_law("Frechet(8, 1, -40)", S.Frechet, (8, 1, -40), continuous(ref.invweibull(8, loc=-40)))
_law("Gamma", S.Gamma, (3, 2), continuous(ref.gamma(3, scale=2)))
_law("Gamma(10)", S.Gamma, (10, 1), continuous(ref.gamma(10)))
_law("Gamma(15/2)", S.Gamma, (R(15, 2), 1), continuous(ref.gamma(7.5)))
_law("Gamma(500)", S.Gamma, (500, 1), continuous(ref.gamma(500)))
_law("Gamma(1/10)", S.Gamma, (R(1, 10), 1), continuous(ref.gamma(0.1)))
_law("GammaInverse", S.GammaInverse, (12, 3), continuous(ref.invgamma(12, scale=3)))
_law("Gompertz", S.Gompertz, (1, 1), continuous(ref.gompertz(1)))
_law("Gumbel", S.Gumbel, (2, 1), continuous(ref.gumbel_r(1, 2)))
_law("Gumbel minimum", S.Gumbel, (2, 1, True), continuous(ref.gumbel_l(1, 2)))
_law("Kumaraswamy", S.Kumaraswamy, (2, 5), formula(_kumaraswamy(2, 5), 0, 0.2, 0.4, 0.6, 0.8, 1))
_law("Laplace", S.Laplace, (1, 2), continuous(ref.laplace(1, 2)))
_law("Levy", S.Levy, (0, 1), continuous(ref.levy()))
_law("Logistic", S.Logistic, (1, 2), continuous(ref.logistic(1, 2)))
_law("LogLogistic", S.LogLogistic, (1, 9), continuous(ref.fisk(9)))
_law(
    "LogitNormal",
    S.LogitNormal,
    (0, 1),
    formula(lambda x: ref.norm.logpdf(special.logit(x)) - np.log(x * (1 - x)), 0, 0.05, 0.2, 0.5, 0.8, 0.95, 1),
)
_law("LogNormal", S.LogNormal, (0, R(1, 2)), continuous(ref.lognorm(0.5)))
_law("Lomax", S.Lomax, (10, 2), continuous(ref.lomax(10, scale=2)))
_law("Maxwell", S.Maxwell, (2,), continuous(ref.maxwell(scale=2)))
_law("Moyal", S.Moyal, (0, 1), continuous(ref.moyal()))
_law("Nakagami", S.Nakagami, (2, 3), continuous(ref.nakagami(2, scale=np.sqrt(3))))
_law("Nakagami(300)", S.Nakagami, (300, 1), continuous(ref.nakagami(300)))
_law("Normal", S.Normal, (1, 2), continuous(ref.norm(1, 2)))
_law(
    "GaussianInverse",
    S.GaussianInverse,
    (1, 3),
    formula(ref.invgauss(1 / 3, scale=3).logpdf, 0, 0.05, 0.1, 0.2, 0.5, 1, 2, 4, 8, 16, 40),
)
_law("Pareto", S.Pareto, (1, 9), continuous(ref.pareto(9)))
_law("Pareto(1, 1/2)", S.Pareto, (1, R(1, 2)), continuous(ref.pareto(0.5)))
_law("PowerFunction", S.PowerFunction, (2, 0, 1), continuous(ref.powerlaw(2)))
_law("QuadraticU", S.QuadraticU, (0, 2), formula(lambda x: np.log(1.5 * (x - 1) ** 2), 0, 1, 2))
_law("RaisedCosine", S.RaisedCosine, (0, 1), formula(lambda x: 2 * np.log(np.cos(np.pi * x / 2)), -1, 0, 1))
_law("Rayleigh", S.Rayleigh, (2,), continuous(ref.rayleigh(scale=2)))
_law("Reciprocal", S.Reciprocal, (1, 5), continuous(ref.loguniform(1, 5)))
_law("StudentT", S.StudentT, (9,), continuous(ref.t(9)))
_law("StudentT(500)", S.StudentT, (500,), continuous(ref.t(500)))
_law("StudentT(10**4)", S.StudentT, (10**4,), continuous(ref.t(10**4)))
_law("ShiftedGompertz", S.ShiftedGompertz, (1, 2), formula(_shifted_gompertz(1, 2), 0, 0.5, 1, 2, 4, 8, 16, 40))
_law("Trapezoidal", S.Trapezoidal, (0, 1, 2, 4), formula(ref.trapezoid(0.25, 0.5, 0, 4).logpdf, 0, 1, 2, 4))
_law("Triangular", S.Triangular, (-1, 3, 1), formula(ref.triang(0.5, -1, 4).logpdf, -1, 1, 3))
_law("Uniform", S.Uniform, (-1, 2), continuous(ref.uniform(-1, 3)))
_law("UniformSum", S.UniformSum, (3,), formula(lambda x: ref.irwinhall(3).logpdf(x), 0, 1, 2, 3))
_law("UniformSum(12)", S.UniformSum, (12,), formula(lambda x: ref.irwinhall(12).logpdf(x), *range(13)))
_law("VonMises", S.VonMises, (1, 2), formula(lambda x: ref.vonmises.logpdf(x, 2, 1), 0, 1, 2, 3, 4, 5, 2 * np.pi))
_law("Wald", S.Wald, (1, 3), formula(ref.invgauss(1 / 3, scale=3).logpdf, 0, 0.05, 0.1, 0.2, 0.5, 1, 2, 4, 8, 16, 40))
_law("Weibull", S.Weibull, (1, 2), continuous(ref.weibull_min(2)))
_law("WignerSemicircle", S.WignerSemicircle, (2,), continuous(ref.semicircular(scale=2)))
_law("FlorySchulz", S.FlorySchulz, (R(1, 3),), masses(lambda k: np.log(k / 9) + (k - 1) * np.log(2 / 3), 1, 400))
_law("Geometric", S.Geometric, (R(1, 3),), masses(lambda k: np.log(1 / 3) + (k - 1) * np.log(2 / 3), 1, 400))
_law("Hermite", S.Hermite, (2, 1), masses(_hermite(2, 1), 0, 80))
_law("Logarithmic", S.Logarithmic, (R(1, 3),), discrete(ref.logser(1 / 3)))
_law("NegativeBinomial", S.NegativeBinomial, (5, R(1, 3)), discrete(ref.nbinom(5, 1 / 3)))
_law("NegativeBinomial(500)", S.NegativeBinomial, (500, R(1, 3)), discrete(ref.nbinom(500, 1 / 3)))
_law("Poisson", S.Poisson, (3,), discrete(ref.poisson(3)))
_law("Poisson(760)", S.Poisson, (760,), discrete(ref.poisson(760)))
_law("Skellam", S.Skellam, (2, 1), discrete(ref.skellam(2, 1)))
_law("Skellam(400, 300)", S.Skellam, (400, 300), masses(lambda k: ref.skellam.logpmf(k, 400, 300), -300, 500))
_law("Skellam(10000, 5000)", S.Skellam, (10000, 5000), masses(_skellam(10000, 5000), 4000, 6000))
_law("YuleSimon", S.YuleSimon, (9,), masses(lambda k: ref.yulesimon.logpmf(k, 9), 1, 20000))
_law("Zeta", S.Zeta, (9,), masses(lambda k: -9 * np.log(k) - np.log(special.zeta(9)), 1, 20000))
_law("DiscreteUniform", S.DiscreteUniform, (range(5),), discrete(ref.randint(0, 5)))
_law("Die", S.Die, (6,), discrete(ref.randint(1, 7)))
_law("Bernoulli", S.Bernoulli, (R(1, 3),), discrete(ref.bernoulli(1 / 3)))
_law("Binomial", S.Binomial, (5, R(1, 3)), discrete(ref.binom(5, 1 / 3)))
_law("Binomial(10**5)", S.Binomial, (10**5, R(1, 3)), masses(lambda k: ref.binom.logpmf(k, 10**5, 1 / 3), 31000, 36000))
_law("BetaBinomial", S.BetaBinomial, (6, R(1, 2), R(1, 3)), discrete(ref.betabinom(6, 0.5, 1 / 3)))
_law("Hypergeometric", S.Hypergeometric, (10, 5, 3), discrete(ref.hypergeom(10, 5, 3)))
_law(
    "Hypergeometric(10**6)",
    S.Hypergeometric,
    (10**6, 10**5, 5000),
    masses(ref.hypergeom(10**6, 10**5, 5000).logpmf, 250, 750),
)
_law("IdealSoliton", S.IdealSoliton, (10,), masses(_soliton(10), 1, 10))
_law("RobustSoliton", S.RobustSoliton, (100, R(1, 2), R(1, 10)), masses(_robust(100, 0.5, 0.1), 1, 100))
_law("Rademacher", S.Rademacher, (), masses(lambda k: np.where(np.abs(k) == 1, np.log(0.5), -np.inf), -1, 1))
LAWS["Coin"] = (lambda: stats.Bernoulli("a", Rational(1, 2)), discrete(ref.bernoulli(0.5)))

_X, _W = np.polynomial.legendre.leggauss(40)


def expectation(known: Known, power: int, log_kernel: Log, centre: float = 0.0) -> float:
    """Return E (a − centre)^power exp(log kernel): a sum, or Gauss–Legendre in the log of the distance to cuts."""
    a, log_width = _nodes(known)
    with np.errstate(all="ignore"):
        value = np.exp(known.log_weight(a) + log_kernel(a) + log_width) * (a - centre) ** power
    return float(np.sum(np.nan_to_num(value, nan=0.0, posinf=0.0, neginf=0.0)))


@cache
def _nodes(known: Known) -> tuple[np.ndarray, np.ndarray]:
    if known.lattice:
        k = np.arange(known.cuts[0], known.cuts[1] + 1) if len(known.cuts) == 2 else np.array(known.cuts)
        return k, np.zeros(k.size)
    points, widths = [], []
    for sign, anchor, near, far in (part for ends in pairwise(known.cuts) for part in _parts(*ends)):
        edges = far - (far - near) * np.concatenate([[0.0], np.geomspace(3e-3, 1, 16)])
        for high, low in pairwise(edges):
            t = low + (high - low) * (_X + 1) / 2
            points.append(anchor + sign * np.exp(t))
            widths.append(t + np.log(_W * (high - low) / 2))
    return np.concatenate(points), np.concatenate(widths)


def _parts(low: float, high: float):
    """Return (sign, anchor, smallest and largest log distance) for one stretch, seen from either of its ends."""
    if np.isinf(low):
        return [(-1.0, high, -40.0, np.log(1e9 + abs(high) * 1e9))]
    if np.isinf(high):
        return [(1.0, low, -40.0, np.log(1e9 + abs(low) * 1e9))]
    middle = np.log((high - low) / 2)
    deep = 36 + (np.log(high / low) if low > 0 else 0)
    return [
        (1.0, low, middle - (700 if low == 0 else deep), middle),
        (-1.0, high, middle - (700 if high == 0 else 36), middle),
    ]
