"""A name for a computation that depends on everything which its numbers depend on, and on nothing else."""

import dataclasses
import functools
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import scipy
import sympy as sp

_LENGTH = 32  # hexadecimal digits: 128 bits


def fingerprint(*parts: Any) -> str:  # noqa: ANN401  # walks values of any type and refuses those that it cannot name
    """Return a hexadecimal name for the values, equal for equal values in every process.

    Expressions enter with all digits and assumptions, dataclasses by type and the fields that make them equal, arrays
    by their bytes. Raises TypeError for a value, such as a function, whose meaning cannot be read off.

    >>> fingerprint(sp.Float("0.1", 15)) == fingerprint(sp.Float("0.1", 16))
    False
    """
    digest = hashlib.sha256()
    for piece in _pieces(parts):
        digest.update(f"{len(piece)}:".encode())
        digest.update(piece)
    return digest.hexdigest()[:_LENGTH]


@functools.cache
def code_fingerprint() -> str:
    """Return the name of the code that computes: this package's sources, and the versions of its numeric libraries."""
    root = Path(__file__).parents[1]
    # An editor's lock is a link to nowhere, and no source.
    files = [path for path in sorted(root.rglob("*.py")) if path.is_file()]
    sources = [(str(path.relative_to(root)), path.read_bytes()) for path in files]
    return fingerprint(sources, np.__version__, scipy.__version__, sp.__version__)


def _pieces(value: Any) -> Iterator[bytes]:  # noqa: ANN401
    """Yield the parts of a value, each behind a word for its type."""
    if isinstance(value, sp.Basic):
        yield b"expression"
        yield sp.srepr(value).encode()
    elif value is None or isinstance(value, bool | int | str | Enum):
        yield type(value).__name__.encode()
        yield repr(value).encode()
    elif isinstance(value, float):
        yield b"float"
        yield value.hex().encode()
    elif isinstance(value, bytes):
        yield b"bytes"
        yield value
    elif isinstance(value, np.ndarray):
        yield f"array {value.dtype} {value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield f"{type(value).__module__}.{type(value).__qualname__}".encode()
        for field in (own for own in dataclasses.fields(value) if own.compare):
            yield field.name.encode()
            yield from _pieces(getattr(value, field.name))
    elif isinstance(value, Mapping):
        yield f"mapping of {len(value)}".encode()
        for key, held in value.items():
            yield from _pieces(key)
            yield from _pieces(held)
    elif isinstance(value, Sequence):
        yield f"sequence of {len(value)}".encode()
        for held in value:
            yield from _pieces(held)
    else:
        raise TypeError(f"a {type(value).__name__} has no fingerprint: {value!r}; give numbers or SymPy expressions")
