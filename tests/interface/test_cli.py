"""The command line: exit codes, messages and JSON."""

import json
import subprocess
import sys

import pytest

from symsched.cli import main

COMMANDS = (
    *("reproduce", "derive", "design", "schedule", "validate"),
    *("sweep", "plot", "compare", "zoo", "benchmark", "paper", "list"),
)


def run(capsys, *arguments):
    code = main(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def data(capsys, *arguments):
    code, out, err = run(capsys, *arguments, "--json")
    assert err == ""
    return code, json.loads(out)


def test_help_imports_nothing_heavy():
    script = (
        "import sys\n"
        "from symsched.cli.arguments import parser\n"
        "import symsched.cli\n"
        "print(parser().format_help())\n"
        "sys.exit(bool({'sympy', 'numpy', 'scipy', 'matplotlib'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(command in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_takes_json(capsys, command):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_the_module_runs():
    done = subprocess.run([sys.executable, "-m", "symsched", "list"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "gaussian-mixture" in done.stdout


def test_a_reader_that_leaves_early_is_no_error():
    command = f"{sys.executable} -m symsched list | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr == ""


# ---------------------------------------------------------------- derive


def test_derive_prints_phases_equations_and_times(capsys):
    code, out, _ = run(capsys, "derive", "gaussian-mixture")
    assert code == 0
    assert "speciation: psi ~ d^(-1/2), order q = 1, t from 0 to 1/2" in out
    assert "tanh" in out
    assert "log(d + 1)/2" in out


def test_derive_as_json(capsys):
    code, limit = data(capsys, "derive", "two-variances", "--check", "--steps")
    assert code == 0
    first, last = limit["phases"]
    assert (first["name"], first["exponent"], first["order"]) == ("speciation", "1/4", 2)
    assert (last["name"], last["exponent"], last["order"]) == ("data", "0", None)
    assert [mode["number"] for mode in limit["modes"]] == [0.3, 0.7]
    assert limit["speciation_time"]["psi"] == "d**(-1/4)"
    assert limit["checks"]
    assert all(check["passed"] for check in limit["checks"])
    assert all(step["rule"] for step in limit["steps"])


def test_derive_of_one_mode_has_no_speciation_time(capsys):
    _, limit = data(capsys, "derive", "curie-weiss-hot")
    assert limit["speciation_time"]["t"] is None
    _, out, _ = run(capsys, "derive", "curie-weiss-hot")
    assert "no speciation" in out


def test_derive_reads_a_mixture_and_another_interpolant(capsys):
    text = "3/10*Normal(0, 3/2) + 7/10*Normal(0, 1/2)"
    _, limit = data(capsys, "derive", text, "--interpolant", "ve")
    assert limit["name"] == text
    assert limit["interpolant"] == "VE (linear)"
    assert limit["phases"][0]["exponent"] == "1/4"


def test_set_changes_parameters_exactly(capsys):
    _, limit = data(capsys, "derive", "gaussian-mixture", "--set", "p=2/3", "m=sqrt(2)", "--set", "sigma=0.25")
    atoms = limit["phases"][0]["branches"][0]["law"]["atoms"]
    assert {atom["value"]: atom["weight"] for atom in atoms} == {"sqrt(2)": "2/3", "-sqrt(2)": "1/3"}


def test_latex_is_printed_alone(capsys):
    _, out, _ = run(capsys, "derive", "gaussian-mixture", "--latex")
    assert out.startswith(r"\begin{align*}")
    assert out.rstrip().endswith(r"\end{align*}")
    for part in (
        r"\tau = \begin{cases}",
        r"\mu = \frac{\sum_{i=1}^{d} y_{i}}{\sqrt{d}}",
        r"\mu(0) \sim \mathcal{N}(0, 1)",
    ):
        assert part in out


# ---------------------------------------------------------------- design


def test_design_prints_its_table_and_where_it_holds(capsys):
    code, out, _ = run(capsys, "design", "gaussian-mixture", "--evaluations", "2", "--widths", "0.5", "0.5")
    assert code == 0
    assert out.startswith("Design of 2 evaluations")
    assert len([line for line in out.splitlines() if " psi " in line]) == 2
    assert "d = 1e+08" in out


def test_design_as_json_says_what_a_sampler_needs(capsys):
    code, found = data(capsys, "design", "gaussian-mixture", "--evaluations", "3", "--d", "10000")
    assert code == 0
    assert found["predicted"]["weight"] < 0.005
    assert len(found["nodes"]) == len(found["rows"]) == 3
    assert len(found["at"][0]["sigmas"]) == 4


# ---------------------------------------------------------------- schedule


def test_schedule_prints_the_papers_dilation(capsys):
    code, out, _ = run(capsys, "schedule", "gaussian-mixture", "--d", "10000", "--steps", "4", "--kappa", "3")
    assert code == 0
    head, *rows = out.splitlines()
    assert head.split() == ["t", "tau", "alpha", "beta", "psi", "sigma"]
    assert [float(row.split()[1]) for row in rows] == pytest.approx([0, 0.015, 0.03, 0.515, 1])


def test_schedule_as_json_at_a_dimension_beyond_integers(capsys):
    code, table = data(capsys, "schedule", "gaussian-mixture", "--d", "1e12", "--steps", "6", "--interpolant", "ve")
    assert code == 0
    assert len(table["psi"]) == len(table["sigma"]) == len(table["tau"]) == 7
    assert (table["psi"][0], table["sigma"][0], table["psi"][-1], table["sigma"][-1]) == (0, "inf", "inf", 0)
    assert table["tau"][0] == 0
    assert table["tau"][-1] == 1
    for tau, alpha, beta in zip(table["tau"], table["alpha"], table["beta"], strict=True):
        assert beta == pytest.approx(tau)
        assert alpha == pytest.approx(1e6 * (1 - tau), rel=1e-4, abs=1e-9)


def test_the_source_of_a_schedule_runs_alone(capsys):
    code, out, _ = run(capsys, "schedule", "curie-weiss", "--target", "numpy")
    assert code == 0
    scope = {}
    exec(compile(out, "schedule", "exec"), scope)
    tau, alpha, beta = scope["schedule"]([0.0, 0.5, 1.0], 10_000, 3.0)
    assert list(tau) == pytest.approx([0, 0.03, 1])
    assert list(alpha) == pytest.approx([1, 0.97, 0])
    assert list(beta) == pytest.approx([0, 0.03, 1])


def test_a_source_with_its_steps_in_numbers(capsys):
    asked = ("schedule", "curie-weiss", "--d", "10000", "--steps", "4", "--target")
    code, out, _ = run(capsys, *asked, "csv")
    rows = [line.split(",") for line in out.splitlines() if not line.startswith("#")]
    assert code == 0
    assert rows[0] == ["t", "tau", "alpha", "beta", "psi", "sigma"]
    assert float(rows[3][1]) == pytest.approx(0.03)  # at t = 1/2, with the entry's own kappa = 3
    assert "# of: curie-weiss" in out
    code, found = data(capsys, *asked, "json")
    assert code == 0
    assert json.loads(found["source"])["settings"] == {"d": 10000.0, "steps": 4.0, "kappa": 3.0}
    code, _, err = run(capsys, "schedule", "curie-weiss", "--target", "csv")
    assert code == 2
    assert "pass d and steps" in err


def test_the_source_of_a_design_runs_alone(capsys):
    code, out, _ = run(capsys, "design", "gaussian-mixture", "--evaluations", "2", "--target", "numpy")
    assert code == 0
    scope = {}
    exec(compile(out, "design", "exec"), scope)
    assert scope["table"](1e8)["psi"][1] == pytest.approx(scope["table"](1e6)["psi"][1] / 10)


# ---------------------------------------------------------------- validate


def test_validate_exits_0_where_theory_and_samples_agree(capsys):
    arguments = ("gaussian-mixture", "--d", "1e4", "--n", "400", "--steps", "20", "--kappa", "3", "--seed", "1")
    code, report = data(capsys, "validate", *arguments)
    assert code == 0
    assert report["passed"]
    assert {row["dimension"] for row in report["rows"] if "at s = 1" not in row["claim"]} == {10000}
    code, out, _ = run(capsys, "validate", *arguments)
    assert code == 0
    assert "mode 0: weight" in out
    *_, first, second = out.splitlines()
    assert first.startswith("passed: theory predicts this sampler")
    assert second.startswith("how far the sampler is from the data at d = 10\u202f000: worst weight error")
    assert report["accuracy"]["dimension"] == 10_000
    assert abs(report["accuracy"]["width"]["value"]) > 0.03


def test_validate_exits_1_where_nothing_is_decided_yet(capsys):
    arguments = ("--d", "400", "--n", "100", "--steps", "12", "--kappa", "2")
    code, out, _ = run(capsys, "validate", "two-variances", *arguments)
    assert code == 1
    assert "undecided" in out


def test_the_same_seed_validates_to_the_same_numbers(capsys):
    arguments = ("validate", "gaussian-line", "--d", "1000", "--n", "50", "--steps", "10", "--seed", "3")
    assert data(capsys, *arguments) == data(capsys, *arguments)


# ---------------------------------------------------------------- list


def test_list_as_json(capsys):
    code, lists = data(capsys, "list")
    assert code == 0
    entries = {entry["name"]: entry for entry in lists["distributions"]}
    assert len(entries) >= 16
    assert entries["gaussian-mixture"]["parameters"] == {"p": "4/5", "m": "1", "sigma": "1/2"}
    assert [path["name"] for path in lists["interpolants"]] == ["vp", "ve", "vp-trig", "ve-trig"]
    assert "numpy" in lists["targets"]
    assert "Normal(mean, std)" in lists["laws"]


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("derive", "gausian-mixture"), "did you mean 'gaussian-mixture'"),
        (("derive", "1/2*Nrmal(0, 1) + 1/2*Rademacher()"), "did you mean 'Normal'"),
        (("derive", "Normal"), "give its parameters, Normal(mean, std)"),
        (("derive", "__import__('os')"), "has no meaning here"),
        (("derive", "gaussian-mixture", "--interpolant", "vpp"), "unknown interpolant 'vpp'; did you mean 'vp'"),
        (("derive", "gaussian-mixture", "--set", "sigm=1"), "no parameter 'sigm'; did you mean 'sigma'"),
        (("derive", "gaussian-mixture", "--set", "p"), "--set takes parameter=value"),
        (("derive", "gaussian-mixture", "--set", "p=1/2", "p=1/3"), "gives p twice"),
        (("derive", "gaussian-mixture", "--set", "p=3/2"), "p must lie strictly between 0 and 1, got 3/2"),
        (("derive", "gaussian-mixture", "--set", "sigma=-1"), "sigma must not be negative"),
        (("derive", "blume-capel-tricritical", "--set", "beta=3"), "it has none"),
        (("derive", "Rademacher()", "--set", "p=1"), "write the numbers into the mixture"),
        (("derive", "1/2*Rademacher() + 1/2*Rademacher()"), "same law"),
        (("schedule", "gaussian-mixture", "--steps", "4"), "--d is required"),
        (("schedule", "gaussian-mixture", "--d", "100"), "--steps is required"),
        (("schedule", "gaussian-mixture", "--d", "-5", "--steps", "4"), "d must be a number above 0"),
        (("schedule", "gaussian-mixture", "--d", "ten", "--steps", "4"), "d must be a number such as 10000 or 1e4"),
        (("schedule", "gaussian-mixture", "--d", "100", "--steps", "0"), "steps must be at least 1"),
        (("schedule", "gaussian-mixture", "--d", "100", "--steps", "2.5"), "steps must be a whole number"),
        (("schedule", "gaussian-mixture", "--d", "100", "--steps", "4", "--kappa", "11"), "kappa = 11 is too large"),
        (("schedule", "gaussian-mixture", "--d", "100", "--steps", "4", "--scheme", "rk4"), "unknown scheme 'rk4'"),
        (("schedule", "gaussian-mixture", "--target", "fortran"), "unknown target 'fortran'"),
        (("validate", "gaussian-mixture", "--d", "100.5"), "d must be a whole number, got 100.5"),
        (("validate", "gaussian-mixture", "--n", "0"), "n must be at least 1"),
        (("validate", "gaussian-mixture", "--seed", "-1"), "seed must be at least 0"),
        (("zoo", "no-such-thing"), "unknown distribution 'no-such-thing'"),
        (("zoo", "gaussian-line", "--workers", "0"), "workers must be at least 1"),
        (("zoo", "gaussian-line", "--out", "/dev/null/page"), "needs a folder that can be written to"),
        (("reproduce", "--out", "/dev/null/page"), "needs a folder that can be written to"),
    ],
)
def test_bad_input_is_one_clear_message_and_exit_2(capsys, arguments, message):
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert err.startswith("symsched: error: ")
    assert message in err
    assert "Traceback" not in err


def test_a_missing_command_is_a_usage_error(capsys):
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 2
    assert "COMMAND" in capsys.readouterr().err
