"""The summary for a pull request: complete, short enough, and nothing but text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_bench.report import markdown
from gpu_bench.report.collection import collect
from gpu_bench.report.runs import devices
from gpu_bench.report.summary import summary
from gpu_bench.testing.run_factory import MadeUp, document, write_json, write_run


@pytest.fixture(scope="module")
def machines(tmp_path_factory: Any) -> Any:
    place = tmp_path_factory.mktemp("runs")
    for name, delay in (("a_same", 0.0), ("b_slower", 0.3)):
        made = MadeUp(address=f"models/x:{name}", seed=1, delay=delay)
        write_run(place / name, made, base=MadeUp(address=made.address, seed=2, processes=6))
    problem = {"kind": "timeout", "message": "a|b @me <b>", "hint": "raise `timeout_seconds`"}
    failed = {"status": "failed", "processes": [], "output": None, "problem": problem}
    write_run(place / "c", MadeUp(address="models/x:c|`", machine="other", changes=failed))
    return devices(collect([place]).runs)


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("| `")]


def test_the_worst_is_first_with_symbol_word_ratio_and_reason(machines: Any) -> None:
    text = summary(machines, ())
    first, second, third = rows(text)
    assert first.startswith("| `models/x:b_slower` | ▼ slower | 1.")
    assert re.search(r"\| \+\d\d\.\d % \(\+[\d.]+ to \+[\d.]+\) \| End-to-end time: ", first)
    assert "| = same |" in second or "| ? inconclusive |" in second
    assert "! failed" in third
    assert text.startswith("### GPU benchmarks: ▼ 1 slower, ! 1 failed, ")


def test_machines_have_tables_of_their_own(machines: Any) -> None:
    text = summary(machines, ())
    assert "**NVIDIA Example 80GB (80 GiB, driver 570.86.15, CUDA 12.8, torch 2.13.0)**" in text
    assert "**NVIDIA Other 24GB (24 GiB, driver 550.54, torch 2.12.1)**" in text


def test_details_are_there_for_each(machines: Any) -> None:
    text = summary(machines, ())
    assert text.count("<details>") == text.count("</details>") == 3
    assert "hint: raise \\`timeout\\_seconds\\`" in text


def test_what_others_wrote_is_text(machines: Any) -> None:
    text = summary(machines, ())
    assert "a\\|b @\u200bme &lt;b&gt;" in text
    assert "| ``models/x:c\\|` `` |" in text or "| `` models/x:c\\|` `` |" in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    cells = [len(re.findall(r"(?<!\\)\|", line)) for line in tables]
    assert set(cells) <= {3, 6}


@pytest.mark.parametrize("limit", [4000, 2500, 1500, 900, 600])
def test_a_limit_is_kept_and_what_is_left_out_is_reported(machines: Any, limit: Any) -> None:
    text = summary(machines, (), limit)
    assert len(text) <= limit
    if len(rows(text)) < 3:
        assert f"{3 - len(rows(text))} more are left out here" in text
    if rows(text):
        assert "▼ slower" in rows(text)[0]


def test_a_hundred_benchmarks_fit(tmp_path: Path) -> None:
    content = document(MadeUp(samples=3, processes=1))
    for number in range(100):
        content["address"] = f"models/{'x' * 120}:bench@number={number}"
        write_json(tmp_path / f"{number}/result.json", content)
    text = summary(devices(collect([tmp_path]).runs), ())
    assert len(text) <= 60_000
    assert len(rows(text)) == 100


@given(st.text())
def test_code_is_one_cell_and_closed(value: Any) -> None:
    text = markdown.code(value)
    assert "\n" not in text
    assert not re.search(r"(?<!\\)\|", text)
    fence = re.match(r"`+", text)[0]
    assert text.endswith(fence)
    inner = text[len(fence) : -len(fence)]
    assert fence not in re.findall(r"`+", inner)


@given(st.text())
def test_text_has_no_markup(value: Any) -> None:
    text = markdown.text(value)
    assert "\n" not in text
    assert not re.search(r"(?<!\\)[`|*_\[\]~]|<|>|@(?!\u200b)", re.sub(r"\\\\", "", text))
