"""The search for a table with found rows: a window by the weights alone, then the data behind the gap, by sites."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from operator import itemgetter
from typing import final

import numpy as np
import sympy as sp

from symsched.algebra.arrays import Array
from symsched.algebra.codegen import number
from symsched.laws.numeric import AbstractSite, GaussianSite
from symsched.limits.limit import Limit
from symsched.models.order_model import AbstractOrderModel, AbstractPointsModel, DiscreteOrderModel
from symsched.predictions.designs.errors import FAR, LEAST, WIDTH, Errors
from symsched.predictions.designs.learned.design import LearnedDesign
from symsched.predictions.designs.learned.judged import table_errors
from symsched.predictions.designs.learned.sites import Form, Landing, best_rows
from symsched.predictions.designs.learned.table import Before, Gap, Table
from symsched.predictions.designs.learned.tuned import LEFT, Tuning
from symsched.predictions.designs.learned.usual import crowd, half_distance, pair_window
from symsched.predictions.designs.learned.window import Choice, Window, best_window, weight_tables
from symsched.predictions.designs.nodes import few_atoms, half_seen

_JUDGED = (LEAST, 1e6, *FAR)
"""Dimensions over which tables are compared."""
_APART = (2.5, 10.0)
"""Ratios tried of the first node behind the gap to the last of the window at d = LEAST."""
_CLEAR = 0.025
"""What may be left of ν_0 where the gap ends there, in units of half the distance of the modes."""
_NEAR, FARTHEST = 0.6, 1.0
"""ψ at the end of a gap of order q > 2, in units of one over the deviation, unless that leaves more of ν_0."""
_LINE_NEAR = 0.4
"""The same in units of the ψ that sees half of a coordinate, for modes on a line: wells that are left meet half way."""
_READS, _LINE_READS = 3, 5
"""Groups of paths of a mode by how well they are decided, and by their side on a line."""
_INSIDE, _BEHIND = 2, 3
"""Nodes of a window, one more where modes lie on a line, and behind the gap, at most."""
_ENDS, _LEAN = 5, 0.7
"""How many ends of a gap of order q > 2 are tried, and how far from the middle the tie may be, in units of half the
modes' distance."""
_ENOUGH = 0.5
"""Errors, in units of 1 % and 5 %, below which no further evaluation is tried."""
_WIDTHS = (0.3, 1.0)
"""Widths of normal modes in units of half their distance, and how many are fitted."""
_FITTED = 5
_GAIN = 0.5
"""What is added to a coordinate's mean, in units of its noise, where branches are told apart before the last phase."""
_FIT = slice(None, None, 4)
"""Of the weights of two modes over which a window is judged, those at which it is tuned to finite d."""
_TREE = 4
"""Evaluations at least where branches are told apart first."""
_NOTHING = Window(np.zeros(0), np.zeros((0, 0)), np.ones(1))


@final
@dataclass(frozen=True, eq=False)
class _Problem:
    """A limit of at most one speciation of order q (0: none), and over what its tables shall hold."""

    limit: Limit
    model: AbstractOrderModel
    weights: tuple[float, float] | None
    widths: tuple[float, float] | None
    row: bool

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
        if self.model.centred or self.line:
            return half_distance(self.places)
        one, other = self.slopes[list(self.pairs[0])]
        return float(abs(one - other)) / 2

    @property
    def middle(self) -> float:
        """(c_q + c_q')/2 of two modes, the mean of all on a line."""
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
        return min(half_seen(site) for site in self.model.sites)

    @property
    def atoms(self) -> bool:
        """Whether a site has few atoms."""
        return any(few_atoms(site) for site in self.model.sites)

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

    def windows(self, count: int) -> tuple[Window, Choice]:
        """Return the best window of so many nodes, and the choice that its paths make at the limit's own weights."""
        assert isinstance(self.model, AbstractPointsModel)
        if self.model.centred:
            return crowd(self.model.points.places, self.model.weights, count)
        if self.line:
            choice = Choice(((self.slopes - self.middle) / self.half)[:, None], self.edges)
            return best_window(choice, weight_tables(len(self.slopes), self.shares), count, free=True)[0], choice
        slopes = self.slopes[list(self.pairs[0])]
        return pair_window(count, self.weights), Choice(((slopes - self.middle) / self.half)[:, None])

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
        least, most = (share / math.sqrt(self.spread) for share in (_NEAR, FARTHEST))
        nowhere = self.landing(())
        for psi in np.linspace(min(max(self.clear, least), most), least, _ENDS).tolist():
            if abs(nowhere.tie(psi) / nowhere.wave(psi) - self.middle) < _LEAN * self.half:
                return float(psi)
        return least

    def tables(self, inside: int, behind: int) -> Iterator[Table]:
        """Return tables of so many nodes in the window and behind it: blind, and of two modes with atoms also not."""
        blinds = (True, False) if self.atoms and not self.line else (True,)
        if not self.order:
            landing = self.landing(tuple((np.zeros(1), np.ones(1)) for _ in self.model.sites))
            for blind in blinds:
                rows, _ = best_rows(
                    landing, Form(behind, 0.0, self.unit, anchored=True, blind=blind, gained=False, row=self.row)
                )
                yield Table(Gap(0.0, 0, 0.0, 0.0, 0.0, 1.0, 0.0, centred=False, tie=0.0, gain=1.0), _NOTHING, rows)
            return
        window, choice = self.windows(inside)
        landing = self._landed(window, choice)
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
            rows, _ = best_rows(landing, form)
            psi = float(rows.nodes[0])
            tie = landing.tie(psi) if landing.decided else 0.0
            gain = landing.enlarged(psi, rows.gain)
            numbers = (self.exponent, order, self.middle, self.half, average, unit, self.spread)
            yield Table(Gap(*numbers, centred=centred, tie=tie, gain=gain), window, rows, self.before)

    def tuned(self, table: Table) -> Table | None:
        """Return a table whose numbers depend on d, so that paths are divided by the weights at every d."""
        shares = np.unique(np.round(weight_tables(2, self.model.weights, self.weights)[_FIT], 9))
        return Tuning(self.limit, table, shares, self.slopes).best()

    def _landed(self, window: Window, choice: Choice) -> Landing:
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


