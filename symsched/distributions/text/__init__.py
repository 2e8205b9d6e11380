"""Text to distribution, for the command line and for users: nothing in the text is ever evaluated."""

from symsched.distributions.product.mixture import ProductMixture
from symsched.distributions.text.grammar import parse_mixture, parse_value
from symsched.distributions.text.source import ParseError

__all__ = ["ParseError", "parse", "parse_mixture", "parse_value"]


def parse(text: str) -> ProductMixture:
    """Return the mixture that ``text`` spells in the mini-language, numbers read exactly.

    Raises ParseError, pointing at the character, for anything outside the language.

    >>> [mode.weight for mode in parse("3/10*Normal(0, 3/2) + 7/10*Normal(0, 1/2)").modes]
    [3/10, 7/10]
    """
    return ProductMixture(parse_mixture(text))
