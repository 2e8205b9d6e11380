"""Version, commit and date of a report: from arguments, the environment or git, and never from a clock."""

import subprocess

import pytest

from symsched.reporting import imprint as module
from symsched.reporting.imprint import imprint


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with one commit, in which the package seems to lie."""
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    (tmp_path / "file").write_text("one")
    for command in (
        ["init", "-q"],
        ["add", "file"],
        [*who, "commit", "-q", "-m", "one", "--date", "2001-02-03T04:05Z"],
    ):
        subprocess.run(
            ["git", "-C", tmp_path, *command],
            check=True,
            env={"PATH": "/usr/bin:/bin", "GIT_COMMITTER_DATE": "2001-02-03T04:05:06Z", "HOME": str(tmp_path)},
        )
    monkeypatch.setattr(module, "_ROOT", tmp_path)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    said = subprocess.run(["git", "-C", tmp_path, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return tmp_path, said.stdout.strip()


def test_the_checkout_is_told_with_the_day_of_its_commit(checkout):
    folder, name = checkout
    told = imprint()
    assert (told["commit"], told["date"]) == (name[:12], "2001-02-03")
    (folder / "file").write_text("two")
    assert imprint()["commit"] == f"{name[:12]} with changes"


def test_an_argument_comes_before_the_environment_and_that_before_git(checkout, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert imprint()["date"] == "1970-01-02"
    assert imprint("2026-01-02", "v1.0") | {"date": "2026-01-02", "commit": "v1.0"} == imprint("2026-01-02", "v1.0")
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    # The date of another commit is not known.
    assert "date" not in imprint(commit="v1.0")


def test_an_installed_package_tells_neither(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_ROOT", tmp_path)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert not {"commit", "date"} & set(imprint())


@pytest.mark.parametrize("text", ["soon", "-1", "1e9", "9" * 30, "²"])
def test_a_bad_epoch_is_refused(text, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)
    with pytest.raises(ValueError, match="SOURCE_DATE_EPOCH must be a number of seconds"):
        imprint()


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="date must be written YYYY-MM-DD"):
        imprint("yesterday")
    for commit in ("", "-x", "a b", "\\input", "a" * 65):
        with pytest.raises(ValueError, match="commit must be a name"):
            imprint(commit=commit)
