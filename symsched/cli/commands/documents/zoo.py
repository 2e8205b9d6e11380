"""``symsched zoo``: every named distribution derived and validated, on one page."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from tqdm import tqdm

from symsched.cli.output import write_json
from symsched.cli.reading import progress, whole
from symsched.cli.sharing import shared
from symsched.reporting.claim import Finding
from symsched.reporting.folder import folder_path, require_folder, write_folder
from symsched.reporting.imprint import imprint
from symsched.reporting.numbers import seconds_text
from symsched.reporting.pages.data import to_dict
from symsched.reporting.pages.markdown import summary_to_markdown
from symsched.zoo import ZOO, Entry, find
from symsched.zoo.page import exhibit, gallery


def run(options: argparse.Namespace) -> int:
    """Write the page and print its summary; 1 if an entry fails, 130 with the page of what was done if interrupted."""
    entries = [find(name) for name in dict.fromkeys(options.names)] or list(ZOO)
    seed = whole(options.seed, "seed", 0)
    workers = os.cpu_count() or 1 if options.workers is None else whole(options.workers, "workers", 1)
    require_folder(folder_path(options.out, "--out"))
    imprint(options.date, options.commit)  # refused now rather than after the work
    done: list[Finding] = []
    interrupted = False
    lines = options.progress is None and not sys.stderr.isatty()
    with tqdm(total=len(entries), unit="entry", file=sys.stderr, disable=not progress(options)) as bar:
        try:
            for claim in _claims(entries, seed, min(workers, len(entries)), quick=options.quick):
                done.append(claim)
                bar.set_description(claim.title)
                bar.update()
                if lines:
                    far = f"{len(done)} of {len(entries)}, {seconds_text(claim.seconds)}"
                    print(f"{claim.title} {claim.outcome} ({far})", file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            interrupted = True
    done.sort(key=lambda claim: claim.number)
    ledger = gallery(done, seed=seed, quick=options.quick, date=options.date, commit=options.commit)
    index = write_folder(ledger, options.out)
    if options.json:
        write_json(to_dict(ledger))
    else:
        print(f"{summary_to_markdown(ledger, times=True)}\n\n{ledger.summary}\n{index}")
    if interrupted:
        print(f"symsched: interrupted after {len(done)} of {len(entries)} entries", file=sys.stderr)
        return 130
    return 0 if ledger.passed else 1


def _claims(entries: Sequence[Entry], seed: int, workers: int, *, quick: bool) -> Iterator[Finding]:
    """Yield the claims as they are done."""
    return shared(partial(_claim, exhibit, seed=seed, quick=quick), list(enumerate(entries, 1)), workers)


def _claim(shown: Callable[..., Finding], place: tuple[int, Entry], *, seed: int, quick: bool) -> Finding:
    number, entry = place
    return shown(entry, number, seed=seed, quick=quick)
