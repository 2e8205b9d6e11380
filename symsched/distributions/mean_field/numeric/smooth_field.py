"""The exact posterior of a mean-field measure with any smooth interaction, in high dimension.

F(S) = exp(G(S)), G(S) = d g(S/d) + f(S/d), couples the coordinates through their total S. A smooth partition of unity
cuts F into bumps as wide as the scale √(d/|g''|) on which F is not exponential; each bump, tilted by its own
u_t = G'(S_t), is a Fourier sum Σ_l c_l e^{(u_t + iλ_l) S}, and under each exponential the coordinates are independent:

    E[a_i | y] = Σ_{t,l} w_{tl} ⟨a⟩(u_t + iλ_l + ψ y_i) / Σ w_{tl},   w_{tl} = c_{tl} Π_j Z(u_t + iλ_l + ψ y_j, ψ²).

No term exceeds the sum by more than a small factor. The frequencies are O(d^{−1/2}), far inside the strip where ⟨a⟩
and log Z are analytic, so that both are read off their polynomials on a few real Chebyshev nodes, and the posterior is
a law of a real field with weights of either sign.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from symsched.algebra.arrays import Array, Index, Mask
from symsched.distributions.mean_field.numeric.field_law import AbstractCollective, FieldLaw, Question
from symsched.distributions.mean_field.numeric.field_scan import DEPTH, Intervals, Peaks, interpolate, read_peaks
from symsched.distributions.mean_field.numeric.interaction import Interaction
from symsched.laws.numeric import chebyshev
from symsched.laws.numeric.kernels import AbstractKernel
from symsched.models.one_map.populations import Coordinates, Fields, Means

_COUNTS = (8, 10, 12, 15, 18, 22, 27, 33)
"""Real nodes per window that are tried in turn; more would amplify rounding off the real axis."""
_BAND = 12.6
"""Highest frequency times q: the bumps' spectrum falls to exp(−12.6²/4) = 6e−18."""
_SPECTRUM = 8.8
"""Highest frequency times the deviation of S at fixed field: its characteristic function is 1e−17 there."""
_SPAN = 9.0
"""Half width in units of q of what a bump, 4 q wide, covers with its faded edges: erfc(7) exp(9²/8) = 1e−18."""
_AGREEMENT = 1e-7
"""Largest accepted error of the mean total, in units of q."""
_GROUP = 0.3
"""Range of tilts, in units of the site's scale, that one polynomial carries."""
_FADE = 5.7
"""Distance in units of q at which an edge has faded: erfc(5.7) = 8e−16."""
_STILL = 1e-3
"""Variance of S at which all sites are at an end of their range."""
_CELLS = (24, 200)
"""Cells of a survey's grid, at least and at most."""
_MANY = 1e7
"""Dimension from which on a survey's grid is twice as fine."""
_POLISH = 12
"""Newton steps at most: where the survey resolves a peak, two or three do."""
_WIDENINGS = 60  # of a window, which doubles each time
_REACH = 8.6
"""Standard deviations of S that the bumps must cover."""


