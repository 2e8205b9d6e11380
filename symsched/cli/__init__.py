"""The command line: one module per command, imported when the command is called, so that ``--help`` costs nothing."""

from symsched.cli.program import main

__all__ = ["main"]
