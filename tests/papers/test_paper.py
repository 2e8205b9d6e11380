"""A limit as a document: what stands in it, that a real TeX compiles it, and that no file is lost on the way."""

import re
import shutil
import subprocess

import pytest
import sympy as sp
from sympy.stats import Normal

import symsched
from symsched.cli import main
from symsched.reporting.folder import FolderError
from symsched.validation.papers import paper as module
from symsched.validation.papers.paper import paper

TEX = pytest.mark.skipif(
    shutil.which("pdflatex") is None,
    reason="no pdflatex on the path (Debian: texlive-latex-base, texlive-latex-recommended)",
)
SMALL = {"dimensions": (1_000, 10_000), "n": 60, "steps": 10, "date": "2026-01-02", "commit": "v1"}


@pytest.fixture(scope="module")
def mixture():
    return symsched.derive(symsched.GaussianMixture(p=sp.Rational(4, 5), m=1, sigma=sp.Rational(1, 2)), symsched.VP)


@pytest.fixture(scope="module")
def written(mixture, tmp_path_factory):
    folder = tmp_path_factory.mktemp("paper")
    return paper(mixture, folder, title="two modes", evaluations=2, **SMALL)


def compiled(folder):
    """Run pdflatex twice, as references need; return what it said the second time."""
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "paper.tex"]
    for _ in range(2):
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
        said = done.stdout.decode(errors="replace")
        assert done.returncode == 0, said[-2000:]
    assert "Overfull" not in said and "undefined" not in said and "multiply defined" not in said
    return said


def test_every_section_is_there_and_its_figures_are_files(written):
    text = written.read_text(encoding="utf-8")
    titles = re.findall(r"\\section\{([^}]*)\}", text)
    assert titles == ["Statement", "Assumptions", "Derivation", "Schedule", "A table of few evaluations", "Validation"]
    drawn = re.findall(r"\{(figures/[^}]*)\}", text)
    assert len(drawn) == 4 and all((written.parent / name).read_bytes().startswith(b"%PDF") for name in drawn)
    assert text.count(r"\begin{figure}") == text.count(r"\end{figure}") == 4
    assert "2501.00988" in text and "2026-01-02" in text and "commit v1" in text
    assert set(re.findall(r"\\usepackage(?:\[.*?\])?\{([^}]*)\}", text)) == {
        "fontenc", "inputenc", "lmodern", "geometry", "amsmath,amssymb,array,booktabs,graphicx,longtable,xcolor",
    }  # fmt: skip


def test_its_numbers_are_those_of_the_limit(written, mixture):
    text = written.read_text(encoding="utf-8")
    # Weights after ten steps at d = 1000, and the nodes, by other calls.
    found = symsched.predict(mixture, 10, kappa=3, d=1_000)
    assert all(f"${one.weight:.6g}$" in text for one in found)
    psi = mixture.schedule.psi(10, 10_000, 3)
    assert all(f"${value:.7g}$" in text for value in psi[1:] if 1e-3 < value < 1e3)
    checks = mixture.derivation.check()
    assert f"{len(checks)} of {len(checks)} checks" in text
    report = symsched.validate(mixture, dimensions=(1_000, 10_000), n=60, steps=10, kappa=3, rng=0)
    assert report.latex() in text


@TEX
def test_a_real_tex_compiles_it(written, tmp_path):
    shutil.copytree(written.parent, tmp_path, dirs_exist_ok=True)
    compiled(tmp_path)


HOSTILE = "50% of $x_1$ \\input{/etc/passwd} & {~^#} é漢\n\n% \\end{document}"


@TEX
def test_names_of_a_user_are_printed_and_never_obeyed(tmp_path):
    weight, width = sp.Symbol("p%", positive=True), sp.Symbol("\\input{x}", positive=True)
    modes = [(sp.Rational(1, 3), Normal("a\\b", 1, 1)), (sp.Rational(2, 3), Normal("$", -1, 1))]
    assert weight != width
    limit = symsched.derive(symsched.ProductMixture(modes), symsched.VE)
    place = paper(limit, tmp_path / "a b", title=HOSTILE, evaluations=None, **SMALL)
    text = place.read_text(encoding="utf-8")
    assert r"\input" not in text and text.count(r"\end{document}") == 1
    compiled(place.parent)


