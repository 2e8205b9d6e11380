"""``symsched benchmark``: the samplers against the time of drawing their random numbers."""

import argparse
import sys

from tqdm import tqdm

from symsched.cli.output import write_json
from symsched.cli.reading import progress
from symsched.reporting.folder import folder_path, require_folder, writing_to
from symsched.validation.beside import folder, load


def run(options: argparse.Namespace) -> int:
    """Measure, print the ratios and the fitted growth, and keep both as JSON and as figures."""
    place = folder_path(options.out, "--out")
    require_folder(place, "a benchmark")
    benchmark = load(folder("tests/benchmarks").parent, "benchmarks.report").benchmark
    with tqdm(unit="timing", file=sys.stderr, disable=not progress(options)) as bar:

        def advance(measured: str) -> None:
            bar.set_description(measured)
            bar.update()

        report = benchmark(quick=options.quick, progress=advance)
    with writing_to(place, "a benchmark"):
        report.write(place)
    if options.json:
        write_json(report.to_dict())
    else:
        print(f"{report.to_markdown()}\n{place}")
    return 0
