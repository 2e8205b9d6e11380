"""Sweeps: cells are kept as they are done, found again, and never confused."""

import dataclasses
import errno
import json
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
import sympy as sp
from sympy.stats import Laplace, Normal

import symsched
from symsched.reporting.folder import FolderError
from symsched.simulation import sweeps
from symsched.simulation.fingerprint import fingerprint
from symsched.simulation.run import RunInterruptedError
from symsched.zoo import ZOO

HALF = sp.Rational(1, 2)
PAIR = symsched.GaussianMixture(sp.Rational(4, 5), 1, HALF)
SETTINGS = {"dimensions": (200, 900), "steps": (5, 10), "n": 50}


@pytest.fixture
def runs(monkeypatch):
    """The dimension and the steps of every run that takes place."""
    done = []
    simulate = sweeps.simulate

    def counted(*arguments, **settings):
        done.append((settings["d"], settings["steps"]))
        return simulate(*arguments, **settings)

    monkeypatch.setattr(sweeps, "simulate", counted)
    return done


def test_cells_are_runs():
    limit = symsched.derive(PAIR, symsched.VP)
    result = symsched.sweep(PAIR, {"dilated": limit, "plain": symsched.VP}, **SETTINGS)
    assert [(c.schedule, c.steps, c.dimension) for c in result.cells] == [
        (name, steps, d) for name in ("dilated", "plain") for steps in (5, 10) for d in (200, 900)
    ]
    assert all(abs(sum(w.value for w in cell.weights) - 1) < 1e-12 for cell in result.cells)
    assert "900" in result.to_markdown()
    assert json.loads(json.dumps(result.to_dict(), allow_nan=False))["cells"][0]["dimension"] == 200
    assert result.plate(predicted=False)["weight"].curves[0].label == "dilated, 5 steps"


def test_a_full_disk_names_the_cell_and_leaves_none_behind(tmp_path, monkeypatch, runs):
    def full(path, content):
        with path.open("wb") as stream:
            stream.write(content[: len(content) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.write_bytes", full)
        with pytest.raises(OSError, match="No space left on device") as caught:
            symsched.sweep(PAIR, symsched.VP, folder=tmp_path, **SETTINGS)
    assert f"at {tmp_path}{os.sep}" in str(caught.value) and not list(tmp_path.iterdir())
    symsched.sweep(PAIR, symsched.VP, folder=tmp_path, **SETTINGS)
    assert len(runs) == 1 + 4 == 1 + len(list(tmp_path.iterdir()))


def test_dilated_weights_stay_where_plain_ones_move():
    """The paper's claim at fixed steps as d grows, and its negative control."""
    limit = symsched.derive(PAIR, symsched.VP)
    result = symsched.sweep(
        PAIR, {"dilated": limit, "plain": symsched.VP}, dimensions=(10**2, 10**8), steps=(40,), n=4_000
    )
    dilated, plain = ([c.weights[0] for c in result.cells if c.schedule == name] for name in ("dilated", "plain"))
    assert abs(dilated[1].value - dilated[0].value) < 4 * np.hypot(dilated[0].standard_error, dilated[1].standard_error)
    assert abs(plain[1].value - plain[0].value) > 4 * np.hypot(plain[0].standard_error, plain[1].standard_error)


def test_an_interrupted_sweep_goes_on_where_it_stopped(tmp_path, runs, monkeypatch):
    limit = symsched.derive(PAIR, symsched.VP)
    counted = sweeps.simulate

    def stopped(*arguments, **settings):
        if len(runs) == 3:
            raise RunInterruptedError(None)
        return counted(*arguments, **settings)

    monkeypatch.setattr(sweeps, "simulate", stopped)
    with pytest.raises(KeyboardInterrupt):
        symsched.sweep(PAIR, limit, folder=tmp_path, **SETTINGS)
    assert len(list(tmp_path.glob("*.json"))) == 3
    assert not list(tmp_path.glob(".*"))
    monkeypatch.setattr(sweeps, "simulate", counted)
    whole = symsched.sweep(PAIR, limit, folder=tmp_path, **SETTINGS)
    assert len(runs) == 4
    fresh = symsched.sweep(PAIR, limit, **SETTINGS)
    assert [dataclasses.replace(cell, seconds=0) for cell in whole.cells] == [
        dataclasses.replace(cell, seconds=0) for cell in fresh.cells
    ]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: '{"title": "something else"}',
        lambda text: text.replace('"n": 50', '"n": 51'),
        lambda text: text.replace('"seconds": ', '"seconds": NaN, "was": '),
        lambda text: text.replace("0.", "0.1", 1),
        lambda text: json.dumps({"cell": json.loads(text)["cell"]}),
        lambda text: "[" * 200_000,
    ],
    ids=["half written", "empty", "list", "foreign", "another n", "not a number", "another weight", "no seal", "deep"],
)
def test_a_file_that_is_no_cell_is_named_and_done_again(tmp_path, runs, damage):
    limit = symsched.derive(PAIR, symsched.VP)
    settings = {"dimensions": (200,), "steps": (5,), "n": 50}
    (right,) = symsched.sweep(PAIR, limit, folder=tmp_path, **settings).cells
    (file,) = tmp_path.glob("*.json")
    file.write_text(damage(file.read_text()))
    with pytest.warns(UserWarning, match=f"{file.name} holds no finished cell of this sweep"):
        (again,) = symsched.sweep(PAIR, limit, folder=tmp_path, **settings).cells
    assert dataclasses.replace(again, seconds=0) == dataclasses.replace(right, seconds=0)
    symsched.sweep(PAIR, limit, folder=tmp_path, **settings)
    assert len(runs) == 2


