"""The program ``symsched``: runs one command and turns what happens into an exit code.

One module per command, imported when the command is called, so that ``--help`` costs nothing.

=====  ==========================================================
code   meaning
=====  ==========================================================
0      all is well
1      a verdict or a check failed
2      bad input; one message on standard error says what to do
130    interrupted; what was done so far is kept
=====  ==========================================================
"""

import importlib
import io
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from symsched.cli.arguments import parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal without Greek letters gets their numbers, and not half of an answer.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    options = parser().parse_args(arguments)
    try:
        # SymPy comes with the module of the command: the help never waits for it.
        with _told(options.verbose):
            code = int(importlib.import_module(options.module).run(options))
            sys.stdout.flush()
    except KeyboardInterrupt:
        print("symsched: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output left (`| head`). Python flushes once more at exit: give that a place to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, TypeError, OSError) as error:
        print(f"symsched: error: {_message(error)}", file=sys.stderr)
        return 2
    return code


@contextmanager
def _told(verbose: bool) -> Iterator[None]:
    """Write what the logger "symsched" is told to standard error meanwhile, if ``verbose``."""
    logger = logging.getLogger("symsched")
    if not verbose:
        yield
        return
    level, handler = logger.level, logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(relativeCreated)8.0f ms  %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def _message(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__
