"""Our schedule beside the grids in use: what a table says is what plans of those grids do."""

import json

import numpy as np
import pytest

import symsched
from symsched import VP, compare, derive, parse, predict
from symsched.schedules.schemes import canonical

FEW = ("derived", "AYS, SVD", "EDM, tuned", "uniform t, VE")


@pytest.fixture(scope="module")
def limit():
    return derive(parse("3/10*Normal(0, 3/2) + 7/10*Normal(0, 1/2)"), VP)


@pytest.fixture(scope="module")
def found(limit):
    return compare(limit, evaluations=(12,), dimensions=(1e6,), schemes=("dpmpp_2m",), grids=FEW, designed=False)


def test_a_grid_is_what_its_formula_says(limit):
    """EDM's published list by a loop of its own: Euler in σ on the prediction's own plan."""
    count, d = 10, 1e4
    result = compare(
        limit,
        evaluations=(count,),
        dimensions=(d,),
        schemes=("canonical",),
        grids=("EDM as published",),
        designed=False,
    )
    (cell,) = [cell for cell in result.cells if not cell.own]
    assert [one.scheme for one in result.cells if one.own] == ["heun"]
    steps = np.arange(count) / (count - 1)
    sigma = (80 ** (1 / 7) + steps * (0.002 ** (1 / 7) - 80 ** (1 / 7))) ** 7
    plan = canonical(np.linspace(0, 1, count + 1), np.append(np.ones(count), 0.0), np.append(1 / sigma, 1.0))
    told = predict(limit, d=d, schedule=plan)
    assert cell.errors.weight == pytest.approx(abs(told[0].weight - 0.3), abs=1e-9)


def test_ours_needs_fewer_than_any_other_at_an_order_above_one(found):
    best = {}
    for cell in found.cells:
        best.setdefault(cell.evaluations, {})[cell.grid] = min(
            cell.errors.worst, best.get(cell.evaluations, {}).get(cell.grid, np.inf)
        )
    assert found.needed("derived", "edgeworth", 1e6) <= 12
    others = [value for grid, value in best[12].items() if grid != "derived"]
    assert best[12]["derived"] < min(others)


def test_what_it_shows(found):
    table = found.to_markdown()
    assert "| derived | edgeworth, its own |" in table
    assert "EDM, tuned" in table
    assert json.loads(json.dumps(found.to_dict()))["cells"][0]["evaluations"] == 12
    assert len(found.plot().axes) == 2
    assert repr(found).startswith("<Comparison of")


def test_bad_input_is_named(limit):
    with pytest.raises(ValueError, match="schemes"):
        compare(limit, schemes=("heun",))
    with pytest.raises(ValueError, match="unknown grid 'EDM'"):
        compare(limit, grids=("EDM",), designed=False)
    with pytest.raises(ValueError, match="evaluations"):
        compare(limit, evaluations=())
    with pytest.raises(TypeError, match="limit"):
        compare(symsched.CurieWeiss(2))


def test_what_does_not_fit_is_infinite_and_json_all_the_same(limit):
    """At d = 10 no κ of the search leaves the schedule's windows apart, where the first is as wide as the data's."""
    result = compare(
        limit, evaluations=(2,), dimensions=(10.0,), schemes=("canonical",), grids=("derived",), designed=False
    )
    json.dumps(result.to_dict(), allow_nan=False)
    with pytest.raises(TypeError, match="dimensions must be a sequence"):
        compare(limit, dimensions=1e6)
    with pytest.raises(TypeError, match="schemes must be a sequence"):
        compare(limit, schemes="canonical")


def test_interrupted_it_keeps_what_is_done(limit, monkeypatch):
    from symsched.predictions.comparisons import compare as module

    known = module.tuned
    asked = []

    def tuned(*given, **more):
        asked.append(given)
        if len(asked) > 2:
            raise KeyboardInterrupt
        return known(*given, **more)

    monkeypatch.setattr(module, "tuned", tuned)
    found = compare(limit, evaluations=(4,), grids=("AYS, SVD", "cosine"), designed=False)
    assert found.interrupted
    assert len(found.cells) == 2
    assert found.to_dict()["interrupted"]
    assert len(found.plot().axes) == 2
