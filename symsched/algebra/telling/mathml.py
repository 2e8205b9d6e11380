"""LaTeX formulas as MathML."""

import html
import re
from xml.etree import ElementTree

from latex2mathml.converter import convert_to_element

_TALL = ("mfrac", "mtable", "munderover", "msubsup")
"""What a bracket grows around."""
_NAMED = re.compile(r"(?<!^)(\\(?:log|exp|sinh|cosh|tanh)\b)")
_APPLIED = re.compile(r"(\\(?:log|lim|max|min)\b)(?=\s*(?:\\(?!left|!|,)|[A-Za-z]))")


def mathml(tex: str, *, inline: bool = False) -> str:
    """Return a ``<math>`` element of a formula in LaTeX, which is its annotation too; displayed unless ``inline``."""
    display = "inline" if inline else "block"
    # 2κm tanh(…): a name of several letters stands apart.
    math = convert_to_element(_APPLIED.sub(r"\1\\,", _NAMED.sub(r"\\,\1", tex)), display=display)
    for row in math.iter():
        row.text = html.unescape(row.text or "")
        if row.text == "~":  # the converter's sign for a relation
            row.tag, row.text = "mo", "∼"
        # Growing brackets are set wide apart.
        if not any(row.find(f".//{tag}") is not None for tag in _TALL):
            for sign in row.findall("mo[@fence]"):
                sign.set("stretchy", "false")
    body = "".join(ElementTree.tostring(child).decode("ascii") for child in math)
    return (
        f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="{display}"><semantics>'
        f'{body}<annotation encoding="application/x-tex">{html.escape(tex)}</annotation></semantics></math>'
    )
