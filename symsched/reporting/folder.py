"""Folders that are written to, and that of a ledger: its page, its document, its numbers and its figures."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from symsched.reporting.claim import Ledger
from symsched.reporting.drawing import draw
from symsched.reporting.pages.data import to_dict
from symsched.reporting.pages.html import to_html
from symsched.reporting.pages.latex import to_latex
from symsched.reporting.pages.markdown import to_markdown


class FolderError(OSError):
    """Raised when results cannot be written; says which folder was required and why it could not be used."""


def folder_path(value: object, name: str = "folder") -> Path:
    """Return ``value`` as a path that the system can take, or raise TypeError or ValueError."""
    if not isinstance(value, str | os.PathLike) or not isinstance(os.fspath(value), str):
        raise TypeError(f"{name} must be a path as text or as pathlib.Path, got {value!r}")
    text = os.fspath(value)
    try:
        known = text and b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        known = False
    if not known:
        raise ValueError(f"{name} must be a path without null characters, got {text!r}")
    return Path(text)


@contextmanager
def writing_to(folder: Path, what: str = "a report") -> Iterator[None]:
    """Turn what the system says of a folder or a file in it into a FolderError: ``what`` was to be written."""
    try:
        yield
    except FolderError:
        raise
    except OSError as error:
        at = "" if error.filename in (None, str(folder)) else f" at {error.filename}"
        message = f"{what} needs a folder that can be written to; choose another ({error.strerror or error}{at})"
        raise FolderError(error.errno, message, str(folder)) from error


def require_folder(folder: Path, what: str = "a report") -> None:
    """Raise FolderError unless a file can be made in the folder: better now than after minutes of work."""
    with writing_to(folder, what):
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()


def write_folder(ledger: Ledger, folder: str | Path) -> Path:
    """Write index.html, report.tex, report.md, numbers.json and figures/ into ``folder``; return its index.html.

    The folder is made if it is missing. The same ledger gives the same bytes: how long its claims took is not written.
    Each file is written beside its place and then moved there, the index last, so an interrupted run leaves no half
    file and loses no earlier one. Raises FolderError if it cannot be written.
    """
    target = folder_path(folder)
    with writing_to(target):
        (target / "figures").mkdir(parents=True, exist_ok=True)
        for name, chart in ledger.figures():
            for format in ("png", "pdf"):
                replace_file(target / "figures" / f"{name}.{format}", draw(chart, format))
        texts = {
            "numbers.json": json.dumps(to_dict(ledger, times=False), indent=2, ensure_ascii=False, allow_nan=False)
            + "\n",
            "report.md": to_markdown(ledger),
            "report.tex": to_latex(ledger),
            "index.html": to_html(ledger),
        }
        for name, text in texts.items():
            replace_file(target / name, text.encode("utf-8"))
    return target / "index.html"


def replace_file(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` in one move: an interrupted run leaves no half file and loses no earlier one.

    Raises OSError naming ``path``: what a full disk raises names no file.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
