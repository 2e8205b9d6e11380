"""``symsched list``: what there is."""

import argparse
from itertools import groupby

from symsched.cli.output import write_json
from symsched.distributions.text.laws import LAWS
from symsched.exports.export import TARGETS as EXPORTS
from symsched.schedules.interpolant import INTERPOLANTS
from symsched.schedules.schemes import SCHEMES
from symsched.schedules.sources import TARGETS
from symsched.zoo import ZOO


def run(options: argparse.Namespace) -> int:
    """Print the distributions with their parameters, the laws of the small language, interpolants and schemes."""
    laws = [*(form.usage(name) for name, form in LAWS.items()), "Atoms({value: weight, ...})"]
    if options.json:
        distributions = [
            {
                "name": entry.name,
                "group": entry.group,
                "description": entry.description,
                "parameters": {name: str(value) for name, value in entry.parameters.items()},
            }
            for entry in ZOO
        ]
        interpolants = [
            {"name": key, "title": path.name, "alpha": str(path.alpha), "beta": str(path.beta)}
            for key, path in INTERPOLANTS.items()
        ]
        write_json(
            {
                "distributions": distributions,
                "interpolants": interpolants,
                "schemes": list(SCHEMES),
                "targets": list(TARGETS),
                "exports": list(EXPORTS),
                "laws": laws,
            }
        )
        return 0
    width = max(len(entry.name) for entry in ZOO)
    for group, entries in groupby(ZOO, lambda entry: entry.group):
        print(f"{group}")
        for entry in entries:
            print(f"  {entry.name:<{width}}  {entry.description}")
            if entry.parameters:
                values = ", ".join(f"{name}={value}" for name, value in entry.parameters.items())
                print(f"  {'':<{width}}  --set {values}")
        print()
    print("Interpolants (--interpolant)")
    for key, path in INTERPOLANTS.items():
        print(f"  {key:<{width}}  alpha = {path.alpha}, beta = {path.beta}")
    print(f"\nSchemes (--scheme)\n  {', '.join(SCHEMES)}")
    print(f"\nTargets of a schedule's source (--target)\n  {', '.join(TARGETS)}")
    print(f"\nTargets of `symsched export` (--target)\n  {', '.join(EXPORTS)}")
    print("\nLaws of a mixture in quotes: weight*Law(...) + weight*Law(...)")
    for law in laws:
        print(f"  {law}")
    return 0
