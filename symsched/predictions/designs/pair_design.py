"""What design() returns for two normal modes of one width: the table, its errors, and how it is shown."""

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
from symsched.errors import require_real
from symsched.laws.numeric import GaussianSite
from symsched.limits.limit import Limit
from symsched.models.order_model import DiscreteOrderModel, Points
from symsched.predictions.coordinates import site_statistics
from symsched.predictions.designs.base import AbstractDesign
from symsched.predictions.designs.errors import Errors
from symsched.predictions.designs.search import worst
from symsched.predictions.designs.two_modes import Table, laws_between
from symsched.predictions.weights import mode_weights
from symsched.schedules import sources
from symsched.schedules.plan import Plan
from symsched.symbols import d as d_symbol

_PARTS = 5  # of an equation on one line
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
            dimension=d,
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
            out[name] = Errors(*worst([laws_between(self.m, self.weights, ends, (26, 15), **change)], self.table))
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
        body = " \\\\\n".join([r"D_0 &= \mathbf{E}\, a", *nodes, *rows])
        return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"

    def __repr__(self) -> str:
        """One line: evaluations, ranges and predicted errors."""
        return (
            f"<Design of {self.evaluations} evaluations for weights in {list(self.weights)} and widths in "
            f"{[round(one, 4) for one in self.widths]}: weight to {self.predicted.weight:.1e}, sites to "
            f"{self.predicted.width:.1e} of their deviation>"
        )


def _terms(row: Array) -> list[str]:
    return [f"{'-' if c < 0 else '+'} {abs(c):.10g} D_{{{i}}}" for i, c in enumerate(row) if c]


def _lines(name: str, parts: list[str]) -> list[str]:
    """Return an equation on as many lines as a column of text needs."""
    pieces = [" ".join(parts[first : first + _PARTS]) for first in range(0, len(parts), _PARTS)]
    return [f"{name} &= {pieces[0]}", *(rf"&\quad {piece}" for piece in pieces[1:])]
