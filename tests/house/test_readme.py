"""The code of the README and of the pages runs as printed, and what it says behind ``# ->`` is what comes out."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
BLOCKS = [
    block
    for page in PAGES
    for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
]
"""The README's come first: the pages go on from its first example."""


def results(block: str, names: dict) -> list[tuple[str, str]]:
    """Run a block in ``names`` and return (said, found) for every line that says what it gives."""
    lines, pairs = block.splitlines(), []
    for node in ast.parse(block).body:
        said = lines[node.end_lineno - 1].partition("# -> ")[2]
        if isinstance(node, ast.Expr) and said:
            value = eval(compile(ast.Expression(node.value), "README.md", "eval"), names)
            pairs.append((said, ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)))
        else:
            exec(compile(ast.Module([node], []), "README.md", "exec"), names)
    return pairs


def test_the_code_runs_and_gives_what_it_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    pairs = [pair for block in BLOCKS for pair in results(block, names)]
    assert [found for _, found in pairs] == [said for said, _ in pairs]
    assert len(pairs) >= 4


def test_a_wrong_number_in_the_readme_would_show():
    assert results("1 + 1  # -> 3\n", {}) == [("3", "2")]


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_comment_that_states_a_number_is_checked(block):
    # A number in a comment that nothing compares would be free to go stale.
    for line in block.splitlines():
        comment = line.partition("#")[2]
        assert not re.search(r"\d\.\d|\d/\d|±", comment) or comment.startswith(" -> "), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_points_at_is_there(page):
    targets = re.findall(r"\]\((?!https?:)([^)#\s]+)\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []
    assert targets or page.name != "README.md"
