"""``symsched derive``: a limit, printed."""

import argparse
import sys

from symsched.algebra.telling.prose import plain
from symsched.cli.output import limit_to_dict, limit_to_text, write_json
from symsched.cli.reading import request
from symsched.reporting.pages.data import fields_to_dict


def run(options: argparse.Namespace) -> int:
    """Derive and print; with ``--check``, 1 if a step does not survive its numbers."""
    asked = request(options)
    limit = asked.limit()
    checks = limit.derivation.check() if options.check else ()
    code = 0 if all(check.passed for check in checks) else 1
    if options.json:
        data = {"name": asked.title, "description": asked.description, **limit_to_dict(limit), "latex": limit.latex()}
        if options.show_steps:
            data["steps"] = [
                {
                    "rule": s.rule,
                    "before": str(s.before),
                    "after": str(s.after),
                    "assumes": [str(one) for one in s.assumes],
                    "theorem": plain(s.theorem),
                    "cites": s.cites,
                }
                for s in limit.derivation.steps
            ]
        if options.check:
            data["checks"] = [{**fields_to_dict(check), "passed": check.passed} for check in checks]
        write_json(data)
        return code
    if options.html:
        print(limit.derivation.html(f"The limit of {asked.title}", asked.description), end="")
        print("\n".join(map(str, checks)), end="\n" if checks else "", file=sys.stderr)
        return code
    if options.latex:
        print(limit.derivation.latex() if options.show_steps else limit.latex())
    else:
        print(f"{asked.title}: {asked.description}\n{limit_to_text(limit)}")
        if options.show_steps:
            print(f"\nderivation:\n{limit.derivation}")
    if options.check:
        print("\n".join(["", *map(str, checks)]))
    return code
