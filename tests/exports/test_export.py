"""What an export promises, without the libraries: lists, refusals, predictions, text."""

import functools
import json
import pickle
import re
from itertools import pairwise

import numpy as np
import pytest
import sympy as sp

import symsched
from symsched.exports.export import TARGETS
from symsched.exports.nodes import nodes_of
from symsched.exports.trained import betas_of
from symsched.predictions.designs.errors import moment_errors

R = sp.Rational
GM = symsched.GaussianMixture(R(4, 5), m=1, sigma=R(1, 2))
LIMIT = symsched.derive(GM, symsched.VP)
SCHEDULE = LIMIT.schedule
PLACE = {"d": 1_000, "steps": 12, "kappa": 3}
FIT = {"diffusers-euler": {"betas": "fit"}, "comfyui": {"betas": "fit"}}


@functools.cache
def to(target, **more):
    return symsched.export(SCHEDULE, target, **{**PLACE, **FIT.get(target, {}), **more})


@pytest.mark.parametrize("target", TARGETS)
def test_an_export_is_plain_data_and_one_line(target):
    export = to(target)
    assert "\n" not in repr(export) and f"to {target} at d = 1000: 12 evaluations" in repr(export)
    data = json.loads(json.dumps(export.to_dict(), allow_nan=False))
    assert data["values"] == list(export.values) and data["evaluations"] == 12
    assert data["predicted"]["weight"] == export.predicted.weight
    assert export.predicted == moment_errors(LIMIT.order_model(1_000), export.plan)
    assert export.least_dimension == pytest.approx(9, rel=1e-5)  # κ/√d is 1 there
    np.testing.assert_allclose(export.plan.psi[1:], SCHEDULE.psi(**PLACE)[1:], rtol=2e-5)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(export)).values, export.values)
    compile(export.call, target, "exec")
    assert all(note.endswith((".", ":")) for note in export.notes)


def euler_in_sigma(sigmas, p, d, n=4001):
    """The weight by a plain loop on the one number that matters: the projection of x = a + σ z on the modes' axis."""
    start = np.linspace(-6, 6, n)
    x = sigmas[0] * start / np.sqrt(d)
    for sigma, following in pairwise(sigmas):
        spread = sigma**2 + 0.25
        share = np.tanh(np.log(p / (1 - p)) / 2 + d * x / spread)
        denoised = share + 0.25 / spread * (x - share)
        x = x + (x - denoised) / sigma * (following - sigma)
    mass = np.exp(-(start**2) / 2)
    return mass[x > 0].sum() / mass.sum()


def test_predicted_errors_are_those_of_a_plain_loop():
    for more in ({}, {"cut": 0.5}):
        export = to("k-diffusion", **more)
        weight = euler_in_sigma(np.array(export.values), 0.8, 1_000)
        assert export.predicted.weight == pytest.approx(abs(weight - 0.8), abs=2e-3)
    # A cut that leaves little of the first step costs what the loop from a small σ_0 costs beside one from a large one.
    whole = euler_in_sigma(np.array(to("k-diffusion", cut=1e-6).values), 0.8, 1_000)
    assert export.cut_cost.weight == pytest.approx(abs(weight - 0.8) - abs(whole - 0.8), abs=3e-3)
    assert abs(export.cut_cost.weight) > 5e-3
    assert abs(to("k-diffusion").cut_cost.weight) < 1e-3


def test_each_coordinate_has_its_list():
    psi = SCHEDULE.psi(**PLACE)
    np.testing.assert_allclose(to("k-diffusion").values, SCHEDULE.sigmas(**PLACE), rtol=1e-7)
    assert to("k-diffusion").values == to("k-diffusion-dpmpp-2m").values == to("json").values
    np.testing.assert_allclose(to("diffusers-flow-match").values, 1 / (1 + psi), rtol=1e-7)
    grid = to("flow-matching").values
    np.testing.assert_allclose(grid[:-1], psi / (1 + psi), rtol=1e-7)
    assert grid[0] == 0 and grid[-1] == 1
    ramp = np.array(to("diffusers-edm").values)
    assert ramp[0] == 0 and ramp[-1] == 1 and np.all(np.diff(ramp) > 0)
    levels = to("diffusers-edm").arguments["EDMEulerScheduler"]
    high, low = levels["sigma_max"] ** (1 / 7), levels["sigma_min"] ** (1 / 7)
    np.testing.assert_allclose((high + ramp * (low - high)) ** 7, SCHEDULE.sigmas(**PLACE)[:-1], rtol=1e-6)
    assert to("diffusers-flow-match").cut is None and to("k-diffusion").cut == 1e-3


def test_comfyui_reads_every_number_of_the_text():
    text = symsched.export(SCHEDULE, "comfyui", d=1e8, steps=12, kappa=3, betas="fit", cut=1e-7).text
    values = [float(found) for found in re.findall(r"[-+]?(?:\d*\.*\d+)", text)]  # the node's own way to read
    assert len(values) == 13 and values[0] > 1e10 and values[-1] == 0
    assert np.all(np.diff(values) < 0)


def test_float32_is_what_a_flow_list_loses():
    fine, coarse = (symsched.export(SCHEDULE, "diffusers-flow-match", d=d, steps=12, kappa=3) for d in (1e6, 1e12))
    assert not any("float32" in note for note in fine.notes)
    assert any("nodes move by up to" in note for note in coarse.notes)
    with pytest.raises(ValueError, match="in float32, and the library would skip a step"):
        symsched.export(SCHEDULE, "diffusers-flow-match", d=1e16, steps=12, kappa=3)
    # Near noise the other library's t has all digits.
    kept = symsched.export(SCHEDULE, "flow-matching", d=1e16, steps=12, kappa=3)
    np.testing.assert_allclose(kept.plan.psi, SCHEDULE.psi(12, 1e16, 3), rtol=1e-6)


