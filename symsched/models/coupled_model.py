"""Order parameters whose modes are the wells of one exponent: coordinates that feel a field of their own mean."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np

from symsched.algebra.arrays import Array, Index
from symsched.laws.numeric import AbstractSite
from symsched.laws.numeric.kernels import AbstractKernel
from symsched.laws.numeric.tables import fast_kernel
from symsched.models.order_model import AbstractPointsModel, Evidence, Points

_NEWTON = 30  # steps at most
_CONVERGED = 1e-13  # error of the mean at which they end
_WINDOW = 0.05
"""ψ, in deviations of the mode's coordinates, up to which wells are where they are without data."""
_WELL = 12
"""Means at which a well is looked at for its maxima."""


@final
@dataclass(frozen=True, eq=False)
class CoupledOrderModel(AbstractPointsModel):
    """Modes inside which every coordinate feels u = g'(m̂), m̂ the posterior mean of the spin mean.

    For data that are exactly z + ψ a this is the mode's own tilt; for states that a coarse scheme has put elsewhere it
    is not, and the difference stays as d → ∞. ``site`` is ρ_0, ``interaction``, ``slope`` and ``bend`` are g, g' and
    g'', ``tilts`` (K,) the u of the modes, ``boundaries`` (K−1,) the means at which one mode ends and the next begins.
    """

    dimension: float
    points: Points
    sites: tuple[AbstractSite, ...]
    site: AbstractSite
    interaction: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    bend: Callable[[Array], Array]
    tilts: Array
    boundaries: tuple[float, ...]

    @property
    def whole(self) -> bool:
        """Always: wells are of different widths, and under data that no mode would give each has moved by its own."""
        return True

    def denoise(self, mode: int, psi: float, y: Array, mass: Array, near: Array | None = None) -> Array:
        """Return E[a | y] in one mode, m̂ solved by Newton's method from ``near`` (P,), or the mode's own where NaN."""
        kernel = fast_kernel(self.site, float(psi), 1.0)
        own = np.full(y.shape[0], self.points.places[mode, 0])
        start = own if near is None else np.where(np.isnan(near), own, near)
        means = self._solved(kernel, psi * y, mass, (start, -np.inf, np.inf))
        return np.asarray(kernel.mean(self.slope(means)[:, None] + psi * y))

    def evidence(self, psi: float, y: Array, mass: Array) -> Evidence:
        """Return, per mode, the highest g(m) − I_y(m) of its well, I_y the Legendre transform of E log E_0 e^{ua + …}.

        It is what d coordinates say by Laplace's method: −∞ where the data leave no maximum between the boundaries.
        The means are those at the highest.
        """
        kernel = fast_kernel(self.site, float(psi), 1.0)
        seen, places = psi * y, self.points.places[:, 0]
        count, paths = len(places), y.shape[0]
        spins = np.tile(places, (paths, 1))
        ratios, scale = np.zeros((paths, count)), np.full(paths, np.inf)
        halved = ratios.copy()
        # Before, wells are where they are without data: what the points say is not to be corrected.
        if psi * max(site.variance for site in self.sites) ** 0.5 >= _WINDOW:
            ratios, scale = np.full((paths, count), -np.inf), np.zeros(paths)
            halved = ratios.copy()
            bare = fast_kernel(self.site, 0.0, 1.0)
            heights, _ = self._height(bare, np.zeros((count, 1)), np.ones((count, 1)), places)
            for mode in range(count):
                for rows, bracket in self._brackets(kernel, mode, seen, mass):
                    means = self._solved(kernel, seen[rows], mass[rows], bracket)
                    height, size = self._height(kernel, seen[rows], mass[rows], means)
                    # g − I is stationary at a maximum: the means of a coarser rule would change its height no further.
                    half, _ = self._height(kernel, seen[rows, ::2], 2 * mass[rows, ::2], means)
                    scale[rows] = np.maximum(scale[rows], size)
                    better = height - heights[mode] > ratios[rows, mode]
                    chosen = rows[better], mode
                    ratios[chosen], halved[chosen] = height[better] - heights[mode], half[better] - heights[mode]
                    spins[chosen] = means[better]
        fields = self.slope(spins)
        denoised = [np.asarray(kernel.mean(fields[:, mode, None] + seen)) for mode in range(count)]
        return Evidence(ratios, halved, scale, denoised, spins)

    def _brackets(
        self, kernel: AbstractKernel, mode: int, seen: Array, mass: Array
    ) -> list[tuple[Index, tuple[Array, float, float]]]:
        """Return the maxima of a well, as a guess (P',) between two bounds, with the paths (P',) that have each."""
        grid = self._well(mode)
        # m ↦ Λ_y'(g'(m)) − m falls through zero at a maximum.
        excess = np.stack(
            [
                np.sum(kernel.mean(tilt + seen) * mass, axis=1) - mean
                for tilt, mean in zip(self.slope(grid), grid, strict=True)
            ],
            axis=1,
        )
        found: list[tuple[Index, tuple[Array, float, float]]] = []
        for k in range(len(grid) - 1):
            rows = np.flatnonzero((excess[:, k] >= 0) & (excess[:, k + 1] < 0))
            left, right = excess[rows, k], excess[rows, k + 1]
            means = grid[k] + (grid[k + 1] - grid[k]) * left / (left - right)
            found.append((rows, (means, float(grid[k]), float(grid[k + 1]))))
        # Data may push a mean beyond all modes.
        if mode == 0:
            rows = np.flatnonzero(excess[:, 0] < 0)
            found.append((rows, (np.full(len(rows), grid[0]), -np.inf, float(grid[0]))))
        if mode == len(self.tilts) - 1:
            rows = np.flatnonzero(excess[:, -1] >= 0)
            found.append((rows, (np.full(len(rows), grid[-1]), float(grid[-1]), np.inf)))
        return [(rows, bracket) for rows, bracket in found if len(rows)]

    def _well(self, mode: int) -> Array:
        """Return means of a well, the outermost wells as wide outwards as inwards, inside what the site law reaches."""
        place = float(self.points.places[mode, 0])
        inner = [*self.boundaries[max(mode - 1, 0) : mode], *self.boundaries[mode : mode + 1]]
        reach = max(abs(place - cut) for cut in inner)
        low = self.boundaries[mode - 1] if mode > 0 else place - min(reach, self._room(mode, -1.0))
        high = self.boundaries[mode] if mode < len(self.boundaries) else place + min(reach, self._room(mode, 1.0))
        return np.linspace(low, high, _WELL)

    def _room(self, mode: int, sign: float) -> float:
        """Return how far a mean can move on one side of a mode under a tilt of eight deviations."""
        tilt = self.tilts[mode] + sign * 8 / self.sites[mode].variance ** 0.5
        return abs(float(self.site.tilted(np.asarray(tilt), np.asarray(0.0))[1]) - float(self.points.places[mode, 0]))

    def _solved(self, kernel: AbstractKernel, seen: Array, mass: Array, bracket: tuple[Array, float, float]) -> Array:
        """Return m = Σ mass Λ'(g'(m) + ψ y) by Newton's method from a guess (P,), between bounds if finite."""
        means = np.array(bracket[0], dtype=float)
        low, high = (np.full(len(means), bound) for bound in bracket[1:])
        bounded = bool(np.isfinite(bracket[1]) and np.isfinite(bracket[2]))
        for _ in range(_NEWTON):
            mean, spread = kernel.spread(self.slope(means)[:, None] + seen)
            excess, width = np.sum(mean * mass, axis=1) - means, np.sum(spread * mass, axis=1)
            climb = 1 - self.bend(means) * width
            step = excess / climb
            new = means + step
            if bounded:
                low, high = np.where(excess >= 0, means, low), np.where(excess >= 0, high, means)
                new = np.where((new >= low) & (new <= high), new, (low + high) / 2)
            # A step leaves about its square over the slope.
            done = bool(np.all(np.square(step) < _CONVERGED * np.minimum(np.abs(climb), 1.0)))
            means = new
            if done:
                break
        return means

    def _height(self, kernel: AbstractKernel, seen: Array, mass: Array, means: Array) -> tuple[Array, Array]:
        """Return g(m) − u m + Σ mass Λ(u + ψ y) at u = g'(m) for guesses of m (P,), and the size of what is added."""
        tilt = np.asarray(self.slope(means))
        logs, mean = kernel.both(tilt[:, None] + seen)
        whole, log_mass = (np.sum(part * mass, axis=1) for part in (mean, logs))
        pull, energy = tilt * whole, np.asarray(self.interaction(whole))
        return energy - pull + log_mass, np.abs(energy) + np.abs(pull) + np.sum(np.abs(logs * mass), axis=1)