@final
@dataclass(frozen=True)
class SmoothField(AbstractCollective):
    """The interaction of d coordinates, and the bracket of the fields u = G'(S) of its stationary points.

    ``stiffness``: the largest |g''| on the range of m.
    """

    d: float
    interaction: Interaction
    span: tuple[float, float]
    scale: float
    stiffness: float

    @property
    def width(self) -> float:
        """Half the scale of F in S: on a bump, F then grows by less than its edges fade."""
        return float(np.sqrt(self.d) * min(0.5 / np.sqrt(max(self.stiffness, 1e-12)), 2 / self.scale))

    def law(self, question: Question) -> FieldLaw:
        """Return the law of the field, always exact; its ``boundaries`` are means m between basins."""
        population, kernel = question.population, question.kernel
        totals = self._totals(question)
        bumps = self._bumps(totals)
        highest = bumps.highest
        totals, bumps = _grouped(totals, bumps, _GROUP * self.scale)
        starts = np.flatnonzero(np.diff(bumps.owner, prepend=-1))
        left = np.minimum.reduceat(bumps.tilt, starts) - highest
        right = np.maximum.reduceat(bumps.tilt, starts) + highest
        outer = Intervals(totals.path, left, right)
        before = np.inf
        for count in _COUNTS:
            fields = outer.nodes(count)
            means = population.means(kernel, fields)
            series = means @ chebyshev.coefficients(count)
            rounding = 1e-16 * max(self.d / self.scale, float(np.abs(means).max()))
            tail = float(np.max(np.abs(series[:, -2:]).max(axis=1) * outer.half))
            # Resolved, or as far as rounding allows.
            if tail < 1e-13 + rounding * np.max(outer.half) or before / 2 < tail < 1e-11 + 100 * rounding:
                break
            before = tail
        else:
            raise self._too_small()
        level = population.logs(kernel, Fields(outer.path, outer.middle, np.zeros((1, 1))))[:, 0]
        return self._weigh(_Polynomials(outer, fields, series, level), bumps, question.boundaries)

    @property
    def _needed(self) -> float:
        return 1000 * self.stiffness / self.scale**2

    def _too_small(self) -> ArithmeticError:
        if self.d >= self._needed:
            return ArithmeticError(
                f"the law of the mean of {self.d:g} coordinates was not resolved: in one step the coordinates move too"
                " far for what is kept of them. Take more steps, or method='scalar map', which draws them all"
            )
        return ArithmeticError(
            f"d = {self.d:g} is too small for this site and an interaction that is no convex quadratic: the exact"
            f" posterior needs d of about 1000 |g''| Var a = {self._needed:.1g}; take a larger d, or the limit alone"
        )

    def _totals(self, question: Question) -> _Totals:
        """Return the intervals of S that hold all of the posterior."""
        population, kernel = question.population, question.kernel
        peaks = self._survey(question)
        path = peaks.path
        position, centre, variance, steady, settled = self._newton(
            population, kernel, path, peaks.position, peaks.resolution
        )
        deviation = np.sqrt(variance / np.maximum(steady, 1e-12))
        wide = peaks.windows()
        ends = population.means(kernel, Fields(path, np.zeros(path.size), np.stack([wide.left, wide.right])))
        # Where the fluctuations are far from Gaussian, or about no point that was found, the heights on the grid say
        # where they end.
        local = settled & (steady > 0.05) & (_REACH * deviation < 0.2 * self.d / self.scale)
        first = np.where(local, centre - _REACH * deviation, ends[:, 0])
        last = np.where(local, centre + _REACH * deviation, ends[:, 1])
        spreads = np.sqrt(variance)
        # Copies of a bump, a period apart, must lie where S has no mass at the bump's own tilt.
        period = (2 * _SPAN - 4) * self.width + 2 * _REACH * float(spreads.max())
        highest = min(_BAND / self.width, _SPECTRUM / float(spreads.min()))
        found = _Totals(path, first, last, position, centre, period, highest)
        return _merged(found, 2 * _FADE * self.width)

    def _newton(
        self, population: Coordinates, kernel: AbstractKernel, path: Index, position: Array, reach: float
    ) -> tuple[Array, Array, Array, Array, Mask]:
        """Polish solutions of u = G'(S), S = M(u); return u, S, the variance V of S at fixed u, 1 − G'' V, and which
        are found.
        """
        for _ in range(_POLISH):
            means, variances = population.variances(kernel, Fields(path, position, np.zeros((1, 1))))
            total, variance = means[:, 0], np.maximum(variances[:, 0], 1e-300)
            steady = 1 - self.interaction.bend(total, self.d) * variance
            safe = np.where(steady > 0.02, steady, np.inf)
            step = np.clip((self.interaction.force(total, self.d) - position) / safe, -reach, reach)
            position = position + step
            settled = np.abs(step) * np.sqrt(variance) < 1e-3
            if np.all(settled):
                break
        return position, total, variance, steady, settled

    def _survey(self, question: Question) -> Peaks:
        """Return the maxima over fields of what their totals weigh, read off a grid that holds all of the law."""
        low, high = self.span
        margin = float(12 * self.scale / np.sqrt(self.d))
        # The cubics' error, (spacing)⁴/400 per site, must not hide a valley of a few nats between two peaks.
        spacing = self.scale * (0.25 if self.d < _MANY else 0.125)
        widened = False
        for _ in range(_WIDENINGS):
            first, last = low - margin, high + margin
            grid = np.linspace(first, last, int(np.clip(np.ceil((last - first) / spacing), *_CELLS)) + 1)
            zero = np.zeros(question.population.paths)
            everywhere = Fields(np.arange(zero.size), zero, grid[:, None])
            means, variances = question.population.variances(question.kernel, everywhere)
            drift = self.interaction.force(means, self.d) - grid
            good_left, good_right = bool(np.all(drift[:, 0] > 0)), bool(np.all(drift[:, -1] < 0))
            if good_left and good_right:
                closer = _around_peaks(grid, drift)
                if not widened and grid[1] - grid[0] > spacing and closer[1] - closer[0] < (last - first) / 2:
                    low, high = closer
                    continue
                peaks, good_left, good_right = self._read(grid, means, variances)
                if good_left and good_right:
                    return peaks
            reach = high - low + self.scale
            low, high = (low if good_left else low - reach), (high if good_right else high + reach)
            widened = True
        raise ArithmeticError("the field's law has no maximum within reach; the measure cannot be normalised")

    def _read(self, grid: Array, means: Array, variances: Array) -> tuple[Peaks, bool, bool]:
        """Return the maxima, and whether all of the law lies above the grid's first point and below its last."""
        fine, total, level = interpolate(grid, means, variances)
        height = self.interaction.energy(total, self.d) + level - fine * total
        slack = np.full(means.shape[0], DEPTH + 20 + 1e-4 * self.d)
        # G'(S) − u is 0 where the total S of the sites in the field u calls for just this field.
        peaks = read_peaks(fine, self.interaction.force(total, self.d) - fine, height, slack)
        left, right = peaks.contained()
        # Where the sites have all but reached the end of their range, nothing lies beyond.
        still = np.all(variances < _STILL, axis=0)
        return peaks, left or bool(still[0]), right or bool(still[-1])

    def _bumps(self, totals: _Totals) -> _Bumps:
        """Return the partition of each interval, with room for its ends to fade, into bumps at most 4 q wide."""
        q = self.width
        first, last = totals.first - _FADE * q, totals.last + _FADE * q
        count = np.maximum(1, np.ceil((last - first) / (4 * q)).astype(np.intp))
        owner = np.repeat(np.arange(count.size), count)
        number = np.arange(owner.size) - np.repeat(np.cumsum(count) - count, count)
        width = ((last - first) / count)[owner]
        left = first[owner] + number * width
        centre = left + width / 2
        # u_t = G'(S_t) where G is convex; a concave part is never tilted against.
        way = centre - totals.centre[owner]
        points, rule = chebyshev.gauss_legendre(24)
        bends = self.interaction.bend(totals.centre[owner, None] + way[:, None] * (1 + points) / 2, self.d)
        tilt = totals.position[owner] + way / 2 * (np.maximum(bends, 0.0) @ rule)
        return _Bumps(owner, left, left + width, centre, tilt, totals.period, totals.highest)

    def _weigh(self, field: _Polynomials, bumps: _Bumps, boundaries: Array) -> FieldLaw:
        """Return the law as weights on the real nodes."""
        outer, owner = field.outer, bumps.owner
        count = field.fields.shape[1]
        coefficients, moments = self._fourier(bumps)
        frequency = 2 * np.pi / bumps.period * np.arange(coefficients.shape[1])
        half = outer.half[owner, None]
        place = np.asarray((bumps.tilt[:, None] + 1j * frequency - outer.middle[owner, None]) / half, np.complex128)
        basis = _polynomials(place, count + 1)
        logs = half * np.einsum("tlk,tk->tl", basis, field.primitive[owner]) - 1j * frequency * bumps.centre[:, None]
        energy = self.interaction.energy(bumps.centre, self.d)
        starts = np.flatnonzero(np.diff(outer.path, prepend=-1))
        # log Z grows as |y|²: beside it a bump's own logs would lose their digits.
        common = field.level[starts][outer.path]
        logs += (energy + (field.level - common)[owner] - bumps.tilt * bumps.centre)[:, None]
        top = np.full(outer.path.size, -np.inf)
        np.maximum.at(top, owner, logs[:, 0].real)
        top = np.maximum.reduceat(top, starts)[outer.path]
        powers = np.exp(logs - top[owner, None])
        powers[:, 1:] *= 2
        terms = coefficients * powers
        shares = terms.sum(axis=1).real
        mass = np.bincount(owner, shares, minlength=outer.path.size)
        spectrum = np.zeros((outer.path.size, count))
        np.add.at(spectrum, owner, np.einsum("tl,tlk->tk", terms, basis[:, :, :count]).real)
        total = np.add.reduceat(mass, starts)
        scale = 1 / total[outer.path]
        weights = (spectrum @ chebyshev.coefficients(count).T) * scale[:, None]
        # E S in two ways: from the fields' means, and from the bumps themselves.
        means = field.series @ np.polynomial.chebyshev.chebvander(chebyshev.nodes(count), count - 1).T
        told = np.bincount(outer.path, np.einsum("wc,wc->w", weights, means))
        direct = (shares * bumps.centre + (moments * powers).sum(axis=1).real) * scale[owner]
        if not np.all(np.abs(told - np.bincount(outer.path[owner], direct)) < _AGREEMENT * self.width) or np.any(
            total <= 0
        ):
            raise self._too_small()
        # Basins are told apart by the mean, on whose scale the boundaries are given.
        centres = np.bincount(owner, shares * bumps.centre, minlength=outer.path.size) / np.where(mass > 0, mass, 1.0)
        basin = outer.path * (boundaries.size + 1) + np.searchsorted(boundaries, centres / self.d)
        shape = total.size, boundaries.size + 1
        basins = np.asarray(np.bincount(basin, mass * scale, shape[0] * shape[1]), np.float64).reshape(shape)
        return FieldLaw(Means(field.fields), weights, basins, np.log(total) + (top + common)[starts])

    def _fourier(self, bumps: _Bumps) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
        """Return the coefficients of e^{iλ_l (S − S_t)} in each bump times exp(G(S) − G(S_t) − u_t (S − S_t)).

        And those of the same times S − S_t.
        """
        q, period = self.width, bumps.period
        frequencies = int(np.ceil(bumps.highest * period / (2 * np.pi))) + 1
        # What lies beyond the band must not be mistaken for one of the frequencies that are wanted; half as much again.
        samples = int(np.ceil(1.5 * (_BAND / q + bumps.highest) * period / (2 * np.pi))) + 32
        offset = period * ((np.arange(samples) + 0.5) / samples - 0.5)
        offset = offset[np.abs(offset) < _SPAN * q]
        total = bumps.centre[:, None] + offset
        window = special.erfc((bumps.left[:, None] - total) / q) - special.erfc((bumps.right[:, None] - total) / q)
        energy = self.interaction.energy(bumps.centre, self.d)
        growth = self.interaction.energy(total, self.d) - energy[:, None] - bumps.tilt[:, None] * offset
        values = window / 2 * np.exp(np.minimum(growth, 600.0))
        # Few frequencies of many samples: a matrix is faster than a transform.
        waves = np.exp(-2j * np.pi / period * offset[:, None] * np.arange(frequencies)) / samples
        both = np.concatenate([waves, offset[:, None] * waves], axis=1)
        found = values @ both.real + 1j * (values @ both.imag)
        return found[:, :frequencies], found[:, frequencies:]


