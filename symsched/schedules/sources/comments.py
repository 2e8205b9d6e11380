"""The head of a source as lines of comment: no text of a user ends a comment or becomes code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from symsched import __version__
from symsched.algebra.escapes import brief
from symsched.schedules.sources.subject import Subject

_SCHEMES = {
    "interpolant": "Euler in x = alpha y (in tau, where neither alpha nor beta is linear in t)",
    "canonical": "Euler in y = x/alpha, which is DDIM",
}
_KAPPA = (
    "kappa: a window of speciation ends at psi = kappa d^-gamma; 3 to 5 is usual for means +-1, and that over m for "
    "means +-m. It must fit below the scale of the window (kappa < sqrt(d) for separated means)"
)
_GREEK = "GREEK SMALL LETTER "
_LONGEST = 4000  # characters of a fact
_WIDTH = 108


def plain(text: str) -> str:
    """Return one line of printable ASCII that neither ends a comment nor goes on in the next line.

    >>> plain("σ */ system(0); //\\\\\\n??/")
    'sigma * / system(0); / /[U+005C] ? ?/'
    """
    spelt = "".join(map(_spelt, text))
    # A backslash at the end of a line of C joins it to the next one; so does the trigraph ??/.
    line = " ".join(spelt.split())
    safe = "".join(c if " " <= c <= "~" and c != "\\" else f"[U+{ord(c):04X}]" for c in line)
    return re.sub(r"(?<=\*)(?=/)|(?<=/)(?=[*/])|(?<=\?)(?=\?)", " ", safe)


def _spelt(character: str) -> str:
    """Return a Greek letter by its name."""
    return unicodedata.name(character, "").removeprefix(_GREEK).lower() if _is_greek(character) else character


def _is_greek(character: str) -> bool:
    return unicodedata.name(character, "").startswith(_GREEK)


def head(subject: Subject) -> list[str]:
    """Return the lines of the head, without comment marks."""
    lines: list[str] = []
    for text in _facts(subject):
        indent = " " * (len(text) - len(text.lstrip(" ")))
        lines += _wrapped(indent + plain(brief(text, _LONGEST)))
    return lines


def _facts(subject: Subject) -> Iterator[str]:
    yield "I = alpha z + beta a: noise z ~ N(0, I) at t = 0, data a at t = 1; psi = beta/alpha, sigma = 1/psi (EDM)"
    yield f"Made by symsched {__version__}; needs nothing of it"
    if subject.title:
        yield f"of: {subject.title}"
    yield from subject.owner.facts
    if subject.path is not None:
        name, noise, signal = subject.path
        yield f"interpolant: {name}, alpha(tau) = {noise}, beta(tau) = {signal}"
    if subject.pieces:
        yield "windows, with the elapsed share v and the remaining share r = 1 - v of each:"
        for piece in subject.pieces:
            tau, alpha, beta = piece.values
            yield f"  {piece.name}, {piece.start} <= t <= {piece.end}: tau = {tau}; alpha = {alpha}; beta = {beta}"
        yield _KAPPA if subject.needs_kappa else "kappa: this schedule does not depend on it"
    named = _SCHEMES.get(subject.scheme, "")
    yield f"scheme: {subject.scheme}{f', {named}' if named else ''}"
    yield from subject.notes
    if subject.settings:
        yield "table: " + ", ".join(f"{name} = {value:g}" for name, value in subject.settings)
    yield "step: x' = A x + sum_j B_j D_j (+ shift), D_j = E[a | z + psi_j a = x_j/alpha_j]; velocity of the flow:"
    yield "  dx/dt = (alpha'/alpha) x + (beta' - alpha' beta/alpha) D"
    if subject.owner.modes:
        yield "D = sum_k p_k m_k(y_i), p_k ~ w_k prod_i Z_k(y_i), of modes that are mixtures of normal laws and atoms"
    else:
        yield f"D: pass a denoiser; {subject.owner.unknown}"


def _wrapped(line: str) -> Iterator[str]:
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    while len(line) > _WIDTH:
        cut = line.rfind(" ", len(indent) + 1, _WIDTH)
        cut = _WIDTH if cut < 0 else cut
        yield line[:cut]
        line = indent + line[cut:].lstrip()
    yield line
