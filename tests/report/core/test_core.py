"""Text, findings, figures and tables of the report's core."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from normstudy.report.core import markup, plots, style, text
from normstudy.report.core.findings import FindingError, finding


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (text.number(-0.0004, 3), "0.000"),
        (text.number(-0.0006, 3), "−0.001"),
        (text.number(1234.5, 1, plus=True), "+1,234.5"),
        (text.number(float("nan")), "–"),
        (text.percent(0.00617), "0.62"),
        (text.points(0.00053), "+0.053"),
        (text.interval((1.912, 1.478, 2.475)), "1.91\u00a0(1.48 to\u00a02.48)"),
        (text.interval(pd.Series({"value": 0.5, "low": -np.inf, "high": np.inf})), "0.50"),
        (text.p_value(0.0004), "p\u00a0<\u00a00.001"),
        (text.p_value(0.0123), "p\u00a0=\u00a00.012"),
        (text.join([]), ""),
        (text.join(["a", "b", "c"]), "a, b and c"),
        (text.count(1, "run"), "1 run"),
        (text.count(1088, "run"), "1,088 runs"),
        (text.called("bn_l1"), "BN\u00a0+\u00a0L1"),
        (text.called("my_net"), "my\u00a0net"),
        (text.confidence(0.9999), "> 99.9 %"),
    ],
)
def test_numbers_and_names(shown, expected):
    assert shown == expected
    assert shown._repr_markdown_() == expected


def test_a_finding_that_does_not_hold_is_marked_or_stops_a_strict_render(monkeypatch):
    monkeypatch.delenv("NORMSTUDY_FINDINGS", raising=False)
    assert finding("BN is worse", True).data.strip() == ""
    assert "do not support" in finding("BN is worse", np.bool_(False)).data
    monkeypatch.setenv("NORMSTUDY_FINDINGS", "stop")
    monkeypatch.setenv("QUARTO_DOCUMENT_FILE", "batch-size.qmd")
    finding("BN is worse", True)
    with pytest.raises(FindingError, match=r"batch-size\.qmd: .*“BN is worse”"):
        finding("BN is worse", False)


def draw():
    picture, axes = plt.subplots()
    axes.plot([1, 2], [1, 2], color=style.colour("bn"))
    return picture


def test_a_figure_is_drawn_in_light_and_dark_and_is_the_same_each_time(monkeypatch, tmp_path):
    monkeypatch.setattr(markup, "FIGURES", tmp_path)
    monkeypatch.delenv("QUARTO_DOCUMENT_PATH", raising=False)
    found = markup.figure("some", draw, 'A "line" of `code`', "bN rises.")
    light, dark = (tmp_path / name for name in ("some.svg", "some-dark.svg"))
    before = light.read_bytes(), dark.read_bytes()
    assert style.COLOURS["light"]["bn"].lower() in light.read_text()
    assert style.COLOURS["dark"]["bn"].lower() in dark.read_text()
    assert found.startswith(":::: {#fig-some}\n::: {.cell renderings=")
    assert found.count('fig-alt="A \\"line\\" of `code`"') == 2
    assert found.rstrip().endswith("BN rises.\n::::")
    markup.figure("some", draw, "", "")
    assert (light.read_bytes(), dark.read_bytes()) == before


def test_pictures_are_found_from_the_folder_of_the_page(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("QUARTO_DOCUMENT_PATH", str(tmp_path / "analysis/studies"))
    assert "](../../_figures/some.csv)" in markup.csv(pd.DataFrame({"a": [1]}), "some").data
    assert (tmp_path / "_figures/some.csv").read_text() == "a\n1\n"


def test_pictures_of_two_reports_do_not_mix(monkeypatch, tmp_path):
    for name in ("NORMSTUDY_RESULTS", "NORMSTUDY_STUDY"):
        monkeypatch.delenv(name, raising=False)
    folders = {markup.figures_folder()}
    for name, place in (("NORMSTUDY_RESULTS", "runs"), ("NORMSTUDY_RESULTS", "mine"), ("NORMSTUDY_STUDY", "a.json")):
        monkeypatch.setenv(name, str(tmp_path / place))
        folders.add(markup.figures_folder())
        assert markup.figures_folder().parent == markup.FIGURES
    assert len(folders) == 4


def test_tables_set_numbers_to_the_right_and_keep_a_named_index():
    frame = pd.DataFrame({"model": ["BN", "GN"], "error": ["0.50 (0.4 to 0.6)", "–"]})
    head, rule, *_ = markup.pipe_table(frame).splitlines()
    assert head.split("|")[1].strip() == "model"
    assert rule.rstrip("|").endswith("-:")
    assert "32 |   1 |" in markup.rows(pd.DataFrame({"x": ["1"]}, index=pd.Index([32], name="size"))).data


def test_labels_at_line_ends_do_not_overlap():
    sizes = [0.1] * 4
    placed = plots.apart([0.5, 0.5, 0.52, 0.9], sizes)
    assert all(b - a >= 0.1 - 1e-9 for a, b in itertools.pairwise(placed))
    assert placed[-1] == pytest.approx(0.9)
    assert max(plots.apart([0.99, 1.0, 1.0, 1.0], sizes)) <= 1 + 1e-9


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_in_every_colour_can_be_read(theme):
    def luminance(colour):
        rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    ground = luminance(style.THEMES[theme][2]["figure.facecolor"])
    named = {**style.COLOURS[theme], "note": style.NOTES[theme]["note"], "accent": style.NOTES[theme]["accent"]}
    for name, colour in named.items():
        light, dark = sorted([luminance(colour), ground], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, name
