"""The driver of reproduce: settings, order, interruption, progress, folders."""

import pytest
import sympy as sp

from symsched.reporting.claim import Finding
from symsched.reporting.folder import FolderError
from symsched.reporting.verdicts import deterministic
from symsched.symbols import t
from symsched.validation import reproduction
from symsched.validation.claim import FEW, PAPER, claims
from symsched.validation.effort import Effort
from symsched.validation.reproduction import TITLE, reproduce


def small(number, *, interrupt=False):
    def check(effort):
        if interrupt:
            raise KeyboardInterrupt
        row = deterministic("one", 1.0, 1.0 + effort.seed, 1e-9)
        return Finding(number, f"claim {number}", "One is one.", (sp.Eq(t, t, evaluate=False),), (row,))

    return f"gm_{number:02d}_small", check


class TestReproduce:
    """The driver: settings, order, interruption, folders."""

    def test_settings_and_order(self, tmp_path):
        ledger = reproduce(tmp_path / "out", quick=True, progress=False, checks=(small(1), small(2)))
        assert [claim.number for claim in ledger.claims] == [1, 2]
        assert ledger.passed
        assert ledger.settings["effort"] == "quick"
        assert ledger.settings["seed"] == 0
        assert {"Python", "NumPy", "SciPy", "SymPy", "processor cores"} <= set(ledger.settings)
        assert ledger.settings["claims finished"] == "2 of 2"
        assert all(claim.seconds > 0 for claim in ledger.claims)
        assert (tmp_path / "out" / "index.html").exists()

    def test_seed_reaches_the_claims(self):
        assert not reproduce(quick=True, progress=False, seed=1, checks=(small(1),)).passed

    def test_all_adds_the_claims_that_the_paper_does_not_make(self, monkeypatch):
        class Told:
            def __init__(self, number):
                self.check = small(number)[1]

        told = {PAPER: (1,), PAPER + FEW: (1, 20)}
        monkeypatch.setattr(
            reproduction, "claims", lambda words=PAPER: tuple((f"gm_{n:02d}_small", Told(n)) for n in told[words])
        )
        ledgers = [reproduce(quick=True, progress=False, everything=everything) for everything in (False, True)]
        assert [[claim.number for claim in ledger.claims] for ledger in ledgers] == [[1], [1, 20]]
        assert [ledger.title for ledger in ledgers] == [TITLE, f"{TITLE}, with those on few evaluations"]

    def test_an_interrupted_run_leaves_what_it_has(self, tmp_path):
        checks = (small(1), small(2, interrupt=True), small(3))
        with pytest.raises(KeyboardInterrupt):
            reproduce(tmp_path / "out", quick=True, progress=False, checks=checks)
        page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
        assert "claim 1" in page
        assert "1 of 3" in page

    def test_a_folder_that_cannot_be_written_is_refused_first(self, tmp_path):
        (tmp_path / "file").write_text("taken")
        called = []
        checks = (("gm_01_never", called.append),)
        with pytest.raises(FolderError, match="needs a folder"):
            reproduce(tmp_path / "file", quick=True, progress=False, checks=checks)
        assert not called

    def test_same_seed_same_numbers(self):
        claim = dict(claims())["gm_03_root_d"]
        one, other, changed = (
            [row.measured for check in claim.checks[:2] for row in check.rows(Effort(quick=True, seed=seed))]
            for seed in (0, 0, 1)
        )
        assert one == other
        assert one != changed

    def test_the_same_run_leaves_the_same_bytes(self, tmp_path):
        left = []
        for name in "ab":
            said = {"date": "2026-01-02", "commit": "v1"}
            reproduce(tmp_path / name, quick=True, progress=False, checks=(small(1), small(2)), **said)
            files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
            left.append({path.name: path.read_bytes() for path in files})
        assert left[0] == left[1] and len(left[0]) == 4
        assert b"commit v1" in left[0]["index.html"] and b"2026-01-02" in left[0]["report.tex"]

    def test_a_bad_date_is_refused_before_any_work(self):
        called = []
        with pytest.raises(ValueError, match="YYYY-MM-DD"):
            reproduce(quick=True, progress=False, checks=(("gm_01_never", called.append),), date="today")
        assert not called

    def test_every_claim_says_where_in_the_paper_it_is_made(self):
        parts = [claim.part for _, claim in claims()]
        assert all(parts) and len(set(parts)) == len(parts)

    def test_without_a_terminal_there_is_a_line_for_every_claim(self, capsys):
        reproduce(quick=True, checks=(small(1), small(2)))
        lines = capsys.readouterr().err.splitlines()
        assert [line.partition(",")[0] for line in lines] == ["claim 1 holds (1 of 2", "claim 2 holds (2 of 2"]
        assert [line.rpartition(": ")[2] for line in lines] == ["claim 1", "claim 2"]
        reproduce(quick=True, progress=False, checks=(small(1),))
        assert not capsys.readouterr().err
