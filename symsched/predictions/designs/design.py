"""design(): nodes and coefficients of a handful of evaluations, found at d = ∞ and good at every large d."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, final

import numpy as np
import sympy as sp
from scipy import sparse

from symsched.algebra.arrays import Array
from symsched.errors import DerivationError, require_integer, require_real
from symsched.laws.numeric import GaussianSite
from symsched.limits.limit import Limit
from symsched.models.order_model import DiscreteOrderModel, Points
from symsched.predictions.coordinates import site_statistics
from symsched.predictions.designs.base import AbstractDesign
from symsched.predictions.designs.errors import Errors
from symsched.predictions.designs.grid_design import GridDesign, grid_design
from symsched.predictions.designs.learned.design import LearnedDesign
from symsched.predictions.designs.learned.search import learned_design
from symsched.predictions.designs.search import best_table, grown, refined, without_idle_nodes, worst
from symsched.predictions.designs.two_modes import Table, TwoModes
from symsched.predictions.weights import mode_weights
from symsched.schedules import sources
from symsched.schedules.plan import Plan
from symsched.symbols import d as d_symbol

_OUTPUTS = ("row", "last")
_PARTS = 5  # of an equation on one line
_WEIGHTS = (0.505, 0.99)
_WIDTHS = (0.3, 1.0)
_FEWEST, _MOST = 2, 8
_GRID = 6
"""Evaluations from which a grid is tried where found rows have missed."""
_TAIL = 1e-2
"""1/√d at the d from which a table is made to hold: d = ∞ is one law of the worst case, this d the other."""
_ROBUST_START = 3  # evaluations, from which a robust table grows one by one
_CHECKED = (5, 4)
"""Weights and widths at which finite d is looked at: 3 and 3 missed the worst weight at d = 1000 by a factor 2."""


@final
@dataclass(frozen=True, repr=False, eq=False)
class Design(AbstractDesign):
    """A sampler of N evaluations as a table: y_k = z + Σ_i c_ki D_i at ψ_k, D_0 = E a, the output e_z z + Σ e_i D_i.

    ``table`` holds the nodes and rows of the window in units of 1/(m √d), m half the distance of the modes;
    ``predicted`` are its worst errors at d = ∞ over ``weights`` and ``widths``, at points other than the optimiser's.
    ``starts`` are the worst errors, in units of 1 % and 5 %, at which the optimiser's starts ended, increasing: the
    least is the best found, and not proven the best there is.
    """

    limit: Limit = field(repr=False)
    table: Table
    m: float
    weights: tuple[float, float]
    widths: tuple[float, float]
    robust: bool
    predicted: Errors
    starts: tuple[float, ...]

    @property
    def evaluations(self) -> int:
        """Denoiser calls per sample; E a, the denoiser at ψ = 0, is free."""
        return self.table.shape.evaluations

    @property
    def key(self) -> tuple[object, ...]:
        """The table and the distance of the modes."""
        return (self.table, self.m)

    def plan(self, d: float) -> Plan:
        """Return the table at dimension ``d``; ValueError where its window would not lie before its other nodes."""
        d = require_real(d, "d", above=0)
        window, total = self.table.shape.window, self.evaluations
        unit = np.concatenate([np.full(window, 1 / (self.m * math.sqrt(d))), np.ones(total - window)])
        psi = np.concatenate([[0.0], self.table.nodes * unit])
        if np.any(np.diff(psi) < 0):
            raise ValueError(
                f"this design needs a d of at least {self.least_dimension:.3g}, where its window ends before its "
                f"other nodes begin; got {d:g}. Use limit.schedule, or a larger d"
            )
        rows = np.vstack([np.zeros(1 + total), self.table.rows * unit[:, None]])
        steps = np.vstack([np.diff(rows, axis=0), self.table.output[1:] - self.table.output[0] * rows[-1]])
        return Plan(
            np.linspace(0, 1, total + 2),
            psi,
            np.append(np.ones(total + 1), 0.0),
            np.append(psi, 1.0),
            np.append(np.ones(total), self.table.output[0]),
            sparse.csr_array(steps),
        )

    def _formulas(self) -> sources.Table:
        window, total = self.table.shape.window, self.evaluations
        unit = sp.Symbol("unit", positive=True)
        units = [unit] * window + [sp.S.One] * (total - window)
        zero, one = sp.S.Zero, sp.S.One

        def scaled(values: Array, by: sp.Expr) -> list[sp.Expr]:
            return [sp.Float(float(value)) * by if value else zero for value in values]

        psi = (zero, *(sp.Float(float(node)) * by for node, by in zip(self.table.nodes, units, strict=True)))
        rows = [[zero] * (1 + total), *(scaled(row, by) for row, by in zip(self.table.rows, units, strict=True))]
        kept = sp.Float(float(self.table.output[0]))
        ends = [[c - kept * before for c, before in zip(scaled(self.table.output[1:], one), rows[-1], strict=True)]]
        steps = [[after - before for before, after in zip(*pair, strict=True)] for pair in pairwise(rows)] + ends
        return sources.Table(
            times=tuple(sp.Rational(k, total + 1) for k in range(total + 2)),
            psi=psi,
            alpha=(one,) * (total + 1) + (zero,),
            beta=(*psi, one),
            A=(one,) * total + (kept,),
            B=tuple(tuple((j, value) for j, value in enumerate(row) if value != 0) for row in steps),
            shift=(zero,) * (total + 1),
            wave=(zero,) * (total + 1),
            degree=0,
            units=((unit, 1 / (sp.Float(self.m) * sp.sqrt(d_symbol))),),
            least=self.least_dimension,
        )

    @property
    def least_dimension(self) -> float:
        """The d below which the window would not end before the other nodes begin."""
        window = self.table.shape.window
        return float((self.table.nodes[window - 1] / (self.m * self.table.nodes[window])) ** 2)

    def errors_at(self, d: float) -> Errors:
        """Return the worst errors at finite ``d``, over a grid of the ranges.

        They are those of the plan on order parameters and on one coordinate, which share no code with the search.
        """
        plan = self.plan(d)
        found = []
        for p in np.linspace(*self.weights, _CHECKED[0]):
            for width in np.linspace(*self.widths, _CHECKED[1]):
                sites = tuple(GaussianSite(sign * self.m, float(width) ** 2) for sign in (1, -1))
                points = Points((1,), np.array([p, 1 - p]), np.array([[self.m], [-self.m]]))
                model = DiscreteOrderModel(float(d), points, sites)
                share = mode_weights(model, plan)[0]
                off = 0.0
                for portion, site, (mean, variance) in zip(share, sites, site_statistics(model, plan), strict=True):
                    missed = mean.masses @ (mean.values - site.mean) ** 2 / mean.masses.sum()
                    off += portion * (missed + (math.sqrt(variance.mean) - width) ** 2)
                found.append((abs(share[0] - p), math.sqrt(off) / width))
        worst_weight, worst_width = np.max(found, axis=0)
        return Errors(float(worst_weight), float(worst_width))

    @cached_property
    def sensitivities(self) -> dict[str, Errors]:
        """The worst errors at d = ∞ where the table is wrong about the law: half the distance of the modes, the
        denoiser's scale, the range of widths. A common shift of all data changes nothing: every row sums to its ψ.
        """
        low, high = self.widths
        off = {
            "m larger by 10 %": {"ratio": 1.1},
            "m smaller by 10 %": {"ratio": 1 / 1.1},
            "D larger by 1 %": {"gain": 1.01},
            f"σ = {low / 1.5:.3g}": {"low": low / 1.5, "high": low / 1.5},
            f"σ = {high * 1.5:.3g}": {"low": high * 1.5, "high": high * 1.5},
        }
        out = {}
        for name, change in off.items():
            ends = (change.pop("low", low), change.pop("high", high))
            out[name] = Errors(*worst([_laws(self.m, self.weights, ends, (26, 15), **change)], self.table))
        return out

    def to_dict(self) -> dict[str, Any]:
        """Return the table as plain data, ready for JSON."""
        return {
            "evaluations": self.evaluations,
            "weights": list(self.weights),
            "widths": list(self.widths),
            "predicted": {"weight": self.predicted.weight, "width": self.predicted.width},
            "window": self.table.shape.window,
            "m": self.m,
            "nodes": self.table.nodes.tolist(),
            "rows": self.table.rows.tolist(),
            "output": self.table.output.tolist(),
        }

    def to_text(self) -> str:
        """Return the table as lines of text: a node and its row each, and the output."""
        lines = [f"y_k = z + sum c_ki D_i at psi_k, D_0 = E a; the window in units of 1/(m sqrt d), m = {self.m:.8g}"]
        for k, (node, row) in enumerate(zip(self.table.nodes, self.table.rows, strict=True), 1):
            place = "window" if k <= self.table.shape.window else "data"
            lines.append(f"{k:3d} {place:8s} psi {node:12.8f}   c " + " ".join(f"{c:12.8f}" for c in row[:k]))
        first, *others = self.table.output
        lines.append(f"output            z {first:12.8f}   c " + " ".join(f"{c:12.8f}" for c in others))
        return "\n".join(lines)

    def latex(self) -> str:
        """Return the table as LaTeX: a row for each evaluation, and the output."""
        unit = rf"({self.m:.6g}\sqrt{{d}})" if self.m != 1 else r"\sqrt{d}"
        nodes, rows = [], []
        for k, (node, row) in enumerate(zip(self.table.nodes, self.table.rows, strict=True), 1):
            share = f"/{unit}" if k <= self.table.shape.window else ""
            nodes.append(rf"\psi_{{{k}}} &= {node:.10g}{share}")
            parts = ["z", *_terms(row[:k])]
            if share:
                parts = [r"z + \bigl(", parts[1].removeprefix("+ "), *parts[2:], rf"\bigr){share}"]
            rows += _lines(f"y_{{{k}}}", parts)
        rows += _lines("x", [rf"{self.table.output[0]:.10g}\, z", *_terms(self.table.output[1:])])
        body = " \\\\\n".join([r"D_0 &= \mathbb{E}\, a", *nodes, *rows])
        return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"

    def __repr__(self) -> str:
        """One line: evaluations, ranges and predicted errors."""
        return (
            f"<Design of {self.evaluations} evaluations for weights in {list(self.weights)} and widths in "
            f"{[round(one, 4) for one in self.widths]}: weight to {self.predicted.weight:.1e}, sites to "
            f"{self.predicted.width:.1e} of their deviation>"
        )


def design(
    limit: Limit,
    evaluations: int = 6,
    *,
    weights: tuple[float, float] | float | None = None,
    widths: tuple[float, float] | float | None = None,
    robust: bool = False,
    output: str = "row",
) -> Design | LearnedDesign | GridDesign:
    """Return the table of at most ``evaluations`` denoiser calls with the least worst error at d = 10⁴ and at d = ∞.

    Minimised is max(Δw/0.01, W2/(0.05 sd)): Δw the error of a mode's weight as the rest of the table carries the paths,
    W2 the Wasserstein distance of one coordinate's law to the site's, the mean included. The worst case is over
    ``weights`` (of either mode; 0.505 to 0.99 unless given) and ``widths`` (0.3 m to m unless given, and the limit's
    own), a number or two. ``output`` "row" ends with a combination of z and all D, "last" with the last D. ``robust``
    adds modes 10 % farther apart or closer and a denoiser larger by 1 % to the worst case.
    Every row is blind to a common shift of the data: its coefficients sum to ψ, those of the output to 1, so that no
    coefficient can store the answer of one law.

    Where a further evaluation was not found to help, the table has fewer. Deterministic: fixed starts, SLSQP on a
    Gauss–Legendre quadrature.

    This is for two modes that their means tell apart, with normal coordinates of one width: a ``Design``. Two modes of
    any other laws that their means or variances tell apart, normal modes in general directions, and laws of one mode
    have a ``LearnedDesign``, made for the limit's own laws of a coordinate, or normal modes' ``widths``, and for all
    ``weights``. For every other limit, and with ``robust``, the coefficients are those of Adams, of P_q and of
    DPM-Solver++(2M), and the nodes are searched for: a ``GridDesign``.

    Raises DerivationError where an order q > 1 leaves a gap that no one step crosses, and ValueError or TypeError for
    bad arguments.
    """
    if not isinstance(limit, Limit):
        raise TypeError(f"limit must come from derive(), got {limit!r}")
    count = require_integer(evaluations, "evaluations", _FEWEST)
    if count > _MOST:
        raise ValueError(f"evaluations must be from {_FEWEST} to {_MOST}, got {count}; beyond, use limit.schedule")
    if not isinstance(robust, bool):
        raise TypeError(f"robust must be True or False, got {robust!r}")
    if output not in _OUTPUTS:
        raise ValueError(f"output must be one of {_OUTPUTS}, got {output!r}")
    pair = _two_modes(limit)
    if pair is None:
        return _of_other_laws(limit, count, weights, widths, robust=robust, output=output)
    m, own_weight, own_width = pair
    own = max(own_weight, 1 - own_weight)
    chosen = _range(weights, (min(_WEIGHTS[0], own), max(_WEIGHTS[1], own)), "weights", 1.0)
    chosen = _of_the_heavier(chosen)
    spread = _range(widths, (min(_WIDTHS[0] * m, own_width), max(_WIDTHS[1] * m, own_width)), "widths", math.inf)
    fit = [_laws(m, chosen, spread, (9, 5)), _laws(m, chosen, spread, (5, 3), tail=_TAIL)]
    if robust:
        fit += [_laws(m, chosen, spread, (5, 3), **off) for off in ({"ratio": 1.1}, {"ratio": 1 / 1.1}, {"gain": 1.01})]
        row = output == "row"
        table, _ = best_table(fit[:2], min(count, _ROBUST_START) if row else count, row=row)
        table, optimum = refined(fit, table)
        while table.shape.evaluations < count:
            table, optimum = grown(fit, table)
    else:
        table, optimum = best_table(fit, count, row=output == "row")
    table = without_idle_nodes(table)
    predicted = Errors(*worst([_laws(m, chosen, spread, (33, 17))], table))
    return Design(limit, table, m, chosen, spread, robust, predicted, optimum.values)


def _of_other_laws(
    limit: Limit,
    count: int,
    weights: tuple[float, float] | float | None,
    widths: tuple[float, float] | float | None,
    *,
    robust: bool,
    output: str,
) -> LearnedDesign | GridDesign:
    """Return the design of a limit that is not two normal modes of one width: rows that were found, or a grid."""
    pair = len(limit.cascade.modes) == 2
    model = limit.order_model(1e6)
    if weights is not None and not pair:
        raise ValueError(
            f"weights is a range for two modes, and {limit!r} has {len(limit.cascade.modes)}: leave it out"
        )
    if widths is not None and not model.centred:
        raise ValueError(
            f"widths is a range for normal coordinates of one width, and {limit!r} is not of that form: leave it out"
        )
    chosen = None if weights is None else _of_the_heavier(_range(weights, (0.5, 0.5), "weights", 1.0))
    spread = None if widths is None else _range(widths, (1.0, 1.0), "widths", math.inf)
    learned = None
    if not robust:
        learned = learned_design(limit, count, weights=chosen, widths=spread, row=output == "row")
    missed = learned is None or (learned.predicted.worst > 1 and count >= _GRID)
    if learned is not None and (not missed or output != "row" or widths or weights):
        return learned
    if output != "row" or weights is not None or widths is not None:
        raise ValueError(
            f"{limit!r} has a grid for a design, which is the same for all weights and ends with the last D: leave "
            f"weights, widths and output out"
        )
    try:
        grid = grid_design(limit, count)
    except (DerivationError, ValueError):
        if learned is None:
            raise
        return learned
    return grid if learned is None or grid.predicted.worst < learned.predicted.worst else learned


def _laws(
    m: float, weights: tuple[float, float], widths: tuple[float, float], counts: tuple[int, int], **off: float
) -> TwoModes:
    """Return the laws on a grid of Chebyshev's points, which are dense where a worst case hides: at the ends."""
    grids = (
        low + (high - low) * (1 - np.cos(np.pi * np.arange(n) / (n - 1))) / 2 if high > low else np.array([low])
        for (low, high), n in zip((weights, widths), counts, strict=True)
    )
    p, widths_ = grids
    return TwoModes(m, p, widths_, **off)


