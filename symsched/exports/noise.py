"""Targets that take σ = 1/ψ as a plain list: k-diffusion, ComfyUI, JSON."""

from functools import partial

import numpy as np

from symsched.algebra.arrays import Array
from symsched.exports.draft import EULER, FITTED, TWO_STEP, Draft, Settings, Target, in_noise, noise_levels, whole
from symsched.exports.nodes import Nodes
from symsched.exports.trained import Trained, scaled_linear_betas

_K_DIFFUSION = """\
from k_diffusion.sampling import {name}
sigmas = torch.tensor(export.values, dtype=z.dtype)
x = {name}(model, export.start * z, sigmas)  # model(x, sigma) is E[a | a + sigma z = x]; sigma has shape (n,)
"""
_COMFYUI = """\
print(export.text)  # into the field of the node ManualSigmas, its output into SamplerCustom; sampler "euler"
"""
_JSON = """\
json.loads(json.dumps(export.to_dict()))["values"]  # sigma, decreasing, with a trailing 0
"""


def _listed(nodes: Nodes, settings: Settings, scheme: str, call: str, *notes: str) -> Draft:
    """Return σ with a trailing 0, and the sampler of x = a + σ z that runs it."""
    sigmas = noise_levels(nodes, settings)
    values = (*sigmas.tolist(), 0.0)
    return Draft(
        values, call, values[0], f"{scheme} in sigma", in_noise(sigmas, scheme), whole(nodes, scheme), {}, notes
    )


def _k_diffusion(nodes: Nodes, settings: Settings, name: str, scheme: str) -> Draft:
    return _listed(nodes, settings, scheme, _K_DIFFUSION.format(name=name), "s_churn must be left at 0.")


def _comfyui(nodes: Nodes, settings: Settings) -> Draft:
    draft = _listed(nodes, settings, EULER, _COMFYUI)
    if isinstance(settings.betas, str) and settings.betas == FITTED:
        low, high = draft.values[-2], draft.values[0]
        note = f"The model must have been trained from sigma = {low:.4g} to {high:.4g}: a list beyond that is clamped."
    else:
        betas = scaled_linear_betas() if settings.betas is None else settings.betas
        require_trained(Trained.of(betas), np.array(draft.values[:-1]), "ComfyUI", nodes)
        note = "The list is for a model of noise or of v (EPS, V_PREDICTION); a flow model's sigma is at most 1."
    return Draft(draft.values, draft.call, draft.start, draft.scheme, draft.plan, draft.uncut, {}, (note,))


def require_trained(trained: Trained, sigmas: Array, who: str, nodes: Nodes) -> None:
    """Raise ValueError where σ lies beyond those that a model was trained with, and say what would hold them."""
    if trained.holds(sigmas[0]) and trained.holds(sigmas[-1]):
        return
    remedy = [f"pass betas={FITTED!r} for betas that hold the list, and a model that was trained with them"]
    if trained.holds(sigmas[-1]) and nodes.psi[0] == 0 and len(sigmas) > 1 and sigmas[1] < trained.high:
        # Rounded up: the first node then lies inside.
        share = np.ceil(1000 * sigmas[1] / trained.high) / 1000
        if share < 1:
            remedy.append(f"or cut={share:.3f}, which moves the first node from {sigmas[0]:.4g} inside and costs more")
    if trained.holds(sigmas[-1]) and len(sigmas) > 1 and sigmas[1] >= trained.high:
        remedy.append(f"no cut will do, because the second node has sigma = {sigmas[1]:.4g} already")
    raise ValueError(
        f"the list runs from sigma = {sigmas[0]:.4g} to {sigmas[-1]:.4g}, and these betas from {trained.high:.4g} to "
        f"{trained.low:.4g}: {who} would clamp what lies outside to the same timestep without a word and skip nodes. "
        f"{'; '.join(remedy)}"
    )


def _json(nodes: Nodes, settings: Settings) -> Draft:
    return _listed(nodes, settings, EULER, _JSON, "Any sampler of x = a + sigma z that takes Euler's steps in sigma.")


NOISE: dict[str, Target] = {
    "k-diffusion": partial(_k_diffusion, name="sample_euler", scheme=EULER),
    "k-diffusion-dpmpp-2m": partial(_k_diffusion, name="sample_dpmpp_2m", scheme=TWO_STEP),
    "comfyui": _comfyui,
    "json": _json,
}
