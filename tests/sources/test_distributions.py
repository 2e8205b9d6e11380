"""What a source knows of a distribution: posterior mean, velocity and sampler, against the model and a plain loop."""

import functools
import json

import mpmath as mp
import numpy as np
import pytest
import sympy as sp

import symsched
from symsched.laws import AtomLaw, DensityLaw
from symsched.predictions.designs.errors import Errors
from symsched.predictions.designs.learned.design import LearnedDesign
from symsched.predictions.designs.learned.sites import Rows
from symsched.predictions.designs.learned.table import Before, Gap
from symsched.predictions.designs.learned.table import Table as Learned
from symsched.predictions.designs.learned.window import Window
from symsched.schedules.schedule import plain
from symsched.schedules.sources import Subject, source_of, table_of
from symsched.symbols import a
from symsched.symbols import d as dimension_symbol

R = sp.Rational
TARGETS = ["numpy", "c", "torch", "jax"]


@functools.cache
def gaussian():
    return symsched.derive(symsched.GaussianMixture(p=R(4, 5), m=1, sigma=R(1, 2)), symsched.VP)


@functools.cache
def mixed():
    """Atoms beside two bumps, with weights that go with d."""
    spins = AtomLaw((sp.S(1), -sp.sqrt(2)), (R(3, 4), R(1, 4)))
    bumps = DensityLaw(a, sp.exp(-((a - 1) ** 2) / 2) + sp.exp(-((a + 3) ** 2)) / 3, -sp.oo, sp.oo)
    shares = R(1, 2) + 1 / (4 * dimension_symbol), R(1, 2) - 1 / (4 * dimension_symbol)
    return symsched.derive(symsched.ProductMixture(list(zip(shares, (spins, bumps), strict=True))), symsched.VP)


@functools.cache
def table():
    return symsched.design(gaussian(), 3)


def rows(model, psi, n, seed):
    """Noisy data z + ψa."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, model.d)) + psi * model.sample(rng, n)


@pytest.mark.parametrize("single", [False, True], ids=["float64", "float32"])
@pytest.mark.parametrize("limit", [gaussian, mixed])
@pytest.mark.parametrize("target", TARGETS)
def test_the_posterior_mean_is_that_of_the_model(run, target, limit, single):
    source = run(target, limit().schedule.source(target), single=single)
    model = limit().model(30)
    for psi in (0.0, 1e-9, 0.05, 0.3, 0.999999, 1.0, 4.0, 60.0):
        y = rows(model, psi, 40, seed=2).astype(np.float32 if single else float)
        wanted, _ = model.posterior(psi, y.astype(float))
        error = np.abs(source.denoiser(y, psi) - wanted).max()
        # Where the modes are undecided a rounding of 30 log evidences moves their odds.
        assert error < (2e-3 if single else 2e-12) * max(1.0, np.abs(wanted).max())
    for psi in (-0.1, float("nan"), float("inf")):
        with pytest.raises(ValueError):
            source.denoiser(y, psi)


@pytest.mark.parametrize("target", TARGETS)
def test_the_posterior_mean_keeps_its_digits_far_out(run, target):
    # At y = ψa + z the mean of modes at ±1 is tanh(h + Σ ψy/(1 + ψ²/4)) in 50 digits.
    source = run(target, gaussian().schedule.source(target))
    rng = np.random.default_rng(4)
    for psi in (1e-6, 1e-3, 3.0, 1e5, 1e9):
        y = rng.standard_normal((1, 50)) + psi * rng.normal(0.0, 0.5, (1, 50))
        with mp.workdps(50):
            spread = 1 + mp.mpf(psi) ** 2 / 4
            odds = mp.tanh(mp.log(2) + mp.fsum(mp.mpf(psi) * mp.mpf(one) / spread for one in y[0]))
            wanted = [float((odds + mp.mpf(psi) * mp.mpf(one) / 4) / spread) for one in y[0]]
        assert source.denoiser(y, psi)[0] == pytest.approx(wanted, rel=1e-9, abs=1e-13)


@pytest.mark.parametrize("target", TARGETS)
def test_velocity(run, target):
    schedule, model = gaussian().schedule, gaussian().model(40)
    source = run(target, schedule.source(target))
    for time in (0.2, 0.5, 0.9):
        tau, alpha, beta = (float(one) for one in source.schedule(np.array(time), 40, 3.0))
        speed = 2 * 3 / np.sqrt(40) if time < 0.5 else 2 * (1 - 3 / np.sqrt(40))
        assert alpha == pytest.approx(1 - tau)
        x = alpha * rows(model, beta / alpha, 5, seed=1)
        mean, _ = model.posterior(beta / alpha, x / alpha)
        wanted = speed * (-x / alpha + (1 + beta / alpha) * mean)  # α̇ = −τ̇, β̇ = τ̇
        assert source.velocity(x, time, 40, 3.0) == pytest.approx(wanted, rel=1e-10, abs=1e-12)
    with pytest.raises(ValueError):
        source.velocity(x, 1.0, 40, 3.0)


def loop(plan, model, z):
    """x' = A x + Σ B D + shift, written down anew."""
    x, means, table = plan.alpha[0] * z, [], plan.B.toarray()
    for k in range(plan.steps):
        means.append(model.posterior(plan.psi[k], x / plan.alpha[k])[0])
        x = plan.A[k] * x + sum(table[k, j] * means[j] for j in range(k + 1)) + plan.shift[k]
    return x


