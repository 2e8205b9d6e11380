"""Formulas of a report as MathML."""

import sympy as sp

from symsched.algebra.formulas import formula_latex
from symsched.algebra.telling.mathml import mathml


def formula_mathml(formula: sp.Basic) -> str:
    """Return a displayed ``<math>`` element, with the formula's LaTeX as its annotation."""
    return mathml(formula_latex(formula))
