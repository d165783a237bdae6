"""Speculative decoding in a report and in a comparison."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gpu_bench.report.collection import collect
from gpu_bench.report.page import page
from gpu_bench.report.runs import devices
from gpu_bench.results.measurement import acceptance, notes, pool
from gpu_bench.results.reader import parse_result
from gpu_bench.testing.run_factory import MadeUp, document, write_json


def with_proposals(accepted: int, **changes: Any) -> dict[str, Any]:
    """96 tokens proposed in each sample of 128 tokens."""
    content = document(MadeUp(samples=5, request={"prompt_lookup_tokens": 4}, **changes))
    for process in content["processes"]:
        for sample in process["samples"]:
            sample |= {"proposed": 96, "accepted": accepted}
            # Tokens that come at once, as most do here.
            sample["inter_token"] = [0] * 126 + [sample["decode"]]
    return content


def test_the_page_states_what_was_accepted(tmp_path: Path) -> None:
    write_json(tmp_path / "a" / "result.json", with_proposals(64))
    text = page(devices(collect([tmp_path]).runs), ())
    # 64 of 128 tokens were proposed ones, so there were 64 steps.
    assert "66.7 % of proposed tokens accepted" in text
    assert "2.00 tokens in each step" in text
    write_json(tmp_path / "a" / "result.json", document(MadeUp(samples=5)))
    assert "proposed tokens" not in page(devices(collect([tmp_path]).runs), ())


def test_inter_token_latency_is_the_mean_where_tokens_come_at_once() -> None:
    (process, _) = parse_result(with_proposals(64), "new").processes
    assert process.inter_token == pytest.approx(process.decode / 127)


def test_a_comparison_notes_another_acceptance() -> None:
    base, new = (
        pool([parse_result(with_proposals(accepted), str(accepted))]) for accepted in (64, 48)
    )
    assert acceptance(base.processes) == pytest.approx(2 / 3)
    note = "the share of proposed tokens that were accepted differs (66.7 % -> 50.0 %)"
    assert note in notes(base, new)
    assert not any("proposed" in remark for remark in notes(base, base))
