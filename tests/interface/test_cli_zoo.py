"""``symsched zoo`` and what every command does with Ctrl-C, a progress bar and a terminal without Greek letters."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from symsched.cli.commands.documents import zoo as zoo_command
from symsched.reporting.claim import Finding
from symsched.reporting.verdicts import deterministic
from tests.interface.test_cli import data, run


def claim(place, name, agrees=True):
    row = deterministic("one is one", 1, 1 if agrees else 2, 0)
    return Finding(place, name, "A statement.", (), (row,))


def fake(monkeypatch, outcomes):
    """Let entries come out as given, in this process; an exception is raised in its turn."""

    def exhibit(entry, place, *, seed, quick):
        outcome = outcomes[place - 1]
        if isinstance(outcome, BaseException):
            raise outcome
        return claim(place, entry.name, outcome)

    monkeypatch.setattr(zoo_command, "exhibit", exhibit)


PAIR = ("zoo", "gaussian-line", "gaussian-triangle", "--workers", "1", "--out")


def test_zoo_writes_its_page_and_exits_0(capsys, monkeypatch, tmp_path):
    fake(monkeypatch, [True, True])
    code, out, err = run(capsys, *PAIR, str(tmp_path))
    assert code == 0
    # Without a terminal a line says what is done.
    names = ("gaussian-line", "gaussian-triangle")
    lines = [line.partition(",")[0] for line in err.splitlines()]
    assert lines == [f"{name} holds ({k} of 2" for k, name in enumerate(names, 1)]
    assert "2 of 2 distributions as expected" in out
    assert "gaussian-triangle" in (tmp_path / "index.html").read_text(encoding="utf-8")
    written = json.loads((tmp_path / "numbers.json").read_text(encoding="utf-8"))
    assert written["passed"]


def test_a_failed_verdict_exits_1(capsys, monkeypatch, tmp_path):
    fake(monkeypatch, [True, False])
    code, ledger = data(capsys, *PAIR, str(tmp_path), "--no-progress")
    assert code == 1
    assert [entry["outcome"] for entry in ledger["distributions"]] == ["holds", "fails"]


def test_an_interruption_exits_130_and_keeps_what_was_done(capsys, monkeypatch, tmp_path):
    fake(monkeypatch, [True, KeyboardInterrupt()])
    code, _, err = run(capsys, *PAIR, str(tmp_path))
    assert code == 130
    assert "interrupted after 1 of 2 entries" in err
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "gaussian-line" in page
    assert "gaussian-triangle" not in page


def test_an_interruption_elsewhere_exits_130(capsys, monkeypatch):
    monkeypatch.setattr("symsched.cli.commands.listing.run", lambda options: (_ for _ in ()).throw(KeyboardInterrupt))
    code, _, err = run(capsys, "list")
    assert code == 130
    assert "interrupted" in err


def test_a_progress_bar_goes_to_standard_error_when_asked(capsys, monkeypatch, tmp_path):
    fake(monkeypatch, [True, True])
    _, out, err = run(capsys, *PAIR, str(tmp_path), "--progress", "--json")
    assert "2/2" in err
    assert json.loads(out)


def test_a_worker_process_gives_the_numbers_of_this_one(tmp_path, capsys):
    arguments = ("zoo", "gaussian-line", "--no-progress", "--quick", "--seed", "5", "--out", str(tmp_path))
    _, here = data(capsys, *arguments, "--workers", "1")
    two = ("zoo", "gaussian-line", "gaussian-triangle", *arguments[2:])
    _, there = data(capsys, *two, "--workers", "2")
    assert there["distributions"][0]["rows"] == here["distributions"][0]["rows"]


def test_a_terminal_without_greek_letters_gets_all_of_the_answer():
    found = subprocess.run(
        [sys.executable, "-m", "symsched", "derive", "gaussian-mixture"],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert found.returncode == 0
    assert b"\\u" in found.stdout


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_ctrl_c_ends_a_zoo_of_processes_at_once(tmp_path):
    """A terminal sends it to all processes: none prints a traceback, and nobody waits for what is half done."""
    zoo = subprocess.Popen(
        [sys.executable, "-m", "symsched", "zoo", "--workers", "2", "--out", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    children = Path(f"/proc/{zoo.pid}/task/{zoo.pid}/children")
    for _ in range(240):
        time.sleep(0.5)
        if len(children.read_text().split()) >= 3:  # two workers, and what tracks their resources
            break
    time.sleep(3)
    os.killpg(zoo.pid, signal.SIGINT)
    _, errors = zoo.communicate(timeout=30)
    assert zoo.returncode == 130
    assert "Traceback" not in errors
    assert "symsched: interrupted after" in errors
    assert (tmp_path / "index.html").exists()
