"""How wide TeX sets a formula, without TeX: the sum of the letters, within a tenth."""

import re

_TOKEN = re.compile(r"\\[a-zA-Z]+\*?|\\.|[{}^_&]|\s+|.", re.DOTALL)
_WORDS = {
    name: 5.2 * len(name)
    for name in ("log", "exp", "tanh", "cosh", "sinh", "erf", "max", "min", "lim", "sin", "cos", "tan", "Phi")
}
_SPACES = {"quad": 10.0, "qquad": 20.0, ",": 1.7, ";": 2.8, ":": 2.2, " ": 3.3, "!": -1.7}
_SILENT = {
    "left", "right", "displaystyle", "mathcal", "mathbb", "mathrm", "tfrac", "limits", "bigl", "bigr", "Bigl", "Bigr",
    "mathbf", "operatorname", "dot", "hat", "bar",
}  # fmt: skip
_RELATIONS = {"sim", "ge", "le", "to", "propto", "mid", "pm", "cdot", "times", "in", "approx", "geq", "leq"}
_LARGE = {"sum": 14.4, "int": 10.5, "prod": 13.0}
_SCRIPT = 0.72
_LETTER, _BINARY, _FENCE, _CAPITAL = 5.4, 12.2, 4.6, 7.4


def width(tex: str) -> float:
    """Return the width of a formula in points, set in display style at ten points; of several lines, the widest."""
    tokens = _TOKEN.findall(tex)
    size, _ = _row(tokens, 0, "")
    return size


def _row(tokens: list[str], at: int, close: str) -> tuple[float, int]:
    """Return the width up to a closing token, and the place behind it; rows of a matrix lie below one another."""
    total, widest = 0.0, 0.0
    while at < len(tokens):
        token = tokens[at]
        if close and token == close:
            return max(total, widest), at + 1
        if token == r"\\":
            total, widest, at = 0.0, max(total, widest), at + 1
        elif token == "&":
            total, at = total + (10.0 if close == r"\end" else 0.0), at + 1
        else:
            size, at = _one(tokens, at)
            total += size
    return max(total, widest), at


def _argument(tokens: list[str], at: int) -> tuple[float, int]:
    while at < len(tokens) and tokens[at].isspace():
        at += 1
    if at < len(tokens) and tokens[at] == "{":
        return _row(tokens, at + 1, "}")
    return _one(tokens, at) if at < len(tokens) else (0.0, at)


def _one(tokens: list[str], at: int) -> tuple[float, int]:
    token = tokens[at]
    if token == "{":
        return _row(tokens, at + 1, "}")
    if token in "^_":
        size, behind = _argument(tokens, at + 1)
        return _SCRIPT * size, behind
    if token.startswith("\\"):
        return _command(tokens, at, token[1:])
    return _letter(token), at + 1


def _letter(token: str) -> float:
    if token.isspace():
        return 0.0
    if token in "+-=<>":
        return _BINARY
    if token in "()[]|,.;:!/":
        return _FENCE if token in "()[]" else 3.6
    return _CAPITAL if token.isupper() else _LETTER


def _command(tokens: list[str], at: int, name: str) -> tuple[float, int]:
    if name in {"frac", "dfrac", "tfrac"}:
        above, at = _argument(tokens, at + 1)
        below, at = _argument(tokens, at)
        size = max(above, below) * (_SCRIPT if name == "tfrac" else 1.0) + 2.4
    elif name == "sqrt":
        size, at = _argument(tokens, at + 1)
        size += 8.5
    elif name == "text":
        size, at = _text(tokens, at + 1)
    elif name == "begin":
        _, at = _text(tokens, at + 1)
        size, at = _row(tokens, at, r"\end")
        _, at = _text(tokens, at)
        size += 12.0
    else:
        size, at = _sign(name), at + 1
    return size, at


def _sign(name: str) -> float:
    if name in _WORDS or name in _LARGE:
        return {**_WORDS, **_LARGE}[name] + 1.7
    if name in _SILENT:
        return 1.5 if name in {"left", "right"} else 0.0
    return _BINARY if name in _RELATIONS else _SPACES.get(name, 6.2)


def _text(tokens: list[str], at: int) -> tuple[float, int]:
    size, depth = 0.0, 0
    while at < len(tokens):
        token, at = tokens[at], at + 1
        depth += (token == "{") - (token == "}")
        if depth == 0:
            break
        size += 3.3 if token.isspace() else 0.0 if token in "{}" else 4.9
    return size, at
