"""What window, gap and data rows are at one dimension: a plan in canonical coordinates."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np
from scipy import sparse

from symsched.algebra.arrays import Array
from symsched.predictions.designs.learned.sites import Rows
from symsched.predictions.designs.learned.window import Window
from symsched.schedules.plan import Plan


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
class Slope:
    """y = √V (z + (ψ̂^q/q!) (b + Σ r_i G_i) He_{q−1}(z)) + ψ E a at ψ, without E a where q = 1.

    G_i is D_i for q = 1. Beyond, G_i He_{q−1} is the slope that D_i shows, (q−1)! V_i R_i/ψ̂_i^{q−1} with R_i = D_i −
    E a − ψ_i c_2 (y_i − ψ_i E a)/V_i: (D_i − E a)/ψ_i for q = 2. ``known`` is b, 0 where q > 2, ``read`` (N,) are r.
    """

    known: float
    read: Array


@final
@dataclass(frozen=True)
class Table:
    """The numbers of a design: a ``window``, the step over the ``gap`` behind it, and the ``rows`` of the data."""

    gap: Gap
    window: Window
    rows: Rows

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
        return float((self.places[-1] / self.rows.nodes[0]) ** (1 / self.gap.exponent)) if self.inside else 1.0

    def nodes(self, d: float) -> Array:
        """Return ψ of the evaluations at ``d``, (N,)."""
        return np.concatenate([self.places * d**-self.gap.exponent, self.rows.nodes])

    def slopes(self) -> Iterator[Slope]:
        """Return the slopes of the window's rows, and of the step over the gap."""
        gap, window = self.gap, self.window
        for s, row in zip(window.strengths, window.rows, strict=True):
            yield self._slope(0.0 if gap.centred else gap.middle, row / s)
        if gap.order:
            _, wave = self.reduced(float(self.rows.nodes[0]))
            yield self._slope(gap.tie / wave, gap.gain * window.readout)

    def _slope(self, centre: float, read: Array) -> Slope:
        """Return centre + Σ read_i (G_i − middle), of which G_0 is known for q = 2; for q > 2 Σ read_i G_i alone."""
        gap = self.gap
        if gap.order > 2:
            return Slope(0.0, np.pad(read, (0, self.inside + 1 - len(read))))
        known = centre - (0.0 if gap.centred else gap.middle * float(read.sum()))
        read = np.pad(read, (0, self.inside + 1 - len(read)))
        if gap.order == 2:
            known += float(read[0]) * gap.average
            read[0] = 0.0
        return Slope(known, read)

    def reduced(self, psi: float) -> tuple[float, float]:
        """Return V = 1 + ψ² c_2 of what modes share, and ψ̂^q/q! with ψ̂ = ψ/√V."""
        spread = 1 + psi**2 * self.gap.spread
        return spread, (psi / math.sqrt(spread)) ** self.gap.order / math.factorial(self.gap.order)

    def plan(self, d: float) -> Plan:
        """Return the plan at ``d``; ValueError where the window would not end before the data begin."""
        psi, order = self.nodes(d), self.gap.order
        if np.any(np.diff(psi, prepend=0.0) <= 0):
            raise ValueError(
                f"this design needs a d of at least {self.least_dimension:.3g}, where its window ends before its "
                f"other nodes begin; got {d:g}. Use limit.schedule, or a larger d"
            )
        count, first = len(psi), self.inside + 1
        # Nodes from ψ = 0 on, and the output, as forms in z, 1 and D_0 … D_N.
        unit = np.eye(count + 3)
        noise, one, means = unit[0], unit[1], unit[2:]
        forms = [noise]

        def shown(i: int) -> Array:
            """Return the slope G_i He_{q−1}(z) that D_i shows."""
            if order == 1:
                return means[i]
            at = float(psi[i - 1])
            spread, _ = self.reduced(at)
            left = means[i] - means[0] - at * self.gap.spread / spread * (forms[i] - at * means[0])
            return math.factorial(order - 1) * spread / (at / math.sqrt(spread)) ** (order - 1) * left

        for k, slope in enumerate(self.slopes(), 1):
            spread, wave = self.reduced(float(psi[k - 1]))
            bent = slope.known * (one if order == 1 else noise)
            bent = bent + sum(slope.read[i] * shown(int(i)) for i in np.flatnonzero(slope.read))
            base = 0.0 if order == 1 else psi[k - 1] * means[0]
            forms.append(math.sqrt(spread) * (noise + wave * bent) + base)
        if order == 0:
            forms.append(noise + psi[0] * means[0])
        columns = 2 + np.concatenate([[0], np.arange(first, count + 1)])
        for row in (*self.rows.rows[1:], self.rows.output):
            form = np.zeros(count + 3)
            form[0] = 1.0 if len(row) < len(self.rows.output) else row[0]
            form[columns] = row[-len(columns) :]
            forms.append(form)
        table = np.array(forms)
        scale = table[1:, 0] / table[:-1, 0]
        steps = table[1:] - scale[:, None] * table[:-1]
        return Plan(
            np.linspace(0, 1, count + 2),
            np.concatenate([[0.0], psi]),
            np.append(np.ones(count + 1), 0.0),
            np.concatenate([[0.0], psi, [1.0]]),
            scale,
            sparse.csr_array(steps[:, 2:]),
            steps[:, 1],
        )
