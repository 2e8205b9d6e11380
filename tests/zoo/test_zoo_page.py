"""The page of the zoo: what an exhibit holds, and what it says of limits that are not reached."""

import json
from dataclasses import replace

import numpy as np

from symsched.reporting.folder import write_folder
from symsched.reporting.pages.data import to_dict
from symsched.reporting.verdicts import Verdict
from symsched.zoo import Settings, find
from symsched.zoo.page import exhibit, gallery


def tiny(name, **changes):
    entry = find(name)
    settings = Settings(**{"dimensions": (900, 3600), "n": 400, "steps": 30, "kappa": entry.settings.kappa, **changes})
    return replace(entry, settings=settings)


def test_an_exhibit_holds_derivation_validation_and_a_picture(tmp_path):
    claim = exhibit(tiny("gaussian-line"), 7)
    assert claim.number == 7
    assert claim.holds
    assert "ψ ~ d^(−1/2), order q = 1: 3 outcomes" in claim.statement
    assert any(row.z is None and "Gram matrix" in row.claim for row in claim.rows)
    sampled = [row for row in claim.rows if row.z is not None and "at s = 1" not in row.claim]
    assert {row.dimension for row in sampled if not row.claim.startswith("rate")} == {900, 3600}
    (chart,) = claim.charts
    points = [curve for curve in chart.curves if curve.style == "points"]
    assert len(chart.curves) > len(points) == 1
    ledger = gallery([claim])
    assert json.dumps(to_dict(ledger), allow_nan=False)
    assert "gaussian-line" in write_folder(ledger, tmp_path).read_text(encoding="utf-8")


def test_the_same_seed_gives_the_same_numbers_whatever_the_place():
    first, second = (exhibit(tiny("gaussian-line", n=50), place).rows for place in (1, 2))
    assert first == second
    assert exhibit(tiny("gaussian-line", n=50), 1, seed=1).rows != first


def test_a_limit_that_is_not_reached_yet_decides_nothing_and_says_from_where_it_holds():
    claim = exhibit(tiny("two-variances", dimensions=(400, 900)), 1)
    measured = [row for row in claim.rows if row.dimension in {400, 900}]
    assert measured
    assert not any(row.decides for row in measured)
    assert not any(row.verdict is Verdict.FAILS for row in measured)
    assert "expected to hold from d ≈ 1.6×10⁵ on" in claim.reason
    assert claim.decided


def test_paths_follow_the_flow_of_the_effective_law():
    (chart,) = exhibit(tiny("gaussian-line", dimensions=(1600, 10_000)), 1).charts
    dots = next(curve for curve in chart.curves if curve.style == "points")
    lines = [curve for curve in chart.curves if curve.style == "line"]
    strengths = sorted(set(dots.x))
    ends = [(x, y) for x, y in zip(dots.x, dots.y, strict=True) if x == strengths[-1]]
    for x, y in ends:
        heights = []
        for line in lines:
            across, up = np.array(line.x), np.array(line.y)
            for path in np.split(np.arange(len(across)), np.flatnonzero(np.isnan(across))):
                inside = path[~np.isnan(across[path])]
                if len(inside):
                    heights.append(np.interp(x, across[inside], up[inside]))
        assert min(abs(height - y) for height in heights) < 0.15
