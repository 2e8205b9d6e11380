"""Targets of the library diffusers: three schedulers that take Euler's steps, and DPM-Solver++(2M)."""

import numpy as np

from symsched.errors import require_real
from symsched.exports.draft import (
    EULER,
    FITTED,
    TWO_STEP,
    Draft,
    Settings,
    in_noise,
    noise_levels,
    on_a_sphere,
    rounded,
    straight,
    told_apart,
    whole,
)
from symsched.exports.nodes import Nodes
from symsched.exports.noise import require_trained
from symsched.exports.trained import Trained, fitted_betas, linear_betas, with_steps

_RHO = 7.0
"""Of the ramp that EDMEulerScheduler turns into σ."""
_RAN = 1000  # timesteps of flow matching

_EULER = """\
from diffusers import EulerDiscreteScheduler
scheduler = EulerDiscreteScheduler(**export.arguments["EulerDiscreteScheduler"])
scheduler.set_timesteps(sigmas=list(export.values))
scheduler.set_begin_index(0)
x = export.start * z  # not init_noise_sigma, which some spacings make larger
for t, sigma in zip(scheduler.timesteps, scheduler.sigmas):
    inside = scheduler.scale_model_input(x, t)  # (a + sigma z)/sqrt(1 + sigma^2)
    x = scheduler.step(model(inside, t), t, x).prev_sample  # model: E[a | x], as prediction_type="sample"
"""
_FLOW = """\
from diffusers import FlowMatchEulerDiscreteScheduler
scheduler = FlowMatchEulerDiscreteScheduler(**export.arguments["FlowMatchEulerDiscreteScheduler"])
scheduler.set_timesteps(sigmas=list(export.values))  # no trailing 0: the scheduler appends it
scheduler.set_begin_index(0)
x = z
for t in scheduler.timesteps:
    x = scheduler.step(model(x, t), t, x).prev_sample  # model: the velocity z - a at x = (1 - u) a + u z, u = t/1000
"""
_EDM = """\
from diffusers import EDMEulerScheduler
scheduler = EDMEulerScheduler(**export.arguments["EDMEulerScheduler"])
ramp = torch.tensor(export.values, dtype=torch.float64)  # a tensor: lists and arrays fail
scheduler.set_timesteps(sigmas=ramp)  # a ramp in [0, 1], not sigma; no trailing 0
scheduler.set_begin_index(0)
x = export.start * z  # not init_noise_sigma
for t in scheduler.timesteps:
    inside = scheduler.scale_model_input(x, t)
    x = scheduler.step(model(inside, t), t, x).prev_sample  # model: EDM's network F, t = log(sigma)/4
"""
_MULTISTEP = """\
from diffusers import DPMSolverMultistepScheduler
scheduler = DPMSolverMultistepScheduler(**export.arguments["DPMSolverMultistepScheduler"])
scheduler.set_timesteps(timesteps=[int(t) for t in export.values])  # integers at which the betas meet the nodes
scheduler.set_begin_index(0)
x = export.start * z
for t, sigma in zip(scheduler.timesteps, scheduler.sigmas):
    x = scheduler.step(model(x, sigma), t, x).prev_sample  # model: E[a | x] of x = (a + sigma z)/sqrt(1 + sigma^2)
"""


def _euler(nodes: Nodes, settings: Settings) -> Draft:
    sigmas = noise_levels(nodes, settings)
    if isinstance(settings.betas, str) and settings.betas == FITTED:
        betas = fitted_betas(sigmas[-1], sigmas[0])
        note = "trained_betas hold the list; a model must have been trained with them."
    else:
        betas = linear_betas() if settings.betas is None else np.asarray(settings.betas)
        note = "The betas are those that the model was trained with."
    trained = Trained.of(betas)
    require_trained(trained, sigmas, "EulerDiscreteScheduler", nodes)
    told_apart(trained.timesteps(sigmas), "timestep")
    arguments = {"trained_betas": betas.tolist(), "prediction_type": "sample", "timestep_spacing": "linspace"}
    return Draft(
        (*sigmas.tolist(), 0.0),
        _EULER,
        float(sigmas[0]),
        f"{EULER} in sigma",
        in_noise(sigmas, EULER),
        whole(nodes, EULER),
        {"EulerDiscreteScheduler": arguments},
        (note, "use_karras_sigmas and its like must be off; prediction_type is that of the model."),
    )


