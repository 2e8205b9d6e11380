"""Limits under a path that a user gives."""

import warnings

import pytest
import sympy as sp

import symsched
from symsched.symbols import d, kappa, t, tau

R = sp.Rational


OWN = {
    "squares": ((1 - tau) ** 2, tau**2),
    "roots": (sp.sqrt(1 - tau), sp.sqrt(tau)),
    "circle": (sp.cos(sp.pi * tau / 2), sp.sin(sp.pi * tau / 2)),
}


@pytest.mark.parametrize("path", OWN)
def test_two_variances_under_a_path_of_ones_own(path, monkeypatch):
    """Whatever time runs, each mode ends as N(0, σ²), so that its x in the data phase follows σ²ψ y/(1 + σ²ψ²)."""
    monkeypatch.setenv("SYMSCHED_SECONDS_PER_STEP", "2")
    wide = symsched.parse("3/10*Normal(0, 3/2) + 7/10*Normal(0, 1/2)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        limit = symsched.derive(wide, symsched.Interpolant(*OWN[path]))
    assert [(phase.order, phase.exponent) for phase in limit.phases] == [(2, R(1, 4)), (None, 0)]
    last, at, place = limit.phases[-1], R(9, 10), 0.7
    noise, ratio = (sp.lambdify([t, kappa], part, "mpmath") for part in (last.alpha, last.psi))
    alpha, signal = (float(function(at, 3)) for function in (noise, ratio))
    slopes = [float(sp.diff(part, t).subs({t: at, kappa: 3}).evalf()) for part in (last.alpha, last.psi)]
    for ode, sigma in zip(last.odes, (1.5, 0.5), strict=True):
        (unknown,) = ode.rhs.atoms(sp.core.function.AppliedUndef)
        shown = float(ode.rhs.subs(unknown, place).subs({t: at, kappa: 3}).evalf())
        denoiser = sigma**2 * signal * (place / alpha) / (1 + sigma**2 * signal**2)
        assert shown == pytest.approx(slopes[0] / alpha * place + alpha * slopes[1] * denoiser, rel=1e-9)
    assert symsched.predict(limit, 40, kappa=3, d=1e8)[0].weight == pytest.approx(0.3, abs=0.002)


GAUSSIANS = symsched.GaussianMixture(p=R(4, 5), m=1, sigma=R(1, 2))
TREE = symsched.parse("7/20*Normal(1, 3/2) + 1/4*Normal(1, 1/2) + 2/5*Normal(-1, 4/5)")


@pytest.mark.parametrize("power", [R(1, 8), R(3, 8)])
@pytest.mark.parametrize(("law", "weights"), [(GAUSSIANS, [0.8, 0.2]), (TREE, [0.35, 0.25, 0.4])], ids=["two", "tree"])
def test_noise_that_grows_more_slowly_than_exploding_variance_does(law, weights, power):
    """Between preserved and exploding variance β runs in the first phases, α in the last: ψ fills its scales."""
    limit = symsched.derive(law, symsched.Interpolant(d**power * (1 - tau), tau))
    values = {d: sp.Integer(10) ** 400, kappa: 3}
    for phase in limit.phases:
        window = phase.window
        for share in (R(1, 4), R(3, 4)):
            at = window.start + share * (window.end - window.start)
            exact = sp.N((window.psi * d**phase.exponent).subs(values | {t: at}), 30)
            assert float(exact) == pytest.approx(float(phase.psi.subs({kappa: 3, t: at})), rel=1e-6)
    (dilation,) = (step for step in limit.derivation.steps if step.rule.startswith("windows"))
    assert all(check.passed for check in dilation.check())
    modes = symsched.predict(limit, 40, kappa=3, d=1e12)
    assert [mode.weight for mode in modes] == pytest.approx(weights, abs=0.01)
