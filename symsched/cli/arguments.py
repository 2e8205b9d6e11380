"""The arguments of every command. Nothing heavy is imported here: names and numbers are checked by the commands."""

from __future__ import annotations

import argparse
from importlib.metadata import version

_DESCRIPTION = (
    "Derive the high-dimensional limit of a diffusion model from its density, and the noise schedule that follows."
)
_EXAMPLES = """examples:
  symsched derive gaussian-mixture --set p=4/5 sigma=1/2
  symsched derive "3/10*Normal(0, 3/2) + 7/10*Normal(0, 1/2)" --interpolant ve
  symsched schedule curie-weiss --d 10000 --steps 20
  symsched export gaussian-mixture --target k-diffusion --d 10000 --steps 20
  symsched plot gaussian-mixture --what order --out order.pdf
  symsched validate two-variances --d 1000 10000 --n 2000
  symsched reproduce --out report
"""
_NAME = "a name from `symsched list`, or a mixture in quotes such as '3/10*Normal(0, 3/2) + 7/10*Normal(0, 1/2)'"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the program."""
    program = argparse.ArgumentParser(
        prog="symsched",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    program.add_argument("--version", action="version", version=f"%(prog)s {version('symsched')}")
    commands = program.add_subparsers(metavar="COMMAND", required=True)

    reproduce = _command(
        commands, "reproduce", "check every claim of the paper and write the report", module="documents.reproduce"
    )
    reproduce.add_argument("--all", action="store_true", dest="everything", help="also the claims on few evaluations")
    _pages(reproduce, "symsched-report")
    _imprint(reproduce)
    _seed(reproduce)

    _derive(commands)

    schedule = _command(commands, "schedule", "print the numbers of a dilated schedule")
    _distribution(schedule)
    schedule.add_argument("--d", metavar="D", help="dimension, such as 10000 or 1e12")
    schedule.add_argument("--steps", metavar="N", help="number of steps")
    schedule.add_argument(
        "--target",
        metavar="T",
        help="print source text (see list); d and kappa stay arguments, and with --d and --steps the steps are numbers",
    )
    _sampling(schedule)

    _design(commands)
    _export(commands)

    validate = _command(
        commands,
        "validate",
        "set the predictions of a limit against Monte Carlo (exit code 1 where it fails or d decides nothing)",
    )
    _distribution(validate)
    validate.add_argument("--d", nargs="+", metavar="D", help="dimensions (default: the entry's own)")
    validate.add_argument("--n", metavar="N", help="samples per dimension")
    validate.add_argument("--steps", metavar="N", help="number of steps")
    _seed(validate)
    _sampling(validate)
    _progress(validate)

    _sweep(commands)
    _compare(commands)
    _paper(commands)
    _plot(commands)

    zoo = _command(
        commands, "zoo", "derive and validate every distribution of the zoo, and write its page", module="documents.zoo"
    )
    zoo.add_argument("names", nargs="*", metavar="NAME", help="only these (default: all)")
    zoo.add_argument("--workers", metavar="N", help="processes that share the work (default: one for each core)")
    _pages(zoo, "symsched-zoo")
    _imprint(zoo)
    _seed(zoo)

    benchmark = _command(commands, "benchmark", "measure the samplers against the time of drawing their random numbers")
    _pages(benchmark, "symsched-benchmark")

    _command(commands, "list", "list the distributions, laws and interpolants that there are", module="listing")
    return program


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, summary: str, module: str | None = None
) -> argparse.ArgumentParser:
    sentence = f"{summary[0].upper()}{summary[1:]}."
    command = commands.add_parser(name, help=summary, description=sentence)
    command.set_defaults(module=f"symsched.cli.commands.{module or name}")
    command.add_argument("--json", action="store_true", help="write JSON to standard output")
    command.add_argument("--verbose", action="store_true", help="say on standard error how far long work is")
    return command


def _distribution(command: argparse.ArgumentParser, *, optional: bool = False) -> None:
    command.add_argument("name", metavar="NAME", nargs="?" if optional else None, help=_NAME)
    command.add_argument("--interpolant", metavar="I", help="vp, ve, vp-trig or ve-trig (default: vp)")
    command.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="P=VALUE",
        dest="values",
        help="change parameters of a named distribution, such as p=4/5 sigma=sqrt(2)",
    )


def _sampling(command: argparse.ArgumentParser) -> None:
    command.add_argument("--kappa", metavar="K", help="window constant (default: the entry's own, else 3)")
    command.add_argument(
        "--scheme",
        help="default: the schedule's own; interpolant (Euler in x), canonical (Euler in x/alpha, that is DDIM), adams "
        "or adams3 (Adams in psi of two or three steps), dpmpp_2m (DPM-Solver++(2M)), midpoint or heun (on pairs of "
        "nodes), gaussian (exact for Gaussian coordinates of one variance), edgeworth (crosses the gap behind a phase "
        "of order q > 1 in one step)",
    )


def _pages(command: argparse.ArgumentParser, folder: str) -> None:
    command.add_argument("--out", default=folder, metavar="DIR", help=f"folder of the report (default: {folder})")
    command.add_argument("--quick", action="store_true", help="fewer samples and smaller dimensions")
    _progress(command)


def _imprint(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--date", metavar="YYYY-MM-DD", help="date that is told (default: SOURCE_DATE_EPOCH, else that of the commit)"
    )
    command.add_argument(
        "--commit", metavar="C", help="commit that is told (default: that of the checkout, if it is one)"
    )


def _seed(command: argparse.ArgumentParser) -> None:
    command.add_argument("--seed", default="0", metavar="S", help="seed of the random numbers (default: 0)")


def _progress(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--progress",
        action=argparse.BooleanOptionalAction,
        help="a progress bar on standard error (default: if it is a terminal)",
    )


def _derive(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    derive = _command(commands, "derive", "derive a limit and print it")
    _distribution(derive)
    derive.add_argument("--latex", action="store_true", help="print the limit as LaTeX, with --steps the derivation")
    derive.add_argument("--html", action="store_true", help="print the derivation as a page that needs no network")
    derive.add_argument("--steps", action="store_true", dest="show_steps", help="print the steps of the derivation")
    derive.add_argument("--check", action="store_true", help="re-verify every step by independent numbers")


def _design(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    design = _command(commands, "design", "find a table of few evaluations, and print its nodes and coefficients")
    _distribution(design)
    design.add_argument("--evaluations", metavar="N", default="6", help="denoiser calls per sample (default 6)")
    design.add_argument("--weights", nargs="+", metavar="W", help="the modes' weight, or the two ends of a range")
    design.add_argument("--widths", nargs="+", metavar="S", help="the coordinates' deviation, or the ends of a range")
    design.add_argument("--output", metavar="O", default="row", help="row (default), or last: the last D alone")
    design.add_argument("--robust", action="store_true", help="for denoisers and distances that are a little wrong")
    design.add_argument("--d", nargs="+", metavar="D", help="dimensions at which errors and sigmas are printed")
    design.add_argument("--latex", action="store_true", help="print the table as LaTeX")
    design.add_argument("--target", metavar="T", help="print source text (see list) for any d, or for the first of --d")
    _progress(design)


def _export(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    export = _command(commands, "export", "print a schedule or a design as another library's sampler takes it")
    _distribution(export)
    export.add_argument("--target", metavar="T", required=True, help="a name from `symsched list`")
    export.add_argument("--d", metavar="D", required=True, help="dimension, such as 10000 or 1e12")
    export.add_argument("--steps", metavar="N", help="number of steps of the dilated schedule")
    export.add_argument("--kappa", metavar="K", help="window constant (default: the entry's own, else 3)")
    export.add_argument("--evaluations", metavar="N", help="instead of --steps: the nodes of a design of N evaluations")
    export.add_argument("--cut", metavar="C", help="psi_0/psi_1 where no list begins at sigma = inf (default: 1/1000)")
    export.add_argument("--fit-betas", action="store_true", help="betas that hold the list, not the library's own")


def _compare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    compare = _command(commands, "compare", "set the schedule beside the grids in use, each tuned in the same way")
    _distribution(compare, optional=True)
    compare.add_argument("--zoo", action="store_true", help="evaluations that each member of the zoo needs, or NAME")
    compare.add_argument("--designed", action="store_true", help="with --zoo: search for designs, which takes long")
    compare.add_argument("--evaluations", nargs="+", metavar="N", help="denoiser calls (default: 4 8 16 32)")
    compare.add_argument("--d", nargs="+", metavar="D", default=["1e6"], help="dimensions (default: 1e6)")
    compare.add_argument("--workers", metavar="N", help="with --zoo: processes (default: one for each core)")
    compare.add_argument("--out", default="symsched-compare", metavar="DIR", help="folder of the figure")
    _progress(compare)


def _paper(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    paper = _command(
        commands,
        "paper",
        "write a limit as a LaTeX document, with its derivation, figures and validation",
        module="documents.paper",
    )
    _distribution(paper)
    paper.add_argument("--out", required=True, metavar="DIR", help="folder of paper.tex and figures/")
    paper.add_argument("--force", action="store_true", help="replace a paper that the folder holds")
    paper.add_argument("--d", nargs="+", metavar="D", help="dimensions (default: the last two of the entry's own)")
    paper.add_argument("--n", metavar="N", help="samples per dimension (default: 400)")
    paper.add_argument("--steps", metavar="N", help="number of steps (default: 20)")
    paper.add_argument("--kappa", metavar="K", help="window constant (default: the entry's own, else 3)")
    paper.add_argument("--evaluations", metavar="N", help="denoiser calls of the table (default: 3)")
    paper.add_argument("--no-design", action="store_true", help="without that table, whose search may take minutes")
    _seed(paper)
    _imprint(paper)
    _progress(paper)


def _plot(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    plot = _command(commands, "plot", "draw a figure for print, and print its caption")
    _distribution(plot)
    plot.add_argument(
        "--what",
        metavar="W",
        default="order",
        help="order (default), sites, clones, schedule, dimension, evaluations or design",
    )
    plot.add_argument("--out", metavar="FILE", help="ends in .png, .pdf or .svg (default: the name of --what, .png)")
    plot.add_argument("--width", metavar="W", default="column", help="column (345 pt, default) or page (510 pt)")
    plot.add_argument("--force", action="store_true", help="write over a file that there is")
    plot.add_argument("--d", nargs="+", metavar="D", help="dimensions (default: 10000, or the entry's own)")
    plot.add_argument("--steps", nargs="+", metavar="N", help="numbers of steps")
    plot.add_argument("--evaluations", nargs="+", metavar="N", help="of the design (default 6)")
    plot.add_argument("--n", metavar="N", help="samples")
    plot.add_argument("--plain", action="store_true", help="draw the undilated schedule beside")
    _seed(plot)
    _sampling(plot)
    _progress(plot)


def _sweep(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sweep = _command(commands, "sweep", "run a schedule at many dimensions and numbers of steps, and keep what is done")
    _distribution(sweep)
    sweep.add_argument("--d", nargs="+", metavar="D", help="dimensions (default: the entry's own)")
    sweep.add_argument("--steps", nargs="+", metavar="N", default=["10", "40"], help="numbers of steps")
    sweep.add_argument("--n", metavar="N", help="samples per cell")
    sweep.add_argument("--plain", action="store_true", help="run the undilated schedule beside")
    sweep.add_argument("--out", default="symsched-sweep", metavar="DIR", help="folder of the cells that are done")
    _seed(sweep)
    _sampling(sweep)
    _progress(sweep)
