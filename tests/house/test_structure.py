"""The house rules that a machine can keep: imports in one direction, none hidden in a function, small files."""

import ast
import graphlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "symsched"
FILES = sorted(PACKAGE.rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path) for path in FILES}


def is_lazy(name: str) -> bool:
    """Whether a module imports when a name or a command is used, so that ``import`` and ``--help`` stay quick."""
    return name == "symsched" or name.startswith("symsched.cli")


def imported(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def graph() -> dict[str, set[str]]:
    return {
        module_of(path): (imported(ast.parse(path.read_text())) & MODULES) - {module_of(path)}
        for path in FILES
        if not is_lazy(module_of(path))
    }


def test_no_import_cycle():
    edges = graph()
    # A package's __init__ gathers names from its own modules; importing a sibling through the full path passes by it.
    packages = {name for name in edges if any(other.startswith(f"{name}.") for other in edges)}
    edges = {
        name: {t for t in targets if t not in packages or not name.startswith(f"{t}.")}
        for name, targets in edges.items()
    }
    list(graphlib.TopologicalSorter(edges).static_order())


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_no_import_is_hidden_in_a_function(path):
    if is_lazy(module_of(path)):
        return
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef):
            assert not imported(function), f"{path.name}:{function.lineno} {function.name} imports inside"


ORDER = (
    ("symbols", "errors"),
    ("algebra",),
    # Pictures and pages know of nothing that they show: whoever has something to show hands it to them as data.
    ("reporting",),
    ("laws",),
    ("schedules",),
    ("models",),
    ("distributions",),
    ("limits",),
    ("predictions",),
    ("exports",),
    ("simulation",),
    ("validation",),
    ("zoo",),
    ("cli",),
)
"""The rooms, from the ground up: a module imports from its own room and from those below."""
LEVEL = {room: level for level, rooms in enumerate(ORDER) for room in rooms}
NUMBERS = re.compile(
    r"symsched\.(errors|schedules\.(plan|schemes)|laws\.numeric|models|simulation\.run|"
    r"distributions\.\w+\.(model|affine|directions|drift|numeric)|algebra\.(arrays|escapes))(\.|$)"
)
"""Modules that compute: they never see a symbol."""


def room(name: str) -> str:
    return name.split(".")[1]


def test_no_arrow_runs_back_up():
    for name, targets in graph().items():
        if name in {"symsched", "symsched.__main__"}:
            continue
        higher = {t for t in targets if t != "symsched" and LEVEL[room(t)] > LEVEL[room(name)]}
        assert not higher, (name, higher)


FAMILIES = [folder for folder in (PACKAGE / "distributions").iterdir() if (folder / "cascade.py").exists()]


def asked_for(tree: ast.AST) -> set[str]:
    """The class names in every ``isinstance``, and the word singledispatch."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
            names |= {part.id for part in ast.walk(node.args[1]) if isinstance(part, ast.Name)}
    return names | (imported(tree) & {"functools.singledispatch"})


@pytest.mark.parametrize("family", FAMILIES, ids=lambda folder: folder.name)
def test_a_family_is_known_to_its_own_folder_only(family):
    own = [ast.parse(path.read_text()) for path in family.rglob("*.py")]
    classes = {node.name for tree in own for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    assert classes
    for path in FILES:
        # The claims are about one family each.
        if family in path.parents or "claims" in path.parts:
            continue
        asked = asked_for(ast.parse(path.read_text())) & (classes | {"functools.singledispatch"})
        assert not asked, f"{path.relative_to(ROOT)} asks whether something is a {asked}"


def test_few_entries_at_the_top_and_few_files_in_a_room():
    entries = [p for p in PACKAGE.iterdir() if p.name != "__pycache__"]
    assert len(entries) <= 18, sorted(p.name for p in entries)
    for folder in (p for top in (PACKAGE, ROOT / "tests") for p in [top, *top.rglob("*")] if p.is_dir()):
        assert len(list(folder.glob("*.py"))) <= 12, folder


def test_numbers_never_import_symbols():
    for path in FILES:
        name, names = module_of(path), imported(ast.parse(path.read_text()))
        if NUMBERS.match(name):
            assert not any(t == "sympy" or t.startswith("sympy.") for t in names), name
            ours = names & MODULES
            packages = {"symsched.schedules", "symsched"}
            assert all(NUMBERS.match(t) for t in ours - packages), (name, ours)


def test_one_module_draws():
    drawing = [module_of(p) for p in FILES if any(n.startswith("matplotlib") for n in _at_run_time(p))]
    assert drawing == ["symsched.reporting.drawing"]


def _at_run_time(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    typing_only = [n for n in tree.body if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.dump(n.test)]
    for node in typing_only:
        tree.body.remove(node)
    return imported(tree)


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_files_are_small(path):
    assert len(path.read_text().splitlines()) <= 400


def test_no_public_name_is_a_module_of_the_package():
    import symsched

    # Importing such a module would put it in the function's place.
    assert [name for name in symsched.__all__ if f"symsched.{name}" in MODULES] == ["symbols"]


def test_every_public_name_exists():
    import symsched

    for name in symsched.__all__:
        assert getattr(symsched, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'derives'"):
        _ = symsched.derives
