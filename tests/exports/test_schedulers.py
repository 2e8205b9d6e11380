"""What the libraries' schedulers hold after they have been given a list, and what they do to one that is refused."""

import numpy as np
import pytest
import sympy as sp

import symsched
from symsched.exports.trained import Trained, linear_betas, scaled_linear_betas
from symsched.schedules.plan import History

R = sp.Rational
GM = symsched.GaussianMixture(R(4, 5), m=1, sigma=R(1, 2))
LIMIT = symsched.derive(GM, symsched.VP)
PLACE = {"d": 1_000, "steps": 12, "kappa": 3}


@pytest.fixture(scope="module")
def diffusers():
    return pytest.importorskip("diffusers")


@pytest.mark.parametrize("betas", [linear_betas(), scaled_linear_betas()], ids=["linear", "scaled linear"])
def test_the_range_of_betas_is_the_scheduler_s_own(betas, diffusers):
    made = Trained.of(betas)
    names = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
    theirs = diffusers.EulerDiscreteScheduler(**({} if betas[0] == 1e-4 else names)).sigmas.numpy()
    np.testing.assert_allclose(made.sigmas, theirs[:-1][::-1], rtol=1e-4)


def test_sigmas_and_timesteps_are_kept_to_the_last_bit(diffusers):
    export = symsched.export(LIMIT.schedule, "diffusers-euler", betas="fit", **PLACE)
    scheduler = diffusers.EulerDiscreteScheduler(**export.arguments["EulerDiscreteScheduler"])
    scheduler.set_timesteps(sigmas=list(export.values))
    np.testing.assert_array_equal(scheduler.sigmas.numpy(), export.plan.alpha)
    assert len(set(scheduler.timesteps.tolist())) == export.evaluations == 12
    trained = Trained.of(export.arguments["EulerDiscreteScheduler"]["trained_betas"])
    np.testing.assert_allclose(trained.timesteps(export.plan.alpha[:-1]), scheduler.timesteps, rtol=0, atol=2e-3)


def test_a_list_that_is_refused_goes_wrong_in_the_library(diffusers):
    place = {**PLACE, "d": 10_000}
    wide = symsched.export(LIMIT.schedule, "diffusers-euler", betas="fit", **place)
    scheduler = diffusers.EulerDiscreteScheduler()
    scheduler.set_timesteps(sigmas=list(wide.values))
    assert len(set(scheduler.timesteps.tolist())) < wide.evaluations
    assert scheduler.index_for_timestep(scheduler.timesteps[0]) == 1
    with pytest.raises(ValueError, match=r"these betas from 157\.4 to 0\.01: EulerDiscreteScheduler would clamp"):
        symsched.export(LIMIT.schedule, "diffusers-euler", **place)


@pytest.mark.parametrize("shift", [1.0, 3.0, 0.5])
def test_a_shift_is_undone_beforehand(shift, diffusers):
    export = symsched.export(LIMIT.schedule, "diffusers-flow-match", shift=shift, **PLACE)
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(**export.arguments["FlowMatchEulerDiscreteScheduler"])
    scheduler.set_timesteps(sigmas=list(export.values))
    np.testing.assert_array_equal(scheduler.sigmas.numpy(), export.plan.alpha)
    exact = 1 / (1 + LIMIT.schedule.psi(**PLACE))
    np.testing.assert_allclose(export.plan.alpha[:-1], exact, rtol=3e-7)
    dynamic = diffusers.FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    dynamic.set_timesteps(sigmas=list(export.values), mu=np.log(shift))
    np.testing.assert_allclose(dynamic.sigmas.numpy()[:-1], exact, rtol=3e-7)
    if shift != 1:
        plain = diffusers.FlowMatchEulerDiscreteScheduler()
        plain.set_timesteps(sigmas=list(export.values))
        assert np.abs(plain.sigmas.numpy()[:-1] - exact).max() > 0.1


def test_the_ramp_becomes_the_sigmas(diffusers, torch):
    export = symsched.export(LIMIT.schedule, "diffusers-edm", **PLACE)
    scheduler = diffusers.EDMEulerScheduler(**export.arguments["EDMEulerScheduler"])
    scheduler.set_timesteps(sigmas=torch.tensor(export.values, dtype=torch.float64))
    np.testing.assert_array_equal(scheduler.sigmas.numpy(), export.plan.alpha)
    np.testing.assert_allclose(scheduler.sigmas.numpy(), LIMIT.schedule.sigmas(**PLACE), rtol=3e-7)


