"""Modes and order parameters in numbers, at one dimension: what a plan is run on when d is not to be seen.

All speciations of one distribution are one law. With ν_c ~ N(0, 1) the Hermite sum of order q_c and s_c = √d ψ^{q_c},
the log-likelihood of mode k is log w_k + Σ_c (s_c g_kc ν_c − s_c² g_kc²/2). At the scale of a phase it is that phase's
effective law: what was decided before is saturated, what comes later has not begun. Kept whole, it holds at any d from
about 10³ up.
"""

import abc
import math
from dataclasses import dataclass
from typing import final

import numpy as np
from scipy import special

from symsched.algebra.arrays import Array, unwritable
from symsched.laws.numeric import AbstractSite
from symsched.laws.numeric.tables import fast_kernel

_APART = 8.0
"""Standard deviations of ν between two modes that no path confuses."""


class AbstractOrderModel(abc.ABC):
    """C order parameters and K modes at a real ``dimension``; ``sites``: the law of one coordinate given each mode.

    ``centre`` and ``spread`` are the mean and the variance of a coordinate that all modes share (0 if they do not):
    order parameters are counted from the mean. ``centred`` says that the sites are those of a coordinate about its
    mode's mean.
    """

    dimension: float
    sites: tuple[AbstractSite, ...]
    centre: float = 0.0
    spread: float = 0.0
    centred: bool = False

    @property
    @abc.abstractmethod
    def orders(self) -> tuple[int, ...]:
        """The order q of each component, C of them."""

    @property
    @abc.abstractmethod
    def lift(self) -> float:
        """The power of d by which a component of order 1 exceeds the posterior mean of g."""

    @abc.abstractmethod
    def responsibilities(self, psi: float, nu: Array) -> Array:
        """Posterior over the modes at order parameters ν (P, C), shape (P, K)."""

    @abc.abstractmethod
    def pull(self, psi: float, nu: Array, responsibilities: Array) -> Array:
        """Posterior mean of g at ν (P, C) under given responsibilities (P, K), shape (P, C)."""

    @abc.abstractmethod
    def separated(self, psi: float) -> bool:
        """Whether every two modes are more than 8 standard deviations of ν apart at this ψ."""

    @property
    def weights(self) -> Array:
        """The weights of the modes, (K,): the posterior where nothing is seen."""
        return np.asarray(self.responsibilities(0.0, np.zeros((1, max(1, len(self.orders)))))[0])

    @property
    def whole(self) -> bool:
        """Whether the laws of the coordinates say more of the modes than the order parameters do."""
        return False

    def denoise(self, mode: int, psi: float, y: Array, mass: Array, near: Array | None = None) -> Array:
        """Return E[a | y] in one mode for paths y (P, L) whose coordinates have masses (P, L).

        ``near`` (P,) are the spin means that ``evidence`` found in the mode, where it looks for them.
        """
        site = self.sites[mode]
        if psi == 0:
            return np.full_like(y, site.mean)
        # The tables that samplers use, built once per ψ: three passes over the same plan share them.
        return np.asarray(fast_kernel(site, float(psi)).mean(psi * y))

    def evidence(self, psi: float, y: Array, mass: Array) -> "Evidence":
        """Return what coordinates y (P, L) of masses (P, L) say of the modes."""
        if psi == 0:
            seen = [(np.zeros_like(y), np.full_like(y, site.mean)) for site in self.sites]
        else:
            seen = [fast_kernel(site, float(psi)).both(psi * y) for site in self.sites]
        logs = [log for log, _ in seen]
        parts = np.stack([(one - logs[0]) * mass for one in logs], axis=1)
        ratios, halved = parts.sum(axis=2), 2 * parts[:, :, ::2].sum(axis=2)
        scale = np.stack([np.sum(np.abs(one) * np.abs(mass), axis=1) for one in logs], axis=1).max(axis=1)
        return Evidence(ratios, halved, scale, [mean for _, mean in seen], np.full_like(ratios, np.nan))