def _of_the_heavier(weights: tuple[float, float]) -> tuple[float, float]:
    """Return a range of weights as that of the heavier mode: p and 1 − p are those of one pair."""
    low, high = weights
    return max(0.5, low, 1 - high), max(high, 1 - low)


def _range(
    given: tuple[float, float] | float | None, default: tuple[float, float], name: str, most: float
) -> tuple[float, float]:
    """Return the two ends of a range that may be a number, two numbers or nothing."""
    if given is None:
        return default
    ends = tuple(given) if isinstance(given, (tuple, list, np.ndarray)) else (given, given)
    if len(ends) != 2:
        raise ValueError(f"{name} must be a number or a pair (low, high), got {given!r}")
    low, high = (require_real(one, f"each end of {name}", above=0) for one in ends)
    if not low <= high < most:
        raise ValueError(f"{name} must be a range with 0 < low <= high < {most:g}, got {given!r}")
    return low, high


def _two_modes(limit: Limit) -> tuple[float, float, float] | None:
    """Return half the distance of two modes, the weight of the first, and the width of their sites; None where they are
    not two modes of normal coordinates of one width, told apart by their means at ψ ~ d^−1/2 and free of d.
    """
    if d_symbol in limit.distribution.free_symbols:
        return None
    model = limit.order_model(1e6)
    laws = [site.gaussian for site in model.sites]
    speciations = limit.cascade.speciations
    fits = (
        isinstance(model, DiscreteOrderModel)
        and len(model.sites) == 2
        and len(speciations) == 1
        and set(model.orders) == {1}
        and all(law is not None and law[1] == model.sites[0].variance > 0 for law in laws)
    )
    if not fits or not isinstance(model, DiscreteOrderModel) or any(p.exponent * 2 != 1 for p in speciations):
        return None
    first, second = model.points.places
    return float(np.linalg.norm(first - second)) / 2, float(model.points.weights[0]), math.sqrt(model.sites[0].variance)


def _terms(row: Array) -> list[str]:
    return [f"{'-' if c < 0 else '+'} {abs(c):.10g} D_{{{i}}}" for i, c in enumerate(row) if c]


def _lines(name: str, parts: list[str]) -> list[str]:
    """Return an equation on as many lines as a column of text needs."""
    pieces = [" ".join(parts[first : first + _PARTS]) for first in range(0, len(parts), _PARTS)]
    return [f"{name} &= {pieces[0]}", *(rf"&\quad {piece}" for piece in pieces[1:])]
