"""Every claim comes out as expected, its derivation holds, and each of its checks fails on something wrong."""

import ast
import dataclasses
import re
import subprocess
import sys

import pytest
import sympy as sp

from symsched.reporting.verdicts import Verdict
from symsched.symbols import t
from symsched.validation.beside import folder
from symsched.validation.cells import Formula, Identity, cell
from symsched.validation.checks import Axes, ClosedForm
from symsched.validation.claim import FEW, PAPER, Claim, claims
from symsched.validation.effort import Effort, Sized

QUICK = Effort(quick=True)
CLAIMS = dict(claims(PAPER + FEW))
CONTROLS = {
    f"{name}-{k}-{type(check).__name__}": (one, check)
    for name, one in CLAIMS.items()
    for k, check in enumerate(one.checks)
    if not check.full_only
}
INDEPENDENT = folder("derivations") / "independent"


@pytest.fixture(scope="module", params=CLAIMS)
def claim(request):
    return CLAIMS[request.param]


def test_it_comes_out_as_expected(claim):
    finding = claim.check(QUICK)
    assert finding.as_expected, [row for row in finding.rows if row.verdict is Verdict.FAILS]
    assert finding.holds == (claim.number != 18)
    assert finding.statement and finding.formula and finding.charts and finding.group and finding.source
    assert all(len(curve.x) > 0 for chart in finding.charts for curve in chart.curves)
    if finding.holds:
        assert sum(row.verdict is Verdict.AGREES for row in finding.rows) >= 0.8 * len(finding.rows)


def test_its_derivation_holds_and_would_not_if_an_identity_were_another(claim):
    for shown in (shown for part in claim.cells for shown in part.shown()):
        assert shown.holds, shown
        if isinstance(shown, Identity):
            assert not shown.spoiled.holds, shown.sentence


def axes_in(value):
    """The names of all axes that a check holds, however deep."""
    if isinstance(value, Axes):
        yield value.name
    elif isinstance(value, tuple):
        for part in value:
            yield from axes_in(part)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from axes_in(getattr(value, field.name))


def test_its_charts_have_names_of_their_own(claim):
    names = list(axes_in(claim.checks))
    assert names
    assert len(names) == len(set(names)), names


@pytest.mark.parametrize(("claim", "check"), CONTROLS.values(), ids=CONTROLS)
def test_its_control_comes_out_otherwise(claim, check):
    verdicts = {row.verdict for row in check.control.rows(QUICK)}
    if claim.expected == "holds":
        assert Verdict.FAILS in verdicts
    else:
        assert verdicts == {Verdict.AGREES}


def test_the_order_in_which_claims_are_told():
    paper, few = ([claim.number for _, claim in claims(words)] for words in (PAPER, FEW))
    assert paper == [*range(1, 19)]
    assert few == [*range(20, 20 + len(few))]
    assert all(int(re.findall(r"\d\d", name)[0]) == claim.number for name, claim in CLAIMS.items())


@pytest.mark.parametrize("path", sorted(INDEPENDENT.glob("*.py")), ids=lambda path: path.stem)
def test_what_claims_are_held_against_shares_no_code_with_the_package(path):
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
    assert not {name for name in names if name.split(".")[0] in {"symsched", "sympy"}}


def test_the_paper_is_reproduced_without_the_claims_that_it_does_not_make():
    assert not {name for name, _ in claims()} & {name for name, _ in claims(FEW)}
    assert {name.split("_")[0] for name, _ in claims(FEW)} == {"few"}


@pytest.mark.parametrize(("name", "number"), [("gm_07_constant_steps", 7), ("few_20_equal_angles", 20)])
def test_a_claim_runs_as_a_script(tmp_path, name, number):
    script = folder("derivations") / f"{name}.py"
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "BROKEN" not in done.stdout
    assert f"Claim {number} holds." in done.stdout


class TestScript:
    """What a script prints, and how it ends."""

    @staticmethod
    def claim(*, right=2, **changes):
        @cell("One and one.")
        def sums():
            yield Formula("one and one", t + t)
            yield Identity("one and one is two", 1 + 1, right)

        one = ClosedForm(
            name="one",
            points=(1.0,),
            derived=lambda x: x,
            independent=lambda _: 1.0 * right / 2,
            tolerance=1e-9,
            wrong={},
        )
        return Claim(
            1, "Sums", "One is one.", lambda: (sp.Eq(t, t, evaluate=False),), (sums,), (one,), "g", "s", **changes
        )

    def leaves(self, claim):
        with pytest.raises(SystemExit) as left:
            claim.tell()
        return left.value.code

    def test_it_ends_well(self, capsys):
        assert self.leaves(self.claim()) == 0
        printed = capsys.readouterr().out
        assert "One and one." in printed and "2⋅t" in printed and "ok     one and one is two" in printed
        assert "Claim 1 holds." in printed

    def test_a_broken_identity_or_row_ends_it_with_an_error(self, capsys):
        assert self.leaves(self.claim(right=3)) == 1
        assert "BROKEN" in capsys.readouterr().out

    def test_a_failure_that_is_expected_is_explained(self, capsys):
        claim = self.claim(expected="fails", reason="one is not two")
        assert self.leaves(claim) == 1
        assert "because one is not two" in capsys.readouterr().out

    def test_a_quick_look_leaves_out_what_is_for_a_full_one(self):
        one = self.claim()
        check = ClosedForm(
            name="{}",
            points=Sized((1.0, 2.0), (1.0,)),
            derived=float,
            independent=float,
            tolerance=0,
            wrong={},
            full_only=True,
        )
        both = Claim(1, "Sums", "One is one.", one.formulas, (), (*one.checks, check), "g", "s")
        assert [len(both.check(Effort(quick)).rows) for quick in (True, False)] == [1, 3]
