"""``symsched validate``: predictions against Monte Carlo."""

import argparse

from symsched.cli.output import write_json
from symsched.cli.reading import request, whole
from symsched.reporting.verdicts import Verdict
from symsched.validation.validate import Report, validate


def run(options: argparse.Namespace) -> int:
    """Print the rows; 1 if one of them fails or none decides."""
    asked = request(options)
    steps = asked.settings.steps if options.steps is None else whole(options.steps, "steps", 1)
    report = validate(asked.limit(), steps=steps, **asked.sampling(options, 2))
    if options.json:
        write_json({"name": asked.title, **report.to_dict()})
    else:
        print(f"{asked.title}, {report.title}\n\n{report.to_markdown()}\n{_standing(report)}")
    return 0 if report.passed else 1


def _standing(report: Report) -> str:
    """Say in one line what the rows come to."""
    failed = sum(row.verdict is Verdict.FAILS for row in report.rows)
    if failed:
        return f"fails: {failed} of {len(report.rows)} rows"
    return (
        "passed" if report.passed else "undecided: the limit is not expected to hold at these dimensions; take larger d"
    )
