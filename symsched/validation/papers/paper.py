"""paper(): a limit written out as a LaTeX document, derived, designed and validated now."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from symsched.algebra.telling.sources import PAPER, Source
from symsched.errors import DerivationError, require_integer, require_real
from symsched.limits.limit import Limit
from symsched.limits.notation import scale
from symsched.models.one_thread import one_thread
from symsched.predictions.designs.design import quiet_design
from symsched.reporting.charts import Plate
from symsched.reporting.drawing import draw
from symsched.reporting.folder import folder_path, replace_file, require_folder, writing_to
from symsched.reporting.imprint import imprint
from symsched.reporting.prose import prose_latex
from symsched.reporting.rows import LATEX_COLOURS
from symsched.simulation.simulate import Run, simulate
from symsched.validation.papers import sections
from symsched.validation.papers.sections import Section
from symsched.validation.validate import validate

FILE, FIGURES = "paper.tex", "figures"
STEPS, N, EVALUATIONS, KAPPA = 20, 400, 3, 3.0
DIMENSIONS = (1_000, 10_000)
DESIGNED = (1e3, 1e4, 1e6, 1e8)
"""Dimensions at which the errors of a design are told."""


@dataclass(frozen=True)
class Entry:
    """A work in the bibliography, as LaTeX."""

    key: str
    text: str


@dataclass
class _Document:
    """What of a paper is finished: sections as they come, and the files of its figures."""

    title: str
    abstract: str
    sections: list[Section] = field(default_factory=list)
    figures: dict[str, bytes] = field(default_factory=dict)
    bibliography: tuple[Entry, ...] = ()
    missing: str = ""

    def picture(self, name: str, plate: Plate) -> str:
        """Keep the drawing of a plate, and return its figure for a section."""
        self.figures[name] = draw(plate, "pdf")
        return sections.figure(name, plate.caption)


@one_thread
def paper(
    limit: Limit,
    folder: str | Path,
    *,
    title: str = "",
    dimensions: Sequence[int] = DIMENSIONS,
    n: int = N,
    steps: int = STEPS,
    kappa: float = KAPPA,
    evaluations: int | None = EVALUATIONS,
    rng: int = 0,
    force: bool = False,
    progress: bool = False,
    date: str | None = None,
    commit: str | None = None,
) -> Path:
    """Write a limit as a LaTeX document into ``folder`` and return the path of its paper.tex.

    It holds the statement, the assumptions, the derivation with the numbers that verify each step, the schedule with
    its nodes and what ``steps`` steps are predicted to give, a table of ``evaluations`` denoiser calls (None for none),
    a validation by ``n`` samples at each of the ``dimensions``, figures and a bibliography; pdflatex with amsmath,
    graphicx, booktabs, longtable and xcolor compiles it. ``title`` names the distribution, as text.

    The same arguments give the same bytes; ``date`` and ``commit`` are those of ``imprint``. ``progress`` tells each
    part on standard error as it is done. A run that is interrupted leaves the parts that were finished and raises on.

    Raises FileExistsError, before any work, if the folder holds a paper and not ``force``, FolderError if it cannot be
    written to, and ValueError or TypeError for bad arguments.
    """
    if not isinstance(limit, Limit):
        raise TypeError(f"limit must come from derive(), got {limit!r}")
    if not isinstance(title, str):
        raise TypeError(f"title must be text, got {title!r}")
    sizes = tuple(require_integer(d, "each of dimensions", 2) for d in dimensions)
    if not sizes:
        raise ValueError("dimensions must hold at least one integer")
    settings = _Settings(
        sizes,
        require_integer(n, "n", 2),
        require_integer(steps, "steps", 2),
        require_real(kappa, "kappa", above=0),
        None if evaluations is None else require_integer(evaluations, "evaluations", 2),
        require_integer(rng, "rng", 0),
    )
    made = imprint(date, commit)
    target = folder_path(folder)
    require_free(target, force=force)
    document = _Document(title or _kind(limit), _abstract(limit, settings, made))
    parts = _parts(limit, settings, document)
    done = False
    try:
        for told in parts:
            if progress:
                print(f"paper: {told}", file=sys.stderr, flush=True)
        done = True
    finally:
        if document.sections:
            if not done:
                document.missing = "The run that made this document was interrupted: later sections are missing."
            _write(document, target, made)
    return target / FILE


def require_free(folder: Path, *, force: bool) -> None:
    """Raise unless a paper can be written into a folder, and FileExistsError where that would replace something."""
    require_folder(folder, "a paper")
    taken = [place for place in (folder / FILE, folder / FIGURES) if place.exists()]
    if taken and not force:
        raise FileExistsError(
            f"{str(taken[0])!r} is there already, and a paper would replace it; take another folder, or --force "
            "(force=True)"
        )


@dataclass(frozen=True)
class _Settings:
    dimensions: tuple[int, ...]
    n: int
    steps: int
    kappa: float
    evaluations: int | None
    seed: int


def _kind(limit: Limit) -> str:
    return f"a {type(limit.distribution).__name__}"


def _abstract(limit: Limit, settings: _Settings, made: dict[str, str]) -> str:
    phases = ", ".join(f"{phase.name} at ${scale(phase.exponent)}$" for phase in limit.phases)
    tool = " ".join(["symsched", *(made[name] for name in ("symsched",) if name in made)])
    commit = f", commit {made['commit']}" if "commit" in made else ""
    count = len(limit.cascade.modes)
    return (
        f"The probability flow of a law with {count} mode{'s' * (count > 1)} under {limit.interpolant.name} has these "
        f"phases as $d \\to \\infty$: {phases}. Their equations are derived from the density, and each step of the "
        f"derivation is verified by independent numbers. What {settings.steps} steps of the schedule that follows are "
        f"predicted to give is set against samples in dimension $d$ with the exact posterior. Everything below was "
        f"derived and computed by {tool}{commit}, seed {settings.seed}."
    )


def _parts(limit: Limit, settings: _Settings, document: _Document) -> Iterator[str]:
    """Add the sections to the document one by one, and yield what was done."""
    kappa = settings.kappa if limit.schedule.needs_kappa else None
    d = settings.dimensions[-1]
    document.bibliography = _bibliography(limit)
    orders = [
        document.picture(f"order-{place + 1}", limit.plate("order", phase=place, kappa=settings.kappa))
        for place, phase in enumerate(limit.phases)
        if phase.order is not None or len(limit.phases) == 1
    ]
    with suppress(ValueError):  # clones part at a choice between modes alone
        orders.append(document.picture("clones", limit.plate("clones")))
    document.sections.append(sections.statement(limit, orders))
    yield f"statement of {len(limit.phases)} phases, {len(orders)} figures"
    document.sections.append(sections.assumptions(limit.derivation))
    checks = [(step.rule, step.check()) for step in limit.derivation.steps]
    document.sections.append(sections.derivation(limit.derivation, checks))
    yield f"derivation of {len(checks)} steps, {sum(len(found) for _, found in checks)} checks"
    plan = limit.schedule.plan(settings.steps, d, kappa)
    drawn = document.picture("schedule", limit.plate("schedule", d=d, kappa=settings.kappa, steps=settings.steps))
    document.sections.append(sections.schedule(limit, plan, settings.dimensions, settings.kappa, [drawn]))
    yield f"schedule of {settings.steps} steps at d = {d}"
    if settings.evaluations is not None:
        document.sections.append(_design(limit, settings.evaluations))
        yield f"table of {settings.evaluations} evaluations"
    report = validate(
        limit,
        dimensions=settings.dimensions,
        n=settings.n,
        steps=settings.steps,
        kappa=settings.kappa,
        rng=settings.seed,
    )
    pictures = list(_sampled(limit, settings, kappa, document))
    document.sections.append(sections.validation(report, pictures))
    yield f"validation at d = {', '.join(map(str, settings.dimensions))}: {report.standing}"


def _design(limit: Limit, evaluations: int) -> Section:
    try:
        found = quiet_design(limit, evaluations)
    except (DerivationError, ValueError) as error:
        return sections.no_design(str(error))
    return sections.design(found, DESIGNED)


def _sampled(limit: Limit, settings: _Settings, kappa: float | None, document: _Document) -> Iterator[str]:
    """Yield the figures of a run: paths of the order parameter, and where clones part."""
    if all(phase.order is None for phase in limit.phases):
        return
    run: Run = simulate(
        limit.distribution,
        limit,
        d=settings.dimensions[-1],
        n=settings.n,
        steps=settings.steps,
        kappa=kappa,
        rng=settings.seed,
        keep="statistics",
    )
    yield document.picture("paths", run.plate("order"))


def _bibliography(limit: Limit) -> tuple[Entry, ...]:
    """Return the works that the steps cite, each once, the paper first."""
    works: dict[Source, None] = {PAPER: None}
    for step in limit.derivation.steps:
        works |= dict.fromkeys(step.sources)
    return tuple(Entry(f"work-{place}", _work(work)) for place, work in enumerate(works, 1))


def _work(work: Source) -> str:
    where = f", {prose_latex(work.where)}" if work.where else ""
    return rf"{prose_latex(work.author)}. \emph{{{prose_latex(work.title)}}}{where} ({work.year})."


def _template() -> Template:
    # Braces and percent signs are TeX's own.
    pages = Environment(
        loader=PackageLoader("symsched.validation.papers"),
        autoescape=False,
        undefined=StrictUndefined,
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    pages.filters["prose"] = prose_latex
    return pages.get_template("paper.tex")


def _write(document: _Document, target: Path, made: dict[str, str]) -> None:
    text = _template().render(paper=document, imprint={"author": "", "date": ""} | made, colours=LATEX_COLOURS)
    with writing_to(target, "a paper"):
        (target / FIGURES).mkdir(parents=True, exist_ok=True)
        for name, drawing in document.figures.items():
            replace_file(target / FIGURES / f"{name}.pdf", drawing)
        replace_file(target / FILE, text.encode("utf-8"))
