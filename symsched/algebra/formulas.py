"""Formulas as LaTeX in the notation of a paper, safe whatever a user called a symbol."""

import re
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.latex import LatexPrinter

_STRANGE = re.compile(r"[^\w+']")
_ODD = (sp.tanh, sp.sinh, sp.sin, sp.tan, sp.atan, sp.asinh, sp.atanh)
_CHOICES = 2
"""Entries of a maximum up to which it is written as cases."""


class PaperPrinter(LatexPrinter):  # type: ignore[misc]  # SymPy ships no types
    """SymPy's LaTeX with d^{1/4} for a fourth root, a dot for d/dt, cases for a maximum and 𝒩 for a normal law.

    A function of t alone is written as its name: which functions of t there are, the text around says.
    """

    def _print_Pow(self, expr: sp.Pow) -> str:  # noqa: N802  # SymPy looks for it by this name
        power = expr.exp
        if power.is_Rational and not power.is_Integer and power.q != 2:
            return f"{self._base(expr.base)}^{{{'-' if power < 0 else ''}{abs(power.p)}/{power.q}}}"
        return str(super()._print_Pow(expr))

    def _base(self, base: sp.Expr) -> str:
        printed = self._print(base)
        return printed if base.is_Symbol or (base.is_Integer and base >= 0) else rf"\left({printed}\right)"

    def _as_ordered_terms(self, expr: sp.Add, order: str | None = None) -> list[sp.Expr]:
        """Return the terms in SymPy's order, but the first without a minus sign before those with one: b − a."""
        terms = list(super()._as_ordered_terms(expr, order=order))
        first = next((k for k, term in enumerate(terms) if not term.could_extract_minus_sign()), 0)
        return [terms[first], *terms[:first], *terms[first + 1 :]]

    def _print_Mul(self, expr: sp.Mul) -> str:  # noqa: N802  # SymPy looks for it by this name
        """Return −f(a − b) as f(b − a) for an odd function, which SymPy turns round at once."""
        odd = next((part for part in expr.args if isinstance(part, _ODD) and part.args[0].is_Add), None)
        if odd is None or not expr.could_extract_minus_sign():
            return str(super()._print_Mul(expr))
        return str(self._print((-expr).xreplace({odd: sp.Function(odd.func.__name__)(-odd.args[0])})))

    def _print_Derivative(self, expr: sp.Derivative) -> str:  # noqa: N802  # SymPy looks for it by this name
        if expr.variables == (_time,) and isinstance(expr.expr, AppliedUndef):
            head, *index = self._print(expr.expr).split("_", 1)
            return rf"\dot{{{head}}}" + (f"_{index[0]}" if index else "")
        return str(super()._print_Derivative(expr))

    def _print_Max(self, expr: sp.Max, exp: object = None) -> str:  # noqa: N802  # SymPy looks for it by this name
        return self._chosen(expr, exp, r"\max", r"\ge")

    def _print_Min(self, expr: sp.Min, exp: object = None) -> str:  # noqa: N802  # SymPy looks for it by this name
        return self._chosen(expr, exp, r"\min", r"\le")

    def _chosen(self, expr: sp.Expr, exp: object, name: str, relation: str) -> str:
        parts = [self._print(part) for part in sorted(expr.args, key=sp.default_sort_key)]
        if len(parts) == _CHOICES and exp is None:
            first, second = parts
            return (
                rf"\begin{{cases}} {first} & \text{{if }} {first} {relation} {second} \\ "
                rf"{second} & \text{{otherwise}} \end{{cases}}"
            )
        raised = "" if exp is None else f"^{{{exp}}}"
        return rf"{name}{raised}\left({', '.join(parts)}\right)"

    def _print_Indexed(self, expr: sp.Indexed) -> str:  # noqa: N802  # SymPy looks for it by this name
        return f"{self._print(expr.base)}_{{{' '.join(self._print(index) for index in expr.indices)}}}"

    def _print_Equality(self, expr: sp.Equality) -> str:  # noqa: N802  # SymPy looks for it by this name
        sign = r"\sim" if getattr(expr.rhs, "func", None) == normal else "="
        return f"{self._print(expr.lhs)} {sign} {self._print(expr.rhs)}"

    def _print_Function(self, expr: sp.Function, exp: object = None) -> str:  # noqa: N802  # SymPy looks for it by this name
        if expr.func == normal:
            mean, variance = (self._moment(part) for part in expr.args)
            tall = any(isinstance(part, sp.MatrixBase) for part in expr.args) and "matrix" in mean + variance
            return rf"\mathcal{{N}}\left({mean}, {variance}\right)" if tall else rf"\mathcal{{N}}({mean}, {variance})"
        if isinstance(expr, AppliedUndef) and expr.args == (_time,) and exp is None:
            return str(self._print(sp.Symbol(expr.func.__name__)))
        if isinstance(expr, AppliedUndef) and exp is None and all(arg.is_Rational for arg in expr.args):
            places = ", ".join(small_latex(arg) for arg in expr.args)
            return f"{self._print(sp.Symbol(expr.func.__name__))}({places})"
        return str(super()._print_Function(expr, exp))

    def _moment(self, part: sp.Basic) -> str:
        """Return a mean or a variance; a multiple of the unit matrix, and a zero vector, by their names."""
        if isinstance(part, sp.MatrixBase) and part.is_zero_matrix:
            return "0"
        if isinstance(part, sp.MatrixBase) and part.is_square and part == part[0, 0] * sp.eye(part.rows):
            factor = "" if part[0, 0] == 1 else rf"{self._print(part[0, 0])}\, "
            return f"{factor}I_{{{part.rows}}}"
        return str(self._print(part))


def small_latex(number: sp.Rational) -> str:
    """Return a rational number with a small fraction, for a running line."""
    return str(number) if number.q == 1 else rf"{'-' if number < 0 else ''}\tfrac{{{abs(number.p)}}}{{{number.q}}}"


_time = sp.Symbol("t", nonnegative=True)
normal = sp.Function("Normal")
"""Normal(mean, variance): two numbers, or a column and a covariance matrix."""


def formula_latex(formula: sp.Basic, **settings: Any) -> str:  # noqa: ANN401  # those of SymPy's printer
    """Return the LaTeX of a formula, without delimiters; signs in the name of a symbol, which TeX would obey, are "?".

    >>> formula_latex(sp.Symbol("m_star")**2)
    'm_{\\\\star}^{2}'
    >>> formula_latex(sp.Symbol("d", positive=True) ** sp.Rational(-1, 4))
    'd^{-1/4}'
    """
    strange = [symbol for symbol in formula.atoms(sp.Symbol) if _STRANGE.search(symbol.name)]
    names = {symbol: r"\text{" + _STRANGE.sub("?", symbol.name) + "}" for symbol in strange}
    printed = PaperPrinter({"symbol_names": names, **settings}).doprint(formula)
    return str(printed).replace("_{star}", r"_{\star}")
