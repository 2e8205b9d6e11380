"""``symsched compare``: our schedule beside the grids in use, for one distribution or for the whole zoo."""

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial

from tqdm import tqdm

from symsched.cli.output import write_json, write_picture
from symsched.cli.reading import progress, real, request, whole
from symsched.cli.sharing import shared
from symsched.limits.limit import derive
from symsched.predictions.comparisons.compare import compare
from symsched.predictions.comparisons.needed import COUNTS, Requirement, requirement, requirements_markdown
from symsched.reporting.folder import folder_path
from symsched.reporting.numbers import dimension_text
from symsched.zoo import ZOO, find

_COUNTS = ("4", "8", "16", "32")


def run(options: argparse.Namespace) -> int:
    """Print a table of errors for each dimension and draw each; 130 with what was done if interrupted."""
    if options.zoo:
        return _zoo(options)
    if options.name is None:
        raise ValueError("compare needs a NAME, or --zoo for every named distribution")
    asked = request(options)
    result = compare(
        asked.limit(),
        evaluations=[whole(text, "evaluations", 2) for text in options.evaluations or _COUNTS],
        dimensions=[real(text, "d") for text in options.d],
        progress=progress(options),
    )
    folder = folder_path(options.out, "--out")
    dimensions = list(dict.fromkeys(cell.dimension for cell in result.cells))
    # One dimension, the usual case, has the plain name.
    names = ["comparison.png"] if len(dimensions) == 1 else [f"comparison-{d:.4g}.png" for d in dimensions]
    pictures = [
        write_picture(folder, name, result.charts(d), f"a comparison at d = {dimension_text(d)}")
        for name, d in zip(names, dimensions, strict=True)
    ]
    if options.json:
        write_json({"name": asked.title, **result.to_dict()})
    else:
        print(f"{asked.title}, {result.title}\n\n{result.to_markdown()}")
        print(*pictures, sep="\n")
    return _ended(f"{len(result.cells)} cells", interrupted=result.interrupted)


def _zoo(options: argparse.Namespace) -> int:
    """Print one table of the evaluations that members need; 130 with those that were done if interrupted."""
    names = [entry.name for entry in ([find(options.name)] if options.name else ZOO)]
    if options.values or options.interpolant:
        raise ValueError("--zoo takes every member as it is: --set and --interpolant go without it")
    if len(options.d) > 1:
        raise ValueError(f"--zoo takes one d, got {' '.join(options.d)}")
    d = real(options.d[0], "d")
    counts = [whole(text, "evaluations", 2) for text in options.evaluations or map(str, COUNTS)]
    workers = os.cpu_count() or 1 if options.workers is None else whole(options.workers, "workers", 1)
    rows: list[Requirement] = []
    interrupted = False
    work = partial(_member, d=d, counts=counts, designed=options.designed)
    with tqdm(total=len(names), unit="entry", file=sys.stderr, disable=not progress(options)) as bar:
        try:
            for row in shared(work, names, min(workers, len(names))):
                rows.append(row)
                bar.set_description(row.name)
                bar.update()
        except KeyboardInterrupt:
            interrupted = True
    rows.sort(key=lambda row: names.index(row.name))
    if options.json:
        write_json({"dimension": d, "interrupted": interrupted, "members": [row.to_dict() for row in rows]})
    else:
        print(f"Evaluations for weights to 1 % and sites to 5 %, d = {dimension_text(d)}\n")
        print(requirements_markdown(rows))
    return _ended(f"{len(rows)} of {len(names)} entries", interrupted=interrupted)


def _member(name: str, d: float, counts: Sequence[int], *, designed: bool) -> Requirement:
    entry = find(name)
    limit = derive(entry.distribution(), entry.settings.path)
    return requirement(limit, name, d, evaluations=counts, designed=designed)


def _ended(done: str, *, interrupted: bool) -> int:
    if interrupted:
        print(f"symsched: interrupted after {done}", file=sys.stderr)
        return 130
    return 0
