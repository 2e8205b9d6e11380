"""A source as text: nothing of a user becomes code, and the same input gives the same bytes."""

import ast
import os
import subprocess
import sys

import pytest
import sympy as sp

from symsched.schedules.interpolant import VP, Interpolant
from symsched.schedules.schedule import custom, dilate
from symsched.schedules.sources import TARGETS
from symsched.schedules.sources.comments import plain
from symsched.symbols import t, tau

PAPER = [("speciation", sp.Rational(1, 2), 1), ("data", sp.S.Zero, None)]
HOSTILE = (
    "*/ int injected = 1; /*",
    '"""\nINJECTED = 1\n"""',
    "x\rINJECTED = 1",
    "x\u2028INJECTED = 1\x0bINJECTED = 1\x85INJECTED = 1",
    "ends in a backslash \\",
    "a trigraph ??/",
    "* / */ **/ //* /\x00/",
    "\x1b[31m σ_κ é",
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_names_stay_in_comments(run, text):
    schedule = dilate(Interpolant(1 - tau, tau, text), PAPER)
    for target in ("numpy", "torch", "jax"):
        tree = ast.parse(schedule.source(target, title=text))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert not names & {"INJECTED", "injected"}
    code = schedule.source("c", title=text)
    body = code[code.index("*/") + 2 :]
    assert "injected" not in body.lower()
    assert "*/" not in plain(text)
    assert not plain(text).endswith("\\")
    assert plain(text).isascii()
    run("c", code)
    csv = schedule.source("csv", title=text, d=1e4, steps=4, kappa=3.0)
    assert [line[0] for line in csv.splitlines()].count("#") == len(csv.splitlines()) - 6


def test_window_names_stay_in_comments(run):
    schedule = custom(VP, t, name="*/ int injected; /*")
    assert "injected" not in schedule.source("c").split("*/", 1)[1]
    run("c", schedule.source("c"))
    assert schedule.source("numpy").count("injected") == 1


def test_the_same_input_gives_the_same_bytes():
    program = (
        "import sympy as sp, sys\n"
        "from symsched.schedules.interpolant import VP\n"
        "from symsched.schedules.schedule import dilate\n"
        "s = dilate(VP, [('speciation', sp.Rational(1, 2), 1), ('data', sp.S.Zero, None)])\n"
        f"print(''.join(s.source(one, d=1e6, steps=9, kappa=3.0) for one in {TARGETS!r}), end='')"
    )
    schedule = dilate(VP, PAPER)
    here = "".join(schedule.source(one, d=1e6, steps=9, kappa=3.0) for one in TARGETS)
    seed = "7" if os.environ.get("PYTHONHASHSEED") != "7" else "8"
    elsewhere = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert here == elsewhere


def test_arguments_that_say_nothing_are_refused():
    schedule = dilate(VP, PAPER)
    for wrong, error, words in (
        ({"title": 5}, TypeError, "title must be text, got 5"),
        ({"d": 1e4}, ValueError, "need both d and steps"),
        ({"steps": 4}, ValueError, "need both d and steps"),
        ({"d": 1e4, "steps": 4}, ValueError, "depends on kappa"),
        ({"d": "1e4", "steps": 4, "kappa": 3.0}, TypeError, "d must be a real number"),
        ({"d": 1e4, "steps": 4, "kappa": 3.0, "scheme": "adam"}, ValueError, "did you mean 'adams'"),
        ({"target": ["c"]}, ValueError, "unknown target"),
    ):
        with pytest.raises(error, match=words):
            schedule.source(**wrong)


def test_a_function_that_a_language_lacks_is_named():
    w = sp.LambertW(tau * sp.E)
    schedule = custom(Interpolant(1 - tau, tau), sp.LambertW(t * sp.E))
    assert w.subs(tau, 1) == 1
    for target in ("numpy", "torch", "jax", "c"):
        with pytest.raises(ValueError, match="LambertW"):
            schedule.source(target)


@pytest.mark.parametrize("target", ["numpy", "c", "torch", "jax"])
def test_functions_of_its_own_path(run, target):
    # sech and erf of a clock: no library of arrays has the one, NumPy has neither.
    bent = t * sp.erf(2 * t) / sp.erf(2) * (1 + (t - 1) * sp.sech(3 * t) / 4)
    schedule = custom(VP, bent)
    source = run(target, schedule.source(target))
    for place in (0.0, 0.3, 0.9, 1.0):
        assert float(source.schedule(place, 1e4, 3.0)[0]) == pytest.approx(float(bent.subs(t, place)), rel=1e-13)
