"""The exact posterior of the collective field of a quadratic mean-field measure (Hubbard–Stratonovich).

For a density ∝ Π ρ_0(a_i) exp(c (Σ a_i)²/(2d) + s Σ a_i) the posterior of the real field u given y = z + ψ a
has the density

    ∝ exp(e(u)),   e(u) = −d (u − s)²/(2c) + Σ_j log Z(u + ψ y_j, ψ²),

and given u the coordinates are independent with means ⟨a⟩(u + ψ y_i). Given a, u is Gaussian with mean s + c Σ a_i/d
and variance c/d whatever a is. Its law is therefore a mixture of Gaussians of that one variance, as is its product with
the mean of any function of a, and the trapezoidal rule of spacing θ √(c/d) integrates both up to 2 exp(−2π²/θ²):
8e−14 at θ = 0.8, whatever the site, the number of peaks and how critical they are. For the same reason
e(u) + d (u − s)²/(2c) is convex, which bounds e between the rule's points.

On the scale of a site, far wider than the law when d is large, e and the means are analytic: e' is known from a few
Chebyshev nodes and integrated to e, which does not cancel at large d, and weights on the rule become weights on nodes.
"""

import functools
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
from numpy.polynomial import chebyshev as series
from scipy import special

from symsched.algebra.arrays import Array
from symsched.distributions.mean_field.numeric.field_law import AbstractCollective, FieldLaw, Question, Windows
from symsched.laws.numeric import chebyshev
from symsched.models.one_map.populations import Fields, Means, Sums

_SPACING = 0.8
"""Spacing θ of the rule in units of √(c/d)."""
_COUNTS = (*range(5, 15), 16, 18, 20, 23, 26, 30, 34, 38, 43, 48, 54, 60, 72, 90, 120, 160, 220, 300, 420)
"""Chebyshev nodes per window that are tried in turn."""
_STRIP = 1.5
"""Distance from the real axis, in scales of the site, at which its log normaliser is expected to be singular."""
_COARSE = 256
"""Points from which the rule is refined where it counts."""
_WIDENINGS = 60  # of a window, which doubles each time
_ROOM = 1.15
"""How much wider than the law the next step's window is."""
_NEAR = (1.0, 2.0, 4.0)
"""Widenings of the windows in which a law is expected, before it is looked for everywhere."""
_CORE = 0.6
"""Part of these windows in which the slope is asked for; beyond, the law is small and the slope continued."""
_TRIES = 4
"""Numbers of nodes that are tried where a law is expected, before it is looked for in other windows."""
_SURE = 4.0
"""Standard deviations of the law that its core has at least, on either side, if it is where it is expected."""
_CLOSE = 3
"""Points of the rule around a boundary that decide whether the mass next to it counts."""
_LITTLE = 10.0
"""Nats of a lead that is of no use."""
_ROWS = 64
"""Paths whose leads are found together."""
_EMPTY = 1e-18
"""Share of the rule's mass next to a boundary that may be cut sharply."""


@final
@dataclass(frozen=True, eq=False)
class Slope:
    """e' on ``windows``: the sums of means at their nodes less the prior's pull, (n,) in the middle, which is linear.

    ``spacing`` of the rule, ``stiffness`` of the pull.
    """

    windows: Windows
    sums: Sums
    pull: Array
    stiffness: float
    spacing: float

    @property
    def count(self) -> int:
        """The number of nodes."""
        return self.sums.means.fields.shape[1]

    @property
    def values(self) -> Array:
        """e' at the nodes, (n, c)."""
        way = self.windows.half * chebyshev.nodes(self.count)
        return np.asarray(self.sums.at_fields - self.pull[:, None] - self.stiffness * way)

    def place(self, index: Array) -> Array:
        """Return the place in the windows, from −1 to 1, of the rule's points."""
        return np.asarray(index * (self.spacing / self.windows.half))

    def primitive(self, index: Array) -> Array:
        """Return the integral from the windows' middles to the rule's points, (n, len(index))."""
        way = index * self.spacing
        integrals = self.windows.half * (_integral(self.count) @ series.chebvander(self.place(index), self.count).T)
        rows = [self.sums.means.terms(integrals.T).T, -way[None], -self.stiffness / 2 * way[None] ** 2]
        one = np.ones((self.pull.size, 1))
        return np.concatenate([self.sums.terms, self.pull[:, None], one], axis=1) @ np.concatenate(rows)


