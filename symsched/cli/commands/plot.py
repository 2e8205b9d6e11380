"""``symsched plot``: a figure for print of a distribution, with its caption."""

import argparse
import errno
from typing import Any

from symsched.cli.output import write_json, write_picture
from symsched.cli.reading import Request, progress, request, whole
from symsched.errors import nearest
from symsched.predictions.designs.design import design
from symsched.reporting.charts import Plate
from symsched.reporting.drawing import FORMATS, WIDTHS
from symsched.reporting.folder import FolderError, folder_path
from symsched.schedules.schedule import Schedule, plain
from symsched.simulation.simulate import simulate
from symsched.simulation.sweeps import sweep

PICTURES = {
    "order": "the order parameter's paths and quantiles on the exact ones",
    "sites": "coordinates on their exact law",
    "clones": "how often clones end in one mode",
    "schedule": "amplitudes, psi and the time spent on each log-SNR",
    "dimension": "weight and width against d",
    "evaluations": "weight and width against the evaluations",
    "design": "worst errors of a design against d",
}
_DIMENSION = 10_000
_COUNTS = ("4", "8", "16", "32", "64")
_SITES = 200
"""Paths whose coordinates are held, unless --n is given."""


def run(options: argparse.Namespace) -> int:
    """Draw the figure into a file and print its caption, or with --json its numbers."""
    if options.what not in PICTURES:
        raise ValueError(f"unknown --what {options.what!r}; {nearest(options.what, PICTURES)}")
    if options.width not in WIDTHS:
        raise ValueError(f"unknown --width {options.width!r}; {nearest(options.width, WIDTHS)}")
    target = folder_path(f"{options.what}.png" if options.out is None else options.out, "--out")
    if target.suffix[1:] not in FORMATS:
        raise ValueError(f"--out must end in one of {', '.join(f'.{name}' for name in FORMATS)}, got {target}")
    if target.exists() and not options.force:
        raise FolderError(errno.EEXIST, "there is such a file; --force writes over it", str(target))
    asked = request(options)
    plate = _plate(asked, options)
    write_picture(target.parent, target.name, plate, "a figure", width=options.width)
    if options.json:
        write_json({"name": asked.title, "file": str(target), **plate.to_dict()})
    else:
        print(f"{plate.caption}\n{target}")
    return 0


def _plate(asked: Request, options: argparse.Namespace) -> Plate:
    limit, what = asked.limit(), options.what
    settings: dict[str, Any] = asked.sampling(options, 1)
    kappa, seed = settings["kappa"], settings["rng"]
    dimensions = settings["dimensions"] if options.d else (_DIMENSION,)
    if what == "design":
        return design(limit, _first(options.evaluations, "evaluations", 6), progress=progress(options)).plate()
    if what == "clones":
        sizes = dimensions if options.d else None
        return limit.plate(what, d=sizes, n=settings["n"], rng=seed)
    if what in ("dimension", "evaluations"):
        schedules: dict[str, Schedule] = {"dilated": limit.schedule}
        if options.plain:
            schedules["plain"] = plain(asked.interpolant)
        if what == "dimension":
            counts = options.steps or [str(asked.settings.steps)]
        else:
            counts, settings["dimensions"] = options.steps or list(_COUNTS), dimensions
        every = [whole(text, "steps", 1) for text in counts]
        found = sweep(asked.distribution, schedules, steps=every, **settings)
        return found.plate("d" if what == "dimension" else what)
    if len(dimensions) != 1:
        raise ValueError(f"--what {what} takes one --d, got {len(dimensions)}")
    steps = _first(options.steps, "steps", asked.settings.steps)
    if what == "schedule":
        return limit.plate(
            what, d=dimensions[0], kappa=kappa, steps=_first(options.steps, "steps", asked.settings.steps)
        )
    count = _SITES if what == "sites" and options.n is None else settings["n"]
    sampled = simulate(
        asked.distribution,
        limit,
        d=dimensions[0],
        n=count,
        steps=steps,
        kappa=kappa,
        rng=seed,
        scheme=options.scheme,
        keep="x" if what == "sites" else "statistics",
        progress=settings["progress"],
    )
    return sampled.plate(what)


def _first(texts: list[str] | None, name: str, otherwise: int) -> int:
    """Return the one number that is given, or another; ValueError where there are several."""
    if not texts:
        return otherwise
    if len(texts) > 1:
        raise ValueError(f"--{name} takes one number here, got {len(texts)}")
    return whole(texts[0], name, 1)
