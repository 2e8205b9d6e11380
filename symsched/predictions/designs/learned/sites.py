"""The data phase with free coefficients: rows of a few nodes behind the gap, fitted to the laws of the sites."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from scipy import interpolate, optimize, special

from symsched.algebra.arrays import Array, Index
from symsched.laws.numeric import AbstractSite
from symsched.laws.numeric.tables import fast_kernel
from symsched.models.coupled_model import CoupledOrderModel
from symsched.models.order_model import AbstractOrderModel, DiscreteOrderModel
from symsched.predictions.designs.errors import LEAST, missed_moments
from symsched.predictions.designs.learned.usual import half_distance
from symsched.predictions.designs.nodes import NodeLaw, few_atoms, half_seen, monotone

_REACH = 6.0
"""Standard deviations of a coordinate's noise; 1e-9 lies beyond."""
_COARSE, _FINE = 97, 25
"""Nodes for the noise, and beside each place where an atom ends and the next begins."""
_SURE = 25.0
"""Logarithm of the odds at d = LEAST by which every node must see the mode of a path."""
_TIES = 25
_TAIL = 0.03
"""What may be left of ν_0 in the read-out at d = LEAST, in units of half the distance of the modes."""


@final
@dataclass(frozen=True, eq=False)
class Rows:
    """Nodes ψ_1 … ψ_n behind the gap, rows y_j = z + c_j0 D_a + Σ_{0<i<j} c_ji D_i, and the output.

    That is e_z z + e_a D_a + Σ e_i D_i. D_a is E a where all modes have it, and absent where the first node finds the
    mean of the mode. y_1 is where the gap leaves the path, its read-out enlarged by ``gain``. ``nodes`` (n,), ``rows``
    (n, n + 1) without the first, and ``output`` (n + 2,).
    """

    nodes: Array
    gain: float
    rows: Array
    output: Array


