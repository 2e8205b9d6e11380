"""``symsched design``: a table of few evaluations, its errors, and where they hold."""

import argparse

from symsched.cli.output import write_json
from symsched.cli.reading import real, request, whole
from symsched.predictions.designs.design import design


def run(options: argparse.Namespace) -> int:
    """Print the nodes and coefficients of a design, its predicted errors, and those at the dimensions asked for."""
    asked = request(options)
    weights, widths = (
        None if ends is None else (real(ends[0], name), real(ends[1], name))
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
    )
    errors = {d: found.errors_at(d) for d in dimensions}
    if options.json:
        write_json(
            {
                "name": asked.title,
                "evaluations": found.evaluations,
                "weights": list(found.weights),
                "widths": list(found.widths),
                "predicted": {"weight": found.predicted.weight, "width": found.predicted.width},
                "window": found.table.shape.window,
                "m": found.m,
                "nodes": found.table.nodes.tolist(),
                "rows": found.table.rows.tolist(),
                "output": found.table.output.tolist(),
                "at": [
                    {"d": d, "weight": one.weight, "width": one.width, "sigmas": found.sigmas(d).tolist()}
                    for d, one in errors.items()
                ],
            }
        )
    elif options.latex:
        print(found.latex())
    else:
        print(repr(found)[1:-1])
        print(
            "\ny_k = z + sum c_ki D_i at psi_k, D_0 = E a; the window in units of 1/(m sqrt d), m =", f"{found.m:.8g}"
        )
        for k, (node, row) in enumerate(zip(found.table.nodes, found.table.rows, strict=True), 1):
            place = "window" if k <= found.table.shape.window else "data"
            print(f"{k:3d} {place:8s} psi {node:12.8f}   c " + " ".join(f"{c:12.8f}" for c in row[:k]))
        print(
            "output            z", f"{found.table.output[0]:12.8f}   c", *(f"{c:12.8f}" for c in found.table.output[1:])
        )
        print("\nworst errors            weight   W2/deviation")
        print(f"{'predicted, d = inf':20s} {found.predicted.weight:10.5f} {found.predicted.width:14.5f}")
        for d, one in errors.items():
            print(f"{f'd = {d:g}':20s} {one.weight:10.5f} {one.width:14.5f}")
        for name, one in found.sensitivities.items():
            print(f"{name:20s} {one.weight:10.5f} {one.width:14.5f}")
    return 0
