"""``symsched validate``: predictions against Monte Carlo."""

import argparse

from symsched.cli.output import write_json
from symsched.cli.reading import request, whole
from symsched.validation.validate import validate


def run(options: argparse.Namespace) -> int:
    """Print the rows; 1 if one of them fails or none decides."""
    asked = request(options)
    steps = asked.settings.steps if options.steps is None else whole(options.steps, "steps", 1)
    report = validate(asked.limit(), steps=steps, **asked.sampling(options, 2))
    if options.json:
        write_json({"name": asked.title, **report.to_dict()})
    else:
        print(f"{asked.title}, {report.title}\n\n{report.to_markdown()}\n{report.standing}\n{report.accuracy}")
    return 0 if report.passed else 1
