"""The interface of a numeric one-dimensional law, and its exact flow by inversion."""

from __future__ import annotations

import abc
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

FloatArray = NDArray[np.float64]

_MAX_BRACKET = 200
_MAX_NEWTON = 200


class AbstractSite(abc.ABC):
    """One real random variable ``a`` whose parameters are all numbers.

    The tilted law at (f, c) is proportional to rho(a) exp(f a − c a²/2). The denoiser of the canonical flow
    dy/dpsi = E[a | z + psi a = y] is its mean at f = psi y, c = psi². Arrays are float64 and broadcast.
    """

    @property
    @abc.abstractmethod
    def mean(self) -> float:
        """E a."""

    @property
    @abc.abstractmethod
    def variance(self) -> float:
        """Var a."""

    @property
    @abc.abstractmethod
    def frame(self) -> tuple[float, float]:
        """A location and a width of the law, which exist where mean and variance do not."""

    @property
    @abc.abstractmethod
    def gaussian(self) -> tuple[float, float] | None:
        """(mean, variance) exactly when the law is Gaussian, and so its denoiser affine in y; otherwise None."""

    @abc.abstractmethod
    def tilted(self, field: ArrayLike, curvature: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return log E exp(f a − c a²/2) and the mean of ``a`` under that tilt, for c >= 0 (any broadcast shape)."""

    def log_normaliser(self, field: ArrayLike, curvature: ArrayLike) -> FloatArray:
        """Return log E exp(f a − c a²/2), also where the tilted mean does not exist."""
        return self.tilted(field, curvature)[0]

    @abc.abstractmethod
    def tilted_variance(self, field: ArrayLike, curvature: ArrayLike) -> FloatArray:
        """Return the variance of ``a`` under the tilt by exp(f a − c a²/2)."""

    @abc.abstractmethod
    def log_density(self, a: ArrayLike) -> FloatArray:
        """Return the log density (of atoms: the log mass) at ``a``; −inf off the support."""

    @abc.abstractmethod
    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> FloatArray:
        """Return independent exact samples of shape ``size``."""

    @abc.abstractmethod
    def log_cdf(self, s: ArrayLike, nu: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return log F and log (1 − F) at nu, where F is the law of z + s a: F = E Phi(nu − s a)."""

    @abc.abstractmethod
    def log_pdf(self, s: ArrayLike, nu: ArrayLike) -> FloatArray:
        """Return the log density of z + s a at nu: log Z(s, nu) − nu²/2 − log(2 pi)/2 without the cancellation."""

    def log_partition(self, s: FloatArray, nu: FloatArray) -> FloatArray:
        """Return log Z = log E exp(s nu a − s² a²/2)."""
        return self.log_normaliser(s * nu, s**2)

    def denoiser(self, s: FloatArray, nu: FloatArray) -> FloatArray:
        """Return D = E[a | z + s a = nu]."""
        return self.tilted(s * nu, s**2)[1]

    def cdf(self, s: ArrayLike, nu: ArrayLike) -> FloatArray:
        """Return F = E Phi(nu − s a)."""
        return np.exp(self.log_cdf(s, nu)[0])

    def flow(self, s: ArrayLike, nu0: ArrayLike) -> FloatArray:
        """Return the canonical flow started at nu0 and read at s: nu_s = F_s^{-1}(Phi(nu0)), both tails exact.

        Newton's method inside a bracket on G = Phi^{-1}(F_s(nu)), which is the identity at s = 0 and near affine
        elsewhere; its slope is the density of z + s a over that of the standard normal at G.
        """
        signal, target = np.broadcast_arrays(np.asarray(s, dtype=np.float64), np.asarray(nu0, dtype=np.float64))
        if not (np.all(np.isfinite(signal)) and np.all(np.isfinite(target))):
            raise ValueError("flow: s and nu0 must be finite numbers")
        shape = target.shape
        signal, target = signal.ravel(), target.ravel()

        def score(nu: FloatArray, rows: NDArray[np.intp]) -> FloatArray:
            return _normal_score(*self.log_cdf(signal[rows], nu))

        def slope(nu: FloatArray, value: FloatArray, rows: NDArray[np.intp]) -> FloatArray:
            with np.errstate(over="ignore"):
                return np.exp(self.log_pdf(signal[rows], nu) + value**2 / 2 + np.log(2 * np.pi) / 2)

        location, width = self.frame
        start = target + signal * location
        reach = 1.0 + np.abs(signal) * width
        return _safeguarded_newton(score, slope, target, start, reach).reshape(shape)


def _normal_score(log_lower: FloatArray, log_upper: FloatArray) -> FloatArray:
    """Return Phi^{-1}(F) from log F and log (1 − F), using the smaller tail."""
    lower = log_lower <= log_upper
    quantile = special.ndtri_exp(np.minimum(np.where(lower, log_lower, log_upper), np.log(0.5)))
    return np.where(lower, quantile, -quantile)


def _safeguarded_newton(
    score: Callable[[FloatArray, NDArray[np.intp]], FloatArray],
    slope: Callable[[FloatArray, FloatArray, NDArray[np.intp]], FloatArray],
    target: FloatArray,
    start: FloatArray,
    reach: FloatArray,
) -> FloatArray:
    """Solve score(nu) = target for an increasing score, element by element."""
    low, high = start - reach, start + reach
    for end, sign in ((low, -1.0), (high, 1.0)):
        rows = np.arange(target.size)
        step = reach.copy()
        for _ in range(_MAX_BRACKET):
            outside = sign * (score(end[rows], rows) - target[rows]) < 0
            rows = rows[outside]
            if rows.size == 0:
                break
            step[rows] *= 2.0
            end[rows] += sign * step[rows]
        else:
            raise ValueError("flow: no bracket found for the quantile; the law's tails reach too far for float64")
    nu = np.clip(start, low, high)
    rows = np.arange(target.size)
    for _ in range(_MAX_NEWTON):
        value = score(nu[rows], rows)
        gap = value - target[rows]
        low[rows] = np.where(gap < 0, nu[rows], low[rows])
        high[rows] = np.where(gap > 0, nu[rows], high[rows])
        derivative = slope(nu[rows], value, rows)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            proposal = nu[rows] - gap / derivative
        scale = 1.0 + np.abs(nu[rows])
        stuck = (np.abs(proposal - nu[rows]) <= 1e-14 * scale) & (np.abs(gap) > 1e-11 * (1 + np.abs(target[rows])))
        inside = (proposal > low[rows]) & (proposal < high[rows]) & ~stuck
        proposal = np.where(inside, proposal, (low[rows] + high[rows]) / 2)
        proposal = np.where(gap == 0, nu[rows], proposal)
        scale = 1.0 + np.abs(proposal)
        done = (np.abs(proposal - nu[rows]) <= 1e-14 * scale) | (high[rows] - low[rows] <= 4e-16 * scale)
        nu[rows] = proposal
        rows = rows[~done]
        if rows.size == 0:
            break
    return nu
