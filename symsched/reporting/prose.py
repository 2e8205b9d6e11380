"""Sentences with formulas between dollar signs, as a page, a document and Markdown set them.

Labels of charts hold them. What is no formula of signs and known commands is text, dollar signs and all: a name that a
user chose is never obeyed.
"""

import re
from collections.abc import Callable
from html import escape, unescape
from xml.etree import ElementTree

from latex2mathml.converter import convert_to_element

from symsched.algebra.escapes import latex_text, markdown_text, math_latex, math_plain

_FORMULA = re.compile(r"\$(?!\s)([^$\n]{1,200})(?<!\s)\$(?!\d)")
_WORDS = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi
    varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega dot hat bar tilde sqrt frac tfrac
    log exp sin cos tan sinh cosh tanh arctan max min sum prod int infty le ge ne approx sim propto pm cdot
    times to star text mathrm langle rangle quad ell partial
"""
_KNOWN = frozenset(_WORDS.split())
_SHAPE = re.compile(r"(\\[A-Za-z]+|\\[,;:! ]|[\w\s.,;:+\-−=<>/|()\[\]{}^'!*·×≤≥±½σκψ])+")
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_ARGUMENT = r"(\{[^{}]+\}|\\[A-Za-z]+|\w)"
_BROKEN = re.compile(
    rf"[_^]\s*([_^}}]|$)|(?P<twice>[_^])\s*{_ARGUMENT}\s*(?P=twice)"
    r"|\\(dot|hat|bar|tilde|sqrt)(?!\s*[{\\\w])|\\(text|mathrm)(?!\{)|\\t?frac(?!\{[^{}]+\}\{[^{}]+\})"
)
"""What TeX stops at: a power without one, two of them, an accent on nothing, a fraction without its parts."""
_SCRIPT = re.compile(
    r"(?<=[^\W_])(?<![^\W\d_]{2})"
    r"((?P<sign>[_^])(?P<part>\{[^{}]{1,12}\}|[−-]?[^\W²³¹⁰⁴-⁹]{1,4}(/\d)?(?![^\W²³¹⁰⁴-⁹]|/))"
    r"|\^\((?P<power>[^(){}$\\]{1,12})\))"
)
"""An index or a power in plain words; the sign ² behind it is one already."""


def is_formula(text: str) -> bool:
    r"""Whether a text between dollar signs is a formula: known commands, plain signs, braces in pairs.

    >>> is_formula(r"\dot M"), is_formula(r"\input{x}"), is_formula("a}{")
    (True, False, False)
    """
    depth = 0
    for character in text:
        depth += (character == "{") - (character == "}")
        if depth < 0:
            return False
    known = all(name in _KNOWN for name in _COMMAND.findall(text))
    return depth == 0 and known and _SHAPE.fullmatch(text) is not None and _BROKEN.search(text) is None


def _set(text: str, formula: Callable[[str], str], words: Callable[[str], str]) -> str:
    """Return text with its formulas and what is between them each set in its own way."""
    out, at = [], 0
    for found in _FORMULA.finditer(text):
        if found.start() >= at and is_formula(found[1]):
            out += [words(text[at : found.start()]), formula(found[1])]
            at = found.end()
    return "".join([*out, words(text[at:])])


def _worded(text: str) -> str:
    """Return text with the sign ∼ where a keyboard's stands between blanks."""
    return text.replace(" ~ ", " ∼ ")


def prose_html(text: str) -> str:
    """Return text as HTML: formulas as MathML; indices and powers of plain words, μ_0 and d^−1/2, set as such."""
    return _set(_worded(text), _mathml, lambda words: _scripts(escape(words), "<sub>{}</sub>", "<sup>{}</sup>"))


def prose_latex(text: str) -> str:
    """Return text as LaTeX, needing amsmath alone: formulas in math mode, all else escaped."""
    return _set(_worded(text), lambda formula: f"${math_latex(formula)}$", _latex_words)


def prose_markdown(text: str) -> str:
    """Return text as Markdown shows it: formulas between dollar signs, indices and powers as tags."""
    return _set(
        text,
        lambda formula: f"${math_latex(formula)}$",
        lambda words: _keep(words, _scripts(markdown_text(words), "<sub>{}</sub>", "<sup>{}</sup>")),
    )


def prose_plain(text: str) -> str:
    """Return text without markup, for where there can be none: commands are letters, signs or words."""
    return _set(text, math_plain, str)


def _keep(words: str, made: str) -> str:
    """Return Markdown with the blanks at its ends that the text had beside a formula."""
    return f"{' ' * words.startswith(' ')}{made}{' ' * (len(words) > 1 and words.endswith(' '))}"


def _scripts(text: str, low: str, high: str) -> str:
    return _SCRIPT.sub(lambda found: (low if found["sign"] == "_" else high).format(_script(found)), text)


def _script(found: re.Match[str]) -> str:
    return found["power"] or found["part"].strip("{}")


def _latex_words(text: str) -> str:
    out, at = [], 0
    for found in _SCRIPT.finditer(text):
        kind = "sub" if found["sign"] == "_" else "super"
        out += [latex_text(text[at : found.start()]), rf"\text{kind}script{{{latex_text(_script(found))}}}"]
        at = found.end()
    return "".join([*out, latex_text(text[at:])])


def _mathml(formula: str) -> str:
    math = convert_to_element(math_latex(formula), display="inline")
    for part in math.iter():
        part.text = unescape(part.text or "")
    body = "".join(ElementTree.tostring(child).decode("ascii") for child in math)
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline">{body}</math>'
