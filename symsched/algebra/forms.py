"""Shorter forms of an expression, sought for no longer than a step of a derivation may take."""

import sympy as sp

from symsched.algebra.budget import within_budget


def simplified(expression: sp.Expr) -> sp.Expr:
    """Return SymPy's simplest form, or the expression as it stands where that is not found in time: both are equal."""
    if expression.is_Atom:
        return expression
    return within_budget("simplify", lambda: sp.simplify(expression), lambda: expression)


def factored(expression: sp.Expr) -> sp.Expr:
    """Return the expression as a product, or as it stands where none is found in time."""
    if expression.is_Atom:
        return expression
    return within_budget("factor", lambda: sp.factor(expression), lambda: expression)


def is_zero(expression: sp.Expr, step: str) -> bool:
    """Whether an expression simplifies to 0; raises DerivationError, naming the step, where that takes too long."""
    return bool(within_budget(step, lambda: sp.simplify(expression)) == 0)