@final
@dataclass(frozen=True)
class _Totals:
    """Intervals [first, last] of S, (W,), ordered by path, with a stationary field and its total in each."""

    path: Index
    first: Array
    last: Array
    position: Array
    centre: Array
    period: float
    highest: float


@final
@dataclass(frozen=True)
class _Bumps:
    """Pieces [left, right] of S, (T,): the interval that owns each, its middle S_t and its tilt u_t.

    ``period`` and ``highest`` frequency of their Fourier sums.
    """

    owner: Index
    left: Array
    right: Array
    centre: Array
    tilt: Array
    period: float
    highest: float


@final
@dataclass(frozen=True)
class _Polynomials:
    """Chebyshev ``series`` (W, c) of M(u) on windows, and log Z at their middles, ``level`` (W,)."""

    outer: Intervals
    fields: Fields
    series: Array
    level: Array

    @property
    def primitive(self) -> Array:
        """Series of the integral of M from the middles, per half width, (W, c + 1)."""
        result = np.polynomial.chebyshev.chebint(self.series, axis=1)
        result[:, 0] -= np.polynomial.chebyshev.chebval(0.0, result.T)
        return np.asarray(result)


def _around_peaks(grid: Array, drift: Array) -> tuple[float, float]:
    """Return the stretch of a grid where a drift (n, G) turns from up to down, with a cell on either side."""
    turns = np.flatnonzero(np.any((drift[:, :-1] > 0) & (drift[:, 1:] <= 0), axis=0))
    return float(grid[max(turns[0] - 1, 0)]), float(grid[min(turns[-1] + 2, grid.size - 1)])


