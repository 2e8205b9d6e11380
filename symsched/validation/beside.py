"""Where the folders lie that are read and not imported: beside the package in a checkout, inside it when installed."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

PACKAGE = Path(__file__).resolve().parents[1]


def folder(name: str) -> Path:
    """Return a folder such as "derivations" or "tests/benchmarks".

    An installed wheel holds it under the package by the same name, a checkout beside the package. Raises
    FileNotFoundError, naming both places, where there is neither.
    """
    places = (PACKAGE / name, PACKAGE.parent / name)
    for place in places:
        if place.is_dir():
            return place
    raise FileNotFoundError(f"the folder {name!r} was not found at {places[0]} or {places[1]}; reinstall symsched")


def load(place: Path, name: str) -> ModuleType:
    """Return the module ``name`` of a folder, imported once per process; its files may import each other by name."""
    sys.path.insert(0, str(place))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(place))
