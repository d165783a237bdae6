"""A verdict as JUnit XML, for programs that collect test results."""

from __future__ import annotations

from gpu_bench.judge import outcomes, verdict_writer
from gpu_bench.judge.verdict import Verdict
from rules_transformers_contract.junit import one_test

_OUTCOMES = {
    outcomes.SLOWER: "failure",
    outcomes.WRONG_OUTPUT: "failure",
    outcomes.INCONCLUSIVE: "skipped",
    outcomes.NO_BASELINE: "skipped",
}


def xml(judged: Verdict, seconds: float) -> str:
    """One test case. Slower and wrong output fail it; what is undecided is skipped, not passed."""
    text = verdict_writer.as_text(judged)
    outcome = _OUTCOMES.get(judged.verdict)
    return one_test(
        "gpu_bench",
        judged.address,
        outcome=outcome,
        kind=judged.verdict if outcome == "failure" else None,
        message=f"{judged.verdict.replace('_', ' ')}: {judged.reason}",
        text=text if outcome == "failure" else "",
        output=text,
        seconds=seconds,
    )
