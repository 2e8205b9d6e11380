"""Laws on infinitely many integers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast, final

import numpy as np
import sympy as sp

from symsched import symbols
from symsched.algebra.arrays import Array
from symsched.algebra.inputs import require_expression
from symsched.errors import DerivationError
from symsched.laws.base import AbstractWeightedLaw
from symsched.laws.log_density import LogDensity
from symsched.laws.moments import cumulants_of_moments
from symsched.laws.numeric import AtomSite

_BLOCK = 256
"""Integers whose masses are summed at once."""
_MAX_ATOMS = 1 << 17
"""A law on more integers than these is refused: its sums would be slow and its tail heavy."""
_TAIL = 1e-18
"""Share of the mass that may be left out beyond either end, far below rounding."""
_index = sp.Symbol("k", integer=True)


@final
@dataclass(frozen=True)
class LatticeLaw(AbstractWeightedLaw):
    """The law with mass ``weight`` on the integers from ``lower`` to ``upper`` (±oo).

    Numbers come from the atoms that hold all but 1e-18 of the mass on either side.
    """

    _own_variable = _index

    def __post_init__(self) -> None:
        """Check the parts and rename the variable."""
        super().__post_init__()
        for name, end in (("lower", self.lower), ("upper", self.upper)):
            if end not in (sp.oo, -sp.oo) and end.is_integer is not True:
                raise ValueError(f"{name} must be an integer or infinite, got {end}")

    def _numeric_cumulants(self, order: int) -> tuple[sp.Expr, ...]:
        site = cast(AtomSite, self._site)
        centred = [float(site.weights @ (site.values - site.mean) ** k) for k in range(order + 1)]
        shifted = cumulants_of_moments([sp.Float(moment) for moment in centred[1:]])
        return (sp.Float(site.mean), *shifted[1:])

    def _new_site(self) -> AtomSite:
        log_mass = LogDensity(self.weight, _index)
        if self.lower != -sp.oo:
            count = None if self.upper == sp.oo else int(self.upper) - int(self.lower) + 1
            parts = [_collect(log_mass, int(self.lower), 1, count)]
        elif self.upper != sp.oo:
            parts = [_collect(log_mass, int(self.upper), -1, None)]
        else:
            parts = [_collect(log_mass, 0, 1, None), _collect(log_mass, -1, -1, None)]
        atoms, masses = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        total = float(masses.sum())
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the mass function {self.weight} sums to {total:.12g}, not to 1; check it and its ends")
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
        weight = self.weight * sp.exp(field * _index) / self.generating.subs(symbols.u, field)
        return replace(self, weight=weight, generating=self._tilted_generating(field))


def _collect(log_mass: LogDensity, start: int, step: int, count: int | None) -> tuple[Array, Array]:
    """Return atoms and masses from ``start`` on until a block past the largest mass adds less than 1e-18."""
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
        if count is None and falling and total > 0 and float(mass[mass.size // 2 :].sum()) < _TAIL * total:
            break
        if done >= _MAX_ATOMS:
            raise ValueError(
                f"the mass function is too wide for a sum: {done} atoms from {start} on hold {total:.6g} of the mass "
                "and leave more than 1e-18; truncate its tail, or count from an end nearer to the mass"
            )
    return np.concatenate(atoms), np.concatenate(masses)