def _grouped(totals: _Totals, bumps: _Bumps, widest: float) -> tuple[_Totals, _Bumps]:
    """Return the intervals cut so that the tilts of each span little: one polynomial each must carry them."""
    starts = np.flatnonzero(np.diff(bumps.owner, prepend=-1))
    lowest = np.minimum.reduceat(bumps.tilt, starts)[bumps.owner]
    group = np.floor((bumps.tilt - lowest) / widest).astype(np.intp)
    change = (np.diff(bumps.owner, prepend=-1) != 0) | (np.diff(group, prepend=-1) != 0)
    owner = np.cumsum(change) - 1
    parent = bumps.owner[change]
    cut = replace(
        totals,
        path=totals.path[parent],
        first=totals.first[parent],
        last=totals.last[parent],
        position=totals.position[parent],
        centre=totals.centre[parent],
    )
    return cut, replace(bumps, owner=owner)


def _merged(totals: _Totals, room: float) -> _Totals:
    """Return the intervals with those joined that leave less than ``room`` between them."""
    first, last = totals.first.copy(), totals.last.copy()
    keep = np.ones(first.size, dtype=bool)
    close = (totals.path[1:] == totals.path[:-1]) & (first[1:] - last[:-1] < room)
    for j in np.flatnonzero(close)[::-1]:
        last[j], keep[j + 1] = max(last[j], last[j + 1]), False
    return _Totals(
        totals.path[keep],
        first[keep],
        last[keep],
        totals.position[keep],
        totals.centre[keep],
        totals.period,
        totals.highest,
    )


def _polynomials(place: NDArray[np.complex128], count: int) -> NDArray[np.complex128]:
    """Return T_0 … T_{count−1} at complex places, along a new last axis."""
    basis = np.empty((*place.shape, count), dtype=np.complex128)
    basis[..., 0], basis[..., 1] = 1, place
    for k in range(2, count):
        basis[..., k] = 2 * place * basis[..., k - 1] - basis[..., k - 2]
    return basis
