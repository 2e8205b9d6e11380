"""``symsched export``: what another library's call takes, and what it then does."""

import argparse

from symsched.cli.output import write_json
from symsched.cli.reading import real, request, whole
from symsched.exports.draft import FITTED
from symsched.exports.export import export, require_target
from symsched.predictions.designs.design import design
from symsched.schedules.schedule import CUT


def run(options: argparse.Namespace) -> int:
    """Print the list, the lines that use it, and what is predicted of the library's own scheme on it."""
    require_target(options.target)
    if (options.steps is None) == (options.evaluations is None):
        raise ValueError("--steps is required, or --evaluations for a design, and not both")
    asked = request(options)
    dimension = real(options.d, "d")
    cut = float(CUT) if options.cut is None else real(options.cut, "cut")
    betas = FITTED if options.fit_betas else None
    if options.evaluations is not None:
        if options.kappa is not None:
            raise ValueError("a design has windows of its own: leave --kappa out")
        table = design(asked.limit(), whole(options.evaluations, "evaluations", 1))
        found = export(table, options.target, d=dimension, cut=cut, betas=betas)
    else:
        kappa = asked.settings.kappa if options.kappa is None else real(options.kappa, "kappa")
        steps = whole(options.steps, "steps", 1)
        schedule = asked.limit().schedule
        found = export(schedule, options.target, d=dimension, steps=steps, kappa=kappa, cut=cut, betas=betas)
    if options.json:
        write_json({"name": asked.title, **found.to_dict()})
        return 0
    print(f"{repr(found)[1:-1]}\n")
    print(f"{found.text}\n")
    print(found.call)
    for note in found.notes:
        print(f"* {note}")
    return 0
