"""Folders that are read are found in a checkout and in an installed package, and their files import each other."""

import sys
import tomllib
from pathlib import Path

import pytest

from symsched.validation import beside

ROOT = Path(__file__).resolve().parents[2]


def test_a_checkout_has_them_beside_the_package():
    assert (beside.folder("derivations") / "gm_01_velocity.py").exists()


def test_an_installed_package_holds_them(tmp_path, monkeypatch):
    (tmp_path / "package" / "told").mkdir(parents=True)
    (tmp_path / "told").mkdir()
    monkeypatch.setattr(beside, "PACKAGE", tmp_path / "package")
    assert beside.folder("told") == tmp_path / "package" / "told"


def test_a_missing_folder_is_named():
    with pytest.raises(FileNotFoundError, match="'nowhere' was not found"):
        beside.folder("nowhere")


def test_files_import_each_other_and_leave_no_path_behind(tmp_path):
    (tmp_path / "shared_by_both.py").write_text("VALUE = 3\n")
    (tmp_path / "one_of_them.py").write_text("from shared_by_both import VALUE\n")
    before = list(sys.path)
    assert beside.load(tmp_path, "one_of_them").VALUE == 3
    assert sys.path == before


@pytest.mark.parametrize("name", ["derivations", "tests/benchmarks"])
def test_a_wheel_carries_them_to_where_they_are_looked_for(name):
    carried = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert beside.folder(name) == ROOT / name
    assert carried["force-include"][name] == f"symsched/{name}"


def test_the_benchmark_is_loaded_from_its_folder():
    assert callable(beside.load(beside.folder("tests/benchmarks").parent, "benchmarks.report").benchmark)
