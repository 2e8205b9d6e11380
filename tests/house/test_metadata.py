"""What is said about the package in several places is the same in all of them."""

import re
import tomllib
from pathlib import Path

import pytest

import symsched
from symsched.cli import main

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_one_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    said = capsys.readouterr().out.split()[-1]
    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert cited is not None
    newest = re.search(r"^## (\S+),", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert {said, cited[1], newest[1], symsched.__version__} == {PROJECT["version"]}


def test_types_are_shipped_and_addresses_are_neutral():
    # Hatch packs the package's folder whole, this file with it.
    assert (Path(symsched.__file__).parent / "py.typed").is_file()
    assert set(PROJECT["urls"].values()) == {"https://arxiv.org/abs/2501.00988"}


def test_the_classifiers_name_what_is_required():
    versions = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", c)]
    assert versions[0] == PROJECT["requires-python"].removeprefix(">=")
