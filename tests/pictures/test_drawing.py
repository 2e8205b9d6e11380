"""Figures for print: sizes, colours, legends off the data, captions, bytes, and what is refused."""

import json

import matplotlib as mpl
import numpy as np
import pytest
import sympy as sp

import symsched
from symsched.cli import main
from symsched.reporting import drawing
from symsched.reporting.charts import Chart, Curve, Plate, Span
from symsched.reporting.drawing import WIDTHS, draw, printed

PAIR = symsched.GaussianMixture(p=sp.Rational(4, 5), m=1, sigma=sp.Rational(1, 2))


@pytest.fixture(scope="module")
def limit():
    return symsched.derive(PAIR, symsched.VP)


@pytest.fixture(scope="module")
def run(limit):
    return symsched.simulate(PAIR, limit, d=200, n=50, steps=10, kappa=3, rng=1)


@pytest.fixture(scope="module")
def plates(limit, run):
    swept = symsched.sweep(PAIR, {"dilated": limit, "plain": symsched.VP}, dimensions=(50, 200), steps=(4, 8), n=20)
    # Two speciations and a gap behind them: four windows.
    tree = symsched.derive(symsched.parse("1/2*Normal(1, 3/2) + 1/4*Normal(-1, 1/2) + 1/4*Normal(-1, 1)"), symsched.VP)
    return {
        "limit": limit.plate(),
        "clones": limit.plate("clones", d=50, n=20),
        "schedule": limit.plate("schedule", d=1e4, steps=8),
        "tree": tree.schedule.plate(1e6, 3),
        "run": run.plate(),
        "sites": run.plate("sites", bins=10),
        "sweep": swept.plate(predicted=False),
    }


NAMES = ("limit", "clones", "schedule", "tree", "run", "sites", "sweep")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_a_figure_has_its_width_and_nothing_lies_on_its_axes_or_sticks_out(plates, name, width):
    plate = plates[name]
    figure = printed(plate, width)
    assert figure.caption == plate.caption
    assert figure.get_size_inches()[0] == pytest.approx(WIDTHS[width])
    figure.draw_without_rendering()
    renderer = figure._get_renderer()
    for legend in figure.legends:
        box = legend.get_window_extent(renderer)
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert not any(box.overlaps(axes.get_window_extent(renderer)) for axes in figure.axes)
    for axes in figure.axes:
        assert axes.get_xlabel()
        assert axes.get_ylabel()
        names = [text.get_window_extent(renderer) for text in axes.texts]
        assert not any(a.overlaps(b) for k, a in enumerate(names) for b in names[:k]), axes.texts
        assert axes.get_window_extent(renderer).height > 70
    assert mpl.rcParams["font.size"] == mpl.rcParamsDefault["font.size"]


@pytest.mark.parametrize("name", NAMES)
def test_captions_and_numbers_are_plain_text(plates, name):
    plate = plates[name]
    assert "$" not in plate.caption
    assert plate.caption.endswith(".")
    data = json.loads(json.dumps(plate.to_dict(), allow_nan=False))
    assert [chart["name"] for chart in data["charts"]] == [chart.name for chart in plate.charts]
    assert all(len(curve["x"]) == len(curve["y"]) for chart in data["charts"] for curve in chart["curves"])


def test_captions_say_what_was_run(plates):
    for part in ("d = 200", "n = 50 paths", "10 steps of 9 evaluations", "κ = 3", "seed 1"):
        assert part in plates["run"].caption
        assert part in plates["sites"].caption
    assert "n = 20 paths each, seed 0" in plates["sweep"].caption


def test_one_quantity_has_one_colour_and_two_differ_in_more_than_colour():
    x = np.arange(4.0)
    curves = tuple(
        Curve(f"{kind} {name}", x, x + k, style=style, quantity=name)
        for k, name in enumerate("ab")
        for kind, style in (("line", "line"), ("points", "points"))
    )
    axes = printed(Plate((Chart("c", "", "x", "y", curves),), "c.")).axes[0]
    lines = [line for line in axes.lines if line.get_linestyle() != "None"]
    points = [line for line in axes.lines if line.get_marker() in ("o", "s")]
    assert [line.get_color() for line in lines] == [line.get_color() for line in points]
    assert lines[0].get_color() != lines[1].get_color()
    assert lines[0]._unscaled_dash_pattern != lines[1]._unscaled_dash_pattern
    assert [point.get_marker() for point in points] == ["o", "s"]


@pytest.mark.parametrize("format", drawing.FORMATS)
def test_the_same_figure_has_the_same_bytes(plates, format):
    first = draw(plates["run"], format)
    drawing._laid_out.cache_clear()
    assert draw(plates["run"], format) == first
    assert not any(word in first for word in (b"dc:date", b"CreationDate", b"matplotlib.org"))
    assert draw(plates["run"], format, "page") != first


def test_names_of_narrow_spans_take_several_lines():
    def heights(names):
        spans = tuple(Span(name, k, k + 1.0) for k, name in enumerate(names))
        chart = Chart("c", "", "x", "y", (Curve("", [0.0, 3.0], [0.0, 1.0]),), spans=spans)
        axes = printed(Plate((chart,) * 3, "c."), "page").axes[0]
        return {text.get_position()[1] for text in axes.texts if text.get_text() in names}

    assert len(heights(("a", "b", "c"))) == 1
    assert len(heights(("speciation 1", "speciation 2", "data"))) > 1


