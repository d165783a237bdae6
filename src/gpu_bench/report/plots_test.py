"""What plots show of many values or of values with outliers, and that their SVG suits a page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gpu_bench.report import drawing
from gpu_bench.report.plots import cumulative, thinned, window

VALUES = arrays(float, st.integers(1, 800), elements=st.floats(1, 1e9))


@given(VALUES)
def test_a_window_holds_all_values_but_those_it_counts(values: Any) -> None:
    view = window(values)
    assert view.above == (values > view.high).sum()
    assert (values >= view.low).all()
    assert view.above <= 0.05 * len(values)


def test_an_outlier_does_not_flatten_the_others() -> None:
    values = np.append(np.linspace(100, 110, 50), 5000)
    view = window(values)
    assert (view.above, view.high < 120) == (1, True)
    # Two clocks are not outliers.
    assert window(np.append(np.full(30, 100.0), np.full(30, 150.0))).above == 0


@given(VALUES)
def test_thinning_keeps_order_and_extremes(values: Any) -> None:
    times, kept = thinned(np.arange(len(values), dtype=float), values)
    assert len(kept) <= max(240, 1)
    assert (np.diff(times) > 0).all()
    assert (kept.min(), kept.max()) == (values.min(), values.max())
    assert all(values[int(time)] == value for time, value in zip(times, kept, strict=True))


def test_thinning_leaves_readings_out_that_are_missing() -> None:
    values = np.arange(1000, dtype=float)
    values[::2] = np.nan
    assert not np.isnan(thinned(np.arange(1000.0), values)[1]).any()
    assert len(thinned(np.arange(1000.0), np.full(1000, np.nan))[0]) == 0


@given(VALUES)
def test_shares_grow_to_one(values: Any) -> None:
    ordered, shares = cumulative(values)
    assert shares[-1] == 1
    assert ordered[-1] == values.max()
    assert (np.diff(ordered) >= 0).all()
    assert (np.diff(shares) > 0).all()
    assert shares[0] <= (values <= ordered[0]).mean()


def drawn(key: str, label: str = "a plot", text: str = "x") -> str:
    with drawing.matplotlib_settings():
        figure, (axes,) = drawing.figure(1.0)
        axes.plot([0.001234, 0.001235], [1, 2], marker="o", color=drawing.series(0))
        axes.set_xlabel(text)
        return drawing.svg(figure, label, key)


def test_svg_is_well_formed_and_described() -> None:
    label = 'a "plot" of <b> \\1 & $x$'
    root = ElementTree.fromstring(drawn("k", label=label))
    assert root.attrib["aria-label"] == label
    assert root.attrib["role"] == "img"


def test_svg_does_not_reach_beyond_itself() -> None:
    text = drawn("k")
    # A style element would hold for the whole page; a date would make each page another.
    assert not re.search(r"<style|<metadata|<!--|<\?xml|<!DOCTYPE|http://(?!www\.w3\.org)", text)
    assert "#0001" not in text
    assert "var(--series-0)" in text


def test_ids_differ_from_plot_to_plot() -> None:
    ids = [set(re.findall(r' id="([^"]+)"', drawn(key))) for key in ("one", "two")]
    assert ids[0]
    assert not ids[0] & ids[1]
    used = set(re.findall(r'href="#([^"]+)"', drawn("one")))
    assert used <= ids[0]


def test_labels_are_text_and_no_formula() -> None:
    text = drawn("k", text="$\\frac{1}{ </text><script>")
    assert "$\\frac{1}{ &lt;/text&gt;&lt;script&gt;" in text


def test_ticks_keep_their_digits() -> None:
    ticks = re.findall(r">0\.0012\d+<", drawn("k"))
    assert len(ticks) > 2


def test_equal_figures_give_equal_text() -> None:
    assert drawn("k") == drawn("k")


def test_settings_leave_the_environment_as_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    (tmp_path / "matplotlibrc").write_text("font.size: 40\n")
    monkeypatch.chdir(tmp_path)
    text = drawn("k")
    assert "font-size: 40px" not in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["matplotlibrc"]
