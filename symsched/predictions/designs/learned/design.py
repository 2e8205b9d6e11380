"""A design whose rows are all found: window, step over the gap and data, for a limit of at most one speciation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, final

import numpy as np
import sympy as sp

from symsched.algebra.notation.lines import wrapped
from symsched.errors import require_real
from symsched.limits.limit import Limit
from symsched.predictions.designs.base import AbstractDesign
from symsched.predictions.designs.errors import FAR, LEAST, Errors
from symsched.predictions.designs.learned.judged import table_errors
from symsched.predictions.designs.learned.table import Gap, Slope, Table
from symsched.reporting.pages.data import fields_to_dict
from symsched.schedules import sources
from symsched.schedules.plan import Plan
from symsched.symbols import d as d_symbol

_ROUNDED = 1e-12
_LEGEND = (
    "D_0 = E a; V = 1 + c_2 psi^2, c_2 = {c:.8g}, psihat = psi/V^(1/2), q = {q}; "
    "G_i = (q-1)! V_i (D_i - D_0 - c_2 psi_i (y_i - psi_i D_0)/V_i)/psihat_i^(q-1)"
)
_LEGENDS = {0: "D_0 = E a", 1: "D_0 = E a; G_i = D_i", 2: "D_0 = E a; G_i = (D_i - D_0)/psi_i"}


@final
@dataclass(frozen=True, repr=False, eq=False)
class LearnedDesign(AbstractDesign):
    """A sampler of N evaluations whose nodes and coefficients were found for the laws of a limit's own sites.

    ``predicted`` are its worst errors at d from 10^8 to 10^12 over the modes, ``widths`` where sites are normal, and
    both ends of ``weights`` or, without, the weights of the modes as they are, reversed and equal; its window is the
    best that was found over all weights from 0.05 (of two modes: from 0.01) on. ``starts`` are max(Δw/0.01, W2/(0.05
    sd)) of all tables that were tried, at d from 10^4 to 10^12, increasing: the least is the best found, and not proven
    the best there is, those that could not win at the d at which that was seen. Of several limits it holds for the
    worst of ``limits``, of which ``limit`` is the first.
    """

    limit: Limit = field(repr=False)
    table: Table
    weights: tuple[float, float] | None
    widths: tuple[float, float] | None
    predicted: Errors
    starts: tuple[float, ...]
    others: tuple[Limit, ...] = field(default=(), repr=False)

    @property
    def limits(self) -> tuple[Limit, ...]:
        """All limits that it was made for."""
        return (self.limit, *self.others)

    @property
    def evaluations(self) -> int:
        """Denoiser calls per sample; E a, the denoiser at ψ = 0, is free."""
        return self.table.evaluations

    @property
    def key(self) -> tuple[object, ...]:
        """The numbers of the table."""
        return (self.table,)

    def plan(self, d: float) -> Plan:
        """Return the table at dimension ``d``; ValueError where its window would not lie before its other nodes."""
        d = require_real(d, "d", above=0)
        return self.table.plan(d).made_for(d)

    def _formulas(self) -> sources.Table | None:
        """Return the table as expressions in d; None where the numbers of its window themselves move with d."""
        table = self.table
        if table.near is not None:
            return None
        unit, early = sp.symbols("unit early", positive=True)
        units = {unit: d_symbol ** -sp.nsimplify(table.gap.exponent, rational=True)}
        psi: list[Any] = []
        if table.before is not None:
            psi = [float(node) * early for node in table.before.nodes(1.0)]
            units[early] = 1 / sp.sqrt(d_symbol)
        psi += [*(float(place) * unit for place in table.places), *map(float, table.rows.nodes)]
        forms = [[sp.sympify(entry) for entry in row] for row in table.forms(psi)]
        scale = [after[0] / before[0] for before, after in pairwise(forms)]
        steps = [
            [sp.expand(later - factor * earlier) for earlier, later in zip(before, after, strict=True)]
            for factor, (before, after) in zip(scale, pairwise(forms), strict=True)
        ]
        count = len(psi)
        nodes = (sp.S.Zero, *map(sp.sympify, psi))
        return sources.Table(
            times=tuple(sp.Rational(k, count + 1) for k in range(count + 2)),
            psi=nodes,
            alpha=(sp.S.One,) * (count + 1) + (sp.S.Zero,),
            beta=(*nodes, sp.S.One),
            A=tuple(scale),
            B=tuple(tuple((j, value) for j, value in enumerate(row[3:]) if value != 0) for row in steps),
            shift=tuple(row[1] for row in steps),
            wave=tuple(row[2] for row in steps),
            degree=max(table.gap.order - 1, 0),
            units=tuple(units.items()),
            least=self.least_dimension,
        )

    @property
    def least_dimension(self) -> float:
        """The d below which the window would not end before the other nodes begin."""
        return self.table.least_dimension

    def errors_at(self, d: float) -> Errors:
        """Return the worst errors at finite ``d``: of the plan on order parameters and one coordinate."""
        return table_errors(self.limits, self.table, (self.weights, self.widths), d)

    @cached_property
    def sensitivities(self) -> dict[str, Errors]:
        """The worst errors at d = 10^8 where the denoiser is larger by 1 %, widths lie outside their range, and, of two
        modes, their distance or the middle between them is 10 % off. Where ``blind``, a common shift changes nothing.
        """
        table, gap, far = self.table, self.table.gap, FAR[0]
        ranges = self.weights, self.widths
        out = {"D larger by 1 %": table_errors(self.limits, table, ranges, far, larger=1.01)}
        for width in (self.widths[0] / 1.5, self.widths[1] * 1.5) if self.widths else ():
            out[f"σ = {width:.3g}"] = table_errors(self.limits, table, (self.weights, (width, width)), far)
        if gap.order:
            for name, factor in (("modes closer by 10 %", 1 / 0.9), ("modes farther apart by 10 %", 1 / 1.1)):
                believed = replace(gap, half=gap.half * factor, unit=gap.unit * factor)
                out[name] = table_errors(self.limits, replace(table, gap=believed), ranges, far)
        loose = [float(row.sum() - s) for s, row in zip(table.window.strengths, table.window.rows, strict=True)]
        if gap.centred and max(map(abs, loose)) > _ROUNDED:
            moved_by = 0.1 * gap.half
            name = "data shifted by 10 % of half the distance of the modes"
            out[name] = table_errors(self.limits, table, ranges, far, shift=moved_by)
        if gap.order and not gap.centred:
            _, wave = table.reduced(float(table.rows.nodes[0]))
            aside = 0.1 * gap.half
            moved = replace(gap, middle=gap.middle + aside, tie=gap.tie + wave * aside)
            name = "middle of the modes off by 10 % of half their distance"
            out[name] = table_errors(self.limits, replace(table, gap=moved), ranges, far)
        return out

    @property
    def blind(self) -> bool:
        """Whether a common shift of all data changes nothing: every data row sums to its ψ, and so does the window."""
        rows = self.table.rows
        sums = rows.rows[1:].sum(axis=1) - rows.nodes[1:]
        shared = self.table.gap.order != 1 and self.table.before is None
        return bool(shared and np.all(np.abs(sums) < 1e-9 * rows.nodes[1:]))

    @property
    def _anchor(self) -> str:
        """What stands for E a: D_0, or A, the mean of a branch."""
        return "D_0" if self.table.before is None else "A"

    def _lines(self) -> Iterator[tuple[float, float, float, list[tuple[float, str]]]]:
        """Return, for each row, ψ d^γ and γ (0 behind the gap), the factor of z, and the terms (factor, name)."""
        table, gap = self.table, self.table.gap
        places = [*((float(p), gap.exponent) for p in table.places), *((float(p), 0.0) for p in table.rows.nodes)]
        columns = [self._anchor, *(f"D_{i}" for i in range(table.led + table.inside + 1, self.evaluations + 1))]
        for k, (place, power) in enumerate(places):
            if k <= table.inside:
                yield place, power, 1.0, []
            else:
                row = table.rows.rows[k - table.inside]
                yield place, power, 1.0, [(c, name) for c, name in zip(row, columns, strict=True) if c]
        out = table.rows.output
        yield math.inf, 0.0, float(out[0]), [(c, name) for c, name in zip(out[1:], columns, strict=True) if c]

    def _slopes(self) -> list[tuple[float, list[tuple[float, int]]]]:
        return _read(self.table.led, self.table.slopes())

    @cached_property
    def _near(self) -> tuple[float, list[float], list[tuple[float, list[tuple[float, int]]]]] | None:
        """2γ, and what d^−2γ is multiplied by in log ψ of the window's nodes and in the numbers of each slope."""
        table, exponent = self.table, 2 * self.table.gap.exponent
        if table.near is None:
            return None
        unit = LEAST**exponent
        pairs = zip(table.moved(1.0).slopes(), table.slopes(), strict=True)
        slopes = [Slope(unit * (at.known - far.known), unit * (at.read - far.read)) for at, far in pairs]
        return exponent, (unit * table.near.places).tolist(), _read(table.led, slopes)

    def _place(self, k: int, *, tex: bool) -> str:
        """Return the factor that ψ of the k-th slope has at finite d, if any."""
        if self._near is None or k >= self.table.inside:
            return ""
        exponent, places, _ = self._near
        return (
            rf"\, e^{{{places[k]:.8g}\, d^{{-{exponent:.6g}}}}}" if tex else f" exp({places[k]:.8g} d^-{exponent:.6g})"
        )

    def _slope(self, k: int, *, tex: bool) -> str:
        """Return b + Σ r_i G_i of the k-th slope, with what it has at finite d besides."""
        order, text = self.table.gap.order, _inner(self.table.gap.order, *self._slopes()[k], tex=tex)
        if self._near is None:
            return text
        exponent, _, slopes = self._near
        more = _inner(order, *slopes[k], tex=tex)
        power = rf"d^{{-{exponent:.6g}}}" if tex else f"d^-{exponent:.6g}"
        grown = (rf"{power} \bigl({more}\bigr)" if tex else f"{power} ({more})") if more else ""
        return " + ".join(part for part in (text, grown) if part)

    def to_dict(self) -> dict[str, Any]:
        """Return the table as plain data, ready for JSON: psi is ``strength`` d^−``exponent`` in the window.

        ``near`` is what numbers gain from d = 10⁴ on, times x = d^−``exponent``: psi exp(``growth`` x), ``known`` and
        ``read``; None where they do not depend on d.
        """
        table, gap = self.table, self.table.gap
        places = [*((float(one), gap.exponent) for one in table.places), (float(table.rows.nodes[0]), 0.0)]
        return {
            "evaluations": self.evaluations,
            "predicted": {"weight": self.predicted.weight, "width": self.predicted.width},
            "weights": list(self.weights) if self.weights else None,
            "widths": list(self.widths) if self.widths else None,
            "least_dimension": self.least_dimension,
            "order": gap.order,
            "spread": gap.spread,
            "before": None if table.before is None else fields_to_dict(table.before),
            "slopes": [
                {"strength": place, "exponent": power, "known": known, "read": {str(i): c for c, i in read}}
                for (place, power), (known, read) in zip(places, self._slopes(), strict=False)
            ],
            "near": self._near_to_dict(),
            "nodes": table.rows.nodes.tolist(),
            "rows": table.rows.rows[1:].tolist(),
            "output": table.rows.output.tolist(),
        }

    def _near_to_dict(self) -> dict[str, Any] | None:
        if self._near is None:
            return None
        exponent, places, slopes = self._near
        grown = [*places, 0.0]
        return {
            "exponent": exponent,
            "slopes": [
                {"growth": growth, "known": known, "read": {str(i): c for c, i in read}}
                for growth, (known, read) in zip(grown, slopes, strict=True)
            ],
        }

    def latex(self) -> str:
        r"""Return the table as LaTeX: nodes, rows of the window and of the step over the gap, data rows and output.

        G_i is defined beneath where it is more than D_i: the slope of order q that D_i shows.
        """
        gap = self.table.gap
        led, anchor, slopes = self.table.led, self._anchor, len(self._slopes())
        lines = [r"D_0 &= \mathbf{E}\, a", *self._branches(tex=True)]
        for k, (place, power, noise, terms) in enumerate(self._lines(), led + 1):
            last = math.isinf(place)
            if not last:
                grown = self._place(k - led - 1, tex=True)
                lines.append(rf"\psi_{{{k}}} &= {place:.8g}" + (rf"\, d^{{-{power:.6g}}}" if power else "") + grown)
            if not last and k <= led + slopes:
                lines.append(rf"y_{{{k}}} &= {_slope_text(gap, k, anchor, self._slope(k - led - 1, tex=True))}")
            else:
                body = "".join(rf" {c:+.8g}\, {_tex(name)}" for c, name in terms)
                start = "z" if noise == 1 and not last else (rf"{noise:.8g}\, z" if noise else "")
                lines.append((r"x" if last else rf"y_{{{k}}}") + f" &= {start}{body}")
        if gap.order == 2:
            lines.append(rf"G_i &= (D_i - {anchor})/\psi_i")
        elif gap.order > 2:
            q = gap.order
            lines.append(
                rf"G_i &= \frac{{{math.factorial(q - 1)}\, V_i}}{{\hat\psi_i^{{{q - 1}}}}} \bigl(D_i - D_0 - "
                rf"\tfrac{{c_2 \psi_i}}{{V_i}} (y_i - \psi_i D_0)\bigr)"
            )
            shared = rf"\quad c_2 = {gap.spread:.8g}"
            lines.append(rf"V_i &= 1 + c_2 \psi_i^2, \quad \hat\psi_i = \psi_i/\sqrt{{V_i}}, {shared}")
        body = " \\\\\n".join(part for line in lines for part in wrapped(line))
        return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"

    def to_text(self) -> str:
        """Return the table as lines of text: a node and its row each, and the output."""
        gap, slopes = self.table.gap, len(self._slopes())
        led, anchor = self.table.led, self._anchor
        legend = "D_0 = E a; G_i = (D_i - A)/psi_i" if led else _LEGENDS.get(gap.order, _LEGEND)
        lines = [legend.format(q=gap.order, c=gap.spread), *self._branches(tex=False)]
        general = f"psi D_0 + V^(1/2) z + V^(1/2) psihat^q/{gap.order}!"
        plain = f"z + psi {anchor}"
        bare = {0: plain, 1: "z", 2: plain}.get(gap.order, "psi D_0 + V^(1/2) z")
        front = {1: "z + psi", 2: f"{plain} + psi^2/2"}.get(gap.order, general)
        for k, (place, power, noise, terms) in enumerate(self._lines(), led + 1):
            last = math.isinf(place)
            if not last and k <= led + slopes:
                inner = self._slope(k - led - 1, tex=False)
                text = f"y = {front} ({inner})" if inner else f"y = {bare}"
            else:
                start = "z" if noise == 1 else f"{noise:.8g} z"
                text = " ".join([f"{'x' if last else 'y'} = {start}", *(f"{c:+.8g} {name}" for c, name in terms)])
            at = f"psi {place:.8g}" + (f" d^-{power:.6g}" if power else "") + self._place(k - led - 1, tex=False)
            lines.append(f"    {'output':24s} {text}" if last else f"{k:3d} {at:24s} {text}")
        return "\n".join(lines)

    def _branches(self, *, tex: bool) -> list[str]:
        """Return the rows that find the mean of a branch, as LaTeX or plain."""
        before = self.table.before
        if before is None:
            return []
        first, second = before.nodes(1.0).tolist()
        share = before.lean / before.strength
        known, read = before.middle * (1 - share), before.gain / before.half
        if tex:
            return [
                rf"\psi_1 &= {first:.8g}\, d^{{-0.5}}, \quad \psi_2 = {second:.8g}\, d^{{-0.5}}",
                rf"y_1 &= z + \psi_1 \bigl({known:.8g} {share:+.8g}\, D_0\bigr)",
                rf"y_2 &= z + {before.middle:.8g}\, \psi_2 {read:+.8g}\, (D_1 - {before.middle:.8g})",
                rf"A &= (D_2 - v \psi_2 y_2)/(1 - v \psi_2^2), \quad v = {self.table.gap.average:.8g}",
            ]
        return [
            f"  1 psi {first:.8g} d^-0.5       y = z + psi ({known:+.8g} {share:+.8g} D_0)",
            f"  2 psi {second:.8g} d^-0.5       y = z {before.middle:+.8g} psi {read:+.8g} (D_1 - {before.middle:.8g})",
            f"    A = (D_2 - v psi_2 y_2)/(1 - v psi_2^2), v = {self.table.gap.average:.8g}",
        ]

    def __repr__(self) -> str:
        """One line: evaluations, how they are divided, and predicted errors."""
        ahead = f"{self.table.led} that tell branches apart, " if self.table.led else ""
        return (
            f"<Design of {self.evaluations} evaluations, {ahead}{self.table.inside} in the window and "
            f"{len(self.table.rows.nodes)} behind it: weight to {self.predicted.weight:.1e}, sites to "
            f"{self.predicted.width:.1e} of their deviation>"
        )