@final
@dataclass(frozen=True, eq=False)
class Density:
    """The density of the field on ``windows``: its exponent and where it is not negligible.

    ``slope``: e' at nodes; ``index`` (L,): numbers of the rule's points, counted from the windows' middles;
    ``exponent`` (n, L): e there, less that in the middle; ``top`` (n,): its maximum; ``fallen``: by how many nats e
    falls from there to the left and right ends of the rule, at least; ``lead``: by how many nats all other peaks are
    below the highest, at least, or a number too small to be of use.
    """

    slope: Slope
    index: Array
    exponent: Array
    top: Array
    fallen: tuple[float, float]
    lead: float

    @cached_property
    def shares(self) -> Array:
        """The density relative to its maximum at the rule's points, (n, L)."""
        shares = self.exponent - self.top[:, None]
        return np.exp(shares, out=shares)

    def exponents(self, index: Array) -> Array:
        """Return e, less that in the middle, at points of any number, (n, len(index))."""
        return self.slope.primitive(index)

    def weights(self) -> Array:
        """Return the weights, not normalised, of the terms of the means, (n, K + 1 or c)."""
        count = self.slope.count
        lagrange = series.chebvander(self.slope.place(self.index), count - 1) @ chebyshev.coefficients(count).T
        return np.asarray(self.shares @ self.slope.sums.means.terms(lagrange))

    def below(self, boundary: float, total: Array) -> Array:
        """Return the mass below a boundary, (n,), in units of a whole one's sum ``total`` of shares."""
        number = (boundary - self.slope.windows.middle) / self.slope.spacing
        mass = np.where(number > self.index[-1], total, 0.0)
        if np.ptp(number) == 0:
            mass[:] = self.shares[:, : np.searchsorted(self.index, number[0])].sum(axis=1)
            close = self.shares[:, np.abs(self.index - number[0]) < _CLOSE].sum(axis=1)
            cut = np.flatnonzero(close > _EMPTY)
        else:
            near = np.flatnonzero((number > self.index[0] - _CLOSE) & (number < self.index[-1] + _CLOSE))
            distance = self.index - number[near, None]
            mass[near] = np.where(distance < 0, self.shares[near], 0.0).sum(axis=1)
            close = np.where(np.abs(distance) < _CLOSE, self.shares[near], 0.0).sum(axis=1)
            cut = near[close > _EMPTY]
        if cut.size:
            # The interpolant of a rule twice as fine is the density to the same accuracy, and is integrated.
            fine = np.unique(np.concatenate([self.index, self.index - 0.5, self.index + 0.5]))
            fine = fine[(fine >= self.index[0]) & (fine <= self.index[-1])]
            density = np.exp(self.exponents(fine)[cut] - self.top[cut, None])
            number = number[:1] if np.ptp(number) == 0 else number[cut]
            steps = 0.25 + special.sici(2 * np.pi * (number[:, None] - fine))[0] / (2 * np.pi)
            mass[cut] = (density * steps).sum(axis=1)
        return mass