def learned_design(
    limit: Limit,
    evaluations: int,
    *,
    weights: tuple[float, float] | None,
    widths: tuple[float, float] | None,
    row: bool,
    tried: Callable[[], object] = lambda: None,
) -> LearnedDesign | None:
    """Return the best table of at most ``evaluations`` that was found; None where the limit is not of this form, or no
    table holds from the d on at which it is predicted.

    It is of this form where nothing is decided, where two modes part by a cumulant that does not shrink with d and, if
    that is not the mean, a step crosses the gap behind it, where more modes part by their means alone, and for any
    number of normal modes in general directions.
    """
    model = limit.order_model(FAR[0])
    problem = _Problem(limit, model, weights, widths, row)
    if not _fits(problem, evaluations):
        return None
    if model.centred and widths is None:
        problem = replace(problem, widths=_usual_widths(problem))
    found: list[tuple[float, Errors, Table]] = []
    tuned: dict[int, Table | None] = {}
    for inside, behind in _splits(problem, evaluations):
        for table in problem.tables(inside, behind):
            judged = _judged(problem, table)
            tried()
            if judged is None:
                continue
            found.append(judged)
            # Where weights alone are missed, numbers that move with d may do.
            if problem.order > 2 and judged[0] > max(_ENOUGH, judged[1].width / WIDTH):
                if inside not in tuned:
                    tuned[inside] = problem.tuned(table)
                near = tuned[inside]
                again = None if near is None else _judged(problem, near.carried_by(table))
                found += [] if again is None else [again]
        found.sort(key=itemgetter(0))
        if found and found[0][0] < _ENOUGH:
            break
    if not found:
        return None
    _, predicted, table = found[0]
    return LearnedDesign(limit, table, problem.weights, problem.widths, predicted, tuple(value for value, *_ in found))


def _judged(problem: _Problem, table: Table) -> tuple[float, Errors, Table] | None:
    """Return the worst error of a table, what is predicted of it and itself; None where it does not hold so far.

    Modes that hardly differ part so late that a window ends before the data from a larger d on, or no gap leaves them.
    """
    held = [d for d in _JUDGED if d >= table.least_dimension and (table.gap.order <= 2 or table.left(d) < LEFT)]
    if FAR[0] not in held:
        return None
    errors = [table_errors(problem.limit, table, (problem.weights, problem.widths), d) for d in held]
    far = errors[-len(FAR) :]
    predicted = Errors(max(one.weight for one in far), max(one.width for one in far))
    return max(one.worst for one in errors), predicted, table


def _fits(problem: _Problem, evaluations: int) -> bool:
    """Whether a table of this kind has a limit's form and a number of evaluations."""
    speciations, model = problem.limit.cascade.speciations, problem.model
    if not speciations:
        return True
    if not isinstance(model, AbstractPointsModel):
        return False
    if len(speciations) > 1:
        return len(speciations) == 2 and evaluations >= _TREE and _two_branches(problem)
    order = problem.order
    crossed = order == 1 or problem.limit.schedule.windows[0].crossing is not None
    pair = len(model.sites) == 2 or model.centred or (problem.line and model.orders == (1,))
    least = 3 if problem.line else 2
    return bool(pair and crossed and speciations[0].exponent * order * 2 == 1 and evaluations >= least)


def _two_branches(problem: _Problem) -> bool:
    """Whether two branches part by their means and then modes by variances, the same in all branches that part."""
    first, last = problem.limit.cascade.speciations
    if (first.order, last.order) != (1, 2) or (first.exponent, last.exponent) != (sp.Rational(1, 2), sp.Rational(1, 4)):
        return False
    branches = first.branches[0].outcomes
    plain = isinstance(problem.model, DiscreteOrderModel) and not problem.model.centred
    if not (plain and problem.pairs and len(branches) == 2 and max(map(len, branches)) <= 2):
        return False
    own = problem.model.weights
    told = [(*problem.slopes[list(pair)], own[pair[0]] / own[list(pair)].sum()) for pair in problem.pairs]
    return bool(np.allclose(told, told[0], rtol=1e-9))


def _splits(problem: _Problem, evaluations: int) -> list[tuple[int, int]]:
    """Return the numbers of nodes in the window and behind it that are tried, increasing in what they cost."""
    order = problem.order
    evaluations -= 0 if problem.before is None else 2
    least = 0 if order == 0 else 2 if problem.line else 1
    most = 0 if order == 0 else 1 if problem.model.centred else _INSIDE + problem.line
    splits = [
        (inside, behind)
        for inside in range(least, most + 1)
        for behind in range(1 if evaluations < least + 2 else 2, _BEHIND + 1)
        if inside + behind <= evaluations
    ]
    return sorted(splits, key=lambda split: (sum(split), split[0]))


def _usual_widths(problem: _Problem) -> tuple[float, float]:
    """Return the usual range in units of half the smallest distance of the modes, and the model's own width."""
    own = math.sqrt(problem.model.sites[0].variance)
    low, high = (share * problem.half for share in _WIDTHS)
    return min(low, own), max(high, own)
