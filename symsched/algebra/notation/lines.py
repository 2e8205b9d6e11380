"""Equations on lines no wider than a column: broken at their sums, and what is left too wide named and defined."""

from collections.abc import Iterable, Iterator
from itertools import count, pairwise

import sympy as sp

from symsched.algebra.formulas import formula_latex
from symsched.algebra.notation.width import width

COLUMN = 315.0
"""Points of a line, by ``width``, which errs by less than what is left to the 345 of a column of an article."""
_INDENT = 20.0
_LEAST = 30.0
"""Points below which a part is not worth a name of its own."""
_LETTERS = "A B C F H J K L M N P Q R U V W X Y Z"


def names(taken: Iterable[sp.Basic] = ()) -> Iterator[sp.Symbol]:
    """Yield letters for parts that are too wide where they stand, none of them ``taken``: A, B, …, then A_1, …."""
    used = {str(symbol) for symbol in taken}
    for turn in count():
        for letter in _LETTERS.split():
            name = f"{letter}_{turn}" if turn else letter
            if name not in used:
                yield sp.Symbol(name)


def joined(parts: Iterable[str]) -> list[str]:
    """Return short definitions side by side, as many as a line holds."""
    lines: list[str] = []
    for part in parts:
        if lines and width(lines[-1] + r",\quad " + part) <= COLUMN:
            lines[-1] += r",\quad " + part
        else:
            lines.append(part)
    return lines


def display(lines: Iterable[str]) -> str:
    """Return lines as one display with a math mode of its own, which needs amsmath alone."""
    body = " \\\\\n".join(f"& {line}" for line in lines)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"


def wrapped(line: str) -> list[str]:
    r"""Return a line of an ``align`` on as many as a column needs, broken before signs that stand in no braces.

    >>> wrapped(r"x &= 1 + y"), len(wrapped(r"x &= " + " + ".join(["1.234567890123 y"] * 8)))
    (['x &= 1 + y'], 3)
    """
    if width(line.replace("&", "")) <= COLUMN:
        return [line]
    places, depth = [0], 0
    for at, character in enumerate(line):
        depth += (character == "{") - (character == "}")
        if (
            depth == 0
            and character in "+-"
            and line[at - 1 : at] == " "
            and line[at - 2 : at - 1] not in ("=", "(", "")
        ):
            places.append(at)
    pieces = [line[start:end].rstrip() for start, end in pairwise([*places, len(line)])]
    lines, current = [], pieces[0]
    for piece in pieces[1:]:
        if width(f"{current} {piece}".replace("&", "")) > COLUMN:
            lines.append(current)
            current = rf"&\quad {piece}"
        else:
            current += f" {piece}"
    return [*lines, current]


def equation(left: str, right: sp.Basic, fresh: Iterator[sp.Symbol] | None = None, sign: str = "=") -> list[str]:
    """Return the lines of left = right: what does not fit is broken at + and −, and parts are named and defined.

    ``left`` is LaTeX; a definition follows the line that uses it.
    """
    fresh = names() if fresh is None else fresh
    room = COLUMN - width(left) - 14.0
    whole = formula_latex(right)
    if width(whole) <= room:
        return [f"{left} {sign} {whole}"]
    terms = list(sp.Add.make_args(right)) if isinstance(right, sp.Expr) else [right]
    found: list[sp.Symbol] = []
    defined: dict[sp.Symbol, sp.Basic] = {}
    space = min(room, COLUMN - _INDENT - 14.0)
    for k in range(len(terms)):
        while width(formula_latex(terms[k])) > space:
            part = _part(terms[k], space)
            if part is None:
                break
            name = next(fresh)
            defined[name] = part
            found.append(name)
            terms = [one.xreplace({part: name}) for one in terms]
    lines = packed(f"{left} {sign} ", [formula_latex(term) for term in _ordered(terms)])
    for name in found:
        lines += equation(formula_latex(name), defined[name], fresh)
    return lines


def packed(head: str, terms: list[str]) -> list[str]:
    """Return the lines of a sum: its terms behind ``head``, broken before a sign where the column ends."""
    lines, line = [], head
    for k, printed in enumerate(terms):
        signed = printed if k == 0 else f" {printed}" if printed.startswith("-") else f" + {printed}"
        if k and width(line + signed) > COLUMN:
            lines.append(line)
            line = rf"\quad {{}}{signed}"
        else:
            line += signed
    return [*lines, line]


def _ordered(terms: list[sp.Basic]) -> list[sp.Basic]:
    total = sp.Add(*terms) if len(terms) > 1 else terms[0]
    return list(total.as_ordered_terms()) if isinstance(total, sp.Expr) else terms


def _part(expression: sp.Basic, room: float) -> sp.Basic | None:
    """Return the part that gives way to a name: what appears widest and still is narrower than the whole."""
    whole = width(formula_latex(expression))
    best, gain = None, 0.0
    widest, most = None, 0.0
    bound = _bound(expression)
    for part in sorted(set(sp.preorder_traversal(expression)), key=sp.default_sort_key):
        if part == expression or not isinstance(part, sp.Expr) or part.is_Atom or part.free_symbols & bound:
            continue
        own = width(formula_latex(part))
        if own < _LEAST:
            continue
        saved = whole - width(formula_latex(expression.xreplace({part: sp.Symbol("A")})))
        if most < own <= room:
            widest, most = part, own
        # A part that needs several lines of its own is named only where nothing narrower does.
        worth = saved - max(0.0, own - room)
        if saved > _LEAST / 2 and worth > gain:
            best, gain = part, worth
    # Above and below a fraction line both may be too wide: then the first name gains nothing, the second does.
    return widest if best is None else best


def _bound(expression: sp.Basic) -> set[sp.Basic]:
    return {limit[0] for one in expression.atoms(sp.Integral, sp.Sum) for limit in one.limits}
