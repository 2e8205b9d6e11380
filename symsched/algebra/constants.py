"""Constants known by an equation: symbols in a formula, numbers to any precision when numbers are asked for."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import mpmath
import sympy as sp
from sympy.core.expr import AtomicExpr
from sympy.printing.latex import LatexPrinter
from sympy.printing.str import StrPrinter


class ImplicitConstant(AtomicExpr):  # type: ignore[misc]  # SymPy ships no types
    """A real constant c that solves ``equation`` = 0 for ``unknown`` near ``guess``.

    It prints as its name, has no free symbols, and evaluates by Newton's method at the requested precision, so a
    formula keeps the symbol and its defining equation while ``N(formula, digits)`` is a number.

    >>> v = sp.Symbol("v")
    >>> c = ImplicitConstant("c", v, v - sp.cos(v), sp.Float("0.7"))
    >>> sp.N(2 * c, 20)
    1.4781702664303212833
    """

    __slots__ = ("equation", "guess", "name", "unknown")

    # An atom without arguments: simplifiers rebuild whatever has arguments, and would look inside the equation.
    is_number = True
    is_commutative = True

    def __new__(cls, name: str, unknown: sp.Symbol, equation: sp.Expr, guess: sp.Float) -> ImplicitConstant:
        """Create the constant; the equation must contain no symbol but the unknown."""
        stray = equation.free_symbols - {unknown}
        if stray:
            listed = ", ".join(sorted(map(str, stray)))
            raise ValueError(
                f"the equation of {name} must have no free symbol but {unknown}; found {listed}: give numbers"
            )
        constant: ImplicitConstant = super().__new__(cls)
        constant.name = name
        constant.unknown = unknown
        constant.equation = equation
        constant.guess = sp.Float(guess, 17)
        return constant

    def __getnewargs__(self) -> tuple[str, sp.Symbol, sp.Expr, sp.Float]:
        """Rebuild from these when unpickled."""
        return self.name, self.unknown, self.equation, self.guess

    def __getstate__(self) -> None:
        """Everything is in the arguments of ``__new__``."""

    def _hashable_content(self) -> tuple[Any, ...]:
        return self.name, self.unknown, self.equation, self.guess

    @property
    def definition(self) -> sp.Eq:
        """The defining equation c = c − equation(c): m_star = tanh(2 m_star) from the equation m − tanh(2m)."""
        value = sp.Symbol(self.name)
        return sp.Eq(self, (value - self.equation.subs(self.unknown, value)).subs(value, self), evaluate=False)

    @property
    def free_symbols(self) -> set[sp.Symbol]:
        """Empty: this is a number."""
        return set()

    def _eval_is_extended_real(self) -> bool:
        return True

    def _eval_is_finite(self) -> bool:
        return True

    def _eval_is_extended_positive(self) -> bool:
        return bool(self.guess > 0)

    def _eval_is_extended_negative(self) -> bool:
        return bool(self.guess < 0)

    def _eval_is_zero(self) -> bool:
        return bool(self.guess == 0)

    def _eval_evalf(self, prec: int) -> sp.Float:
        return sp.Float._new(_root(self, prec), prec)

    def _eval_derivative(self, symbol: sp.Symbol) -> sp.Integer:
        return sp.S.Zero

    def _sympystr(self, printer: StrPrinter) -> str:
        return self.name

    def _latex(self, printer: LatexPrinter) -> str:
        return str(printer._print(sp.Symbol(self.name))).replace("star", r"\star")


@lru_cache(maxsize=4096)
def _root(constant: ImplicitConstant, precision: int) -> tuple[int, int, int, int]:
    # Keyed by the equation itself, which never changes: a cached value cannot be stale.
    with mpmath.workprec(precision + 20):
        function = sp.lambdify([constant.unknown], constant.equation, "mpmath")
        root: tuple[int, int, int, int] = mpmath.findroot(function, mpmath.mpf(constant.guess._mpf_))._mpf_
    return root


def definitions(expression: sp.Basic) -> tuple[sp.Eq, ...]:
    """Return the defining equations of the implicit constants in ``expression``, in a fixed order."""
    found = expression.atoms(ImplicitConstant)
    return tuple(constant.definition for constant in sorted(found, key=lambda c: str(c.name)))