@pytest.mark.parametrize("case", ["euler", "numbers", "design", "design at d", "float32"])
@pytest.mark.parametrize("target", TARGETS)
def test_the_sampler_is_the_plain_loop(run, target, case):
    size = 200
    schedule, model = gaussian().schedule, gaussian().model(size)
    z = np.random.default_rng(0).standard_normal((150, size))
    single = case == "float32"
    if case in {"euler", "float32"}:
        source = run(target, schedule.source(target), single=single)
        found, plan = source.plan(16, size, 3.0), schedule.plan(16, size, 3.0)
    elif case == "numbers":
        source = run(target, schedule.source(target, d=size, steps=10, kappa=3.0, scheme="dpmpp_2m"))
        found, plan = source.table(size), schedule.plan(10, size, 3.0, "dpmpp_2m")
    else:
        source = run(target, table().source(target, d=None if case == "design" else size))
        found, plan = source.table(size), table().plan(size)
    x, wanted = source.sample(z, found), loop(plan, model, z)
    if not single:
        assert x == pytest.approx(wanted, rel=1e-9, abs=1e-9)
    weight, width = np.mean(x.mean(axis=1) > 0), x.std(axis=1).mean()
    true = np.mean(wanted.mean(axis=1) > 0)
    assert abs(weight - true) <= 1 / 150
    assert width == pytest.approx(wanted.std(axis=1).mean(), rel=1e-4)
    if case == "euler":
        # The control: as many steps of the undilated schedule are other samples.
        other = loop(plain(symsched.VP).plan(16, size), model, z)
        assert np.abs(other - wanted).max() > 0.1
        assert abs(weight - 0.8) < 4 * np.sqrt(0.16 / 150)
        assert abs(np.mean(other.mean(axis=1) > 0) - 0.8) > abs(weight - 0.8)


@pytest.mark.parametrize("target", TARGETS)
def test_a_table_may_shift_bend_and_look_back(run, target):
    # A plan of no scheme, with everything that a step may hold.
    noise, size = np.array([1.0, 0.9, 0.7, 0.4, 0.0]), 24
    signal = np.array([0.0, 0.2, 0.5, 0.8, 1.0])
    factors = np.array([[0.3, 0, 0, 0], [-0.2, 0.5, 0, 0], [0, 0.1, 0.6, 0], [0.05, 0, -0.3, 1.1]])
    shift, wave = np.array([0.1, 0.0, -0.2, 0.05]), np.array([0.0, 0.03, 0.0, -0.02])
    times, scale = np.linspace(0, 1, 5), np.array([0.9, 0.8, 0.7, 0.2])
    plan = symsched.Plan(times, signal[:-1] / noise[:-1], noise, signal, scale, factors, shift, wave, degree=3)
    owner = gaussian().schedule.owner
    subject = Subject("", None, (), False, "a table", owner, table=table_of(plan, size))
    source = run(target, source_of(subject, target))
    z = np.random.default_rng(1).standard_normal((5, size))
    x, means = noise[0] * z, []
    for k in range(4):
        means.append(gaussian().model(size).posterior(plan.psi[k], x / noise[k])[0])
        x = scale[k] * x + shift[k] + wave[k] * (z**3 - 3 * z) + sum(factors[k, j] * means[j] for j in range(k + 1))
    assert source.sample(z, source.table(size)) == pytest.approx(x, rel=1e-11, abs=1e-11)


@pytest.mark.parametrize("target", TARGETS)
def test_a_design_refuses_what_it_is_not_made_for(run, target):
    source = run(target, table().source(target))
    least = table().least_dimension
    for size in (least * 0.99, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError):
            source.table(size)
    assert source.table(least * 1.01)["psi"] == pytest.approx(table().plan(least * 1.01).psi, rel=1e-13)
    assert source.table(1e12)["A"] == pytest.approx(table().plan(1e12).A, rel=1e-13)


