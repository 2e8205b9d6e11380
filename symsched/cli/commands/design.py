"""``symsched design``: a table of few evaluations, its errors, and where they hold."""

import argparse

from symsched.cli.commands.schedule import write_source
from symsched.cli.output import write_json
from symsched.cli.reading import progress, real, request, whole
from symsched.predictions.designs.design import design


def _ends(texts: list[str], name: str) -> tuple[float, float]:
    """Return the ends of a range that may be one number."""
    if len(texts) > 2:
        raise ValueError(f"--{name} takes a number or two, got {len(texts)}")
    return real(texts[0], name), real(texts[-1], name)


def run(options: argparse.Namespace) -> int:
    """Print the nodes and coefficients of a design, its predicted errors, and those at the dimensions asked for."""
    asked = request(options)
    weights, widths = (
        None if ends is None else _ends(ends, name)
        for name, ends in (("weights", options.weights), ("widths", options.widths))
    )
    dimensions = [real(one, "d") for one in options.d or ("1e4", "1e6", "1e8")]
    found = design(
        asked.limit(),
        whole(options.evaluations, "evaluations", 1),
        output=options.output,
        robust=options.robust,
        weights=weights,
        widths=widths,
        progress=progress(options),
    )
    if options.target is not None:
        text = found.source(options.target, d=dimensions[0] if options.d else None, title=asked.title)
        write_source(asked, options.target, text, as_json=options.json)
        return 0
    errors = {d: found.errors_at(d) for d in dimensions if options.d or d > found.least_dimension}
    if options.json:
        at = [
            {"d": d, "weight": one.weight, "width": one.width, "sigmas": found.sigmas(d).tolist()}
            for d, one in errors.items()
        ]
        write_json({"name": asked.title, **found.to_dict(), "at": at})
    elif options.latex:
        print(found.latex())
    else:
        print(repr(found)[1:-1])
        print(f"\n{found.to_text()}")
        print("\nworst errors            weight   W2/deviation")
        print(f"{'predicted, d = inf':20s} {found.predicted.weight:10.5f} {found.predicted.width:14.5f}")
        for d, one in errors.items():
            print(f"{f'd = {d:g}':20s} {one.weight:10.5f} {one.width:14.5f}")
        for name, one in found.sensitivities.items():
            print(f"{name:20s} {one.weight:10.5f} {one.width:14.5f}")
    return 0
