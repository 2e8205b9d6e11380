"""Formulas as LaTeX, safe whatever a user called a symbol."""

import re

import sympy as sp

_STRANGE = re.compile(r"[^\w+]")


def formula_latex(formula: sp.Basic) -> str:
    """Return the LaTeX of a formula, without delimiters; signs in the name of a symbol, which TeX would obey, are "?".

    >>> formula_latex(sp.Symbol("m_star")**2)
    'm_{\\\\star}^{2}'
    """
    strange = [symbol for symbol in formula.atoms(sp.Symbol) if _STRANGE.search(symbol.name)]
    names = {symbol: r"\text{" + _STRANGE.sub("?", symbol.name) + "}" for symbol in strange}
    return str(sp.latex(formula, symbol_names=names)).replace("_{star}", r"_{\star}")