def _tex(name: str) -> str:
    """Return D_12 as D_{12}."""
    return f"D_{{{name[2:]}}}" if name.startswith("D_") else name


def _read(led: int, slopes: Iterable[Slope]) -> list[tuple[float, list[tuple[float, int]]]]:
    """Return b and the terms (r_i, i) of slopes behind ``led`` evaluations."""
    return [
        (
            slope.known if abs(slope.known) > _ROUNDED else 0.0,
            [(float(c), led + i) for i, c in enumerate(slope.read) if abs(c) > _ROUNDED],
        )
        for slope in slopes
    ]


def _inner(order: int, known: float, read: list[tuple[float, int]], *, tex: bool) -> str:
    """Return b He_{q−1}(z) + Σ r_i G_i, as LaTeX or plain."""
    space = r"\, " if tex else " "
    wave = {1: "", 2: f"{space}z"}.get(order, rf"\, \mathrm{{He}}_{{{order - 1}}}(z)" if tex else f" He_{order - 1}(z)")
    name = "D" if order == 1 and tex else "G"
    parts = [f"{known:+.8g}{wave}"] if known else []
    parts += [f"{c:+.8g}{space}{name}_{{{i}}}" if tex else f"{c:+.8g} G_{i}" for c, i in read]
    text = " ".join(parts)
    return text.removeprefix("+") if tex else text


def _slope_text(gap: Gap, k: int, anchor: str, inner: str) -> str:
    """Return √V (z + (ψ̂^q/q!) (b He_{q−1}(z) + Σ r_i G_i)) + ψ D_0, or A for D_0, as LaTeX."""
    if gap.order == 1:
        return rf"z + \psi_{{{k}}} \bigl({inner}\bigr)"
    base = rf"\psi_{{{k}}} {anchor} + "
    if gap.order == 2:
        return rf"{base}z + \tfrac12 \psi_{{{k}}}^2 \bigl({inner}\bigr)"
    q = gap.order
    return (
        rf"{base}\sqrt{{V_{{{k}}}}} \bigl(z + \tfrac{{1}}{{{math.factorial(q)}}} \hat\psi_{{{k}}}^{{{q}}} "
        rf"({inner})\bigr)"
    )
