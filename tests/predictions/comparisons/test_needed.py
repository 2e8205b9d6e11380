"""Who needs how many evaluations: the rule that decides, and what it says."""

import json
import math

import pytest
import sympy as sp

import symsched
from symsched import VP, derive
from symsched.predictions.comparisons import needed, table, tuning
from symsched.predictions.comparisons.needed import Needed, Requirement, requirement, requirements_markdown
from symsched.predictions.comparisons.rivals import Rival
from symsched.predictions.comparisons.table import Cell, Comparison
from symsched.predictions.designs.errors import Errors

GOOD, BAD, NONE = Errors(0.009, 0.04), Errors(0.2, 1.0), Errors(math.inf, math.inf)


class Falling(needed._Entrant):
    """One who holds from so many evaluations on."""

    def __init__(self, least):
        super().__init__(Rival("falling", "canonical", None), "canonical", None)
        object.__setattr__(self, "least", least)

    def errors(self, count):
        return GOOD if count >= self.least else BAD


@pytest.mark.parametrize("least", [1, 2, 3, 7, 16, 17, 33])
def test_halving_finds_the_least_number_that_holds(least):
    counts = [2, 3, 4, 6, 8, 12, 16, 24, 32]
    told = next((count for count in counts if count >= least), math.inf)
    assert needed._least(Falling(least), counts).evaluations == told


def row(mine, designed, theirs, name="member"):
    table = None if designed is None else Needed("designed", designed, GOOD)
    return Requirement(name, 1e6, Needed("derived", mine, GOOD), table, Needed("EDM, tuned", theirs, GOOD), "sites", 32)


@pytest.mark.parametrize(
    ("mine", "designed", "theirs", "told"),
    [
        (12, None, 16, "ours"),
        (16, 4, 12, "ours"),
        (16, None, 12, "other"),
        (12, None, 12, "equal"),
        (math.inf, None, math.inf, "neither"),
        (math.inf, None, 32, "other"),
        (math.inf, 8, math.inf, "ours"),
    ],
)
def test_the_verdict(mine, designed, theirs, told):
    assert row(mine, designed, theirs).verdict == told


def test_what_the_zoo_table_says():
    rows = [row(12, None, 16, "one"), row(16, None, 12, "two"), row(math.inf, None, math.inf, "three")]
    text = requirements_markdown(rows)
    assert "| two | 16 (0.0090 / 0.040) | – | 12 (0.0090 / 0.040), EDM, tuned | other | sites |" in text
    assert "| three | more than 32 | – | more than 32 | neither | sites |" in text
    assert "Ours needs fewer evaluations at 1 of 3. Ours loses at two. Nobody holds: three." in text
    json.dumps([one.to_dict() for one in rows], allow_nan=False)


def test_one_mode_is_judged_by_its_sites():
    found = requirement(derive(symsched.CurieWeiss(sp.Rational(1, 2), 0), VP), "hot", evaluations=(2, 4))
    assert found.judged == "mean and deviation of a site"
    assert found.schedule.errors.weight == 0
    assert found.schedule.evaluations <= 4
    with pytest.raises(ValueError, match="evaluations"):
        requirement(derive(symsched.CurieWeiss(2), VP), "x", evaluations=())
    with pytest.raises(TypeError, match="limit"):
        requirement("x", "x")


def cell(grid, count, errors, own=True):
    return Cell(grid, "canonical", count, 1e6, errors, (), own=own)


def test_where_ours_loses_is_said():
    cells = (
        cell("derived", 4, BAD),
        cell("EDM, tuned", 4, GOOD),
        cell("derived", 8, Errors(0.001, 0.001)),
        cell("EDM, tuned", 8, BAD),
        cell("cosine", 8, NONE),
    )
    found = Comparison(cells, "title")
    assert [(one.grid, one.evaluations) for one in found.losses(1e6)] == [("EDM, tuned", 4)]
    assert found.needed("derived", "canonical", 1e6) == 8
    assert found.needed("EDM, tuned", "canonical", 1e6) == math.inf
    text = found.to_markdown()
    assert "Ours loses at 4 to EDM, tuned by canonical (0.0090 / 0.040)." in text
    assert "| derived | canonical, its own | 0.2000 / 1.000 | 0.0010 / 0.001 | 8 |" in text
    assert "| cosine | canonical, its own | – | – | more than 8 |" in text


def test_a_search_keeps_its_best_and_stops_where_numbers_do_not_matter(monkeypatch):
    asked = []

    def cost(model, plan, best, *, settle):
        asked.append(plan)
        return abs(plan - 3) + 2, Errors(abs(plan - 3), 0.0)

    monkeypatch.setattr(tuning, "_cost", cost)
    rival = Rival("line", "canonical", lambda count, numbers, scheme: float(numbers[0]), (1.0,))
    found = tuning.tuned(rival, "canonical", 4, None)
    assert found.numbers[0] == pytest.approx(3, abs=0.1)
    assert len(asked) <= tuning.TRIES
    asked.clear()
    monkeypatch.setattr(tuning, "_cost", lambda *_, settle: (asked.append(1) or 20.0, Errors(0.2, 1.0)))
    tuning.tuned(rival, "canonical", 4, None)
    assert len(asked) == 5
    assert table.Comparison((), "nothing").to_markdown() == "\n"
