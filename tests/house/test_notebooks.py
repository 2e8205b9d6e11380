"""The notebooks run from the first cell to the last, and what is committed in them is what a reader should see."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).parents[2]
FIGURES = {
    "check_a_claim": 2,
    "derive_your_own_schedule": 6,
    "from_a_derivation_to_diffusers": 0,
    "the_paper_in_ten_minutes": 10,
}
NOTEBOOKS = tuple(FIGURES)
CELL_TIMEOUT = 600
MAX_BYTES = 2_000_000


def read(name: str) -> NotebookNode:
    return nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)


def outputs(notebook: NotebookNode) -> list[NotebookNode]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def figures(notebook: NotebookNode) -> int:
    return sum("image/png" in output.get("data", {}) for output in outputs(notebook))


def plain_text(notebook: NotebookNode) -> str:
    """Everything but the pictures."""
    parts = [cell.source for cell in notebook.cells]
    for output in outputs(notebook):
        parts.append(str(output.get("text", "")))
        parts += [str(value) for kind, value in output.get("data", {}).items() if kind != "image/png"]
    return "\n".join(parts)


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_and_draws_all_its_figures(name: str) -> None:
    notebook = read(name)
    fresh = nbformat.from_dict(notebook)
    client = NotebookClient(
        fresh, timeout=CELL_TIMEOUT, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    )
    client.execute()  # raises CellExecutionError, with the cell and its traceback
    assert not [output for output in outputs(fresh) if output.output_type == "error"]
    assert figures(fresh) == FIGURES[name]


@pytest.mark.slow
def test_an_error_in_a_cell_is_noticed() -> None:
    broken = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import symsched\nsymsched.no_such_name")])
    client = NotebookClient(broken, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}})
    with pytest.raises(Exception, match="no_such_name"):
        client.execute()


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_committed_outputs_are_complete_and_clean(name: str) -> None:
    notebook = read(name)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert all(output.output_type in ("stream", "display_data", "execute_result") for output in outputs(notebook))
    assert all(output.get("name") != "stderr" for output in outputs(notebook))
    assert figures(notebook) == FIGURES[name]
    text = plain_text(notebook)
    for unwanted in ("Traceback", "site-packages"):
        assert unwanted not in text, unwanted
    path = re.search(r"(?<![\w.:/])/[A-Za-z][\w.-]*/", text)  # an absolute one, of some machine
    assert path is None, path
    assert not re.search(r"\bnan\b", text)
    assert (ROOT / "notebooks" / f"{name}.ipynb").stat().st_size < MAX_BYTES


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebooks_define_nothing(name: str) -> None:
    code = "\n".join(
        cell.source.replace("%matplotlib inline", "") for cell in read(name).cells if cell.cell_type == "code"
    )
    defining = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.AsyncFunctionDef)
    assert not [node for node in ast.walk(ast.parse(code)) if isinstance(node, defining)]
