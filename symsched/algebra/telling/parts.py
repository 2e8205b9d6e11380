"""What one step of a derivation consists of, for a reader."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import sympy as sp

from symsched.algebra.telling.prose import plain
from symsched.algebra.telling.sources import Source

Lines = Callable[[Iterator[sp.Symbol]], list[str]]
"""Takes names for parts that are too wide, and returns lines of LaTeX."""


@dataclass(frozen=True)
class Named:
    """A quantity that goes into a step or comes out of it: what it is called, and the sign it is written with.

    ``name`` is prose, ``sign`` a formula of prose, empty for an equation, which names its unknown itself. ``parts``
    are pairs of a sign and a value that are shown in place of the value, ``written`` is how a paper has it.
    """

    name: str
    sign: str = ""
    parts: tuple[tuple[str, sp.Basic], ...] = field(default=(), compare=False)
    written: Lines | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Assumption:
    """What a step needs, and how that was checked or why it is taken: both prose."""

    says: str
    checked: str

    def __str__(self) -> str:
        """Both on one line of text."""
        return f"{plain(self.says)} ({plain(self.checked)})"


@dataclass(frozen=True)
class Telling:
    """One rewrite: ``before`` becomes ``after`` by ``theorem``, which holds where ``assumes`` does.

    ``given`` and ``found`` name both, or each of their entries; ``sources`` are where the theorem stands.
    """

    title: str
    before: sp.Basic
    after: sp.Basic
    given: tuple[Named, ...] = field(compare=False, kw_only=True)
    found: tuple[Named, ...] = field(compare=False, kw_only=True)
    assumes: tuple[Assumption, ...] = field(kw_only=True)
    theorem: str = field(kw_only=True)
    sources: tuple[Source, ...] = field(kw_only=True)

    @property
    def rule(self) -> str:
        """The title as text."""
        return plain(self.title)

    @property
    def heading(self) -> str:
        """The title as prose that begins with a capital."""
        return self.title[:1].upper() + self.title[1:]

    @property
    def cites(self) -> str:
        """The sources on one line."""
        return "; ".join(map(str, self.sources))


@dataclass(frozen=True)
class Shown:
    """Quantities of one name, each with its sign and its value."""

    name: str
    entries: tuple[tuple[str, sp.Basic], ...]
    written: Lines | None


def shown(side: sp.Basic, names: Sequence[Named]) -> list[Shown]:
    """Return a side of a step by its names, neighbours of one name together.

    Raises ValueError where there are not as many names as entries.
    """
    entries = [side] if len(names) == 1 else list(side.args)
    if len(entries) != len(names):
        raise ValueError(f"{len(names)} names for {len(entries)} quantities: {[name.name for name in names]}")
    found: list[Shown] = []
    for named, value in zip(names, entries, strict=True):
        pairs = named.parts or ((named.sign, value),)
        if found and found[-1].name == named.name and named.written is None:
            found[-1] = Shown(named.name, found[-1].entries + pairs, found[-1].written)
        else:
            found.append(Shown(named.name, pairs, named.written))
    return found


def each(name: str, sign: str, count: int) -> tuple[Named, ...]:
    """Return names for several quantities of a kind: sign_1, sign_2, …, or the sign alone where there is one."""
    return tuple(Named(name, sign if count == 1 else f"{sign}_{{{k + 1}}}") for k in range(count))
