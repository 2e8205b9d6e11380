"""Formulas as MathML and as LaTeX."""

import html
import re
from xml.etree import ElementTree

import sympy as sp
from latex2mathml.converter import convert_to_element

from symsched.algebra.formulas import formula_latex

_TALL = ("mfrac", "mtable", "munderover", "msubsup")
"""What a bracket grows around."""
_NAMED = re.compile(r"(?<!^)(\\(?:log|exp|sinh|cosh|tanh)\b)")


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