def test_a_plate_finds_its_charts_by_name(plates):
    assert plates["schedule"]["psi"].log_y
    with pytest.raises(KeyError, match="amplitudes, psi, logsnr"):
        plates["schedule"]["phi"]
    with pytest.raises(ValueError, match="at least one chart"):
        Plate((), "")


def test_bad_settings_are_refused_and_say_what_would_do(limit, run):
    refused = [
        (lambda: limit.plot("ordr"), "did you mean 'order'"),
        (lambda: limit.plot(d=100), "run.plot"),
        (lambda: limit.plot(phase=2), "below 2, the number of phases"),
        (lambda: limit.plot(branch=1), "below 1, the number of branches"),
        (lambda: limit.plot(component=1), "component must be 0"),
        (lambda: limit.plot(levels=(0.5, 0.1)), "levels must be increasing"),
        (lambda: limit.plot(levels=()), "levels must be increasing"),
        (lambda: limit.plot(kappa=-1), "kappa"),
        (lambda: limit.plot("schedule"), "needs one dimension d"),
        (lambda: limit.plot("clones", phase=1), "makes none"),
        (lambda: limit.plot("clones", phase=1, d=10), "first phase alone"),
        (lambda: limit.plot("clones", d=10, n=1), "n must be"),
        (lambda: limit.plot(width="wide"), "unknown width 'wide'"),
        (lambda: limit.schedule.plot(1e4), "pass kappa"),
        (lambda: limit.schedule.plot(4, 3), "too large"),
        (lambda: run.plot("histogram"), "unknown picture"),
        (lambda: run.plot("sites", modes=(5,)), "below 2, the number of modes"),
        (lambda: run.plot("sites", bins=1), "bins"),
    ]
    for call, message in refused:
        with pytest.raises((ValueError, TypeError), match=message):
            call()
    without = symsched.simulate(PAIR, limit, d=200, n=5, steps=4, kappa=3, keep="statistics")
    with pytest.raises(ValueError, match="keep='x'"):
        without.plot("sites")
    hot = symsched.CurieWeiss(beta=sp.Rational(1, 2), h=0)
    one = symsched.simulate(hot, symsched.VP, d=20, n=5, steps=4)
    with pytest.raises(ValueError, match="one mode"):
        one.plot()


def test_a_design_is_followed_in_its_own_clock(limit):
    table = symsched.simulate(PAIR, limit.schedule.plan(8, 400, 3, "canonical"), d=400, n=30, rng=0)
    chart = table.plate()["order"]
    assert chart.x_label.startswith("signal strength")
    # In nu itself, which starts from N(0, 1) at s = 0.
    points = [c for c in chart.curves if c.style == "points"]
    assert points[0].x[0] == 0
    np.testing.assert_allclose(points[0].x, table.plan.psi[: len(points[0].x)] * 20)


# ---------------------------------------------------------------- command line


def call(capsys, *arguments):
    code = main(["plot", "gaussian-mixture", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_command_draws_and_never_writes_over_a_file(capsys, tmp_path):
    file = tmp_path / "new" / "order.svg"
    settings = ("--d", "200", "--n", "20", "--steps", "8", "--seed", "4", "--out", str(file))
    code, out, _ = call(capsys, *settings)
    assert code == 0
    assert "seed 4" in out
    first = file.read_bytes()
    assert first.startswith(b"<?xml")
    code, _, err = call(capsys, *settings)
    assert code == 2
    assert "--force" in err
    code, out, _ = call(capsys, *settings, "--force", "--json")
    assert code == 0
    assert file.read_bytes() == first
    data = json.loads(out)
    assert data["file"] == str(file)
    assert data["charts"][0]["name"] == "order"


@pytest.mark.parametrize(
    ("what", "settings", "names"),
    [
        ("schedule", ("--steps", "8"), ["amplitudes", "psi", "logsnr"]),
        ("clones", (), ["clones"]),
        ("sites", ("--d", "50", "--n", "20", "--steps", "4"), ["sites"]),
        ("dimension", ("--d", "50", "--n", "20", "--steps", "4", "--plain"), ["weight", "width"]),
        ("evaluations", ("--d", "50", "--n", "20", "--steps", "4", "8"), ["weight", "width"]),
    ],
)
def test_the_command_draws_everything(capsys, tmp_path, what, settings, names):
    out = str(tmp_path / "a.png")
    code, text, _ = call(capsys, "--what", what, *settings, "--out", out, "--width", "page", "--json")
    assert code == 0
    assert [chart["name"] for chart in json.loads(text)["charts"]] == names


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--what", "scedule"), "did you mean 'schedule'"),
        (("--width", "wide"), "unknown --width"),
        (("--out", "a.jpg"), ".png"),
        (("--what", "order", "--d", "10", "20"), "takes one --d"),
        (("--what", "schedule", "--steps", "4", "8"), "takes one number"),
    ],
)
def test_the_command_refuses(capsys, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    code, _, err = call(capsys, *arguments)
    assert code == 2
    assert message in err
    assert not list(tmp_path.iterdir())
