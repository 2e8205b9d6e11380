"""``symsched compare``: our schedule beside the grids in use, by evaluations and dimension."""

import argparse
import sys

from symsched.cli.output import write_json, write_picture
from symsched.cli.reading import progress, real, request, whole
from symsched.predictions.comparisons.compare import compare
from symsched.reporting.folder import folder_path
from symsched.reporting.numbers import dimension_text


def run(options: argparse.Namespace) -> int:
    """Print a table of errors for each dimension and draw each; 130 with what was done if interrupted."""
    asked = request(options)
    result = compare(
        asked.limit(),
        evaluations=[whole(text, "evaluations", 2) for text in options.evaluations],
        dimensions=[real(text, "d") for text in options.d],
        progress=progress(options),
    )
    folder = folder_path(options.out, "--out")
    dimensions = list(dict.fromkeys(cell.dimension for cell in result.cells))
    # One dimension, the usual case, has the plain name.
    names = ["comparison.png"] if len(dimensions) < 2 else [f"comparison-{d:.4g}.png" for d in dimensions]
    pictures = [
        write_picture(folder, name, result.charts(d), f"a comparison at d = {dimension_text(d)}")
        for name, d in zip(names, dimensions, strict=True)
    ]
    if options.json:
        write_json({"name": asked.title, **result.to_dict()})
    else:
        print(f"{asked.title}, {result.title}\n\n{result.to_markdown()}")
        print(*pictures, sep="\n")
    if result.interrupted:
        print(f"symsched: interrupted after {len(result.cells)} cells", file=sys.stderr)
        return 130
    return 0
