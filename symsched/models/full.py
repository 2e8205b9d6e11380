"""The plain loop over the exact d-dimensional posterior mean: the reference for every reduction."""

import numpy as np

from symsched.models.base import AbstractModel
from symsched.models.recording import BlockResult, Track, Workspace
from symsched.schedules.plan import History, Plan


def integrate_full(model: AbstractModel, plan: Plan, work: Workspace) -> BlockResult:
    """Run the plan from x_0 = α_0 z in the block's array, with the model's own posterior mean."""
    out = work.out
    work.generator.standard_normal(out=out.reshape(-1))
    history = History(plan, bend=plan.bend(out))
    out *= plan.alpha[0]
    track = Track(work.recording, plan, model.dimension)
    frame = model.frame
    projections = []
    for node in range(plan.steps + 1):
        track.note(node, [column.sum(axis=1) for column in track.columns(node, out)])
        if frame is not None:
            projections.append(out @ frame.T)
        if node == plan.steps:
            break
        mean, responsibilities = model.posterior(plan.psi[node], out / plan.alpha[node])
        track.watch(node, responsibilities)
        history.advance(node, out, mean)
    moments = np.stack([out.sum(axis=1), np.einsum("ij,ij->i", out, out)], axis=1)
    return track.finish(out, moments, projections=np.stack(projections, axis=1) if projections else None)
