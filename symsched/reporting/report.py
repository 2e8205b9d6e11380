"""A ledger rendered: HTML, LaTeX, Markdown, numbers, and a folder with all of them."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from symsched.reporting.charts import chart_of_rows
from symsched.reporting.claim import Ledger
from symsched.reporting.drawing import draw
from symsched.reporting.files import replace_file
from symsched.reporting.pages.data import to_dict
from symsched.reporting.pages.html import to_html
from symsched.reporting.pages.latex import to_latex
from symsched.reporting.pages.markdown import summary_to_markdown, to_markdown
from symsched.reporting.rows import row_to_dict, rows_to_latex, rows_to_markdown

__all__ = [
    "ReportFolderError",
    "chart_of_rows",
    "require_folder",
    "row_to_dict",
    "rows_to_latex",
    "rows_to_markdown",
    "summary_to_markdown",
    "to_dict",
    "to_html",
    "to_latex",
    "to_markdown",
    "write_folder",
]


class ReportFolderError(OSError):
    """Raised when a report cannot be written; says which folder was required and why it could not be used."""


def require_folder(folder: Path) -> None:
    """Raise ReportFolderError unless a file can be made in the folder: better now than after minutes of work."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        message = f"a report needs a folder that can be written to; choose another ({error.strerror or error})"
        raise ReportFolderError(error.errno, message, str(folder)) from error


def write_folder(ledger: Ledger, folder: str | Path) -> Path:
    """Write index.html, report.tex, report.md, numbers.json and figures/ into ``folder``; return its index.html.

    The folder is made if it is missing. Each file is written beside its place and then moved there, the index last, so
    an interrupted run leaves no half file and loses no earlier one. Raises ReportFolderError if it cannot be written.
    """
    target = Path(folder)
    try:
        (target / "figures").mkdir(parents=True, exist_ok=True)
        for name, chart in ledger.figures():
            replace_file(target / "figures" / f"{name}.png", draw(chart, "png"))
            replace_file(target / "figures" / f"{name}.pdf", draw(chart, "pdf"))
        numbers = json.dumps(to_dict(ledger), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        texts = {
            "numbers.json": numbers,
            "report.md": to_markdown(ledger),
            "report.tex": to_latex(ledger),
            "index.html": to_html(ledger),
        }
        for name, text in texts.items():
            replace_file(target / name, text.encode("utf-8"))
    except OSError as error:
        message = f"a report needs a folder that can be written to; choose another ({error.strerror or error})"
        raise ReportFolderError(error.errno, message, str(target)) from error
    return target / "index.html"
