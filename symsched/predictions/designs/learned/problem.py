"""What a table is searched for: a limit's modes as points of a window, and where the gap leaves their paths."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import final

import numpy as np

from symsched.algebra.arrays import Array
from symsched.algebra.codegen import number
from symsched.laws.numeric import AbstractSite, GaussianSite
from symsched.limits.limit import Limit
from symsched.models.order_model import AbstractOrderModel, AbstractPointsModel, DiscreteOrderModel
from symsched.predictions.designs.errors import LEAST, WIDTH
from symsched.predictions.designs.learned.fitting import Form, best_rows
from symsched.predictions.designs.learned.sites import Landing, shared_tie
from symsched.predictions.designs.learned.table import Before, Gap, Table
from symsched.predictions.designs.learned.tuned import Tuning
from symsched.predictions.designs.learned.usual import crowd, half_distance, pair_window
from symsched.predictions.designs.learned.window import Choice, Window, best_window, weight_tables
from symsched.predictions.designs.nodes import few_atoms, half_seen

_APART = (2.5, 10.0)
"""Ratios tried of the first node behind the gap to the last of the window at d = LEAST."""
_CLEAR = 0.025
"""What may be left of ν_0 where the gap ends there, in units of half the distance of the modes."""
_NEAR, _FARTHEST = 0.6, 1.0
"""ψ at the end of a gap of order q > 2, in units of one over the deviation, unless that leaves more of ν_0."""
_LINE_NEAR = 0.4
"""The same in units of the ψ that sees half of a coordinate, for modes on a line: wells that are left meet half way."""
_READS, _LINE_READS = 3, 5
"""Groups of paths of a mode by how well they are decided, and by their side on a line."""
_ENDS, _LEAN = 5, 0.7
"""How many ends of a gap of order q > 2 are tried, and how far from the middle the tie may be, in units of half the
modes' distance."""
_FITTED = 5
"""Widths of normal modes that are fitted."""
_GAIN = 0.5
"""What is added to a coordinate's mean, in units of its noise, where branches are told apart before the last phase."""
_FIT = slice(None, None, 4)
"""Of the weights of two modes over which a window is judged, those at which it is tuned to finite d."""
_NOTHING = Window(np.zeros(0), np.zeros((0, 0)), np.ones(1))


