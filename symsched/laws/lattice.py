"""Laws on infinitely many integers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast, final

import numpy as np
import sympy as sp

from symsched import symbols
from symsched.algebra.arrays import Array
from symsched.algebra.escapes import brief
from symsched.algebra.formulas import formula_latex
from symsched.algebra.inputs import require_expression
from symsched.errors import DerivationError
from symsched.laws.base import AbstractWeightedLaw
from symsched.laws.estimates.heavy_lattice import heavy_cumulants
from symsched.laws.estimates.tails import Tail, tail_of
from symsched.laws.log_density import LogDensity, log_gamma_size
from symsched.laws.moments import Estimates, sum_cumulants
from symsched.laws.numeric import AtomSite

_BLOCK = 256
"""Integers whose masses are summed at once."""
_MAX_ATOMS = 1 << 17
"""A law on more integers than these is refused: its sums would be slow and its tail heavy."""
_TAIL = 1e-18
"""Share of the mass in the last half block on either side, far below rounding."""
_SUM = 1e-9
"""By how much the masses may miss the sum 1, to which comes what log Γ of large numbers loses."""
_FAR = 2**40
_NEARER = 2**11
"""How far from an end, or from 0, the mode is looked for; less far where a mass is a sum that grows with k."""
_index = sp.Symbol("k", integer=True)


@final
@dataclass(frozen=True, repr=False)
class LatticeLaw(AbstractWeightedLaw):
    """The law with mass ``weight`` on the integers from ``lower`` to ``upper`` (±oo).

    Numbers come from the atoms next to the mode, on either side as far as masses count beside rounding.
    """

    _own_variable = _index

    def __post_init__(self) -> None:
        """Check the parts and rename the variable."""
        super().__post_init__()
        for name, end in (("lower", self.lower), ("upper", self.upper)):
            if end not in (sp.oo, -sp.oo) and end.is_integer is not True:
                raise ValueError(f"{name} must be an integer or infinite, got {end}")

    def _support(self) -> str:
        ends = [formula_latex(end) for end in (self.lower, self.upper) if end not in (sp.oo, -sp.oo)]
        if self.upper == sp.oo and ends:
            return rf"k = {ends[0]}, {formula_latex(self.lower + 1)}, \dots"
        return rf"{formula_latex(self.lower)} \le k \le {formula_latex(self.upper)},\ k\text{{ an integer}}"

    @cached_property
    def _tails(self) -> tuple[Tail, ...]:
        ends = ((self.lower == -sp.oo, -1), (self.upper == sp.oo, 1))
        return tuple(tail_of(self._at_trial.weight, _index, sign) for is_open, sign in ends if is_open)

    def _new_estimates(self, order: int) -> Estimates:
        if all(tail.is_light for tail in self._tails):
            site = cast(AtomSite, self._site)
            # log Γ(k) is known to 16 digits of k log k.
            reach = float(np.abs(site.values).max()) + 2
            atoms = list(zip(site.values.tolist(), site.weights.tolist(), strict=True))
            return sum_cumulants(atoms, order, loss=max(reach * np.log(reach), self._size_at(site.mean)))
        return heavy_cumulants(self.weight, _index, (self.lower, self.upper), order)

    def _size_at(self, place: float) -> float:
        """Return the largest logarithm that the mass at a place is the sum of."""
        return log_gamma_size(self.weight, _index, place)

    def _site_slack(self, order: int) -> float:
        site = cast(AtomSite, self._site)
        ends = [(site.values[k], site.weights[k]) for k in (0, -1)] if self._tails else []
        return sum(10 * weight * abs(value) ** (order + 1) for value, weight in ends)

    def _new_site(self) -> AtomSite:
        log_mass = LogDensity(self.weight, _index)
        low, high = (int(end) if end.is_finite else None for end in (self.lower, self.upper))
        start = _near_the_mode(log_mass, low, high)
        parts = [_collect(log_mass, start, 1, None if high is None else high - start + 1)]
        if low is None or start > low:
            parts.append(_collect(log_mass, start - 1, -1, None if low is None else start - low))
        atoms, masses = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        total = float(masses.sum())
        allowed = _SUM + 4 * float(np.finfo(np.float64).eps) * self._size_at(start)
        if abs(total - 1) > allowed:
            raise ValueError(
                f"the mass function {brief(self.weight)} sums to {total:.12g}, not to 1; check it and its ends"
            )
        return AtomSite(atoms, masses / total)

    def _expectation(self, function: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
        return sp.Sum(self.weight * function(_index), (_index, self.lower, self.upper))

    def tilt(self, u: sp.Expr) -> LatticeLaw:
        """Return the law with mass proportional to weight × exp(u k); the generating function normalises it."""
        field = require_expression(u, "u")
        if self.generating is None:
            raise DerivationError(
                "tilt", f"no generating function of {self.weight} is known", "Give it as LatticeLaw(..., generating=…)"
            )
        try:
            weight = self.weight * sp.exp(field * _index) / self.generating.subs(symbols.u, field)
            return replace(self, weight=weight, generating=self._tilted_generating(field))
        except OverflowError:
            raise ValueError(f"u = {field} is too large: E exp(u k) is no number that can be written") from None


def _near_the_mode(log_mass: LogDensity, low: int | None, high: int | None) -> int:
    """Return an integer from which the masses fall on both sides, roughly: the best of grids that are refined."""
    far = _NEARER if log_mass.expression.has(sp.Sum) else _FAR
    first, last = (far if end is None else abs(end) for end in (low, high))
    powers = np.unique(np.round(2.0 ** np.arange(0, np.log2(max(first, last, _BLOCK)) + 1, 0.5)))
    anchor = low if low is not None else high if high is not None else 0
    grid = np.unique(np.concatenate([anchor - powers, [anchor], anchor + powers]))
    for _ in range(64):
        grid = np.unique(
            np.round(grid[(grid >= (-np.inf if low is None else low)) & (grid <= (np.inf if high is None else high))])
        )
        with np.errstate(all="ignore"):
            heights = np.nan_to_num(log_mass(grid), nan=-np.inf, posinf=-np.inf)
        best = int(np.argmax(heights))
        left, right = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
        if right - left <= 4:
            break
        grid = np.concatenate([[grid[best]], np.linspace(left, right, 33)])
    return int(grid[best])


def _collect(log_mass: LogDensity, start: int, step: int, count: int | None) -> tuple[Array, Array]:
    """Return atoms and masses from ``start`` on, in one direction, until half a block adds less than 1e-18."""
    atoms, masses = [], []
    total, done = 0.0, 0
    while count is None or done < count:
        block = start + step * np.arange(done, done + _BLOCK if count is None else min(done + _BLOCK, count))
        with np.errstate(all="ignore"):
            mass = np.nan_to_num(np.exp(log_mass(block.astype(np.float64))), nan=0.0)
        atoms.append(block.astype(np.float64))
        masses.append(mass)
        total += float(mass.sum())
        done += block.size
        falling = mass[-1] <= mass[0] if mass.size > 1 else True
        if falling and total > 0 and float(mass[mass.size // 2 :].sum()) < _TAIL * total:
            break
        if done >= _MAX_ATOMS:
            raise ValueError(
                f"the mass function is too wide for a sum: {done} atoms from {start} on hold {total:.6g} of the mass "
                "and leave more than 1e-18; truncate its tail"
            )
    return np.concatenate(atoms), np.concatenate(masses)
