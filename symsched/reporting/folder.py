"""The folder of a ledger: its page, its document, its numbers and its figures."""

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


class ReportFolderError(OSError):
    """Raised when a report cannot be written; says which folder was required and why it could not be used."""


@contextmanager
def _writing_to(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        at = "" if error.filename in (None, str(folder)) else f" at {error.filename}"
        message = f"a report needs a folder that can be written to; choose another ({error.strerror or error}{at})"
        raise ReportFolderError(error.errno, message, str(folder)) from error


def require_folder(folder: Path) -> None:
    """Raise ReportFolderError unless a file can be made in the folder: better now than after minutes of work."""
    with _writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()


def write_folder(ledger: Ledger, folder: str | Path) -> Path:
    """Write index.html, report.tex, report.md, numbers.json and figures/ into ``folder``; return its index.html.

    The folder is made if it is missing. Each file is written beside its place and then moved there, the index last, so
    an interrupted run leaves no half file and loses no earlier one. Raises ReportFolderError if it cannot be written.
    """
    target = Path(folder)
    with _writing_to(target):
        (target / "figures").mkdir(parents=True, exist_ok=True)
        for name, chart in ledger.figures():
            for format in ("png", "pdf"):
                replace_file(target / "figures" / f"{name}.{format}", draw(chart, format))
        texts = {
            "numbers.json": json.dumps(to_dict(ledger), indent=2, ensure_ascii=False, allow_nan=False) + "\n",
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
