"""export(): a schedule or a design as somebody else's sampler takes it."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from symsched.errors import nearest, require_real
from symsched.exports.diffusers import DIFFUSERS
from symsched.exports.draft import FITTED, Draft, Settings, Target
from symsched.exports.flow import FLOW, FlowMatchingExport, Path
from symsched.exports.nodes import Nodes, nodes_of
from symsched.exports.noise import NOISE
from symsched.exports.result import Export
from symsched.limits.limit import Source
from symsched.predictions.designs.base import AbstractDesign
from symsched.predictions.designs.errors import Errors, moment_errors
from symsched.schedules.plan import AbstractTable, Plan
from symsched.schedules.schedule import CUT, Schedule

TARGETS: dict[str, Target] = {**DIFFUSERS, **NOISE, **FLOW}
"""Libraries, and what is made for each."""
_ALSO = {
    "diffusers": "diffusers-euler",
    "edm": "diffusers-edm",
    "flux": "diffusers-flow-match",
    "sd3": "diffusers-flow-match",
    "k_diffusion": "k-diffusion",
    "flow_matching": "flow-matching",
}


def export(
    schedule: Source,
    target: str,
    *,
    d: float,
    steps: int | None = None,
    kappa: float | None = None,
    cut: float = float(CUT),
    betas: ArrayLike | str | None = None,
    shift: float = 1.0,
) -> Export:
    """Return what the ``target``'s own call takes, with its scheme, the errors predicted of it, and where it holds.

    ``schedule`` is a Schedule, a Limit, an Interpolant (its undilated schedule), which need ``steps`` and, if
    dilated, ``kappa``; or a design, which has its own. The nodes are those of the scheme "canonical", even in t inside
    each window. Targets:

    ========================  ======================================================================
    ``diffusers-euler``       EulerDiscreteScheduler: σ = 1/ψ and a trailing 0; ``betas``
    ``diffusers-flow-match``  FlowMatchEulerDiscreteScheduler: 1/(1 + ψ), no trailing 0; ``shift``
    ``diffusers-edm``         EDMEulerScheduler: the ramp that it turns into σ
    ``diffusers-dpmpp-2m``    DPMSolverMultistepScheduler: timesteps, and betas that meet the nodes
    ``k-diffusion``           sample_euler: σ and a trailing 0
    ``k-diffusion-dpmpp-2m``  the same for sample_dpmpp_2m
    ``flow-matching``         ODESolver's time_grid ψ/(1 + ψ), and a Scheduler
    ``comfyui``               σ as text for the node ManualSigmas; ``betas`` of the model
    ``json``                  σ with all of the rest
    ========================  ======================================================================

    A schedule starts from pure noise, σ = ∞. Lists of σ are cut there: ψ_0 = ``cut`` ψ_1, so that the start misses that
    share of the signal that the first step brings; ``Export.cut_cost`` is what that costs. ``betas`` are those of the
    user's scheduler or model, by default the library's (of ComfyUI Stable Diffusion's), or "fit" for betas that hold
    the list. ``shift`` is undone beforehand.

    What the library would clamp, shift, reorder or skip is refused with a ValueError that says what to do instead.
    Every library asks its model at the first node too, which is one evaluation more than a plan here counts. A
    library runs its own scheme: the errors predicted are of that, and ``own`` are those of the source's.

    Raises TypeError or ValueError for other bad input, naming what was required.
    """
    made = require_target(target)
    settings = Settings(require_real(cut, "cut", above=0, below=1), betas, require_real(shift, "shift", above=0))
    if isinstance(betas, str) and betas != FITTED:
        raise ValueError(f"betas must be numbers or {FITTED!r}, got {betas!r}")
    nodes = nodes_of(schedule, d, steps, kappa)
    return _judged(target, nodes, made(nodes, settings), settings)


def require_target(name: str) -> Target:
    """Return what makes the list of a target; ValueError, with the nearest name, where there is none."""
    if not isinstance(name, str) or name not in TARGETS:
        raise ValueError(f"unknown target {name!r}; {nearest(str(name), TARGETS, _ALSO)}")
    return TARGETS[name]


def _judged(target: str, nodes: Nodes, draft: Draft, settings: Settings) -> Export:
    """Return the draft with what is predicted of it."""
    notes = list(draft.notes)
    if nodes.still:
        notes.append(f"{nodes.still} steps of the schedule, between windows that meet, do not move and are left out.")
    predicted, why = _errors(nodes, draft.plan)
    own = None if nodes.own is None else _errors(nodes, nodes.own)[0]
    cut, cost = None, None
    if draft.uncut is not None and nodes.psi[0] == 0:
        cut = settings.cut
        whole, _ = _errors(nodes, draft.uncut)
        start = 1 / draft.plan.psi[0]
        told = f"The first node is cut from sigma = inf to {start:.4g} and misses {cut:.3g} of the first step's signal"
        if predicted is not None and whole is not None:
            cost = Errors(predicted.weight - whole.weight, predicted.width - whole.width)
            told += f", which adds {cost.weight:+.1e} to the error of weights and {cost.width:+.1e} to that of sites"
        notes.append(f"{told}.")
    if predicted is None:
        notes.append(why)
    elif own is not None and nodes.own is not None:
        notes.append(
            f"Its own scheme ({nodes.own_scheme}, {nodes.own.evaluations} evaluations) is predicted to miss weights by "
            f"{own.weight:.1e} and sites by {own.width:.1e}; {draft.scheme} on its nodes by {predicted.weight:.1e} and "
            f"{predicted.width:.1e}."
        )
    common: dict[str, Any] = {
        "target": target,
        "source": nodes.title,
        "d": nodes.d,
        "kappa": nodes.kappa,
        "least_dimension": nodes.least_dimension,
        "predicted": predicted,
        "own": own,
        "own_scheme": nodes.own_scheme,
        "cut": cut,
        "cut_cost": cost,
        **{name: getattr(draft, name) for name in ("values", "arguments", "call", "start", "scheme", "plan")},
        "notes": tuple(notes),
    }
    if target not in FLOW:
        return Export(**common)
    return FlowMatchingExport(**common, path=_path(nodes))


def _path(nodes: Nodes) -> Path | None:
    if isinstance(nodes.source, Schedule):
        return Path(nodes.source, nodes.d, nodes.source.checked_kappa(nodes.d, nodes.kappa))
    assert isinstance(nodes.source, AbstractTable)
    return None


def _errors(nodes: Nodes, plan: Plan) -> tuple[Errors | None, str]:
    """Return the worst errors of a plan for the laws of its limits, or why there are none."""
    if nodes.limit is None:
        return None, "No errors are predicted: this schedule knows no limit; export limit.schedule, or use predict()."
    limits = nodes.source.limits if isinstance(nodes.source, AbstractDesign) else (nodes.limit,)
    try:
        found = [moment_errors(one.order_model(nodes.d), plan) for one in limits]
        return Errors(max(one.weight for one in found), max(one.width for one in found)), ""
    except ValueError as error:
        return None, f"No errors are predicted: {error}"
