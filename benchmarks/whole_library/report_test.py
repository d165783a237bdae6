from __future__ import annotations

import pytest
from benchmarks.whole_library.report import BEGIN, END, NoMarks, markdown, update
from benchmarks.whole_library.stage import Stage


def _stage(name: str, targets: int, cpu: float, restarted: bool = False) -> dict:
    return Stage(
        name=name,
        targets=targets,
        exit_code=0,
        started={"Convert": targets},
        executed=targets + 1,
        cached=2,
        wall_seconds=2 * cpu,
        cpu_seconds=cpu,
        resident=512 * 2**20,
        peak=600 * 2**20,
        daemon_restarted=restarted,
        load=(0.5, 1.5),
    ).as_json()


def test_tables_of_each_size_and_of_the_growth() -> None:
    stages = [_stage("cold", 50, 30.0), _stage("cold", 150, 80.0, True), _stage("test", 150, 9.0)]
    text = markdown({"stages": stages})
    assert "### 50 modular models\n" in text
    assert "| cold | 60.0 | 30.0 | 51 | 50 Convert | 2 | 512 | 0.5 to 1.5 |" in text
    assert "| cold | 160.0 | 80.0 | 151 | 150 Convert | 2 | 512 (restarted) | 0.5 to 1.5 |" in text
    growth = text.partition("### How it grows\n")[2]
    assert "| cold | 30.0 (51) | 80.0 (151) | 0.500 |" in growth
    # There is nothing to compare it with.
    assert "| test |" not in growth


def test_one_size_has_no_growth() -> None:
    assert "How it grows" not in markdown({"stages": [_stage("cold", 50, 30.0)]})


def test_a_page_keeps_what_is_around_its_tables() -> None:
    page = f"a\n{BEGIN}\nold\n{END}\nb\n"
    assert update(page, "new\n") == f"a\n{BEGIN}\n\nnew\n\n{END}\nb\n"
    with pytest.raises(NoMarks, match="are missing"):
        update("a\nb\n", "new\n")
