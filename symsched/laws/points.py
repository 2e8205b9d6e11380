"""Atoms in R^r in numbers: what a site on the line knows of its canonical flow."""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy import special
from scipy.integrate import solve_ivp

from symsched.algebra.arrays import Array

_FLOW_TOLERANCE = 1e-11
"""Of the integrated flow, relative and absolute: about what quadrature gives on the line."""


@final
@dataclass(frozen=True, eq=False)
class PointSite:
    """Atoms ``points`` (K, r) with ``weights`` (K,); nu has shape (..., r), s broadcasts against nu[..., 0]."""

    points: Array
    weights: Array

    def _logits(self, s: Array, nu: Array) -> Array:
        dimension = self.points.shape[1]
        if nu.ndim == 0 or nu.shape[-1] != dimension:
            raise ValueError(f"nu must have shape (..., {dimension}) for atoms in R^{dimension}, got {nu.shape}")
        signal = s[..., None]
        with np.errstate(divide="ignore"):
            prior = np.log(self.weights)
        return np.asarray(prior + signal * (nu @ self.points.T) - signal**2 * np.sum(self.points**2, axis=1) / 2)

    def log_partition(self, s: Array, nu: Array) -> Array:
        """Return log sum_k w_k exp(s g_k·nu − s² |g_k|²/2)."""
        return np.asarray(special.logsumexp(self._logits(s, nu), axis=-1))

    def denoiser(self, s: Array, nu: Array) -> Array:
        """Return the softmax average of the atoms, shape (..., r)."""
        return np.asarray(special.softmax(self._logits(s, nu), axis=-1) @ self.points)

    def cdf(self, s: Array, nu: Array) -> Array:
        """Refuse: a law in several dimensions has no quantiles."""
        raise ValueError(
            f"cdf is defined for a law on the line, this one has atoms in R^{self.points.shape[1]}; "
            "use flow, which integrates the equation instead"
        )

    def flow(self, s: Array, nu0: Array) -> Array:
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
