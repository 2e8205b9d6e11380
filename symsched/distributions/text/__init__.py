"""The small language of mixtures on the command line; see ``grammar`` for its rules."""

from symsched.distributions.text.grammar import parse_mixture, parse_value
from symsched.distributions.text.source import ParseError

__all__ = ["ParseError", "parse_mixture", "parse_value"]