def learned(order, spread=0.0, before=None):
    """A table of five or seven evaluations that no search has found, so that none takes its time."""
    gap = Gap(0.5 / order, order, 0.3, 0.8, 0.4, 0.7, spread, False, 0.2, 1.3)
    window = Window(np.array([0.4, 1.5]), np.array([[0.4, 0.0], [-0.3, 1.8]]), np.array([0.1, 0.4, 0.5]))
    data = np.array([[0.0] * 4, [0.2, 1.1, 0.0, 0.0], [-0.3, 0.4, 4.0, 0.0]])
    rows = Rows(np.array([0.5, 1.3, 4.1]), 1.3, data, np.array([0.2, 0.1, -0.3, 0.2, 1.0]))
    return LearnedDesign(gaussian(), Learned(gap, window, rows, before), None, None, Errors(0.01, 0.02), (1.0,))


@pytest.mark.parametrize("order", [1, 2, 3, "tree"])
@pytest.mark.parametrize("target", ["numpy", "c"])
def test_a_learned_table_is_a_function_of_d(run, target, order):
    before = Before(0.1, 0.9, 1.2, 0.4, 3.0, ((0, 1),)) if order == "tree" else None
    found = learned(2 if before else order, 0.6 if order == 3 else 0.0, before)
    source = run(target, found.source(target))
    for size in (1.01 * found.least_dimension, 1e6, 1e12):
        plan, table = found.plan(size), source.table(size)
        dense = np.zeros(plan.B.shape)
        for k, row in enumerate(table["B"]):
            for j, factor in row:
                dense[k, j] = factor
        assert table["psi"] == pytest.approx(plan.psi, rel=1e-13)
        assert table["A"] == pytest.approx(plan.A, rel=1e-12)
        assert dense == pytest.approx(plan.B.toarray(), rel=1e-10, abs=1e-12)
        assert table["shift"] == pytest.approx(plan.shift, rel=1e-10, abs=1e-13)
        if plan.bends:
            assert table["wave"] == pytest.approx(plan.wave, rel=1e-10, abs=1e-13)


def test_json_and_csv_hold_the_numbers():
    schedule = gaussian().schedule
    data = json.loads(schedule.source("json", d=1e6, steps=8, kappa=3.0, title="gm"))
    plan = schedule.plan(8, 1e6, 3.0)
    assert data["table"]["psi"] == pytest.approx(plan.psi, rel=1e-15)
    assert data["settings"] == {"d": 1e6, "steps": 8.0, "kappa": 3.0}
    v, r, size, constant = sp.symbols("v r d kappa")
    for window, share in zip(data["windows"], (R(1, 4), R(3, 4)), strict=True):
        names = {"v": v, "r": r, "d": size, "kappa": constant}
        found = sp.sympify(window["tau"], locals=names).subs({v: share, r: 1 - share, size: 10**6, constant: 3})
        time = sp.Rational(window["start"]) + share * (sp.Rational(window["end"]) - sp.Rational(window["start"]))
        assert float(found) == pytest.approx(float(schedule.dilation([float(time), 1.0], 1e6, 3.0)[0]))
    lines = [line for line in schedule.source("csv", d=1e6, steps=8, kappa=3.0).splitlines() if line[0] != "#"]
    assert lines[0] == "t,tau,alpha,beta,psi,sigma"
    numbers = np.array([[float(one) for one in line.split(",")] for line in lines[1:]])
    assert np.array_equal(numbers[:, 0], plan.times)
    assert np.array_equal(numbers[:-1, 4], plan.psi)
    assert (numbers[0, 5], numbers[-1, 4], numbers[-1, 5]) == (np.inf, np.inf, 0)
    assert json.loads(table().source("json"))["design"]["evaluations"] == 3
    with pytest.raises(ValueError, match="pass d"):
        table().source("csv")
    with pytest.raises(ValueError, match="pass d"):
        schedule.source("csv")


def test_a_family_without_a_closed_form_says_so():
    limit = symsched.derive(symsched.CurieWeiss(beta=2, h=R(1, 2)), symsched.VP)
    for target in ("numpy", "c"):
        text = limit.schedule.source(target)
        assert "pass a denoiser; no closed form is known of a MeanField's posterior mean" in text
        assert "_modes" not in text
    free = symsched.derive(symsched.GaussianMixture(p=sp.Symbol("p", positive=True)), symsched.VP)
    assert "no closed form: a mode has parameters that are symbols" in " ".join(
        free.schedule.source().replace("#", " ").split()
    )