def test_betas_meet_the_nodes(diffusers):
    export = symsched.export(LIMIT.schedule, "diffusers-dpmpp-2m", **PLACE)
    scheduler = diffusers.DPMSolverMultistepScheduler(**export.arguments["DPMSolverMultistepScheduler"])
    scheduler.set_timesteps(timesteps=[int(t) for t in export.values])
    np.testing.assert_allclose(scheduler.sigmas.numpy(), LIMIT.schedule.sigmas(**PLACE), rtol=2e-5)
    np.testing.assert_allclose(1 / scheduler.sigmas.numpy()[:-1], export.plan.psi, rtol=2e-5)


@pytest.fixture(scope="module")
def flow():
    return pytest.importorskip("flow_matching.path.scheduler")


@pytest.mark.parametrize("path", [symsched.VP, symsched.VE, symsched.VP_TRIG], ids=lambda path: path.name)
def test_a_scheduler_has_the_amplitudes_under_the_library_s_names(path, flow, torch):
    schedule = symsched.derive(GM, path).schedule
    scheduler = symsched.export(schedule, "flow-matching", **PLACE).scheduler()
    assert isinstance(scheduler, flow.Scheduler)
    times = np.array([0.0, 0.1, 0.4999, 0.5, 0.7, 0.99])
    seen = scheduler(torch.tensor(times))
    for name, formula in (("alpha_t", schedule.beta), ("sigma_t", schedule.alpha)):
        wanted = formula.subs({symsched.symbols.d: 1000, symsched.symbols.kappa: 3})
        exact = [float(wanted.subs(symsched.symbols.t, sp.Float(at, 30))) for at in times]
        np.testing.assert_allclose(getattr(seen, name), exact, rtol=1e-12)
        # Behind the knot: a difference to the right.
        ahead = 1e-7
        moved = (getattr(scheduler(torch.tensor(times + ahead)), name) - getattr(seen, name)) / ahead
        np.testing.assert_allclose(getattr(seen, f"d_{name}"), moved, rtol=2e-3, atol=1e-4)
    ratios = seen.alpha_t / seen.sigma_t
    np.testing.assert_allclose(scheduler.snr_inverse(ratios), times, rtol=0, atol=1e-12)
    ends = scheduler.snr_inverse(torch.tensor([0.0, torch.inf], dtype=torch.float64))
    assert ends.tolist() == [0.0, 1.0]
    last = scheduler(torch.ones(1, dtype=torch.float32))
    assert last.alpha_t.dtype == torch.float32 and (last.alpha_t.item(), last.sigma_t.item()) == (1.0, 0.0)
    with pytest.raises(ValueError, match="must lie in"):
        scheduler(torch.tensor([1.5]))
    with pytest.raises(ValueError, match="at least 0"):
        scheduler.snr_inverse(torch.tensor([-1.0]))


def test_a_model_of_the_linear_path_follows_the_schedule_in_uniform_steps(flow, torch):
    transform = pytest.importorskip("flow_matching.path.scheduler.schedule_transform").ScheduleTransformedModel
    wrapper = pytest.importorskip("flow_matching.utils").ModelWrapper
    solver = pytest.importorskip("flow_matching.solver").ODESolver
    denoiser, schedule = GM.denoiser(1_000), LIMIT.schedule

    class Model(wrapper):
        def __init__(self):
            super().__init__(None)

        def forward(self, x, t, **_):
            return (denoiser(x / (1 - t), t / (1 - t)) - x) / (1 - t)

    new = symsched.export(schedule, "flow-matching", **PLACE).scheduler()
    moved = transform(Model(), flow.CondOTScheduler(), new)
    z = np.random.default_rng(0).standard_normal((200, 1_000))
    grid = torch.linspace(0, 1, 13, dtype=torch.float64)
    seen = solver(moved).sample(x_init=torch.tensor(z), step_size=None, method="euler", time_grid=grid).numpy()
    plan = schedule.plan(12, 1_000, 3, "interpolant")
    x, history = plan.alpha[0] * z, History(plan)
    for k in range(plan.steps):
        history.advance(k, x, denoiser(x / plan.alpha[k], plan.psi[k]))
    np.testing.assert_allclose(seen, x, rtol=0, atol=1e-9)
