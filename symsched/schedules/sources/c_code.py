"""A subject as one header of C99: every function returns a status, and no result is NaN where that is 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from symsched.schedules.sources import c_templates
from symsched.schedules.sources.comments import head
from symsched.schedules.sources.evidence import large, mean, small
from symsched.schedules.sources.printing import block, c_text
from symsched.schedules.sources.subject import COMPUTED, Mode, Piece, Subject, Table
from symsched.schedules.window import elapsed, remaining

_A_LINE = 3  # numbers of an array


def c_source(subject: Subject) -> str:
    """Return the text of the header."""
    comment = "".join(f" * {line}".rstrip() + "\n" for line in head(subject))
    return f"/*\n{comment} */\n{c_templates.TYPES}{''.join(_parts(subject))}\n#endif\n"


def _parts(subject: Subject) -> Iterator[str]:
    pieces = subject.pieces
    if pieces:
        yield from (_window(k, piece) for k, piece in enumerate(pieces))
        yield _filled(c_templates.SCHEDULE, _places(pieces))
        if subject.scheme in COMPUTED:
            flags = [(True, True) if subject.scheme == "canonical" else piece.straight for piece in pieces]
            shown = ", ".join(f"{{{int(one)}, {int(other)}}}" for one, other in flags)
            yield _filled(c_templates.PLAN, {**_places(pieces), "FLAGS": shown})
    if subject.table is not None:
        yield _table(subject.table)
    if subject.owner.modes:
        yield _posterior(subject.owner.modes)


def _filled(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"@{name}@", value)
    return text


def _places(pieces: Sequence[Piece]) -> dict[str, str]:
    last = len(pieces) - 1
    call = "symsched_window_{}(v, r, d, kappa, p); break;\n"
    cases = "".join(f"    case {k}: {call.format(k)}" for k in range(last))
    return {
        "COUNT": str(len(pieces)),
        "STARTS": ", ".join(repr(float(piece.start)) for piece in pieces),
        "ENDS": ", ".join(repr(float(piece.end)) for piece in pieces),
        "LENGTHS": ", ".join(repr(float(piece.end - piece.start)) for piece in pieces),
        "CASES": f"{cases}    default: {call.format(last)}",
    }


def _window(k: int, piece: Piece) -> str:
    names = ("p->tau", "p->alpha", "p->beta", "p->tau_rate", "p->alpha_rate", "p->beta_rate")
    found = block(zip(names, (*piece.values, *piece.rates), strict=True), (elapsed, remaining))
    lines = [f"    const double {name} = {c_text(part)};" for name, part in found.constants]
    lines += [f"    {name} = {c_text(part)};" for name, part in found.results]
    return (
        f"\nstatic inline void symsched_window_{k}(double v, double r, double d, double kappa, symsched_point *p)\n{{\n"
        "    (void)v; (void)r; (void)d; (void)kappa;\n" + "\n".join(lines) + "\n}\n"
    )


def _table(table: Table) -> str:
    flat = [(j, value) for row in table.B for j, value in row]
    # As symsched_lay has them.
    arrays = (table.times, table.alpha, table.beta, table.psi, table.A, table.shift, table.wave)
    values = [*(value for array in arrays for value in array), *(value for _, value in flat)]
    texts = list(map(c_text, values))
    lines = [", ".join(texts[first : first + _A_LINE]) for first in range(0, len(texts), _A_LINE)]
    bounds = accumulate((len(row) for row in table.B), initial=0)
    return _filled(
        c_templates.TABLE,
        {
            "STEPS": str(len(table.psi)),
            "TERMS": str(len(flat)),
            "HOLDS": f"d >= {table.least!r}" if table.only is None else f"d == {table.only!r}",
            "UNITS": "".join(f"    const double {symbol.name} = {c_text(value)};\n" for symbol, value in table.units),
            "NUMBERS": "".join(f"        {line},\n" for line in lines),
            "PLACES": ", ".join(map(str, [*bounds, *(j for j, _ in flat)])),
            "MEMORY": str(table.memory),
            "DEGREE": str(table.degree if table.bends else 0),
        },
    )


def _posterior(modes: Sequence[Mode]) -> str:
    first = accumulate((len(mode.parts) for mode in modes), initial=0)
    triples = [f"{{{', '.join(c_text(value) for value in part)}}}" for mode in modes for part in mode.parts]
    return _filled(
        c_templates.POSTERIOR,
        {
            "SMALL": c_text(small),
            "LARGE": c_text(large),
            "MEAN": c_text(mean),
            "MODES": str(len(modes)),
            "WEIGHTS": ", ".join(c_text(mode.weight) for mode in modes),
            "TRIPLES": ", ".join(triples),
            "FIRST": ", ".join(map(str, first)),
        },
    )
