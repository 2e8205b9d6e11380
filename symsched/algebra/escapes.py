"""Plain text made safe for Markdown and LaTeX."""

import re
import unicodedata

_LATEX_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\ensuremath{<}", ">": r"\ensuremath{>}",
    "|": r"\ensuremath{|}", '"': "''",
}  # fmt: skip

_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lamda mu nu xi pi rho sigma tau upsilon phi chi psi omega"
)
MATH_SIGNS = {
    "±": r"\pm", "∓": r"\mp", "−": "-", "×": r"\times", "·": r"\cdot", "÷": r"\div", "≤": r"\le", "≥": r"\ge",
    "≠": r"\ne", "≈": r"\approx", "≡": r"\equiv", "∼": r"\sim", "∝": r"\propto", "∞": r"\infty", "√": r"\surd",
    "∑": r"\sum", "Σ": r"\Sigma", "∏": r"\prod", "Π": r"\Pi", "∫": r"\int", "∂": r"\partial", "∇": r"\nabla",
    "∈": r"\in", "→": r"\to", "←": r"\leftarrow", "↦": r"\mapsto", "⇒": r"\Rightarrow", "⋆": r"\star", "⊗": r"\otimes",
    "′": "'", "ϕ": r"\phi", "ς": r"\sigma", "ϵ": r"\epsilon", "½": r"\tfrac12", "¼": r"\tfrac14", "¾": r"\tfrac34",
    "∀": r"\forall", "∃": r"\exists", "Γ": r"\Gamma", "Δ": r"\Delta", "Θ": r"\Theta", "Λ": r"\Lambda", "Ξ": r"\Xi",
    "Φ": r"\Phi", "Ψ": r"\Psi", "Ω": r"\Omega", "⟨": r"\langle", "⟩": r"\rangle", "ℝ": r"\mathbf{R}",
    "𝔼": r"\mathbf{E}", "…": r"\ldots", "∘": r"\circ", "°": r"^\circ",
}  # fmt: skip
MATH_SIGNS |= {unicodedata.lookup(f"GREEK SMALL LETTER {name.upper()}"): f"\\{name}" for name in _GREEK.split()}
MATH_SIGNS["λ"] = r"\lambda"  # Unicode spells it lamda
_SIGNS = {command[1:]: sign for sign, command in MATH_SIGNS.items()} | {"varphi": "φ", "sqrt": "√", "phi": "φ"}
_ACCENTS = {"\u0307": r"\dot", "\u0302": r"\hat", "\u0304": r"\bar", "\u0303": r"\tilde"}
_SPACES = {
    "\u202f": r"\,", "\u2009": r"\,", "\xa0": "~", "–": "--", "—": "---", "“": "``", "”": "''", "‘": "`", "’": "'",
}  # fmt: skip
_SMALL = re.compile(r"([⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+|[₀₁₂₃₄₅₆₇₈₉₊₋]+)")


def brief(value: object, length: int = 200) -> str:
    """Return a text for an error message, not longer than ``length``; Python writes no integer of 5000 digits."""
    try:
        text = str(value)
    except ValueError:
        return f"a {type(value).__name__} with numbers of thousands of digits"
    return text if len(text) <= length else f"{text[:length]}…"


def latex_text(text: str) -> str:
    r"""Return text as LaTeX prints it: specials escaped, Greek letters and signs as mathematics.

    >>> latex_text("σ_κ² ≤ 5 %")
    '\\ensuremath{\\sigma}\\_\\ensuremath{\\kappa}\\textsuperscript{2} \\ensuremath{\\le} 5 \\%'
    """
    return "".join(_script(part) if _SMALL.fullmatch(part) else _letters(part) for part in _SMALL.split(text))


def math_latex(formula: str) -> str:
    r"""Return a formula between dollar signs with its Unicode signs as commands; a sign without one is left out.

    >>> math_latex("M = r·x ≤ σ")
    'M = r\\cdot x \\le \\sigma '
    """
    out: list[str] = []
    for character in formula:
        if character in MATH_SIGNS:
            command = MATH_SIGNS[character]
            # The blank of the text after a command ends it; where there is none, it gets one.
            out.append(command + " " * command[-1:].isalpha())
        elif " " <= character <= "~":
            out.append("" if character == " " and out and out[-1].endswith(" ") else character)
    return "".join(out)


def math_plain(formula: str) -> str:
    r"""Return a formula between dollar signs as plain text: signs for their commands, words where there is none.

    >>> math_plain(r"\hat\sigma/\sigma"), math_plain(r"s = \sqrt{d}\,\psi")
    ('hat σ/σ', 's = √d ψ')
    """
    named = re.sub(r"\\([A-Za-z]+) ?", lambda found: _SIGNS.get(found[1], f"{found[1]} "), formula)
    return re.sub(r"[{}]", "", re.sub(r"\\.", " ", named))


def _script(digits: str) -> str:
    kind = "super" if unicodedata.decomposition(digits[0]).startswith("<super>") else "sub"
    plain = unicodedata.normalize("NFKC", digits).replace("−", "-")
    return rf"\text{kind}script{{{plain.replace('-', '--')}}}"


def _letters(text: str) -> str:
    # Decomposed first, so that ẋ is an x with a dot, which LaTeX has for every letter.
    result: list[str] = []
    for character in unicodedata.normalize("NFC", text):
        parts = unicodedata.normalize("NFD", character)
        if character in _ACCENTS and result:
            result[-1] = rf"\ensuremath{{{_ACCENTS[character]}{{{_bare(result[-1])}}}}}"
        elif len(parts) == 2 and parts[1] in _ACCENTS and ord(character) > 0xFF:
            result.append(rf"\ensuremath{{{_ACCENTS[parts[1]]}{{{_bare(_one(parts[0]))}}}}}")
        else:
            result.append(_one(character))
    return "".join(result)


def _bare(piece: str) -> str:
    return piece.removeprefix(r"\ensuremath{").removesuffix("}") if piece.startswith(r"\ensuremath{") else piece


def _one(character: str) -> str:
    if character in _LATEX_SPECIAL:
        return _LATEX_SPECIAL[character]
    if character in _SPACES:
        return _SPACES[character]
    if character in MATH_SIGNS:
        return rf"\ensuremath{{{MATH_SIGNS[character]}}}"
    if " " <= character <= "~" or ("¡" <= character <= "ÿ" and character.isalpha()):
        return character
    if character in "\t\n\r":
        return " "
    plain = "".join(c for c in unicodedata.normalize("NFKD", character) if " " <= c <= "~")
    return "".join(_LATEX_SPECIAL.get(c, c) for c in plain) or f"[U+{ord(character):04X}]"


def markdown_text(text: str) -> str:
    """Return text that Markdown shows as it stands, also inside a table.

    >>> markdown_text("a|b_c*")
    'a\\\\|b_c\\\\*'
    """
    # A comparison between blanks opens no tag, an index inside a word no emphasis.
    return re.sub(r"([\\`*{}\[\]|#$]|(?<! )[<>]|[<>](?! )|(?<!\w)_|_(?!\w))", r"\\\1", " ".join(text.split()))