@final
@dataclass(frozen=True)
class QuadraticField(AbstractCollective):
    """The prior weight exp(−d (u − centre)²/(2 coupling)) of the field, and the bracket in which its peaks lie."""

    d: float
    coupling: float
    centre: float
    span: tuple[float, float]
    scale: float

    @property
    def width(self) -> float:
        """The standard deviation √(coupling/d) of the field given the coordinates."""
        return float(np.sqrt(self.coupling / self.d))

    def law(self, question: Question) -> FieldLaw:
        """Return the exact law of the field given the coordinates."""
        if self.coupling == 0:
            return self._point_law(question)
        found = self.density(question)
        windows, spacing, shares = found.slope.windows, found.slope.spacing, found.shares
        total = shares.sum(axis=1)
        below = [np.zeros(total.size), *(found.below(cut, total) for cut in question.boundaries), total]
        held = shares > np.exp(-_depth(question.tolerance))
        low = windows.middle + spacing * found.index[held.argmax(axis=1)]
        high = windows.middle + spacing * found.index[::-1][held[:, ::-1].argmax(axis=1)]
        half = (_ROOM * float(np.max(high - low)) + self.width) / 2
        return FieldLaw(
            found.slope.sums.means,
            found.weights() / total[:, None],
            np.diff(np.stack(below, axis=1) / total[:, None], axis=1),
            self._anchor(question, windows) + found.top + np.log(total * spacing),
            low,
            high,
            Windows((low + high) / 2, half),
            found.lead,
        )

    def density(self, question: Question) -> Density:
        """Return the density of the field, in the windows where it is expected or wherever it is."""
        depth = _depth(question.tolerance)
        if question.near is not None:
            for wider in _NEAR:
                near = self._look(question, Windows(question.near.middle, wider * question.near.half), _CORE)
                if near is not None and min(near.fallen) > depth:
                    return near
        margin = float(np.sqrt(2 * (depth + 2))) * self.width
        low, high = self.span
        for _ in range(_WIDENINGS):
            middle = np.full(question.population.paths, (low + high) / 2)
            found = self._look(question, Windows(middle, (high - low) / 2 + margin))
            if found is None:
                raise ArithmeticError(
                    "the field's law is not resolved: the site's log normaliser is not smooth in the field"
                )
            if min(found.fallen) > depth:
                return found
            reach = high - low + self.scale
            low, high = low - reach * (found.fallen[0] <= depth), high + reach * (found.fallen[1] <= depth)
        raise ArithmeticError("the field's law has no maximum within reach; the measure cannot be normalised")

    def _look(self, question: Question, windows: Windows, core: float = 1.0) -> Density | None:
        """Return the density on windows, if it is resolved to the tolerance by its slope at nodes in their cores.

        In a core smaller than the windows a single peak is expected: there and beyond, errors count as much as the law.
        """
        tolerance, inner = question.tolerance, Windows(windows.middle, core * windows.half)
        start = int(np.searchsorted(_COUNTS, self._expected_nodes(inner.half, tolerance)))
        counts = _COUNTS[min(start, len(_COUNTS) - 1) :]
        for count in counts if core == 1 else counts[:_TRIES]:
            slope = self._slope(question, inner, count, single=core < 1)
            values = slope.values
            pull = np.abs(slope.pull) + slope.stiffness * inner.half
            rounding = 1e-15 * (pull + self.d / self.scale)
            tails = np.abs(values @ chebyshev.coefficients(count)[:, -2:]).max(axis=1) - rounding
            if core == 1:
                tails -= tolerance / 10 * np.abs(values).max(axis=1)
                if np.all(2 * inner.half * tails < tolerance):
                    return self._refine(slope, windows.half, _depth(tolerance))
                continue
            found = self._refine(slope, windows.half, _depth(tolerance))
            # What is missing is about as large as the last terms, and goes like the next Chebyshev polynomial.
            next_one = np.abs(series.chebval(slope.place(found.index), np.eye(count + 1)[count]))
            if np.all(inner.half * tails * (found.shares @ next_one) < tolerance * found.shares.sum(axis=1)):
                return found
        return None

    def _slope(self, question: Question, windows: Windows, count: int, *, single: bool) -> Slope:
        """Return e' at nodes of windows; of a single peak, errors may grow away from it as the law falls."""
        nodes = chebyshev.nodes(count)
        fields = Fields(np.arange(windows.middle.size), windows.middle, windows.half * nodes[:, None])
        share = np.exp(-((_SURE * nodes) ** 2) / 2 if single else np.zeros(count))
        slack = question.tolerance / (10 * self.d * windows.half * self.scale) / share
        sums = question.population.sums(question.kernel, fields, slack)
        stiffness = self.d / self.coupling
        return Slope(windows, sums, stiffness * (windows.middle - self.centre), stiffness, _SPACING * self.width)

    def _refine(self, slope: Slope, half: float, depth: float) -> Density:
        """Return the density at the rule's points where it is not negligible, found from a coarser rule."""
        reach = int(half / slope.spacing)
        stride = 1 << max(0, int(np.ceil(np.log2(max(2 * reach / _COARSE, 1)))))
        index = stride * np.arange(-(reach // stride), reach // stride + 1.0)
        exponent = slope.primitive(index)
        coarse = exponent
        while True:
            top = exponent.max(axis=1)
            # Between two points e exceeds its chord by (spacing)²/8 times the curvature d/c at most.
            live = np.any(exponent > (top - depth - (_SPACING * stride) ** 2 / 8)[:, None], axis=0)
            if stride == 1:
                break
            stride //= 2
            kept = index[live]
            index = np.unique(
                np.concatenate([kept - 2 * stride, kept - stride, kept, kept + stride, kept + 2 * stride])
            )
            index = index[np.abs(index) <= reach]
            exponent = slope.primitive(index)
        left, right = (float(np.min(top - coarse[:, end])) for end in (0, -1))
        return Density(slope, index[live], exponent[:, live], top, (left, right), _lead(coarse))

    def _point_law(self, question: Question) -> FieldLaw:
        """Return the law of a field that is fixed, because nothing couples the coordinates."""
        middle = np.full(question.population.paths, self.centre)
        windows, one = Windows(middle, self.scale), np.ones((middle.size, 1))
        basins = one * (np.arange(question.boundaries.size + 1) == np.searchsorted(question.boundaries, self.centre))
        return FieldLaw(Means(_single(middle)), one, basins, _logs(question, middle), middle, middle, windows, np.inf)

    def _expected_nodes(self, half: float, tolerance: float) -> float:
        """Return about how many nodes a window needs if a site's log normaliser is analytic in the expected strip."""
        strip = _STRIP * self.scale / half
        return float(2 + np.log(max(self.d * half, 1.0) / tolerance) / np.arcsinh(strip))

    def _anchor(self, question: Question, windows: Windows) -> Array:
        """Return e in the windows' middles, (n,), if the normaliser is wanted, else 0."""
        if not question.absolute:
            return np.zeros(windows.middle.size)
        return _logs(question, windows.middle) - (windows.middle - self.centre) ** 2 / (2 * self.width**2)


def _single(fields: Array) -> Fields:
    """Return one field for each path, (n,)."""
    return Fields(np.arange(fields.size), fields, np.zeros((1, 1)))


def _logs(question: Question, fields: Array) -> Array:
    """Return Σ_j log Z at one field for each path, (n,)."""
    return question.population.logs(question.kernel, _single(fields))[:, 0]


def _depth(tolerance: float) -> float:
    """Return how many nats below its maximum a density ends: beyond lies a small part of the tolerance."""
    return 10 - float(np.log(tolerance))


def _lead(exponent: Array) -> float:
    """Return by how many nats a path's exponent is below its maximum, at least, where it rises again away from it.

    Where this is found to be small for some paths, the others are not looked at.
    """
    least = np.inf
    for start in range(0, exponent.shape[0], _ROWS):
        rows = exponent[start : start + _ROWS]
        peak = rows.argmax(axis=1)[:, None]
        rise = np.diff(rows, axis=1) > 0
        again = rise == (np.arange(rise.shape[1]) >= peak)
        others = np.where(again, np.maximum(rows[:, 1:], rows[:, :-1]), -np.inf).max(axis=1)
        least = min(least, float(np.min(rows.max(axis=1) - others)))
        if least < _LITTLE:
            break
    return least


@functools.cache
def _integral(count: int) -> Array:
    """Return the matrix (c, c + 1) from node values to the Chebyshev series of their integral from 0."""
    return np.asarray(series.chebint(chebyshev.coefficients(count), lbnd=0, axis=1))