@final
@dataclass(frozen=True)
class Evidence:
    """``ratios`` (P, K): the log-likelihood of each mode per coordinate, up to what all share; ``halved`` (P, K): the
    same by every other coordinate at twice its mass; ``scale`` (P,): the size of what they are differences of;
    ``means``: E[a | y] in each mode (P, L); ``spins`` (P, K): the mean over coordinates in each mode where they are
    coupled, NaN where they are not.
    """

    ratios: Array
    halved: Array
    scale: Array
    means: list[Array]
    spins: Array


@dataclass(frozen=True)
class Points:
    """Modes as points in the space of order parameters.

    ``orders`` (C,) are the orders q, ``weights`` (K,) those of the modes, ``places`` (K, C) the g_kc.
    """

    orders: tuple[int, ...]
    weights: Array
    places: Array

    def __post_init__(self) -> None:
        """Close the arrays to writing."""
        object.__setattr__(self, "weights", unwritable(self.weights))
        object.__setattr__(self, "places", unwritable(self.places))


class AbstractPointsModel(AbstractOrderModel):
    """Order parameters that choose among points."""

    points: Points

    @property
    def orders(self) -> tuple[int, ...]:
        """The orders of the points' components."""
        return self.points.orders

    @property
    def lift(self) -> float:
        """√d."""
        return self.dimension**0.5

    def strengths(self, psi: float) -> Array:
        """s_c = √d ψ^{q_c}, shape (C,)."""
        return np.array([math.sqrt(self.dimension) * psi**order for order in self.orders])

    def responsibilities(self, psi: float, nu: Array) -> Array:
        """Posterior over the points."""
        # Completing the square in units of s keeps large s finite: −½ (s g − ν)² up to what all modes share.
        signal = self.strengths(psi) * self.points.places
        logits = np.log(self.points.weights) + np.sum(signal[None] * (nu[:, None, :] - signal[None] / 2), axis=2)
        return np.asarray(special.softmax(logits, axis=1))

    def pull(self, psi: float, nu: Array, responsibilities: Array) -> Array:
        """The mean of the points under the responsibilities."""
        return np.asarray(responsibilities @ self.points.places)

    def separated(self, psi: float) -> bool:
        """Whether the points are far apart in units of 1/s."""
        if len(self.points.weights) < 2:
            return False
        signal = self.strengths(psi) * self.points.places
        gaps = np.sqrt(np.sum((signal[:, None] - signal[None]) ** 2, axis=2))
        return bool(np.min(gaps[~np.eye(len(signal), dtype=bool)]) > _APART)


@final
@dataclass(frozen=True, eq=False)
class DiscreteOrderModel(AbstractPointsModel):
    """Modes whose coordinates are independent: each follows its own law once the mode is chosen."""

    dimension: float
    points: Points
    sites: tuple[AbstractSite, ...]
    centre: float = 0.0
    spread: float = 0.0
    centred: bool = False

    @property
    def whole(self) -> bool:
        """Unless the modes are normal laws of one variance, of which the mean is all."""
        normal = [site.gaussian for site in self.sites]
        return not (self.centred or all(one is not None and one[1] == self.sites[0].variance for one in normal))


@final
@dataclass(frozen=True, eq=False)
class ContinuousOrderModel(AbstractOrderModel):
    """One mode whose mean fluctuates critically: ``law`` is that of the order parameter in units of d^−exponent."""

    dimension: float
    sites: tuple[AbstractSite, ...]
    law: AbstractSite
    exponent: float
    centre: float = 0.0

    @property
    def orders(self) -> tuple[int, ...]:
        """One component of order 1."""
        return (1,)

    @property
    def lift(self) -> float:
        """d^exponent."""
        return self.dimension**self.exponent

    def responsibilities(self, psi: float, nu: Array) -> Array:
        """One mode: nothing to choose."""
        return np.ones((nu.shape[0], 1))

    def pull(self, psi: float, nu: Array, responsibilities: Array) -> Array:
        """The mean of the law tilted by what is seen of it."""
        strength = psi * self.lift
        return self.law.tilted(strength * nu[:, 0], np.full(nu.shape[0], strength**2))[1][:, None]

    def separated(self, psi: float) -> bool:
        """One mode: false."""
        return False
