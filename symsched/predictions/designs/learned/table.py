"""What window, gap and data rows are at one dimension: a plan in canonical coordinates."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np
from scipy import sparse

from symsched.algebra.arrays import Array
from symsched.predictions.designs.errors import LEAST
from symsched.predictions.designs.learned.sites import Rows
from symsched.predictions.designs.learned.window import Window
from symsched.schedules.plan import Plan

_SETTLED = 1e-6
"""Relative change of a least d that is looked for step by step."""
_NEXT = 1.04
"""Ratio of the second node of ``Before`` to the first: nodes increase."""


@final
@dataclass(frozen=True)
class Gap:
    """What a table must know of a limit.

    Modes part at ψ ~ d^−``exponent`` by the cumulant of ``order`` q (0: nothing is decided); c_q of two of them is
    ``middle`` ± ``half``, and ``average`` over all modes. ``unit`` is half the smallest distance of the points
    c_q/√q!; ``spread`` is the variance that modes share where q > 2, else 0. ``centred``: coordinates are about the
    means of their modes, of which only differences are known. ``tie`` and ``gain`` are X* and g at the first node
    behind the gap.
    """

    exponent: float
    order: int
    middle: float
    half: float
    average: float
    unit: float
    spread: float
    centred: bool
    tie: float
    gain: float


@final
@dataclass(frozen=True)
class Before:
    """Two evaluations before a window of order 2 that find the mean of a branch, which then stands for E a.

    Branches part at ψ ~ d^−1/2 by means ``middle`` ± ``half``. y_1 = z + ψ_1 (m̄ + h (c/s) T_0) at ψ_1 = s/(h √d), with
    T_i = (D_i − m̄)/h, s the ``strength`` and c the ``lean``; y_2 = z + ψ_2 m̄ + ``gain`` T_1. The mean c_1 follows from
    D_2 = c_1 + ψ_2 v (y_2 − ψ_2 c_1), v the variance that the modes of ``pairs`` have on average. A larger gain decides
    more sharply, and tells the modes of a branch apart before their time.
    """

    middle: float
    half: float
    strength: float
    lean: float
    gain: float
    pairs: tuple[tuple[int, int], ...]

    def nodes(self, d: float) -> Array:
        """Return ψ_1 and ψ_2 at ``d``."""
        return self.strength / (self.half * math.sqrt(d)) * np.array([1.0, _NEXT])


@final
@dataclass(frozen=True, eq=False)
class Nearby:
    """What is added to a table's numbers at finite d, times x = (d/10⁴)^−2γ, and below d = 10⁴ as there.

    Waves beyond the first shift what a node of a window of order q sees by ψ² ~ d^−2γ, which for q > 2 dies slowly.
    ``places`` (n,) are added to log ψ, ``reads`` (n + 1, n + 1) to the c_ji/s_j of the window and, last, to the
    read-out, ``tie`` to X* in units of half the modes' distance.
    """

    places: Array
    reads: Array
    tie: float

    @staticmethod
    def share(d: float, exponent: float) -> float:
        """Return x."""
        return float(min(1.0, (d / LEAST) ** (-2 * exponent)))


@final
@dataclass(frozen=True, eq=False)
class Slope:
    """y = √V (z + (ψ̂^q/q!) (b + Σ r_i G_i) He_{q−1}(z)) + ψ E a at ψ, without E a where q = 1.

    G_i is D_i for q = 1. Beyond, G_i He_{q−1} is the slope that D_i shows, (q−1)! V_i R_i/ψ̂_i^{q−1} with R_i = D_i −
    E a − ψ_i c_2 (y_i − ψ_i E a)/V_i: (D_i − E a)/ψ_i for q = 2. ``known`` is b, ``read`` (N,) are r.
    """

    known: float
    read: Array


@final
@dataclass(frozen=True, eq=False)
class Table:
    """The numbers of a design: a ``window``, the step over the ``gap`` behind it, and the ``rows`` of the data."""

    gap: Gap
    window: Window
    rows: Rows
    before: Before | None = None
    near: Nearby | None = None

    @property
    def led(self) -> int:
        """Evaluations before the window."""
        return 0 if self.before is None else 2

    @property
    def evaluations(self) -> int:
        """Evaluations of the denoiser, E a not among them."""
        return self.led + self.inside + len(self.rows.nodes)

    @property
    def inside(self) -> int:
        """Evaluations in the window."""
        return len(self.window.strengths)

    @property
    def places(self) -> Array:
        """ψ d^γ of the window's nodes."""
        return np.asarray((self.window.strengths / self.gap.unit) ** (1 / max(self.gap.order, 1)))

    @property
    def least_dimension(self) -> float:
        """The d below which the window would not end before the other nodes begin."""
        if not self.inside:
            return 1.0
        if self.near is not None:
            least = self.moved(1.0).least_dimension
            while least > LEAST:  # it moves by ever less
                again = self.at(least).least_dimension
                if abs(again / least - 1) < _SETTLED:
                    break
                least = again
            return least
        least = float((self.places[-1] / self.rows.nodes[0]) ** (1 / self.gap.exponent))
        if self.before is None:
            return least
        ahead = float(self.before.nodes(1.0)[-1] / self.places[0])
        return max(least, ahead ** (1 / (0.5 - self.gap.exponent)))

    def moved(self, share: float) -> Table:
        """Return the table with so much of what is ``near`` added."""
        if self.near is None:
            return self
        window, gap, near = self.window, self.gap, self.near
        strengths = window.strengths * np.exp(gap.order * share * near.places)
        rows = window.rows / window.strengths[:, None] + share * near.reads[:-1, :-1]
        moved = Window(strengths, rows * strengths[:, None], window.readout + share * near.reads[-1])
        _, wave = self.reduced(float(self.rows.nodes[0]))
        tie = gap.tie + share * near.tie * gap.half * wave
        return replace(self, window=moved, gap=replace(gap, tie=tie), near=None)

    def carried_by(self, other: Table) -> Table:
        """Return another table with the window and the step over the gap of this one."""
        return replace(other, window=self.window, gap=self.gap, near=self.near)

    def at(self, d: float) -> Table:
        """Return the table with the numbers that it has at ``d``."""
        return self.moved(Nearby.share(d, self.gap.exponent))

    def left(self, d: float) -> float:
        """Return how much of ν_0 is left where the gap ends, in units of the read-out."""
        order, psi = self.gap.order, float(self.rows.nodes[0])
        if order == 0 or self.gap.centred:
            return 0.0
        lift = math.sqrt(d * math.factorial(order)) * self.reduced(psi)[1] * self.gap.half
        return 1 / (lift * self.gap.gain)

    def nodes(self, d: float) -> Array:
        """Return ψ of the evaluations at ``d``, (N,)."""
        before = np.zeros(0) if self.before is None else self.before.nodes(d)
        return np.concatenate([before, self.places * d**-self.gap.exponent, self.rows.nodes])

    def slopes(self) -> Iterator[Slope]:
        """Return the slopes of the window's rows, and of the step over the gap."""
        gap, window = self.gap, self.window
        for s, row in zip(window.strengths, window.rows, strict=True):
            yield self._slope(0.0 if gap.centred else gap.middle, row / s)
        if gap.order:
            _, wave = self.reduced(float(self.rows.nodes[0]))
            yield self._slope(gap.tie / wave, gap.gain * window.readout)

    def _slope(self, centre: float, read: Array) -> Slope:
        """Return centre + Σ read_i (G_i − middle), of which G_0 is known for q > 1."""
        gap = self.gap
        known = centre - (0.0 if gap.centred else gap.middle * float(read.sum()))
        read = np.pad(read, (0, self.inside + 1 - len(read)))
        if gap.order > 1:
            known += float(read[0]) * gap.average
            read[0] = 0.0
        return Slope(known, read)

    def reduced(self, psi: Any) -> tuple[Any, Any]:  # noqa: ANN401
        """Return V = 1 + ψ² c_2 of what modes share, and ψ̂^q/q! with ψ̂ = ψ/√V."""
        spread = 1 + psi**2 * self.gap.spread
        return spread, (psi / _root(spread)) ** self.gap.order / math.factorial(self.gap.order)

    def plan(self, d: float) -> Plan:
        """Return the plan at ``d``; ValueError where the window would not end before the data begin."""
        if self.near is not None:
            return self.at(d).plan(d)
        psi, order = self.nodes(d), self.gap.order
        if np.any(np.diff(psi, prepend=0.0) <= 0):
            raise ValueError(
                f"this design needs a d of at least {self.least_dimension:.3g}, where its window ends before its "
                f"other nodes begin; got {d:g}. Use limit.schedule, or a larger d"
            )
        count = len(psi)
        table = self.forms(list(map(float, psi)))
        scale = table[1:, 0] / table[:-1, 0]
        steps = table[1:] - scale[:, None] * table[:-1]
        return Plan(
            np.linspace(0, 1, count + 2),
            np.concatenate([[0.0], psi]),
            np.append(np.ones(count + 1), 0.0),
            np.concatenate([[0.0], psi, [1.0]]),
            scale,
            sparse.csr_array(steps[:, 3:]),
            steps[:, 1],
            steps[:, 2],
            max(order - 1, 0),
        )

    def forms(self, psi: Sequence[Any]) -> Any:  # noqa: ANN401
        """Return the rows from ψ = 0 on, and the output, as forms in z, 1, He_{q−1}(z) and D_0 … D_N, (N + 2, N + 4).

        ``psi`` are the N places of the evaluations: numbers, or expressions in d.
        """
        count, led, order = len(psi), self.led, self.gap.order
        # Nodes from ψ = 0 on, and the output, as forms in z, 1, He_{q−1}(z) and D_0 … D_N.
        unit = np.eye(count + 4)
        noise, one, means = unit[0], unit[1], unit[3:]
        known = unit[2] if order > 2 else one if order == 1 else noise
        forms = [noise, *self._branches(psi, unit)]
        anchor = means[0] if self.before is None else self._branch_mean(psi[1], means[2], forms[2])

        def shown(i: int) -> Array:
            """Return the slope G_i He_{q−1}(z) that the window's i-th D shows."""
            if order == 1:
                return means[i]
            at = psi[led + i - 1]
            spread, _ = self.reduced(at)
            left = means[led + i] - anchor - (forms[led + i] - anchor * at) * (at * self.gap.spread / spread)
            return left * (math.factorial(order - 1) * spread / (at / _root(spread)) ** (order - 1))

        for k, slope in enumerate(self.slopes(), led):
            spread, wave = self.reduced(psi[k])
            bent = slope.known * known
            bent = bent + sum(slope.read[i] * shown(int(i)) for i in np.flatnonzero(slope.read))
            base = 0.0 if order == 1 else anchor * psi[k]
            forms.append((noise + bent * wave) * _root(spread) + base)
        if order == 0:
            forms.append(noise + anchor * psi[0])
        seen = np.vstack([anchor, means[led + self.inside + 1 : count + 1]])
        forms += [noise + row @ seen for row in self.rows.rows[1:]]
        forms.append(self.rows.output[0] * noise + self.rows.output[1:] @ seen)
        return np.array(forms)

    def _branches(self, psi: Sequence[Any], unit: Array) -> list[Array]:
        """Return the rows of both nodes before the window."""
        before = self.before
        if before is None:
            return []
        noise, one, means = unit[0], unit[1], unit[3:]
        read = [(mean - before.middle * one) / before.half for mean in means[:2]]
        slope = before.middle * one + before.half * before.lean / before.strength * read[0]
        return [noise + slope * psi[0], noise + one * (psi[1] * before.middle) + before.gain * read[1]]

    def _branch_mean(self, psi: Any, seen: Array, state: Array) -> Array:  # noqa: ANN401
        """Return c_1 from D = c_1 + ψ v (y − ψ c_1)."""
        pulled = psi * self.gap.average
        return (seen - state * pulled) / (1 - psi * pulled)


def _root(square: Any) -> Any:  # noqa: ANN401  # a number or an expression
    return math.sqrt(square) if isinstance(square, float) else square**0.5
