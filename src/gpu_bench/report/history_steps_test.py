"""Which steps of a history the page and the summary name, and between which runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gpu_bench.report.collection import collect
from gpu_bench.report.history_steps import history_steps
from gpu_bench.report.page import page
from gpu_bench.report.runs import devices
from gpu_bench.report.summary import summary
from gpu_bench.testing.run_factory import MadeUp, write_run

RUNS = 14
STEP = 9


def write_history(place: Path, delay: float, **request: Any) -> None:
    for number in range(RUNS):
        made_up = MadeUp(
            seed=number,
            samples=5,
            delay=delay if number >= STEP else 0.0,
            measured_at=f"2026-03-{number + 1:02d}T10:00:00+00:00",
            request=request if number >= STEP else {},
        )
        write_run(place / str(number), made_up, commit=f"{number:02x}" + 38 * "0")


def visible_text(html: str) -> str:
    """The text of a page, without its markup."""
    return re.sub(r"<[^>]+>", "", html)


@pytest.fixture(scope="module")
def slower(tmp_path_factory: Any) -> Any:
    place = tmp_path_factory.mktemp("slower")
    write_history(place, 0.03)
    return devices(collect([place]).runs)


def test_a_step_of_the_times_is_found_between_two_commits(slower: Any) -> None:
    steps = history_steps(slower[0].benchmarks[0])
    assert [step.metric for step in steps] == ["end_to_end", "time_to_first_token", "inter_token"]
    assert {step.before.label for step in steps} == {"080000000"}
    assert {step.after.label for step in steps} == {"090000000"}
    for step in steps:
        assert step.is_worse
        assert step.ratio.low <= 1.03 <= step.ratio.high


def test_the_first_screen_and_the_summary_name_it(slower: Any) -> None:
    text = page(slower, ())
    header = visible_text(text[: text.index("</header>")])
    assert "Steps in the history, after which more time or memory is used" in header
    assert "End-to-end time: +3." in header or "End-to-end time: +2.9" in header
    assert "Dashed line: a step" in text
    assert "- step in the history: End-to-end time: +" in summary(slower, ())


def test_less_is_no_headline(tmp_path: Path) -> None:
    write_history(tmp_path, -0.03)
    text = page(devices(collect([tmp_path]).runs), ())
    assert "Steps in the history" not in text
    assert "End-to-end time: \u2212" in visible_text(text)


def test_a_changed_configuration_is_no_step(tmp_path: Path) -> None:
    write_history(tmp_path, 0.3, attn_implementation="eager")
    (device,) = devices(collect([tmp_path]).runs)
    assert history_steps(device.benchmarks[0]) == ()