def test_betas_are_given_back_by_their_own_sigmas():
    sigmas = np.array([0.01, 0.5, 3.0, 1e5])
    kept = np.cumprod(1 - betas_of(sigmas))
    np.testing.assert_allclose(np.sqrt((1 - kept) / kept), sigmas, rtol=1e-5)


@pytest.mark.parametrize(
    ("target", "more", "words"),
    [
        ("diffusers", {}, "did you mean 'diffusers-euler'"),
        ("k_difusion", {}, "did you mean 'k-diffusion'"),
        ("diffusers-euler", {"betas": None}, "pass betas='fit'"),
        ("diffusers-euler", {"betas": None}, "or cut=0.396, which moves the first node from 6.225e+04 inside"),
        ("comfyui", {"betas": None}, "no cut will do, because the second node has sigma = 62.25 already"),
        ("diffusers-dpmpp-2m", {"betas": [0.1, 0.2]}, "takes integer timesteps"),
        ("diffusers-euler", {"betas": "fitted"}, "betas must be numbers or 'fit'"),
        ("diffusers-euler", {"betas": [0.1, 1.0]}, "between 0 and 1"),
        ("k-diffusion", {"cut": 0}, "cut must be a number above 0 and below 1"),
        ("k-diffusion", {"cut": 1e-39}, "beyond float32"),
        ("k-diffusion", {"steps": None}, "steps is required"),
        ("k-diffusion", {"kappa": None}, "pass kappa"),
        ("k-diffusion", {"kappa": 40}, "too large for d"),
        ("diffusers-flow-match", {"shift": 0}, "shift must be a number above 0"),
    ],
)
def test_what_a_library_would_change_is_refused(target, more, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        symsched.export(SCHEDULE, target, **{**PLACE, **more})


def test_the_remedy_is_one():
    export = symsched.export(SCHEDULE, "diffusers-euler", cut=0.396, **PLACE)
    assert export.values[0] < 157.4 and export.predicted.weight > 0
    with pytest.raises(ValueError, match="clamp"):
        symsched.export(SCHEDULE, "diffusers-euler", cut=0.39, **PLACE)


def test_a_schedule_without_a_limit_exports_and_says_so():
    plain = symsched.export(symsched.VP, "k-diffusion", d=1_000, steps=10)
    assert plain.predicted is plain.own is plain.cut_cost is None and plain.least_dimension == 1
    assert any("knows no limit" in note for note in plain.notes)
    assert any("misses 0.001 of the first step's signal" in note for note in plain.notes)
    assert "no limit to predict errors by" in repr(plain)
    # One that a limit stands for is the limit's.
    assert symsched.export(LIMIT, "k-diffusion", **PLACE).predicted == to("k-diffusion").predicted


def test_a_bridge_that_stands_still_is_left_out():
    spins = symsched.derive(symsched.parse("1/2*Rademacher() + 1/2*Normal(0, 1)"), symsched.VP)
    nodes = nodes_of(spins, 1e6, 24, 3)
    assert len(nodes.psi) == 16 and nodes.still == 8 and np.all(np.diff(nodes.psi) > 1e-3)


def test_a_schedule_of_another_scheme_says_what_a_plain_one_loses():
    limit = symsched.derive(symsched.parse("1/2*Normal(0, 1) + 1/2*Normal(0, 2)"), symsched.VP)
    export = symsched.export(limit, "k-diffusion", d=1e4, steps=24, kappa=3)
    assert np.all(np.diff(export.values) < 0)
    assert any("edgeworth" in note for note in export.notes)
    assert export.own.weight < 0.05 < export.predicted.weight


@pytest.fixture(scope="module")
def design():
    return symsched.design(LIMIT, 3)


def test_a_design_says_what_another_scheme_loses(design):
    export = symsched.export(design, "k-diffusion", d=1e4)
    assert export.evaluations == 4  # its E a is the answer at the first node here
    np.testing.assert_allclose(export.values[1:], design.sigmas(1e4), rtol=1e-7)
    assert export.own == moment_errors(LIMIT.order_model(1e4), design.plan(1e4))
    assert export.predicted.worst > 3 * export.own.worst
    assert export.least_dimension == design.least_dimension
    assert any("the design's own rows, 3 evaluations" in note for note in export.notes)
    with pytest.raises(ValueError, match="leave steps and kappa out"):
        symsched.export(design, "k-diffusion", d=1e4, steps=3)
    with pytest.raises(ValueError, match="no path between them"):
        symsched.export(design, "flow-matching", d=1e4).scheduler()


def test_the_command_line(capsys):
    from symsched.cli import main

    place = ["gaussian-mixture", "--d", "1e3", "--steps", "12", "--kappa", "3"]
    assert main(["export", *place, "--target", "diffusers-euler", "--fit-betas", "--cut", "1/100"]) == 0
    out = capsys.readouterr().out
    assert to("diffusers-euler", cut=0.01).text in out and "EulerDiscreteScheduler(" in out and "costs" not in out
    assert main(["export", *place, "--target", "json", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["values"] == list(to("json").values) and data["name"] == "gaussian-mixture"
    for wrong, words in (
        (["--target", "flux"], "did you mean 'diffusers-flow-match'"),
        (["--target", "comfyui"], "pass betas='fit'"),
        (["--target", "json", "--evaluations", "3"], "and not both"),
    ):
        assert main(["export", *place, *wrong]) == 2
        assert words in capsys.readouterr().err
    assert main(["list"]) == 0
    assert ", ".join(TARGETS) in capsys.readouterr().out
