"""Calls with wrong arguments or files end in an answer or in our error: a few here, thousands by the command."""

import environments
import files
import numpy as np
import pytest
import sympy as sp
from fuzz import fault, faults


@pytest.mark.parametrize("calls", [250, pytest.param(3000, marks=pytest.mark.search)], ids=["few", "many"])
def test_no_call_ends_in_an_error_of_a_library(calls):
    assert list(faults(1, calls)) == []


@pytest.mark.parametrize(
    "call",
    [lambda: {}["key"], lambda: np.ones(2) @ np.ones(3), lambda: sp.Symbol("x") + object(), lambda: np.float64("nan")],
    ids=["KeyError", "an error of NumPy", "an error of SymPy", "NaN"],
)
def test_what_counts_as_a_fault(call):
    assert fault(call) is not None


@pytest.mark.parametrize("calls", [12, pytest.param(1000, marks=pytest.mark.search)], ids=["few", "many"])
def test_no_damaged_file_changes_an_answer_or_ends_in_an_error_of_a_library(calls):
    assert list(files.faults(1, calls)) == []


@pytest.mark.parametrize(
    "commands",
    [environments.COMMANDS[1:2], pytest.param(environments.COMMANDS, marks=pytest.mark.search)],
    ids=["one", "all"],
)
def test_no_environment_makes_a_command_end_in_a_traceback(commands, tmp_path):
    assert list(environments.faults(str(tmp_path), commands)) == []
