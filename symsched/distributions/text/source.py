"""A text on its way to a syntax tree, and the error that points into it."""

import ast
import re
import string
import warnings
from dataclasses import dataclass

MAX_LENGTH = 1000
"""Characters: ample for a mixture, and little enough for anything that is done with one."""
MAX_DEPTH = 100
"""Of the syntax tree: a sum of n terms is n deep."""

_CHARACTERS = frozenset(string.ascii_letters + string.digits + "_+-*/(){}:,. ")
_HINTS = {"^": "write a power as **", "=": "a formula has no =; write numbers as arguments, in order"}


class ParseError(ValueError):
    """Raised for a text that is not in the language; shows the text and points at the character.

    ``text`` is what was read, ``position`` the index of the character, ``reason`` what was required there.
    """

    def __init__(self, text: str, position: int, reason: str) -> None:
        """Compose the message of the reason, the text around the character, and the caret."""
        self.text = text
        self.position = min(max(position, 0), len(text))
        self.reason = reason
        start, stop = max(0, self.position - 60), self.position + 40
        shown = "".join(c if c.isprintable() else "?" for c in text[start:stop])
        left, right = "…" if start else "", "…" if stop < len(text) else ""
        caret = " " * (len(left) + self.position - start) + "^"
        super().__init__(f"{reason}\n    {left}{shown}{right}\n    {caret}")


@dataclass(frozen=True)
class Source:
    """A text and the errors that point into it."""

    text: str

    def __post_init__(self) -> None:
        """Refuse what is no string, too long, or has a character that the language does not use."""
        if not isinstance(self.text, str):
            raise TypeError(f"a formula must be a string, got {self.text!r}")
        if len(self.text) > MAX_LENGTH:
            raise ParseError(self.text, MAX_LENGTH, f"a formula has at most {MAX_LENGTH} characters")
        for position, character in enumerate(self.text):
            if character not in _CHARACTERS and character not in "\t\n\r":
                hint = _HINTS.get(character, "use names, numbers, + - * / ** ( ) { } : and commas")
                raise ParseError(self.text, position, f"the character {character!r} has no meaning here: {hint}")
        if not self.text.strip():
            raise ParseError(self.text, 0, "a formula must not be empty, write for instance Normal(0, 1)")

    @property
    def _indent(self) -> int:
        return len(self.text) - len(self.text.lstrip())

    def tree(self) -> ast.expr:
        """Return the syntax tree of the text, all of it on one line."""
        line = re.sub(r"\s", " ", self.text).lstrip()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # "1if" would be printed as a warning; it is an error here
                return ast.parse(line, mode="eval").body
        except SyntaxError as error:
            position = self._indent + (error.offset or len(line) + 1) - 1
            raise ParseError(self.text, position, f"this is not a formula: {error.msg}") from None
        except (RecursionError, MemoryError):
            raise ParseError(self.text, 0, f"brackets and signs nest at most {MAX_DEPTH} deep") from None

    def segment(self, node: ast.expr) -> str:
        """Return the text of a node (ASCII, so that columns are indices)."""
        return self.text[self._indent + node.col_offset : self._indent + (node.end_col_offset or node.col_offset)]

    def error(self, node: ast.expr, reason: str) -> ParseError:
        """Return the error that points at the node."""
        return ParseError(self.text, self._indent + node.col_offset, reason)
