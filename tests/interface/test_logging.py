"""What long work says: nothing unless somebody listens, and then where it is, on standard error alone."""

import json
import logging
import subprocess
import sys
import time

import sympy as sp

import symsched
from symsched.algebra.budget import VARIABLE, within_budget
from symsched.cli import main

LISTED = ("derive", "two-variances", "--json")


def test_verbose_tells_on_standard_error_and_leaves_the_answer_alone(capsys):
    assert main(list(LISTED)) == 0
    quiet = capsys.readouterr()
    assert main([*LISTED, "--verbose"]) == 0
    told = capsys.readouterr()
    assert quiet.err == ""
    assert "deriving the phases" in told.err
    assert json.loads(told.out) == json.loads(quiet.out)
    # Listening ends with the command.
    assert main(list(LISTED)) == 0
    assert capsys.readouterr().err == ""


def test_python_is_silent_without_a_listener():
    script = "import symsched; symsched.derive(symsched.parse('1/2*Normal(1, 1) + 1/2*Normal(-1, 1)'), symsched.VP)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""


def test_each_kind_of_long_work_says_what_it_does(caplog, monkeypatch):
    caplog.set_level(logging.INFO, "symsched")
    gm = symsched.GaussianMixture(p=sp.Rational(4, 5), m=1, sigma=sp.Rational(1, 2))
    limit = symsched.derive(gm, symsched.VP)
    symsched.simulate(gm, limit, d=400, n=7, steps=6, kappa=3, rng=0, keep="statistics")
    table = symsched.design(limit, 3, widths=0.5, weights=0.8)
    assert "simulating 7 paths of 6 steps at d = 400" in caplog.text
    starts = [record for record in caplog.records if record.name.endswith("designs.minimax")]
    assert len(starts) >= len(table.starts) > 0
    monkeypatch.setenv(VARIABLE, "0.05")
    assert within_budget("a long step", lambda: [time.sleep(0.01) for _ in range(1000)], lambda: 5) == 5
    assert "a long step: not done after 0.05 s, numbers take over" in caplog.text
