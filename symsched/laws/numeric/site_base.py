"""The interface of a numeric one-dimensional law, and its exact flow by inversion."""

import abc
import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special
from scipy.optimize import elementwise

from symsched.algebra.arrays import Array

_MAX_BRACKET = 200
"""Doublings of a bracket: more than the powers of two that a law met in practice reaches."""
_ROOT = {"xatol": 1e-14, "xrtol": 1e-14}
"""Where a quantile is accepted: at about the rounding of ν."""


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
    def bulk(self) -> tuple[float, float]:
        """A location and a width: mean and standard deviation, or what stands for them where they do not exist."""
        return self.mean, math.sqrt(self.variance)

    @property
    @abc.abstractmethod
    def gaussian(self) -> tuple[float, float] | None:
        """(mean, variance) exactly when the law is Gaussian, and so its denoiser affine in y; otherwise None."""

    @abc.abstractmethod
    def tilted(self, field: ArrayLike, curvature: ArrayLike) -> tuple[Array, Array]:
        """Return log E exp(f a − c a²/2) and the mean of ``a`` under that tilt, for c >= 0 (any broadcast shape)."""

    def log_normaliser(self, field: ArrayLike, curvature: ArrayLike) -> Array:
        """Return log E exp(f a − c a²/2), also where the tilted mean does not exist."""
        return self.tilted(field, curvature)[0]

    @abc.abstractmethod
    def tilted_variance(self, field: ArrayLike, curvature: ArrayLike) -> Array:
        """Return the variance of ``a`` under the tilt by exp(f a − c a²/2)."""

    @abc.abstractmethod
    def log_density(self, a: ArrayLike) -> Array:
        """Return the log density (of atoms: the log mass) at ``a``; −inf off the support."""

    @abc.abstractmethod
    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> Array:
        """Return independent exact samples of shape ``size``."""

    @abc.abstractmethod
    def log_cdf(self, s: ArrayLike, nu: ArrayLike) -> tuple[Array, Array]:
        """Return log F and log (1 − F) at nu, where F is the law of z + s a: F = E Phi(nu − s a)."""

    def log_partition(self, s: Array, nu: Array) -> Array:
        """Return log Z = log E exp(s nu a − s² a²/2)."""
        return self.log_normaliser(s * nu, s**2)

    def denoiser(self, s: Array, nu: Array) -> Array:
        """Return D = E[a | z + s a = nu]."""
        return self.tilted(s * nu, s**2)[1]

    def cdf(self, s: ArrayLike, nu: ArrayLike) -> Array:
        """Return F = E Phi(nu − s a)."""
        return np.exp(self.log_cdf(s, nu)[0])

    def flow(self, s: ArrayLike, nu0: ArrayLike) -> Array:
        """Return the canonical flow started at nu0 and read at s: nu_s = F_s^{-1}(Phi(nu0)), both tails exact.

        The root of G(nu) = Phi^{-1}(F_s(nu)) = nu0; G is the identity at s = 0 and near affine elsewhere.
        """
        signal, target = np.broadcast_arrays(np.asarray(s, dtype=np.float64), np.asarray(nu0, dtype=np.float64))
        if not (np.all(np.isfinite(signal)) and np.all(np.isfinite(target))):
            raise ValueError("flow: s and nu0 must be finite numbers")

        def gap(nu: Array, signal: Array, target: Array) -> Array:
            return _normal_score(*self.log_cdf(signal, nu)) - target

        location, width = self.bulk
        start, reach = target + signal * location, 1.0 + np.abs(signal) * width
        about = elementwise.bracket_root(gap, start - reach, start + reach, args=(signal, target), maxiter=_MAX_BRACKET)
        if not np.all(about.success):
            raise ValueError("flow: no bracket found for the quantile; the law's tails reach too far for float64")
        found = elementwise.find_root(gap, about.bracket, args=(signal, target), tolerances=_ROOT)
        return np.asarray(found.x)


def _normal_score(log_lower: Array, log_upper: Array) -> Array:
    """Return Phi^{-1}(F) from log F and log (1 − F), using the smaller tail."""
    lower = log_lower <= log_upper
    quantile = special.ndtri_exp(np.minimum(np.where(lower, log_lower, log_upper), np.log(0.5)))
    return np.where(lower, quantile, -quantile)