@final
@dataclass(frozen=True, eq=False)
class Problem:
    """A limit of at most one speciation of order q (0: none), and over what its tables shall hold.

    Of several limits that shall have one table each is a problem, and all count in the units of the same ``frame``:
    (c_q + c_q')/2 and half their distance. The first has the ``others``.
    """

    limit: Limit
    model: AbstractOrderModel
    weights: tuple[float, float] | None
    widths: tuple[float, float] | None
    row: bool
    frame: tuple[float, float] | None = None
    others: tuple[Problem, ...] = ()

    @property
    def everyone(self) -> tuple[Problem, ...]:
        """This problem and the others."""
        return (self, *self.others)

    @property
    def order(self) -> int:
        """q of the last phase, 0 where nothing is decided."""
        speciations = self.limit.cascade.speciations
        return (speciations[-1].order or 1) if speciations else 0

    @property
    def exponent(self) -> float:
        """γ in ψ ~ d^−γ of the last phase."""
        return float(self.limit.cascade.speciations[-1].exponent) if self.order else 0.0

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Two modes each that the last phase tells apart."""
        branches = self.limit.cascade.speciations[-1].branches if self.order else ()
        return tuple((one[0][0], one[1][0]) for one in (b.outcomes for b in branches) if len(one) == 2)

    @property
    def line(self) -> bool:
        """Whether three or more modes part by their means alone."""
        return self.order == 1 and not self.model.centred and len(self.model.sites) > 2

    @cached_property
    def before(self) -> Before | None:
        """The evaluations that tell branches apart before the last phase, None where there is one phase."""
        if len(self.limit.cascade.speciations) < 2:
            return None
        means = sorted({round(site.mean, 12) for site in self.model.sites})
        window = pair_window(1, None)
        middle, half = (means[1] + means[0]) / 2, (means[1] - means[0]) / 2
        return Before(middle, half, float(window.strengths[0]), float(window.rows[0, 0]), _GAIN, self.pairs)

    @cached_property
    def slopes(self) -> Array:
        """c_q of the modes, (K,)."""
        order = max(self.order, 1)
        return np.array([number(mode.law.cumulants(order)[-1], "a cumulant") for mode in self.limit.cascade.modes])

    @property
    def places(self) -> Array:
        """The points among which ν chooses, (K, C)."""
        assert isinstance(self.model, AbstractPointsModel)
        return self.model.points.places

    @cached_property
    def half(self) -> float:
        """Half the smallest distance of the means of normal modes, or of two c_q."""
        if not self.order:
            return 0.0
        if self.frame is not None:
            return self.frame[1]
        if self.model.centred or self.line:
            return half_distance(self.places)
        one, other = self.slopes[list(self.pairs[0])]
        return float(abs(one - other)) / 2

    @property
    def middle(self) -> float:
        """(c_q + c_q')/2 of two modes, the mean of all on a line."""
        if self.frame is not None:
            return self.frame[0]
        if self.line:
            return float(self.slopes.mean())
        return 0.0 if self.model.centred or not self.order else float(self.slopes[list(self.pairs[0])].mean())

    @property
    def spread(self) -> float:
        """The variance that the modes share where q > 2."""
        return self.model.sites[0].variance if self.order > 2 else 0.0

    @cached_property
    def means(self) -> tuple[float, ...]:
        """E a that the modes of a branch share, 0 where they part by it."""
        if self.order == 1:
            return (0.0,) * len(self.model.sites)
        return tuple(number(mode.law.cumulants(1)[0], "a mean") for mode in self.limit.cascade.modes)

    @property
    def shares(self) -> Array:
        """The weights of the modes of a pair, given the pair; of more modes that part at once all weights."""
        own = self.model.weights
        if self.model.centred or self.line:
            return own
        return np.asarray(own[list(self.pairs[0])] / own[list(self.pairs[0])].sum())

    @cached_property
    def unit(self) -> float:
        """The least ψ that sees half of a coordinate in some mode."""
        return min(half_seen(site) for one in self.everyone for site in one.model.sites)

    @property
    def atoms(self) -> bool:
        """Whether a site has few atoms."""
        return any(few_atoms(site) for one in self.everyone for site in one.model.sites)

    @property
    def clear(self) -> float:
        """ψ at which no more than _CLEAR is left of ν_0 at d = LEAST: 1/(√(d q!) ψ^q h/q!) of it is."""
        order = self.order
        lift = _CLEAR * math.sqrt(LEAST * math.factorial(order)) * self.half
        return float((math.factorial(order) / lift) ** (1 / order))

    def landing(self, reads: tuple[tuple[Array, Array], ...], model: AbstractOrderModel | None = None) -> Landing:
        """Return where paths of these read-outs land behind the gap."""
        pair = None if self.line else self.pairs[0] if self.pairs else (0, 1)
        shape = (self.middle, self.half, self.spread)
        return Landing(model or self.model, self.order, self.means, *shape, reads, pair)

    @cached_property
    def choice(self) -> Choice:
        """The choice between two modes that a window's paths make."""
        slopes = self.slopes[list(self.pairs[0])]
        return Choice(((slopes - self.middle) / self.half)[:, None])

    def windows(self, count: int) -> tuple[Window, Choice]:
        """Return the best window of so many nodes, and the choice that its paths make at the limit's own weights."""
        assert isinstance(self.model, AbstractPointsModel)
        if self.model.centred:
            return crowd(self.model.points.places, self.model.weights, count)
        if self.line:
            choice = Choice(((self.slopes - self.middle) / self.half)[:, None], self.edges)
            return best_window(choice, weight_tables(len(self.slopes), self.shares), count, free=True)[0], choice
        if self.others:
            tables = weight_tables(2, self.shares, self.weights)
            others = [one.choice for one in self.others]
            return best_window(self.choice, tables, count, free=True, others=others)[0], self.choice
        return pair_window(count, self.weights), self.choice

    @cached_property
    def edges(self) -> tuple[float, ...]:
        """Read-outs at which a path on a line passes from each mode to the next."""
        order, nowhere = np.argsort(self.slopes).tolist(), self.landing(())
        out = []
        for pair in itertools.pairwise(order):
            low, high = (float(self.slopes[k] - self.middle) / self.half for k in pair)
            met = nowhere.met(self.end_of_gap, pair, (float(self.slopes[pair[0]]), float(self.slopes[pair[1]])))
            out.append((low + high + met * (high - low)) / 2)
        return tuple(out)

    @cached_property
    def end_of_gap(self) -> float:
        """ψ of the first node behind a gap of order q > 2, or of more than two modes on a line.

        It is earlier where cumulants beyond c_q would decide there.
        """
        if self.line:
            return max(self.clear, _LINE_NEAR * self.unit)
        least, most = (share / math.sqrt(self.spread) for share in (_NEAR, _FARTHEST))
        nowhere = self.landing(())
        for psi in np.linspace(min(max(self.clear, least), most), least, _ENDS).tolist():
            if abs(nowhere.tie(psi) / nowhere.wave(psi) - self.middle) < _LEAN * self.half:
                return float(psi)
        return least

    def tables(self, inside: int, behind: int) -> Iterator[tuple[float, Table]]:
        """Return tables of so many nodes in the window and behind it, with the worst site's error in units of 5 %.

        They are blind, and of two modes with atoms, of one limit, also not; for several limits they are not.
        """
        blinds = (False,) if self.others and self.order else (True, False) if self.atoms and not self.line else (True,)
        if not self.order:
            landings = [one.landing(tuple((np.zeros(1), np.ones(1)) for _ in one.model.sites)) for one in self.everyone]
            for blind in blinds:
                form = Form(behind, 0.0, self.unit, anchored=True, blind=blind, gained=False, row=self.row)
                rows, error = best_rows(landings, form)
                gap = Gap(0.0, 0, 0.0, 0.0, 0.0, 1.0, 0.0, centred=False, tie=0.0, gain=1.0)
                yield error / WIDTH, Table(gap, _NOTHING, rows)
            return
        window, choice = self._window(inside)
        landings = [one.landed(window, one.choice if self.others else choice) for one in self.everyone]
        order, centred = self.order, self.model.centred
        unit = self.half / math.sqrt(math.factorial(order))
        last = float((window.strengths[-1] / unit) ** (1 / order)) * LEAST**-self.exponent
        floors = [apart * last for apart in _APART]
        fixed = order > 2 or self.line
        if fixed:
            floors = [self.end_of_gap]
        elif order == 2 or centred:
            floors = [max(floors[0], self.clear)]
        gained = order == 1 and not centred and not fixed
        own = slice(None) if self.line else list(self.pairs[0]) if self.pairs else []
        average = 0.0 if centred else float(self.shares @ self.slopes[own])
        for floor, blind in itertools.product(floors, blinds):
            form = Form(
                behind, floor, self.unit, anchored=order != 1, blind=blind, gained=gained, row=self.row, fixed=fixed
            )
            rows, error = best_rows(landings, form)
            psi = float(rows.nodes[0])
            gain = landings[0].enlarged(psi, rows.gain)
            numbers = (self.exponent, order, self.middle, self.half, average, unit, self.spread)
            gap = Gap(*numbers, centred=centred, tie=shared_tie(landings, psi), gain=gain)
            yield error / WIDTH, Table(gap, window, rows, self.before)

    @cached_property
    def _windows(self) -> dict[int, tuple[Window, Choice]]:
        return {}

    def _window(self, count: int) -> tuple[Window, Choice]:
        """Return what ``windows`` does, found once."""
        if count not in self._windows:
            self._windows[count] = self.windows(count)
        return self._windows[count]

    def tuned(self, table: Table) -> Table | None:
        """Return a table whose numbers depend on d, so that paths are divided by the weights at every d."""
        shares = np.unique(np.round(weight_tables(2, self.model.weights, self.weights)[_FIT], 9))
        return Tuning(self.limit, table, shares, self.slopes).best()

    def landed(self, window: Window, choice: Choice) -> Landing:
        """Return where the paths of a window land."""
        reads, modes, masses = choice.paths(window, self.shares, _LINE_READS if self.line else _READS)
        if not self.model.centred:
            each = [modes == k for k in range(len(self.shares))]
            ends = [(reads[mine, 0], masses[mine] / masses[mine].sum()) for mine in each]
            if self.line:
                return self.landing(tuple(ends))
            # A mode that is alone in its branch lands by its own cumulant.
            paths = [(np.full(1, (one - self.middle) / self.half), np.ones(1)) for one in self.slopes]
            for pair in self.pairs:
                paths[pair[0]], paths[pair[1]] = ends
            return self.landing(tuple(paths))
        off = np.sum((reads - choice.points[modes]) ** 2, axis=1)
        worst = max(math.sqrt(np.average(off[modes == k], weights=masses[modes == k])) for k in set(modes.tolist()))
        low, high = self.widths or (1.0, 1.0)
        widths = np.geomspace(low, high, _FITTED if high > low else 1)
        sites: tuple[AbstractSite, ...] = tuple(GaussianSite(0.0, float(one) ** 2) for one in widths)
        assert isinstance(self.model, DiscreteOrderModel)
        return self.landing(tuple((np.full(1, worst), np.ones(1)) for _ in sites), replace(self.model, sites=sites))
