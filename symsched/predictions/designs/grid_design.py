"""A design for any limit: a grid that was searched for, with the coefficients of schemes that lie on the path."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, final

import numpy as np

from symsched.algebra.codegen import number
from symsched.errors import require_real
from symsched.limits.limit import Limit
from symsched.predictions.designs.base import AbstractDesign
from symsched.predictions.designs.errors import FAR, LEAST, Errors, moment_errors
from symsched.predictions.designs.grid import DataPhase, Layout, Scales, grid_plan, scales_of
from symsched.predictions.designs.grid_search import best_layout, best_staged
from symsched.predictions.designs.learned.sites import Rows
from symsched.schedules.plan import Plan

_ANCHOR = "anchor"


@final
@dataclass(frozen=True, repr=False, eq=False)
class GridDesign(AbstractDesign):
    """A sampler of N evaluations whose nodes were searched for: Adams in the windows, one step over each gap, then 2M.

    ``predicted`` are its worst errors over the modes at d from 10^8 to 10^12, for the limit's own weights. ``starts``
    are what the search minimised, max(Δw/0.01, W2/(0.05 sd)), for every way to divide the evaluations that was tried,
    increasing: the least is the best found, and not proven the best there is. Every row is blind to a common shift.
    """

    limit: Limit = field(repr=False)
    scales: Scales
    layout: Layout
    predicted: Errors
    starts: tuple[float, ...]

    @property
    def evaluations(self) -> int:
        """Denoiser calls per sample; E a, the denoiser at ψ = 0, is free."""
        return sum(self.layout.counts) + (1 if self.scales.anchored else 0)

    @property
    def key(self) -> tuple[object, ...]:
        """The scales and the layout."""
        return (self.scales, self.layout)

    def plan(self, d: float) -> Plan:
        """Return the table at dimension ``d``; ValueError where its windows overlap."""
        d = require_real(d, "d", above=0)
        return grid_plan(self.scales, self.layout, d).made_for(d)

    @cached_property
    def least_dimension(self) -> float:
        """The d below which the windows of the table overlap, to three digits."""
        low, high = 0.0, 60.0
        for _ in range(40):
            middle = (low + high) / 2
            try:
                self.plan(math.exp(middle))
                high = middle
            except ValueError:
                low = middle
        return math.exp(high)

    def errors_at(self, d: float) -> Errors:
        """Return the worst errors over the modes at finite ``d``: of the plan on order parameters and one coordinate.

        A site's is the larger of the distance that mean and deviation show over all paths, and that of its law on paths
        that were decided early.
        """
        return _errors(_sites(self.limit, self.scales, d), self.layout, self.plan(d))

    @cached_property
    def sensitivities(self) -> dict[str, Errors]:
        """The worst errors at d = 10^8 where the denoiser is larger by 1 %. A common shift of all data changes nothing:
        every row sums to its ψ.
        """
        plan = self.plan(FAR[0])
        larger = replace(plan, B=1.01 * plan.B)
        return {"D larger by 1 %": _errors(_sites(self.limit, self.scales, FAR[0]), self.layout, larger)}

    def latex(self) -> str:
        r"""Return the nodes as LaTeX, those of a window with their power of d, and the steps between them.

        The coefficients are those of Adams in \psi, of P_q and of DPM-Solver++(2M): numbers at one d are in ``plan``.
        """
        lines = []
        for k, (phase, strength, gamma) in enumerate(self._nodes(), 1):
            power = rf"\, d^{{-{gamma:.6g}}}" if gamma else ""
            between = rf"\sqrt{{\psi_{{{k - 1}}} \psi_{{{k + 1}}}}}"
            lines.append(rf"\psi_{{{k}}} &= " + (between if phase == _ANCHOR else f"{strength:.10g}{power}"))
        first, rows = self.evaluations - self.layout.counts[-1] + 1, self.layout.rows
        if rows is not None:
            for k, (factor, terms) in enumerate(_lines(rows, first), first + 1):
                name = "x" if k > self.evaluations else f"y_{{{k}}}"
                lines.append(f"{name} &= {factor:.10g}\\, z" + "".join(f" {c:+.10g}\\, D_{{{i}}}" for c, i in terms))
        body = " \\\\\n".join([r"D_0 &= \mathbf{E}\, a", *lines])
        return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"

    def _nodes(self) -> list[tuple[str, float, float]]:
        """Return the name of its phase, ψ d^γ and γ of every node; an anchor is the mean in log ψ of its neighbours."""
        found: list[tuple[str, float, float]] = []
        names = [phase.name for phase in self.limit.cascade.speciations]
        windows = zip(names, self.scales.exponents, self.scales.windows(self.layout), strict=True)
        for k, (name, gamma, strengths) in enumerate(windows):
            if k == self.scales.crossed and k > 0:
                found.append((_ANCHOR, math.nan, gamma))
            found += [(name, float(strength), gamma) for strength in strengths]
        return found + [("data", float(value), 0.0) for value in self.layout.data]

    def to_dict(self) -> dict[str, Any]:
        """Return the nodes as plain data, ready for JSON: psi is ``strength`` d^−``exponent``, None for an anchor."""
        rows = self.layout.rows
        return {
            "evaluations": self.evaluations,
            "predicted": {"weight": self.predicted.weight, "width": self.predicted.width},
            "rows": None if rows is None else rows.rows[1:, 1:].tolist(),
            "output": None if rows is None else [float(rows.output[0]), *rows.output[2:].tolist()],
            "nodes": [
                {"phase": name, "strength": None if math.isnan(strength) else strength, "exponent": gamma}
                for name, strength, gamma in self._nodes()
            ],
        }

    def to_text(self) -> str:
        """Return the nodes as lines of text."""
        rows = self.layout.rows
        behind = "2M" if rows is None else "rows"
        lines = [f"Adams in psi in the windows, one step over each gap, {behind} behind; D_0 = E a at psi_0 = 0"]
        for k, (name, strength, gamma) in enumerate(self._nodes(), 1):
            power = f" d^-{gamma:.6g}" if gamma else ""
            place = "between its neighbours" if name == _ANCHOR else f"{strength:.8g}{power}"
            lines.append(f"{k:3d} {name:14s} psi {place}")
        first = self.evaluations - self.layout.counts[-1] + 1
        for k, (factor, terms) in enumerate(_lines(rows, first) if rows is not None else (), first + 1):
            name = "output" if k > self.evaluations else f"y_{k}"
            lines.append(f"    {name:14s} {factor:.8g} z" + "".join(f" {c:+.8g} D_{i}" for c, i in terms))
        return "\n".join(lines)

    def __repr__(self) -> str:
        """One line: evaluations, how they are divided, and predicted errors."""
        *windows, data = self.layout.counts
        return (
            f"<Design of {self.evaluations} evaluations, {windows} in the windows and {data} in the data phase: weight "
            f"to {self.predicted.weight:.1e}, sites to {self.predicted.width:.1e} of their deviation>"
        )


def _lines(rows: Rows, first: int) -> list[tuple[float, list[tuple[float, int]]]]:
    """Return, for each row behind the first and for the output, the factor of z and the terms (c, i) of D_i."""
    table = [(1.0, row[1:]) for row in rows.rows[1:]] + [(float(rows.output[0]), rows.output[2:])]
    return [(factor, [(float(c), i) for i, c in enumerate(row, first) if c]) for factor, row in table]


def grid_design(limit: Limit, evaluations: int, *, staged: bool = False) -> GridDesign:
    """Return the grid of ``evaluations`` denoiser calls with the least worst error that the search found.

    ``staged``: where several phases part by means alone, data rows may be found for the limit's own sites.
    """
    scales = scales_of(limit)
    least = len(scales.exponents) + 1 + (1 if scales.anchored else 0)
    if evaluations < least:
        raise ValueError(
            f"evaluations must be at least {least} for {limit!r}: one for each phase"
            f"{' and one to anchor the later one' if scales.anchored else ''}, got {evaluations}"
        )
    sites = [_sites(limit, scales, d) for d in FAR]

    def errors(layout: Layout, at: int) -> Errors:
        return _errors(sites[at], layout, grid_plan(scales, layout, FAR[at]))

    def judged(layout: Layout) -> float:
        try:
            return errors(layout, 0).worst
        except ValueError:  # windows that overlap
            return math.inf

    if staged and len(scales.exponents) > 1 and set(scales.orders) == {1}:
        # Means alone: no step over a gap is needed, and windows are worth more than steps of a scheme behind them.
        with contextlib.suppress(ValueError):
            chosen, reached = best_staged(scales, [limit.order_model(d) for d in (LEAST, *FAR)], sites[0], evaluations)
            far = [errors(chosen, at) for at in range(len(FAR))]
            predicted = Errors(max(one.weight for one in far), max(one.width for one in far))
            return GridDesign(limit, scales, chosen, predicted, (max(reached, predicted.worst),))
    layout, starts = best_layout(scales, sites[0], evaluations, judged)
    if not math.isfinite(starts[0]):
        raise ValueError(
            f"no grid of {evaluations} evaluations was found for {limit!r} whose windows are apart at d = {FAR[0]:g}: "
            f"they lie at ψ ~ d^−{scales.exponents[-1]:.3g}. Use limit.schedule"
        )
    found = [errors(layout, at) for at in range(len(FAR))]
    predicted = Errors(max(one.weight for one in found), max(one.width for one in found))
    return GridDesign(limit, scales, layout, predicted, starts)


def _sites(limit: Limit, scales: Scales, d: float) -> DataPhase:
    order = scales.last_order
    cumulants = [number(mode.law.cumulants(order)[-1], "a cumulant") for mode in limit.cascade.modes]
    return DataPhase(limit.order_model(d), order, np.array(cumulants))


def _errors(sites: DataPhase, layout: Layout, plan: Plan) -> Errors:
    seen = moment_errors(sites.model, plan)
    return Errors(seen.weight, max(seen.width, sites.error(layout)))
