"""Every script under derivations/ runs alone and ends with its check; a claim that comes out otherwise stops it."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import sympy as sp

from symsched.reporting.claim import Finding
from symsched.reporting.verdicts import deterministic
from symsched.symbols import t

FOLDER = Path(__file__).parent.parent / "derivations"
FILES = sorted(path for pattern in ("gm_??_*.py", "cw_??_*.py") for path in FOLDER.glob(pattern))
SCRIPTS = [path for path in FILES if "CLAIM = Claim(" not in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("script", SCRIPTS, ids=[path.stem for path in SCRIPTS])
def test_script_runs_alone(script, tmp_path):
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "BROKEN" not in done.stdout
    number = int(script.stem.split("_")[1])
    assert f"laim {number}" in done.stdout


def test_there_is_a_script_for_every_gaussian_claim():
    numbers = {int(path.stem.split("_")[1]) for path in FILES}
    assert numbers >= {*range(1, 11), 18}


def test_a_claim_that_comes_out_otherwise_stops_the_script(capsys):
    telling = runpy.run_path(str(FOLDER / "telling.py"))
    row = deterministic("one is two", 1.0, 2.0, 1e-9)

    def check(_, **changes):
        return Finding(1, "wrong", "One is two.", (sp.Eq(t, t, evaluate=False),), (row,), **changes)

    with pytest.raises(SystemExit):
        telling["conclude"](check)
    telling["conclude"](lambda effort: check(effort, expected="fails", reason="one is not two"))
    assert "one is two" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        telling["require"]("one is two", False)
