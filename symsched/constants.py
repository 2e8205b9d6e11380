"""Constants known by an equation: symbols in a formula, numbers to any precision when numbers are asked for."""

from __future__ import annotations

from typing import Any

import mpmath
import sympy as sp
from sympy.core.expr import AtomicExpr


class ImplicitConstant(AtomicExpr):  # type: ignore[misc]  # SymPy ships no types
    """A real constant c that solves ``equation`` = 0 for ``unknown`` near ``guess``.

    It prints as its name, has no free symbols, and evaluates by Newton's method at the requested precision, so a
    formula keeps the symbol and its defining equation while ``N(formula, digits)`` is a number.

    >>> v = sp.Symbol("v")
    >>> c = ImplicitConstant("c", v, v - sp.cos(v), sp.Float("0.7"))
    >>> sp.N(2 * c, 20)
    1.4781702664303213446
    """

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
        constant = super().__new__(cls, sp.Symbol(name), unknown, equation, sp.Float(guess, 15))
        return constant  # type: ignore[no-any-return]

    @property
    def name(self) -> str:
        """The printed name."""
        return str(self.args[0])

    @property
    def definition(self) -> sp.Eq:
        """The defining equation, with the constant's own symbol in the unknown's place."""
        _, unknown, equation, _ = self.args
        return sp.Eq(equation.subs(unknown, sp.Symbol(self.name)), 0, evaluate=False)

    @property
    def free_symbols(self) -> set[sp.Symbol]:
        """Empty: this is a number."""
        return set()

    def _eval_is_extended_real(self) -> bool:
        return True

    def _eval_is_finite(self) -> bool:
        return True

    def _eval_is_extended_positive(self) -> bool:
        return bool(self.args[3] > 0)

    def _eval_is_extended_negative(self) -> bool:
        return bool(self.args[3] < 0)

    def _eval_is_zero(self) -> bool:
        return bool(self.args[3] == 0)

    def _eval_evalf(self, prec: int) -> sp.Float:
        _, unknown, equation, guess = self.args
        with mpmath.workprec(prec + 20):
            function = sp.lambdify([unknown], equation, "mpmath")
            root = mpmath.findroot(function, mpmath.mpf(guess._mpf_))
        return sp.Float._new(mpmath.mpf(root)._mpf_, prec)

    def _eval_subs(self, old: sp.Basic, new: sp.Basic) -> sp.Basic:
        # The unknown inside the equation is bound: a substitution never reaches it.
        return new if old == self else self

    def _eval_derivative(self, symbol: sp.Symbol) -> sp.Integer:
        return sp.S.Zero

    def _sympystr(self, printer: Any) -> str:
        return self.name

    def _latex(self, printer: Any) -> str:
        return str(printer._print(self.args[0]))

    def _mathml_presentation(self, printer: Any) -> Any:
        return printer._print(self.args[0])


def definitions(expression: sp.Basic) -> tuple[sp.Eq, ...]:
    """Return the defining equations of the implicit constants in ``expression``, in a fixed order."""
    found: set[ImplicitConstant] = set()
    for node in sp.preorder_traversal(expression):
        if isinstance(node, ImplicitConstant):
            found.add(node)
    return tuple(constant.definition for constant in sorted(found, key=lambda c: c.name))
