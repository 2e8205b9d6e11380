"""The command that compares grids: what it says, draws, and does not take."""

import json

import pytest

from symsched.cli import main


def test_compare_says_where_ours_loses_and_draws(capsys, monkeypatch, tmp_path):
    from symsched.predictions.comparisons import compare as module
    from symsched.predictions.comparisons.tuning import Tuned
    from symsched.predictions.designs.errors import Errors

    monkeypatch.setattr(module, "tuned", lambda rival, *_: Tuned(Errors(0.1 / len(rival.name), 0.0), ()))
    monkeypatch.setattr(module, "_designs", lambda *_: {})
    asked = ("compare", "gaussian-mixture", "--evaluations", "2", "64", "--d", "1e4", "1e6", "--out", str(tmp_path))
    assert main(list(asked)) == 0
    out = capsys.readouterr().out
    assert "| EDM, tuned | heun, its own |" in out
    assert "Ours loses at 2 to" in out
    assert sorted(p.name for p in tmp_path.iterdir()) == ["comparison-1e+04.png", "comparison-1e+06.png"]


def test_compare_tells_what_a_member_of_the_zoo_needs(capsys):
    asked = ("compare", "--zoo", "curie-weiss-hot", "--evaluations", "2", "4", "--workers", "1")
    assert main([*asked, "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["members"]
    assert row["name"] == "curie-weiss-hot"
    assert row["verdict"] in {"ours", "other", "equal"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("compare",), "compare needs a NAME"),
        (("compare", "--zoo", "--d", "1e4", "1e6"), "--zoo takes one d"),
        (("compare", "--zoo", "gaussian-mixture", "--set", "p=1/3"), "--zoo takes every member as it is"),
        (("compare", "--zoo", "no-such-thing"), "unknown distribution"),
    ],
)
def test_compare_names_what_it_does_not_take(capsys, arguments, said):
    assert main(list(arguments)) == 2
    assert said in capsys.readouterr().err
