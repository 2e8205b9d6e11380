"""From expressions to code: scalars are taken out first, so that a library is only asked for functions of arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, final

import sympy as sp
from sympy.printing.c import C99CodePrinter
from sympy.printing.codeprinter import PrintMethodNotImplementedError
from sympy.printing.numpy import NumPyPrinter
from sympy.printing.pycode import PythonCodePrinter

_QUOTIENTS = {sp.sech: sp.cosh, sp.csch: sp.sinh, sp.coth: sp.tanh, sp.sec: sp.cos, sp.csc: sp.sin, sp.cot: sp.tan}
"""Functions that a library lacks, as 1 over one that it has: where that overflows to infinity the quotient is 0."""


class _Numbers:
    """Floats as the shortest text that reads as the same float."""

    def _print_Float(self, expr: sp.Float) -> str:  # noqa: N802
        return repr(float(expr))


@final
class _Arrays(_Numbers, NumPyPrinter):  # type: ignore[misc]
    """Functions of arrays under the name ``xp``, which NumPy, PyTorch and JAX share; erf is the head's own."""

    def _print_erf(self, expr: sp.Expr) -> str:
        return f"_erf({self._print(expr.args[0])})"

    def _print_Max(self, expr: sp.Expr) -> str:  # noqa: N802
        return self._pairwise("xp.maximum", expr.args)

    def _print_Min(self, expr: sp.Expr) -> str:  # noqa: N802
        return self._pairwise("xp.minimum", expr.args)

    def _pairwise(self, name: str, arguments: Sequence[sp.Expr]) -> str:
        first, *others = (self._print(argument) for argument in arguments)
        for other in others:
            first = f"{name}({first}, {other})"
        return first


@final
class _Scalars(_Numbers, PythonCodePrinter):  # type: ignore[misc]
    """Functions of numbers by Python's own ``math``."""


@final
class _C(_Numbers, C99CodePrinter):  # type: ignore[misc]
    """C99, whose standard knows no M_PI."""

    def _print_NumberSymbol(self, expr: sp.Expr) -> str:  # noqa: N802
        return repr(float(expr))

    def _print_Pi(self, expr: sp.Expr) -> str:  # noqa: N802
        return self._print_NumberSymbol(expr)

    def _print_Exp1(self, expr: sp.Expr) -> str:  # noqa: N802
        return self._print_NumberSymbol(expr)


_ARRAYS = _Arrays({"allow_unknown_functions": False, "fully_qualified_modules": True})
_SCALARS = _Scalars({"allow_unknown_functions": False})
_CPRINTER = _C({"strict": True, "math_macros": {}})


@final
@dataclass(frozen=True)
class Block:
    """Assignments in order: of scalars, ``constants``, then of one ``result`` a name."""

    constants: tuple[tuple[str, sp.Expr], ...]
    results: tuple[tuple[str, sp.Expr], ...]


def block(results: Iterable[tuple[str, sp.Expr]], variables: Sequence[sp.Symbol], letter: str = "c") -> Block:
    """Return expressions with every largest part that is free of ``variables``, and no number, under a name."""
    found: dict[sp.Expr, sp.Symbol] = {}
    wanted = set(variables)

    def named(part: sp.Expr) -> sp.Expr:
        if part.is_Symbol or part.is_Rational or part.is_Float:
            return part
        return found.setdefault(part, sp.Symbol(f"{letter}{len(found)}", positive=True))

    def split(part: sp.Expr) -> sp.Expr:
        if not part.free_symbols & wanted:
            return named(part)
        if part.is_Add or part.is_Mul:
            free, bound = part.as_independent(*variables, as_Add=part.is_Add)
            moved = [split(inner) for inner in type(part).make_args(bound)]
            return part.func(named(free), *moved) if free != part.identity else part.func(*moved)
        return part.func(*map(split, part.args)) if part.args else part

    done = tuple((name, split(_available(expression))) for name, expression in results)
    return Block(tuple((symbol.name, part) for part, symbol in found.items()), done)


def _available(expression: sp.Expr) -> sp.Expr:
    for lacking, below in _QUOTIENTS.items():
        expression = expression.replace(lacking, lambda x, below=below: 1 / below(x))
    return expression


def arrays(expression: sp.Expr) -> str:
    """Return Python of arrays, functions under ``xp``."""
    return _printed(_ARRAYS.doprint, expression).replace("numpy.", "xp.")


def scalars(expression: sp.Expr) -> str:
    """Return Python of numbers, functions under ``math``."""
    return _printed(_SCALARS.doprint, expression)


def c_text(expression: sp.Expr) -> str:
    """Return C99."""
    return _printed(_CPRINTER.doprint, expression)


def _printed(printer: Callable[[Any], str], expression: sp.Expr) -> str:
    try:
        return printer(expression)
    except (PrintMethodNotImplementedError, NotImplementedError, ValueError) as error:
        names = sorted({type(part).__name__ for part in expression.atoms(sp.Function)})
        raise ValueError(f"no source: this language has no {' or no '.join(names)} ({error})") from None
