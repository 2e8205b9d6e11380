"""``symsched compare``: our schedule beside the grids in use, by evaluations and dimension."""

import argparse

from symsched.cli.output import write_json, write_picture
from symsched.cli.reading import progress, real, request, whole
from symsched.predictions.comparison import compare
from symsched.reporting.folder import folder_path


def run(options: argparse.Namespace) -> int:
    """Print a table of errors for each dimension, and draw the last one."""
    asked = request(options)
    result = compare(
        asked.limit(),
        evaluations=[whole(text, "evaluations", 2) for text in options.evaluations],
        dimensions=[real(text, "d") for text in options.d],
        progress=progress(options),
    )
    folder = folder_path(options.out, "--out")
    picture = write_picture(folder, "comparison.png", result.chart(), "a comparison")
    if options.json:
        write_json({"name": asked.title, **result.to_dict()})
    else:
        print(f"{asked.title}, {result.title}\n\n{result.to_markdown()}\n{picture}")
    return 0
