"""``symsched reproduce``: every claim of the paper, checked now."""

import argparse

from symsched.cli.output import write_json
from symsched.cli.reading import whole
from symsched.reporting.folder import folder_path
from symsched.reporting.pages.data import to_dict
from symsched.reporting.pages.markdown import summary_to_markdown
from symsched.validation.reproduction import reproduce


def run(options: argparse.Namespace) -> int:
    """Check the claims, print their summary, leave the report in the folder; 1 unless all come out as expected."""
    folder = folder_path(options.out, "--out")
    seed = whole(options.seed, "seed", 0)
    ledger = reproduce(
        folder,
        quick=options.quick,
        progress=options.progress is not False,
        seed=seed,
        everything=options.everything,
        date=options.date,
        commit=options.commit,
    )
    if options.json:
        write_json(to_dict(ledger))
    else:
        print(f"{summary_to_markdown(ledger, times=True)}\n\n{ledger.summary}\n{folder / 'index.html'}")
    return 0 if ledger.passed else 1
