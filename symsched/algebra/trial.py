"""Numbers that stand for symbols while a formula with parameters is tried out."""

from collections.abc import Iterable

import sympy as sp

from symsched.symbols import d


def trial_values(symbols: Iterable[sp.Symbol]) -> dict[sp.Symbol, sp.Rational]:
    """Return fixed numbers in (0, 1), all different, for the symbols other than the dimension."""
    names = sorted(set(symbols) - {d}, key=str)
    return {symbol: sp.Rational(13 + 6 * k, 29 + 7 * k) for k, symbol in enumerate(names)}
