"""Formulas as text on one line, in the signs a reader knows: κ for kappa, √(d), d^(−1/4), dμ/dt."""

import re
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.pretty.pretty_symbology import greek_unicode
from sympy.printing.str import StrPrinter

from symsched.algebra.formulas import normal

_SIGNS = {**greek_unicode, "psihat": "ψ̂", "yhat": "ŷ"}


class PlainPrinter(StrPrinter):  # type: ignore[misc]  # SymPy ships no types
    """SymPy's text with Greek letters, ^ for a power and = for an equation; a function of t alone is its name."""

    printmethod = "_plain"  # SymPy's own classes print themselves by another

    def _print_Symbol(self, expr: sp.Symbol) -> str:  # noqa: N802  # SymPy looks for it by this name
        return _named(expr.name)

    def _print_ImplicitConstant(self, expr: sp.Basic) -> str:  # noqa: N802
        return _named(str(expr))

    def _print_Pow(self, expr: sp.Pow, rational: bool = False) -> str:  # noqa: N802
        return str(super()._print_Pow(expr, rational=False)).replace("**", "^").replace("sqrt(", "√(")

    def _print_Derivative(self, expr: sp.Derivative) -> str:  # noqa: N802
        (variable,) = expr.variables
        inner = expr.expr
        name = _named(inner.func.__name__) if isinstance(inner, AppliedUndef) else f"({self._print(inner)})"
        return f"d{name}/d{self._print(variable)}"

    def _print_Equality(self, expr: sp.Equality) -> str:  # noqa: N802
        sign = "~" if getattr(expr.rhs, "func", None) == normal else "="
        return f"{self._print(expr.lhs)} {sign} {self._print(expr.rhs)}"

    def _print_Function(self, expr: sp.Function) -> str:  # noqa: N802
        if expr.func == normal:
            return f"N({', '.join(self._print(part) for part in expr.args)})"
        if isinstance(expr, AppliedUndef):
            if [str(arg) for arg in expr.args] in (["t"], ["psi"], ["u"]):
                return _named(expr.func.__name__)
            return f"{_named(expr.func.__name__)}({', '.join(self._print(arg) for arg in expr.args)})"
        return str(super()._print_Function(expr))

    def _print_Indexed(self, expr: sp.Indexed) -> str:  # noqa: N802
        return f"{self._print(expr.base)}_{','.join(self._print(index) for index in expr.indices)}"

    def _print_IndexedBase(self, expr: sp.IndexedBase) -> str:  # noqa: N802
        return _named(str(expr.label))

    def _print_Infinity(self, expr: sp.Expr) -> str:  # noqa: N802
        return "∞"

    def _print_NegativeInfinity(self, expr: sp.Expr) -> str:  # noqa: N802
        return "-∞"

    def _print_Sum(self, expr: sp.Sum) -> str:  # noqa: N802
        return self._over("Σ", expr)

    def _print_Integral(self, expr: sp.Integral) -> str:  # noqa: N802
        return self._over("∫", expr)

    def _over(self, sign: str, expr: sp.Basic) -> str:
        ((variable, low, high),) = expr.limits
        ends = f"{self._print(variable)} from {self._print(low)} to {self._print(high)}"
        return f"{sign}[{ends}]({self._print(expr.function)})"

    def _print_Max(self, expr: sp.Max) -> str:  # noqa: N802
        return f"max({', '.join(self._print(part) for part in sorted(expr.args, key=sp.default_sort_key))})"

    def _print_Tuple(self, expr: sp.Tuple) -> str:  # noqa: N802
        return f"({', '.join(self._print(part) for part in expr)})"

    def _print_MatrixBase(self, expr: sp.MatrixBase) -> str:  # noqa: N802
        rows = [f"[{', '.join(self._print(entry) for entry in expr.row(k))}]" for k in range(expr.rows)]
        return f"[{', '.join(rows)}]" if expr.rows > 1 else rows[0]

    def _print_ImmutableDenseMatrix(self, expr: sp.MatrixBase) -> str:  # noqa: N802
        return self._print_MatrixBase(expr)


def _named(name: str) -> str:
    head, mark, tail = re.sub(r"^([a-z]+?)(\d+)$", r"\1_\2", name).partition("_")
    return _SIGNS.get(head, head) + (mark + {"star": "⋆"}.get(tail, tail) if mark else "")


def formula_text(formula: sp.Basic, **settings: Any) -> str:  # noqa: ANN401  # those of SymPy's printer
    """Return a formula as text on one line.

    >>> formula_text(sp.Symbol("kappa") ** 2 / sp.Symbol("d") ** sp.Rational(1, 4))
    'κ^2/d^(1/4)'
    """
    return str(PlainPrinter(settings).doprint(formula))
