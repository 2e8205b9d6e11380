"""Laws on infinitely many integers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast, final

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symsched import symbols
from symsched.algebra.inputs import require_expression
from symsched.errors import DerivationError
from symsched.laws.base import AbstractLaw
from symsched.laws.log_density import LogDensity
from symsched.laws.moments import cumulants_of_generating_function, cumulants_of_moments
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
class LatticeLaw(AbstractLaw):
    """The law with mass ``pmf``, an expression in ``variable``, on the integers from ``lower`` to ``upper`` (±oo).

    ``generating`` is E exp(u k) in ``symsched.symbols.u`` where it is known. Numbers come from the atoms that hold all
    but 1e-18 of the mass on either side.
    """

    pmf: Any
    variable: sp.Symbol
    lower: Any
    upper: Any
    generating: Any = None

    def __post_init__(self) -> None:
        """Check the parts and rename the variable."""
        if not isinstance(self.variable, sp.Symbol):
            raise TypeError(f"variable must be a SymPy symbol, got {self.variable!r}")
        for end, name, infinite in ((self.lower, "lower", -sp.oo), (self.upper, "upper", sp.oo)):
            checked = sp.sympify(end, strict=True)
            if checked != infinite and checked.is_integer is not True:
                raise ValueError(f"{name} must be an integer or infinite, got {end}")
            object.__setattr__(self, name, checked)
        object.__setattr__(self, "pmf", require_expression(self.pmf, "pmf").xreplace({self.variable: _index}))
        object.__setattr__(self, "variable", _index)

    @property
    def free_symbols(self) -> frozenset[sp.Symbol]:
        """The parameters of the mass function."""
        return frozenset(self.pmf.free_symbols - {_index})

    def subs(self, mapping: Mapping[Any, Any]) -> LatticeLaw:
        """Return the law with parameters replaced."""
        generating = None if self.generating is None else self.generating.subs(mapping)
        return LatticeLaw(self.pmf.subs(mapping), _index, self.lower, self.upper, generating)

    @property
    def cumulants_exact(self) -> bool:
        """Whether the generating function is known."""
        return self.generating is not None

    def _moment_cumulants(self, order: int) -> tuple[sp.Expr, ...]:
        if self.generating is not None:
            return cumulants_of_generating_function(self.generating, symbols.u, order)
        if self.free_symbols:
            raise DerivationError(
                "cumulants",
                f"no generating function of {self.pmf} is known while {self.free_symbols} are symbols",
                "Substitute numbers with .subs({...}); the cumulants are then sums",
            )
        site = cast(AtomSite, self._site)
        centred = [float(site.weights @ (site.values - site.mean) ** k) for k in range(order + 1)]
        shifted = cumulants_of_moments([sp.Float(moment) for moment in centred[1:]])
        return (sp.Float(site.mean), *shifted[1:])

    def _new_site(self) -> AtomSite:
        log_mass = LogDensity(self.pmf, _index)
        start = int(self.lower) if self.lower != -sp.oo else (int(self.upper) if self.upper != sp.oo else 0)
        parts = []
        if self.upper != sp.oo or self.lower != -sp.oo:
            step = 1 if self.lower != -sp.oo else -1
            parts.append(_collect(log_mass, start, step, _count(self.lower, self.upper)))
        else:
            parts += [_collect(log_mass, 0, 1, None), _collect(log_mass, -1, -1, None)]
        atoms = np.concatenate([part[0] for part in parts])
        masses = np.concatenate([part[1] for part in parts])
        total = float(masses.sum())
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the mass function {self.pmf} sums to {total:.12g}, not to 1; check it and its support")
        return AtomSite(atoms, masses / total)

    def _expectation(self, function: Callable[[sp.Expr], sp.Expr]) -> sp.Expr:
        return sp.Sum(self.pmf * function(_index), (_index, self.lower, self.upper))

    def log_laplace(self, u: sp.Expr) -> sp.Expr | None:
        """Return log E exp(u k) from the generating function."""
        if self.generating is None:
            return None
        return sp.log(self.generating.subs(symbols.u, require_expression(u, "u")))

    def tilt(self, u: sp.Expr) -> LatticeLaw:
        """Return the law with mass proportional to pmf × exp(u k); it needs the generating function to normalise."""
        field = require_expression(u, "u")
        if self.generating is None:
            raise DerivationError(
                "tilt", f"no generating function of {self.pmf} is known", "Give it as LatticeLaw(..., generating=…)"
            )
        size = self.generating.subs(symbols.u, field)
        generating = self.generating.subs(symbols.u, symbols.u + field) / size
        return LatticeLaw(self.pmf * sp.exp(field * _index) / size, _index, self.lower, self.upper, generating)


def _count(lower: sp.Expr, upper: sp.Expr) -> int | None:
    """Return the number of integers, None for infinitely many."""
    return None if sp.oo in (upper, -lower) else int(upper) - int(lower) + 1


def _collect(
    log_mass: LogDensity, start: int, step: int, count: int | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
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