def test_a_folder_in_the_place_of_a_cell_is_an_error_that_names_it(tmp_path):
    limit = symsched.derive(PAIR, symsched.VP)
    settings = {"dimensions": (200,), "steps": (5,), "n": 50}
    symsched.sweep(PAIR, limit, folder=tmp_path, **settings)
    (file,) = tmp_path.glob("*.json")
    file.unlink()
    file.mkdir()
    with pytest.raises(FolderError, match=f"{file.name} away"):
        symsched.sweep(PAIR, limit, folder=tmp_path, **settings)


def test_no_damaged_byte_of_a_cell_is_read_as_a_number(tmp_path):
    """Every file that differs from the one written in one byte, or is cut, is refused: sixty of them."""
    limit = symsched.derive(PAIR, symsched.VP)
    settings = {"dimensions": (200,), "steps": (5,), "n": 50}
    (right,) = symsched.sweep(PAIR, limit, folder=tmp_path, **settings).cells
    (file,) = tmp_path.glob("*.json")
    whole, rng = file.read_bytes(), np.random.default_rng(0)
    for trial in range(60):
        place = int(rng.integers(len(whole) - 2))
        other = bytes([(whole[place] + int(rng.integers(1, 256))) % 256])
        file.write_bytes(whole[:place] if trial % 3 == 0 else whole[:place] + other + whole[place + 1 :])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            kept = sweeps._kept(file)
        assert kept is None or kept == right  # a space may be another space


def test_a_cell_depends_on_its_own_settings_only(tmp_path, runs):
    limit = symsched.derive(PAIR, symsched.VP)
    alone = symsched.sweep(PAIR, limit, dimensions=(900,), steps=(10,), n=50)
    among = symsched.sweep(PAIR, limit, **SETTINGS)
    assert dataclasses.replace(alone.cells[0], seconds=0) == dataclasses.replace(among.cells[-1], seconds=0)


@pytest.mark.parametrize(
    "change",
    [{"rng": 1}, {"n": 51}, {"kappa": 4}, {"scheme": "canonical"}, {"steps": (6,)}, {"dimensions": (201,)}],
    ids=lambda change: next(iter(change)),
)
def test_another_question_is_not_answered_from_disk(tmp_path, runs, change):
    limit = symsched.derive(PAIR, symsched.VP)
    settings = {"dimensions": (200,), "steps": (5,), "n": 50}
    symsched.sweep(PAIR, limit, folder=tmp_path, **settings)
    symsched.sweep(PAIR, limit, folder=tmp_path, **{**settings, **change})
    assert len(runs) == 2


def test_other_code_or_another_distribution_is_not_answered_from_disk(tmp_path, runs, monkeypatch):
    limit = symsched.derive(PAIR, symsched.VP)
    settings = {"dimensions": (200,), "steps": (5,), "n": 50, "folder": tmp_path}
    symsched.sweep(PAIR, limit, **settings)
    monkeypatch.setattr(sweeps, "code_fingerprint", lambda: "another")
    symsched.sweep(PAIR, limit, **settings)
    close = symsched.GaussianMixture(sp.Float("0.80000000000000001", 20), 1, HALF)
    symsched.sweep(close, limit, **settings)
    assert len(runs) == 3


def test_fingerprints_tell_apart_what_prints_alike():
    one, other = sp.Float("0.1", 15), sp.Float("0.1", 30)
    assert str(one)[:3] == str(other)[:3]
    names = [one, other, 0.1, "0.1", sp.Symbol("x"), sp.Symbol("x", positive=True), (1, 2), (12,), 1, True, "1", None]
    assert len({fingerprint(value) for value in names}) == len(names)
    assert fingerprint(np.zeros(2)) != fingerprint(np.zeros(3)) != fingerprint(np.zeros(3, dtype=int))
    with pytest.raises(TypeError, match="no fingerprint"):
        fingerprint(lambda x: x)
    assert len({fingerprint(entry.distribution()) for entry in ZOO}) == len(ZOO)


def test_fingerprints_are_those_of_every_process():
    text = (
        "import sympy as sp, symsched; from sympy.stats import Laplace, Normal; "
        "from symsched.simulation.fingerprint import fingerprint; h = sp.Rational(1, 2); "
        "m = symsched.ProductMixture([(h, Laplace('a', 0, 1)), (h, Normal('a', 0, 1))]); "
        "print(fingerprint(m, symsched.derive(m, symsched.VP).schedule))"
    )
    mixture = symsched.ProductMixture([(HALF, Laplace("a", 0, 1)), (HALF, Normal("a", 0, 1))])
    expected = fingerprint(mixture, symsched.derive(mixture, symsched.VP).schedule)
    other = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, timeout=120)
    assert other.stdout.strip() == expected


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dimensions": ()}, "at least one"),
        ({"dimensions": 100}, "sequence of integers"),
        ({"steps": (0,)}, "steps"),
        ({"n": 0}, "n must"),
        ({"kappa": "3"}, "kappa"),
    ],
    ids=["no dimension", "a number", "no steps", "no paths", "text"],
)
def test_bad_input_is_refused(change, words):
    with pytest.raises((ValueError, TypeError), match=words):
        symsched.sweep(PAIR, symsched.VP, **{**SETTINGS, **change})
