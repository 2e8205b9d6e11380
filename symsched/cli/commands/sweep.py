"""``symsched sweep``: one schedule at many dimensions and numbers of steps; what is done is kept and not done again."""

import argparse

from symsched.cli.output import write_json, write_picture
from symsched.cli.reading import request, whole
from symsched.limits.limit import Limit
from symsched.reporting.folder import folder_path
from symsched.schedules.schedule import Schedule, plain
from symsched.simulation.sweeps import sweep


def run(options: argparse.Namespace) -> int:
    """Run what is missing in the folder, print the table, and draw weight against dimension."""
    asked = request(options)
    limit = asked.limit()
    schedules: dict[str, Schedule | Limit] = {"dilated": limit}
    if options.plain:
        schedules["plain"] = plain(asked.interpolant)
    folder = folder_path(options.out, "--out")
    steps = [whole(text, "steps", 1) for text in options.steps]
    settings = asked.sampling(options, 1)
    result = sweep(asked.distribution, schedules, steps=steps, folder=folder / "cells", **settings)
    picture = write_picture(folder, "weights.png", result.plate(), "a sweep")
    if options.json:
        write_json({"name": asked.title, **result.to_dict()})
    else:
        print(f"{asked.title}, {result.title}\n\n{result.to_markdown()}\n{picture}")
    return 0