@final
@dataclass(frozen=True, eq=False)
class Landing:
    """Where the gap leaves a coordinate of a path, by its read-out T: y = √V (z + X(T) He_{q−1}(z)) + ψ c_1 at ψ.

    V = 1 + ψ² c_2 with the ``spread`` c_2 that modes share where q > 2, and 1 else. X(T) = X* + g (ψ̂^q/q!) h T, with
    X* where two modes are equally likely, E log p_1 = E log p_2 over z: not half way between their cumulants once ψ is
    O(1). ``order`` is q, 0 where nothing was decided. ``middle`` and ``half`` are (c_q + c_q')/2 and half their
    distance for the modes of ``pair``, ``means`` the c_1 of each. Of more modes on a line (no ``pair``) one X* cannot
    be every tie, and is the middle. ``reads`` holds, per site, T (P,) and masses (P,) of
    the paths that end there.
    """

    model: AbstractOrderModel
    order: int
    means: tuple[float, ...]
    middle: float
    half: float
    spread: float
    reads: tuple[tuple[Array, Array], ...]
    pair: tuple[int, int] | None = (0, 1)

    @property
    def decided(self) -> bool:
        """Whether it is two modes, of which every later node must see the one that a path is in."""
        return self.order > 0 and not self.model.centred

    @cached_property
    def noise(self) -> tuple[Array, Array]:
        """Noises z (L,) of a coordinate and their masses, dense where the monotone map to atoms has its steps."""
        nodes = np.linspace(-_REACH, _REACH, _COARSE)
        step = nodes[1] - nodes[0]
        fine = [nodes]
        for site in self.model.sites:
            if few_atoms(site):
                ends = special.ndtri(np.cumsum(site.weights)[:-1])
                fine += [end + step * np.linspace(-1, 1, _FINE) for end in ends]
        nodes = np.unique(np.concatenate(fine))
        # Nodes that nearly meet would be two of one place.
        nodes = nodes[np.append(True, np.diff(nodes) > 1e-6)]
        edges = np.concatenate([[-np.inf], (nodes[1:] + nodes[:-1]) / 2, [np.inf]])
        masses = np.diff(special.ndtr(edges)) if len(fine) > 1 else np.exp(-(nodes**2) / 2)
        return nodes, masses / masses.sum()

    @cached_property
    def _rule(self) -> Array:
        """Weights (L,) of E f(z) that are right for cubic splines: modes differ by E He_q(z + X He_{q−1})
        for noises z, of which the masses of cells lose more than there is.
        """
        nodes, _ = self.noise
        points, shares = np.polynomial.legendre.leggauss(4)
        half = np.diff(nodes) / 2
        at = ((nodes[1:] + nodes[:-1]) / 2)[:, None] + half[:, None] * points
        density = half[:, None] * shares * np.exp(-(at**2) / 2)
        weights = density.ravel() @ interpolate.CubicSpline(nodes, np.eye(len(nodes)))(at.ravel())
        return np.asarray(weights / weights.sum())

    @cached_property
    def targets(self) -> tuple[Array, ...]:
        """The coordinate that the monotone map makes of each noise, by mode."""
        return tuple(monotone(site, self.noise[0]) for site in self.model.sites)

    def wave(self, psi: float) -> float:
        """ψ̂^q/q!."""
        return float((psi / math.sqrt(1 + psi**2 * self.spread)) ** self.order / math.factorial(self.order))

    def placed(self, mode: int, psi: float, shift: Array) -> Array:
        """Return y (P, L) for X = ``shift`` (P,) where E a is that of a mode."""
        noise, _ = self.noise
        bent = special.eval_hermitenorm(max(self.order - 1, 0), noise)
        known = 0.0 if self.order == 1 else psi * self.means[mode]
        return np.asarray(math.sqrt(1 + psi**2 * self.spread) * (noise + shift[:, None] * bent) + known)

    def tie(self, psi: float) -> float:
        """X* at ψ, read off a table in log ψ."""
        if self.pair is None:
            return self.wave(psi) * self.middle
        where, shares = self._ties
        return self.wave(psi) * (self.middle + self.half * float(np.interp(math.log(psi), where, shares)))

    @cached_property
    def _ties(self) -> tuple[Array, Array]:
        """log ψ, and where X* lies between the cumulants of the two modes, from −1 to 1."""
        scale = min(half_seen(site) for site in self.model.sites)
        where = np.linspace(math.log(0.02 * scale), math.log(8 * scale), _TIES)
        if not self.decided or self.pair is None:
            return where, np.zeros(_TIES)
        low, high = self.middle - self.half, self.middle + self.half
        return where, np.array([self.met(math.exp(one), self.pair, (low, high)) for one in where])

    def met(self, psi: float, pair: tuple[int, int], slopes: tuple[float, float]) -> float:
        """Return where between two c_q, from −1 to 1, a path is as likely in either mode of a pair at ψ."""
        ends = self.wave(psi) * np.array(slopes)

        def ahead(shift: float) -> float:
            seen = np.clip(self.seen(psi, self.placed(pair[0], psi, np.array([shift])))[0][0], -1e6, 1e6)
            return float(seen[pair[0]] - seen[pair[1]])

        low, high = map(ahead, ends)
        if low * high >= 0:  # beyond the mode that is the less unlikely of both; of wells, nobody knows
            return float(np.sign(abs(low) - abs(high))) if isinstance(self.model, DiscreteOrderModel) else 0.0
        found = float(optimize.brentq(ahead, *ends, xtol=1e-6 * (ends[1] - ends[0])))
        return (2 * found - float(ends.sum())) / float(ends[1] - ends[0])

    @cached_property
    def _laws(self) -> tuple[AbstractSite | NodeLaw, ...]:
        return tuple(
            site if site.gaussian is not None or not isinstance(self.model, DiscreteOrderModel) else NodeLaw.of(site)
            for site in self.model.sites
        )

    def seen(self, psi: float, y: Array) -> tuple[Array, list[Array]]:
        """Return the log-likelihood of each mode per coordinate (P, K) for y (P, L), and E[a | y] in each."""
        if not isinstance(self.model, DiscreteOrderModel):
            found = self.model.evidence(psi, y, np.broadcast_to(self.noise[1], y.shape))
            return found.ratios, found.means
        pairs = [
            law.both(psi, y) if isinstance(law, NodeLaw) else fast_kernel(law, psi).both(psi * y) for law in self._laws
        ]
        return np.stack([log @ self._rule for log, _ in pairs], axis=1), [mean for _, mean in pairs]

    def _denoised(self, modes: Index, node: int, psi: float, y: Array) -> tuple[Array, Array | None]:
        """Return E[a | y] for paths y (P, L) in ``modes`` (P,), and by how much each mode's log-likelihood per
        coordinate is behind that of a path's own, (P, K), where that is asked of them.
        """
        model, mass = self.model, np.broadcast_to(self.noise[1], y.shape)
        if isinstance(model, CoupledOrderModel):
            # Wells of one exponent stay apart where rows go on from the mean of one; to ask which costs seconds. Their
            # means have moved little since the last rows that were tried.
            own = model.points.places[modes, 0]
            near = self._nearby.get(node, own)
            near = np.where(np.abs(near - own) < self._close, near, own)
            found = model.denoise(0, psi, np.array(y), mass, near)
            self._nearby[node] = np.sum(found * mass, axis=1)
            return found, None
        out = np.empty_like(y)
        if self.decided and isinstance(model, DiscreteOrderModel):
            ratios, means = self.seen(psi, y)
            for mode in range(len(means)):
                out[modes == mode] = means[mode][modes == mode]
            return out, ratios[np.arange(len(modes)), modes][:, None] - ratios
        for mode, law in enumerate(self._laws):
            mine = modes == mode
            if isinstance(law, NodeLaw):
                out[mine] = law.both(psi, y[mine])[1]
            else:
                out[mine] = model.denoise(mode, psi, y[mine], mass[mine])
        return out, None

    @cached_property
    def _nearby(self) -> dict[int, Array]:
        """The spin means of the last paths at each node."""
        return {}

    @cached_property
    def _close(self) -> float:
        """How near to that of its well a mean must be for Newton's method to begin there."""
        if not isinstance(self.model, CoupledOrderModel) or len(self.model.points.places) == 1:
            return math.sqrt(self.model.sites[0].variance)
        return half_distance(self.model.points.places) / 2

    def enlarged(self, psi: float, gain: float) -> float:
        """Return ``gain``, or the least by which no more of ν_0 than _TAIL is left in the read-out at d = 10⁴."""
        if self.order != 1 or self.model.centred or self.pair is None:
            return gain
        return max(gain, 1 / (_TAIL * math.sqrt(LEAST) * psi * self.half))

    def start(self, mode: int, psi: float, gain: float, tie: float) -> Array:
        """Return y_1 (P, L) of the paths that end in a mode, from X* = ``tie``."""
        if self.order == 0:
            return self.placed(mode, psi, np.zeros(1))
        return self.placed(mode, psi, tie + self.enlarged(psi, gain) * self.wave(psi) * self.half * self.reads[mode][0])

    def off(self, rows: Rows, tie: float) -> list[tuple[Array, Array, float]]:
        """Return, by mode, what the coordinates (P, L) miss in units of the deviation, the masses of the paths, and by
        how much a node falls short of seeing the mode of a path.
        """
        psi, centred, (noise, _) = float(rows.nodes[0]), self.model.centred, self.noise
        starts = [self.start(mode, psi, rows.gain, tie) for mode in range(len(self.model.sites))]
        modes, y = np.repeat(np.arange(len(starts)), [len(one) for one in starts]), np.concatenate(starts)
        anchors = np.zeros(len(modes)) if centred else np.array(self.means)[modes]
        seen, short = [np.broadcast_to(anchors[:, None], y.shape)], np.zeros(len(modes))
        for j, node in enumerate(rows.nodes):
            if j:
                y = noise + sum(c * one for c, one in zip(rows.rows[j], seen, strict=False))
            found, ahead = self._denoised(modes, j, float(node), np.asarray(y))
            seen.append(found)
            # At the first node some path always lies between the modes.
            if j and ahead is not None:
                ahead[np.arange(len(modes)), modes] = np.inf
                least = np.nan_to_num(ahead.min(axis=1), nan=-1.0, posinf=1.0, neginf=-1.0)
                short = np.maximum(short, _SURE - LEAST * least)
        out = rows.output[0] * noise + sum(e * one for e, one in zip(rows.output[1:], seen, strict=True))
        missed = []
        for mode, site in enumerate(self.model.sites):
            mine = modes == mode
            target = self.targets[mode] - (site.mean if centred else 0.0)
            unit = math.sqrt(site.variance) or 1.0
            missed.append(((out[mine] - target) / unit, self.reads[mode][1], float(short[mine].max())))
        return missed

    def errors(self, rows: Rows, tie: float) -> list[float]:
        """Return the distance of each mode: Wasserstein-2 over the deviation, and where sites have atoms Wasserstein-1,
        or what mean and deviation miss where that is more.
        """
        found = []
        for mode, (off, paths, short) in enumerate(self.off(rows, tie)):
            site, masses = self.model.sites[mode], self.noise[1]
            if few_atoms(site):
                deviation = math.sqrt(site.variance) or 1.0
                target = (self.targets[mode] - site.mean) / deviation
                mean = off @ masses
                variance = float(paths @ np.maximum((target + off) ** 2 @ masses - mean**2, 0.0))
                moments = missed_moments(site, deviation * mean, paths, deviation * math.sqrt(variance))
                value = max(float(paths @ (np.abs(off) @ masses)), moments)
            else:
                value = math.sqrt(float(paths @ (off**2 @ masses)))
            found.append(value + (1.0 + 1e-3 * min(short, 1e4) if short > 0 else 0.0))
        return found


def shared_tie(landings: Sequence[Landing], psi: float) -> float:
    """Return X* at ψ of one table for several limits: the mean of theirs."""
    return float(np.mean([one.tie(psi) if one.decided else 0.0 for one in landings]))
