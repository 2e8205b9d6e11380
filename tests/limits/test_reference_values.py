"""Deterministic numbers of the Gaussian mixture against values computed elsewhere with mpmath, to the digits given."""

import math

import numpy as np
import pytest
import sympy as sp
from sympy.stats import Normal

import gm_01_velocity
import gm_03_root_d
import gm_06_weight
import gm_08_dilated_ve
import gm_10_speciation
import gm_case
from symsched.laws import AtomLaw, law_of
from symsched.limits.clones import clone_probability
from symsched.predictions.predict import predict
from symsched.schedules import schemes as scheme
from symsched.symbols import kappa
from symsched.validation.checks import solve_ode

HALF = sp.Rational(1, 2)


@pytest.fixture(scope="module")
def law():
    return gm_case.law()


@pytest.mark.parametrize(("constant", "value"), [(3.0, 0.79919006118), (1.0, 0.70480684764)])
def test_weight_by_sign(law, constant, value):
    assert gm_06_weight.weight("sign", constant, law) == pytest.approx(value, abs=1e-11)


def test_weight_by_argmax(law):
    assert gm_06_weight.weight("argmax", 3.0, law) == pytest.approx(0.80006902395, abs=1e-11)


@pytest.mark.parametrize(
    ("name", "steps", "value"), [("vp", 10, 0.817176593904), ("vp", 100, 0.801706669201), ("ve", 10, 0.814945252458)]
)
def test_euler_weight(name, steps, value):
    found = predict(gm_case.limit(name), 2 * steps, kappa=3.0)
    assert found[0].weight == pytest.approx(value, abs=1e-12)
    assert found[0].weight + found[1].weight == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(("rate", "value"), [(0.5, 0.93454604979), (1.0, 0.86358945007)])
def test_plain_vp_weight(law, rate, value):
    assert gm_03_root_d.recursion_weight(law, 1 / rate) == pytest.approx(value, abs=1e-11)


@pytest.mark.parametrize(("ratio", "value"), [(HALF, 0.434537208095), (sp.S.One, 0.660538174462)])
def test_plain_ve_width(ratio, value):
    assert float(sp.N(gm_03_root_d.plain_width().subs(gm_03_root_d.width_ratio, ratio), 20)) == pytest.approx(
        value, abs=1e-12
    )


@pytest.mark.parametrize("name", ["ve", "ve-trig"])
@pytest.mark.parametrize(("width", "value"), [(HALF, 0.493196961916), (sp.S.One, 0.948683298051)])
def test_width_that_dilated_ve_keeps(name, width, value):
    kept = gm_08_dilated_ve.kept_width(name).subs({gm_case.sigma: width, kappa: 3})
    assert float(sp.N(kept, 20)) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(("name", "value"), [("vp", 0.430782604899), ("ve", 0.387709427402)])
def test_width_of_dilated_grids(name, value):
    found = predict(gm_case.limit(name), 20, kappa=3.0)
    assert math.sqrt(found[0].site_variance) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("begin", "spread", "value"), [(math.pi / 2, 1.0, 0.441742591840), (math.atan(3 / 0.5), 3.0, 0.446656253407)]
)
def test_width_of_equal_angles(begin, spread, value):
    # tan θ = α/(σβ): α and β of a linear interpolant at equal steps of θ, from a state of width ``spread``.
    angles = begin * (1 - np.arange(11) / 10)
    signal = np.ones(11) if spread == 3.0 else 1 / (1 + 0.5 * np.tan(angles))
    noise = 0.5 * signal * np.tan(angles) if spread == 3.0 else 1 - signal
    noise[-1], signal[-1] = 0.0, 1.0
    plan = scheme.canonical(np.arange(11) / 10, noise, signal)
    mode = law_of(Normal("g", 0, HALF))
    slopes = np.array([float(mode.denoiser(psi, 1.0)) for psi in plan.psi]) / plan.alpha[:-1]
    gains, _ = plan.folded(slopes, np.zeros(10))
    width = spread * np.prod(gains)
    assert width == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(("start", "value"), [(0.3, 3.0561510899913), (-1.0, -2.1821596210623)])
def test_first_half_of_vp(law, start, value):
    limit = gm_case.limit("vp")
    assert float(law.flow(3.0, start)) == pytest.approx(value, abs=1e-12)
    assert solve_ode(limit.phases[0].ode, start, (0.0, 0.5), 3.0)[0, -1] == pytest.approx(value, abs=1e-9)


def test_first_half_of_ve():
    # τ = 1/2 is t = 1/4.
    found = solve_ode(gm_case.limit("ve").phases[0].ode, 0.3, (0.0, 0.25), 3.0)[0, -1]
    assert found == pytest.approx(0.53413678194, abs=1e-10)


def test_clones():
    law = AtomLaw((1, -1), (HALF, HALF))
    psi = math.exp(-3) / math.sqrt(-math.expm1(-6))
    assert clone_probability(law, gm_10_speciation.finite_strength(psi, 1024, 1.0)).value == pytest.approx(
        0.917575617173, abs=1e-12
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [("vp", 1.2773173859), ("vp-trig", 0.9290595892), ("ve", 0.8393247060), ("ve-trig", 0.6572188820)],
)
def test_velocity(name, value):
    assert gm_01_velocity.along_r(name, 0.02) == pytest.approx(value, abs=1e-10)
