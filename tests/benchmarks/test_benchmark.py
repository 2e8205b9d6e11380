"""The benchmark measures what it says; nothing is asserted about time."""

import dataclasses
import json

import numpy as np
import pytest

import symsched
from symsched.models.noise import Blocks
from symsched.simulation.run import run_plan
from symsched.zoo import find

from .comparison import compare, comparison_markdown
from .families import FAMILIES, dilated_plan
from .floor import measure_floor
from .report import BenchmarkReport, rounding
from .symbolic import measure_symbolic
from .yardstick import SETTINGS, magnetisation, plain_loop


def small(setting):
    return dataclasses.replace(setting, d=1200, n=3, steps=8)


class BlockNoise:
    """The noise of a run's first block, handed out like a generator's."""

    def standard_normal(self, shape):
        return Blocks(3, *shape).generator(0).standard_normal(shape)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_plain_loops_agree_with_the_samplers(setting):
    setting = small(setting)
    theirs = plain_loop(setting, BlockNoise(), keep_paths=False)
    np.testing.assert_array_equal(theirs, plain_loop(setting, BlockNoise()))
    ours = run_plan(setting.product_form.model(setting.d), setting.plan, setting.n, 3).x
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-8 * max(1, np.abs(ours).max()))


def test_timings_and_report():
    timings = [measure_floor("Gaussian modes", d, 3, 4, repetitions=1) for d in (100, 1000)]
    assert all(timing.ratio > 0 for timing in timings)
    report = BenchmarkReport(tuple(timings), {"Gaussian modes": {"d": tuple(timings)}})
    assert set(report.exponents()["Gaussian modes"]) == {"d"}
    assert json.loads(json.dumps(report.to_dict()))["targets"][0]["d"] == 100
    assert "Gaussian modes" in report.to_markdown()
    squared = tuple(dataclasses.replace(timings[0], n=n, seconds=float(n) ** 2) for n in (1, 10, 100))
    assert BenchmarkReport((), {"": {"n": squared}}).exponents() == {"": {"n": pytest.approx(2)}}
    with pytest.raises(ValueError, match="Curie"):
        measure_floor("Curie", 10, 1, 1)


@pytest.mark.parametrize("setting", [SETTINGS[0], SETTINGS[5]], ids=lambda setting: setting.name)
def test_comparison(setting):
    setting = dataclasses.replace(setting, d=300, n=400, steps=12)
    result = compare(setting, repetitions=1, exact_paths=1000)
    assert result.plain_peak > result.peak / 100
    exact = result.exact_weight
    for weight in (result.weight, result.plain_weight):
        error = np.hypot(weight.standard_error, exact.standard_error)
        assert abs(weight.value - exact.value) < 4.5 * error
        # The other mode's weight would be told apart.
        assert abs(1 - weight.value - exact.value) > 4.5 * error
    assert setting.name in comparison_markdown([result])


@pytest.mark.parametrize("coupling", [1.1, 2.0])
def test_spins_settle_at_their_own_mean(coupling):
    mean = magnetisation(coupling)
    assert mean == pytest.approx(np.tanh(coupling * mean), rel=1e-12)
    assert mean > 0.5


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_plans_begin_in_noise_and_are_slow_in_the_window(setting):
    plan = setting.plan
    scale = np.sqrt(setting.d)
    assert plan.alpha[0] == pytest.approx(scale if "ve" in setting.name else 1)
    assert (plan.alpha[-1], plan.beta[-1]) == (0, 1)
    # Half of the steps have the signal ψ√d of order κ (after one step, for a variance-exploding path).
    inside = np.sum(plan.psi * scale < 1.2 * setting.kappa)
    assert inside >= setting.steps / 2 - 1 if "vp" in setting.name else inside > 0


@pytest.mark.parametrize("linear", [True, False])
def test_the_dilated_plan_is_the_derived_one(linear):
    paths = (symsched.VP, symsched.VE) if linear else (symsched.VP_TRIG,)
    for path in paths:
        derived = symsched.derive(FAMILIES["Gaussian modes"], path).schedule.plan(20, 10**4, 3)
        ours = dilated_plan(10**4, 20, ve=path is symsched.VE, linear=linear)
        for name in ("alpha", "beta", "psi"):
            np.testing.assert_allclose(getattr(ours, name), getattr(derived, name), rtol=1e-12, atol=1e-14)


def test_the_symbolic_side_is_timed_and_a_report_holds_everything():
    symbolic = measure_symbolic(find("curie-weiss"))
    assert symbolic.derive > 0
    sums = measure_floor("Curie–Weiss", 10**12, 3, 4, keep="statistics", repetitions=1, method="order parameter")
    assert (sums.floor, sums.ratio, sums.own_ratio) == (None, None, None)
    comparison = compare(small(SETTINGS[0]), repetitions=1, exact_paths=10)
    report = BenchmarkReport((sums,), {}, (sums,), (comparison,), (symbolic,), {"Curie–Weiss": 1e-7})
    text = report.to_markdown()
    for part in ("curie-weiss", "gm_vp", "1.0e-07", "| – | – |"):
        assert part in text
    assert set(json.loads(json.dumps(report.to_dict(), allow_nan=False))) >= {"sums", "comparisons", "symbolic"}


def test_single_precision_is_as_good_as_it_can_be():
    assert 1e-9 < rounding(FAMILIES["Gaussian modes"], 1000) < 1e-6
