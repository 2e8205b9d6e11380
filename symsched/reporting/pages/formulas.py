"""Formulas as MathML and as LaTeX."""

from __future__ import annotations

import html
from xml.dom.minidom import Element

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.printing.mathml import MathMLPresentationPrinter
from sympy.printing.precedence import PRECEDENCE

_PLAIN_SIGNS = {
    "<mo>&dd;</mo>": '<mi mathvariant="normal">d</mi>',
    "&ExponentialE;": "e",
    "&ImaginaryI;": "i",
    "&InvisibleTimes;": "&#x2062;",
    "<mi>star</mi>": "<mi>&#x22C6;</mi>",
    "<mo>-</mo>": "<mo>&#x2212;</mo>",
}
"""SymPy's double-struck d, e and i, and its hyphens, as printed mathematics has them."""


_TALL = ("mfrac", "mtable", "munderover", "msubsup")


class _Presentation(MathMLPresentationPrinter):  # type: ignore[misc]  # SymPy ships no types
    """SymPy's printer with braces for cases, Greek names for functions, and escaped names."""

    def doprint(self, expr: sp.Basic) -> str:
        """Return the MathML; brackets grow only around what is tall, since growing ones are set wide apart."""
        root: Element = self._print(expr)
        for bracket in root.getElementsByTagName("mo"):
            around = bracket.parentNode
            tall = isinstance(around, Element) and any(around.getElementsByTagName(tag) for tag in _TALL)
            if bracket.toxml() in ("<mo>(</mo>", "<mo>)</mo>") and not tall:
                bracket.setAttribute("stretchy", "false")
        return str(root.toxml().encode("ascii", "xmlcharrefreplace").decode())

    def _print_Symbol(self, sym: sp.Symbol, style: str = "plain") -> Element:  # noqa: N802 (a printer's method names)
        # SymPy writes names raw into the page: a symbol named "<b>" must stay a name.
        node: Element = super()._print_Symbol(sp.Symbol(html.escape(sym.name)), style)
        return node

    def _print_Function(self, e: sp.Function) -> Element:  # noqa: N802
        if not isinstance(e, AppliedUndef):
            node: Element = super()._print_Function(e)
            space = self.dom.createElement("mspace")  # 2κm tanh(…): a name of several letters stands apart
            space.setAttribute("width", "0.17em")
            node.insertBefore(space, node.firstChild)
            return node
        row: Element = self.dom.createElement("mrow")
        row.appendChild(self._print_Symbol(sp.Symbol(str(e.func))))
        row.appendChild(self._paren_comma_separated(*e.args))
        return row

    def _print_Piecewise(self, e: sp.Piecewise) -> Element:  # noqa: N802
        table = self.dom.createElement("mtable")
        table.setAttribute("displaystyle", "true")
        for value, condition in e.args:
            line = self.dom.createElement("mtr")
            otherwise = condition == True  # noqa: E712 (SymPy's true)
            for cell in (self._print(value), self._words("otherwise") if otherwise else self._print(condition)):
                holder = self.dom.createElement("mtd")
                holder.setAttribute("style", "text-align: left; padding-inline: 0.4em")
                holder.appendChild(cell)
                line.appendChild(holder)
            table.appendChild(line)
        row: Element = self.dom.createElement("mrow")
        row.appendChild(self._l_brace())
        row.appendChild(table)
        return row

    def _print_Pow(self, e: sp.Pow) -> Element:  # noqa: N802
        node: Element = super()._print_Pow(e)
        base = node.firstChild
        if node.tagName != "msup" or not isinstance(base, Element) or base.tagName != "msub":
            return node
        both: Element = self.dom.createElement("msubsup")  # c_1 squared: the exponent stands above the subscript
        for child in (*base.childNodes, *node.childNodes[1:]):
            both.appendChild(child)
        return both

    def _print_Product(self, e: sp.Product) -> Element:  # noqa: N802
        row: Element = self.dom.createElement("mrow")
        for variable, low, high in reversed(e.limits):
            sign = self.dom.createElement("mo")
            sign.appendChild(self.dom.createTextNode("&#x220F;"))
            stack = self.dom.createElement("munderover")
            stack.appendChild(sign)
            stack.appendChild(self._print(sp.Eq(variable, low, evaluate=False)))
            stack.appendChild(self._print(high))
            row.appendChild(stack)
        row.appendChild(self.parenthesize(e.function, PRECEDENCE["Mul"]))
        return row

    def _words(self, words: str) -> Element:
        text: Element = self.dom.createElement("mtext")
        text.appendChild(self.dom.createTextNode(html.escape(words)))
        return text

    def emptyPrinter(self, expr: object) -> Element:  # noqa: N802
        """Return the text of what SymPy has no MathML for."""
        return self._words(str(expr))


def formula_latex(formula: sp.Basic) -> str:
    """Return the LaTeX of a formula, without delimiters.

    >>> formula_latex(sp.Symbol("m_star")**2)
    'm_{\\\\star}^{2}'
    """
    return str(sp.latex(formula)).replace("_{star}", r"_{\star}")


def formula_mathml(formula: sp.Basic) -> str:
    """Return a displayed ``<math>`` element, with the formula's LaTeX as its annotation."""
    body = _Presentation().doprint(formula)
    for sign, plain in _PLAIN_SIGNS.items():
        body = body.replace(sign, plain)
    tex = html.escape(formula_latex(formula))
    return (
        '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"><semantics>'
        f'<mrow>{body}</mrow><annotation encoding="application/x-tex">{tex}</annotation></semantics></math>'
    )
