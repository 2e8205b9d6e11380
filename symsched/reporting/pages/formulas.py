"""Formulas as MathML and as LaTeX."""

import html
import re
from xml.etree import ElementTree

import sympy as sp
from latex2mathml.converter import convert_to_element

_TALL = ("mfrac", "mtable", "munderover", "msubsup")
"""What a bracket grows around."""
_STRANGE = re.compile(r"[^\w+]")
_NAMED = re.compile(r"(?<!^)(\\(?:log|exp|sinh|cosh|tanh)\b)")


def formula_latex(formula: sp.Basic) -> str:
    """Return the LaTeX of a formula, without delimiters; signs in the name of a symbol, which TeX would obey, are "?".

    >>> formula_latex(sp.Symbol("m_star")**2)
    'm_{\\\\star}^{2}'
    """
    strange = [symbol for symbol in formula.atoms(sp.Symbol) if _STRANGE.search(symbol.name)]
    names = {symbol: r"\text{" + _STRANGE.sub("?", symbol.name) + "}" for symbol in strange}
    return str(sp.latex(formula, symbol_names=names)).replace("_{star}", r"_{\star}")


def formula_mathml(formula: sp.Basic) -> str:
    """Return a displayed ``<math>`` element, with the formula's LaTeX as its annotation."""
    tex = formula_latex(formula)
    # 2κm tanh(…): a name of several letters stands apart.
    math = convert_to_element(_NAMED.sub(r"\\,\1", tex), display="block")
    for row in math.iter():
        row.text = html.unescape(row.text or "")
        # Growing brackets are set wide apart.
        if not any(row.find(f".//{tag}") is not None for tag in _TALL):
            for sign in row.findall("mo[@fence]"):
                sign.set("stretchy", "false")
    body = "".join(ElementTree.tostring(child).decode("ascii") for child in math)
    return (
        '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"><semantics>'
        f'{body}<annotation encoding="application/x-tex">{html.escape(tex)}</annotation></semantics></math>'
    )