def _flow(nodes: Nodes, settings: Settings) -> Draft:
    shift = require_real(settings.shift, "shift", above=0)
    exact = 1 / (1 + nodes.psi)
    given = rounded(exact / (shift - (shift - 1) * exact)).astype(np.float32)
    # What the scheduler makes of the list, in float32 as it does.
    kept = (np.float32(shift) * given / (np.float32(1) + (np.float32(shift) - np.float32(1)) * given)).astype(
        np.float32
    )
    noise = told_apart(kept.astype(np.float64), "sigma = 1/(1 + psi)")
    told_apart(rounded(_RAN * noise), "timestep")
    moved = nodes.psi > 0
    off = np.max(np.abs((1 - noise[moved]) / noise[moved] / nodes.psi[moved] - 1), initial=0.0)
    notes = [
        "No cut is needed: the list begins at sigma = 1.",
        "use_dynamic_shifting, shift_terminal, invert_sigmas, stochastic_sampling, use_karras_sigmas and its like must "
        "be off; for exponential dynamic shifting by mu export with shift = exp(mu).",
    ]
    if off > 1e-3:
        notes.append(f"float32 holds sigma near 1 with few digits of psi: nodes move by up to {off:.1%}.")
    arguments = {"shift": shift, "num_train_timesteps": _RAN}
    return Draft(
        tuple(given.astype(np.float64).tolist()),
        _FLOW,
        1.0,
        f"{EULER} on the linear path",
        straight(noise),
        arguments={"FlowMatchEulerDiscreteScheduler": arguments},
        notes=tuple(notes),
    )


def _edm(nodes: Nodes, settings: Settings) -> Draft:
    sigmas = noise_levels(nodes, settings)
    low, high = float(sigmas[-1]), float(sigmas[0])
    if len(sigmas) == 1:
        low = high / 2
    bottom, top = low ** (1 / _RHO), high ** (1 / _RHO)
    ramp = (top - sigmas ** (1 / _RHO)) / (top - bottom)
    kept = told_apart(rounded((top + ramp * (bottom - top)) ** _RHO), "sigma")
    told_apart(rounded(np.log(kept) / 4), "timestep")
    arguments = {"sigma_min": low, "sigma_max": high, "rho": _RHO, "sigma_schedule": "karras"}
    return Draft(
        tuple(ramp.tolist()),
        _EDM,
        float(kept[0]),
        f"{EULER} in sigma",
        in_noise(kept, EULER),
        whole(nodes, EULER),
        {"EDMEulerScheduler": arguments},
        ("sigma_data and prediction_type are those of the model, sigma_min and sigma_max those of the list.",),
    )


def _multistep(nodes: Nodes, settings: Settings) -> Draft:
    if settings.betas is not None and not (isinstance(settings.betas, str) and settings.betas == FITTED):
        raise ValueError(
            "DPMSolverMultistepScheduler takes integer timesteps and no sigmas: nodes between those of given betas "
            "would be rounded. Leave betas out: the export makes betas that meet the nodes"
        )
    betas, places = with_steps(noise_levels(nodes, settings)[::-1])
    steps = places[::-1]
    kept = told_apart(Trained.of(betas).sigmas[steps], "sigma")
    arguments = {
        "trained_betas": betas.tolist(),
        "num_train_timesteps": len(betas),
        "prediction_type": "sample",
        "algorithm_type": "dpmsolver++",
        "solver_order": 2,
        "solver_type": "midpoint",
    }
    return Draft(
        tuple(float(step) for step in steps),
        _MULTISTEP,
        float(kept[0] / np.sqrt(1 + kept[0] ** 2)),
        f"{TWO_STEP} on the sphere",
        on_a_sphere(kept, TWO_STEP),
        whole(nodes, TWO_STEP),
        {"DPMSolverMultistepScheduler": arguments},
        ("A trained model is asked at scheduler.sigmas: the timesteps count these betas, not its own.",),
    )


DIFFUSERS = {
    "diffusers-euler": _euler,
    "diffusers-flow-match": _flow,
    "diffusers-edm": _edm,
    "diffusers-dpmpp-2m": _multistep,
}
