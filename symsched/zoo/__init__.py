"""The zoo: named distributions of many kinds, each with what it takes to validate it.

>>> from symsched.zoo import find
>>> find("two-variances").description
'Two centred Gaussians of different variance (q = 2)'
"""

import re

from symsched.errors import nearest
from symsched.zoo.entry import Entry, Settings
from symsched.zoo.measures import CURIE_WEISS, MEASURES
from symsched.zoo.mixtures import DIRECTIONS, GAUSSIAN_MIXTURE, PAIRS, TREES

__all__ = ["ZOO", "Entry", "Settings", "find"]

ZOO: tuple[Entry, ...] = (GAUSSIAN_MIXTURE, CURIE_WEISS, *PAIRS, *TREES, *DIRECTIONS, *MEASURES)
"""Every entry, in the order of the page."""


def find(name: str) -> Entry:
    """Return the entry of a name, in any case and with or without hyphens; ValueError suggests the nearest name."""
    wanted = _plain(name)
    for entry in ZOO:
        if _plain(entry.name) == wanted:
            return entry
    raise ValueError(f"unknown distribution {name!r}; {nearest(name, [entry.name for entry in ZOO])}")


def _plain(name: str) -> str:
    return re.sub(r"[-_\s]", "", name).lower()
