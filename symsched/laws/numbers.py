"""The canonical flow of a law in numbers: on the line through its site, in R^r by its atoms."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.integrate import solve_ivp

from symsched.laws.numeric import AbstractSite

FloatArray = NDArray[np.float64]

_FLOW_TOLERANCE = 1e-11


class AbstractNumbers(abc.ABC):
    """log Z, D, F and the flow at given s and nu."""

    @abc.abstractmethod
    def log_partition(self, s: FloatArray, nu: FloatArray) -> FloatArray:
        """Return log Z(s, nu)."""

    @abc.abstractmethod
    def denoiser(self, s: FloatArray, nu: FloatArray) -> FloatArray:
        """Return D(s, nu)."""

    @abc.abstractmethod
    def cdf(self, s: FloatArray, nu: FloatArray) -> FloatArray:
        """Return F_s(nu)."""

    @abc.abstractmethod
    def flow(self, s: FloatArray, nu0: FloatArray) -> FloatArray:
        """Return nu_s of the flow started at nu0."""


@final
@dataclass(frozen=True, eq=False)
class LineNumbers(AbstractNumbers):
    """A law on the line; s and nu broadcast."""

    site: AbstractSite

    def log_partition(self, s: FloatArray, nu: FloatArray) -> FloatArray:
        """Return log E exp(s g nu − s² g²/2)."""
        return self.site.log_normaliser(s * nu, s**2)

    def denoiser(self, s: FloatArray, nu: FloatArray) -> FloatArray:
        """Return the mean tilted by exp(s g nu − s² g²/2)."""
        return self.site.tilted(s * nu, s**2)[1]

    def cdf(self, s: FloatArray, nu: FloatArray) -> FloatArray:
        """Return E Phi(nu − s g)."""
        return self.site.cdf(s, nu)

    def flow(self, s: FloatArray, nu0: FloatArray) -> FloatArray:
        """Return F_s^{-1}(Phi(nu0))."""
        return self.site.flow(s, nu0)


@final
@dataclass(frozen=True, eq=False)
class PointNumbers(AbstractNumbers):
    """Atoms ``points`` (K, r) with ``weights`` (K,); nu has shape (..., r), s broadcasts against nu[..., 0]."""

    points: FloatArray
    weights: FloatArray

    def _logits(self, s: FloatArray, nu: FloatArray) -> FloatArray:
        dimension = self.points.shape[1]
        if nu.ndim == 0 or nu.shape[-1] != dimension:
            raise ValueError(f"nu must have shape (..., {dimension}) for atoms in R^{dimension}, got {nu.shape}")
        signal = s[..., None]
        with np.errstate(divide="ignore"):
            prior = np.log(self.weights)
        return np.asarray(prior + signal * (nu @ self.points.T) - signal**2 * np.sum(self.points**2, axis=1) / 2)

    def log_partition(self, s: FloatArray, nu: FloatArray) -> FloatArray:
        """Return log sum_k w_k exp(s g_k·nu − s² |g_k|²/2)."""
        return np.asarray(special.logsumexp(self._logits(s, nu), axis=-1))

    def denoiser(self, s: FloatArray, nu: FloatArray) -> FloatArray:
        """Return the softmax average of the atoms, shape (..., r)."""
        return np.asarray(special.softmax(self._logits(s, nu), axis=-1) @ self.points)

    def cdf(self, s: FloatArray, nu: FloatArray) -> FloatArray:
        """Refuse: a law in several dimensions has no quantiles."""
        raise ValueError(
            f"cdf is defined for a law on the line, this one has atoms in R^{self.points.shape[1]}; "
            "use flow, which integrates the equation instead"
        )

    def flow(self, s: FloatArray, nu0: FloatArray) -> FloatArray:
        """Return nu_s by integrating dnu/ds = D(s, nu) with relative tolerance 1e-11, at one s."""
        if s.ndim != 0:
            raise ValueError(f"flow in several dimensions takes one s at a time, got shape {s.shape}")
        self._logits(np.zeros(()), nu0)
        if s == 0:
            return nu0.copy()
        solution = solve_ivp(
            lambda at, state: self.denoiser(np.asarray(at), state.reshape(nu0.shape)).ravel(),
            (0.0, float(s)),
            nu0.ravel(),
            method="DOP853",
            rtol=_FLOW_TOLERANCE,
            atol=_FLOW_TOLERANCE,
        )
        if not solution.success:
            raise ValueError(f"the flow could not be integrated to s = {float(s):g}: {solution.message}")
        return np.asarray(solution.y[:, -1].reshape(nu0.shape))
