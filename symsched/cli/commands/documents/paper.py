"""``symsched paper``: a limit as a LaTeX document."""

import argparse
import sys
from typing import Any

from symsched.cli.output import write_json
from symsched.cli.reading import real, request, whole
from symsched.reporting.folder import folder_path
from symsched.validation.papers.paper import EVALUATIONS, STEPS, N, paper, require_free


def run(options: argparse.Namespace) -> int:
    """Write paper.tex and its figures; 130 with what was finished if interrupted."""
    asked = request(options)
    suited = asked.settings.quick
    settings: dict[str, Any] = {
        "dimensions": [whole(d, "d", 2) for d in options.d] if options.d else suited.dimensions,
        "n": N if options.n is None else whole(options.n, "n", 2),
        "steps": STEPS if options.steps is None else whole(options.steps, "steps", 2),
        "kappa": suited.kappa if options.kappa is None else real(options.kappa, "kappa"),
        "rng": whole(options.seed, "seed", 0),
        "evaluations": None
        if options.no_design
        else EVALUATIONS
        if options.evaluations is None
        else whole(options.evaluations, "evaluations", 2),
    }
    folder = folder_path(options.out, "--out")
    require_free(folder, force=options.force)  # better now than after the derivation
    title = f"{asked.title}: {asked.description}"
    told = options.progress is not False
    if told:
        print(f"paper: deriving {asked.title}", file=sys.stderr, flush=True)
    path = paper(
        asked.limit(),
        folder,
        title=title,
        force=options.force,
        progress=told,
        date=options.date,
        commit=options.commit,
        **settings,
    )
    if options.json:
        write_json({"name": asked.title, "paper": str(path), "figures": str(path.parent / "figures")})
    else:
        print(path)
    return 0