@TEX
def test_one_mode_has_a_paper_too(tmp_path):
    limit = symsched.derive(symsched.CurieWeiss(sp.Rational(1, 2)), symsched.VP)
    place = paper(limit, tmp_path, evaluations=None, **SMALL)
    assert "There is one mode, and no speciation." in place.read_text(encoding="utf-8")
    compiled(tmp_path)


@TEX
@pytest.mark.search
@pytest.mark.parametrize(
    "name", ["curie-weiss", "two-level-tree", "skewed-pair", "poisson-or-geometric", "gaussian-triangle", "four-spins"]
)
def test_papers_of_other_kinds_compile(name, tmp_path, capsys):
    assert main(["paper", name, "--out", str(tmp_path), "--evaluations", "3"]) == 0
    assert "BROKEN" not in capsys.readouterr().out
    compiled(tmp_path)


def test_the_same_arguments_give_the_same_bytes(mixture, tmp_path):
    left = []
    for name in "ab":
        paper(mixture, tmp_path / name, evaluations=None, **SMALL)
        left.append({path.name: path.read_bytes() for path in (tmp_path / name).rglob("*.*")})
    assert left[0] == left[1] and len(left[0]) == 5


def test_nothing_is_overwritten_unless_it_is_asked(mixture, tmp_path, monkeypatch):
    (tmp_path / "paper.tex").write_text("mine")
    monkeypatch.setattr(module, "_parts", lambda *_: pytest.fail("work was begun"))
    with pytest.raises(FileExistsError, match="--force"):
        paper(mixture, tmp_path, **SMALL)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "figures").mkdir()
    with pytest.raises(FileExistsError, match="figures"):
        paper(mixture, tmp_path / "other", **SMALL)
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match="a paper needs a folder"):
        paper(mixture, tmp_path / "file", **SMALL)


def test_force_replaces_a_paper(mixture, tmp_path):
    (tmp_path / "paper.tex").write_text("old")
    paper(mixture, tmp_path, evaluations=None, force=True, **SMALL)
    assert (tmp_path / "paper.tex").read_text().startswith(r"\documentclass")


def test_an_interrupted_run_keeps_what_was_finished(mixture, tmp_path, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "validate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        paper(mixture, tmp_path, evaluations=None, progress=True, **SMALL)
    text = (tmp_path / "paper.tex").read_text(encoding="utf-8")
    assert "was interrupted" in text and r"\section{Schedule}" in text and r"\section{Validation}" not in text
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3 and all(line.startswith("paper: ") for line in lines)
    if shutil.which("pdflatex"):
        compiled(tmp_path)


def test_a_design_that_there_is_none_of_is_explained(mixture, tmp_path, monkeypatch):
    def refused(*_):
        raise symsched.DerivationError("design", "no table does it", "Take the schedule.")

    monkeypatch.setattr(module, "quiet_design", refused)
    text = paper(mixture, tmp_path, evaluations=3, **SMALL).read_text(encoding="utf-8")
    assert "No table is given:" in text and "no table does it" in text


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n": 1}, "n must be"),
        ({"dimensions": ()}, "dimensions must hold"),
        ({"kappa": -1}, "kappa must be"),
        ({"date": "today"}, "YYYY-MM-DD"),
        ({"evaluations": 1}, "evaluations must be"),
    ],
)
def test_bad_arguments_are_refused_before_any_file(mixture, tmp_path, changed, message):
    with pytest.raises(ValueError, match=message):
        paper(mixture, tmp_path / "none", **{**SMALL, **changed})
    assert not (tmp_path / "none").exists()
    with pytest.raises(TypeError, match="limit must come from derive"):
        paper("gaussian-mixture", tmp_path / "none")


def test_the_command(tmp_path, capsys):
    command = ["paper", "1/2*Normal(1, 1) + 1/2*Normal(-1, 1)", "--out", str(tmp_path / "out"), "--no-design"]
    small = ["--d", "1000", "10000", "--n", "60", "--steps", "10", "--date", "2026-01-02"]
    assert main([*command, *small]) == 0
    out, err = capsys.readouterr()
    assert out.strip() == str(tmp_path / "out" / "paper.tex")
    assert [line.split()[1] for line in err.splitlines()] == [
        "deriving", "statement", "derivation", "schedule", "validation",
    ]  # fmt: skip
    assert main([*command, *small]) == 2
    assert "--force" in capsys.readouterr().err
