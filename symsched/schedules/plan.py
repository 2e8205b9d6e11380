"""A discretised path as data: the coefficients of a one-step linear scheme on a grid.

A method is a way to fill the arrays, not a control flow: whoever integrates reads x' = A x + B E[a | x] and never asks
which method it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SCHEMES = ("interpolant", "canonical")
"""Euler in the interpolant's coordinates x, or in canonical coordinates y = x/α (DDIM)."""


@dataclass(frozen=True)
class Plan:
    """N steps x_{k+1} = A_k x_k + B_k E[a | z + ψ_k a = x_k/α_k] from x_0 = α_0 z.

    ============  =======  =====================================================
    array         shape    meaning
    ============  =======  =====================================================
    ``times``     (N+1,)   sampling time t_k
    ``psi``       (N,)     β_k/α_k, finite: the last node is never evaluated
    ``alpha``     (N+1,)   noise amplitude, alpha[N] = 0
    ``beta``      (N+1,)   signal amplitude, beta[N] = 1
    ``A``, ``B``  (N,)     coefficients of the state and of the posterior mean
    ============  =======  =====================================================
    """

    times: Array
    psi: Array
    alpha: Array
    beta: Array
    A: Array
    B: Array

    def __post_init__(self) -> None:
        """Check shapes, finiteness and order once, so that no integrator has to."""
        steps = self.psi.shape[0]
        for name, length in (
            ("times", steps + 1),
            ("alpha", steps + 1),
            ("beta", steps + 1),
            ("A", steps),
            ("B", steps),
        ):
            if getattr(self, name).shape != (length,):
                raise ValueError(f"{name} must have shape ({length},), got {getattr(self, name).shape}")
        for name in ("times", "psi", "alpha", "beta", "A", "B"):
            if not np.all(np.isfinite(getattr(self, name))):
                raise ValueError(
                    f"{name} of the plan holds a value that is not finite; the grid meets the end of the interpolant"
                )
        # A window that stands still does so up to rounding.
        if np.any(np.diff(self.psi) < -1e-12 * self.psi[1:]):
            raise ValueError("psi must not decrease along the plan")

    @property
    def steps(self) -> int:
        """Number of steps N."""
        return int(self.psi.shape[0])

    @property
    def noise_gain(self) -> Array:
        """α_0 Π A_j over the steps before node k, shape (N+1,): the factor of z in x_k where the posterior mean is 0.

        It equals ``alpha`` when the scheme treats pure noise exactly.
        """
        return np.asarray(self.alpha[0] * np.concatenate(([1.0], np.cumprod(self.A))))


def canonical(times: Array, alpha: Array, beta: Array) -> Plan:
    """Return Euler in y = x/α, exact for a constant posterior mean: A = α'/α, B = β' − (α'/α) β.

    This is DDIM, and Euler on any interpolant that is linear between the nodes.
    """
    A = alpha[1:] / alpha[:-1]
    B = beta[1:] - A * beta[:-1]
    return Plan(times, beta[:-1] / alpha[:-1], alpha, beta, A, B)


def euler(times: Array, alpha: Array, beta: Array, alpha_tangent: Array, beta_tangent: Array) -> Plan:
    """Return Euler in x: A = 1 + Δt α̇/α, B = Δt (β̇ − α̇β/α), rates taken at the left node.

    ``alpha_tangent`` and ``beta_tangent``, shape (N,), are α + Δt α̇ and β + Δt β̇: where the noise all but vanishes in
    one step, 1 + Δt α̇/α would be lost to rounding, and the tangent's value is not.
    """
    A = alpha_tangent / alpha[:-1]
    B = beta_tangent - A * beta[:-1]
    return Plan(times, beta[:-1] / alpha[:-1], alpha, beta, A, B)
