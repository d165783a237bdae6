"""Compares result files: with another result, or with the baseline of their device."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gpu_bench.core.vendors import not_tried
from gpu_bench.judge import baselines, limits, outcomes, verdict_writer
from gpu_bench.judge import verdict as verdicts
from gpu_bench.judge.verdict import Verdict
from gpu_bench.results.measurement import Measurement, pool
from gpu_bench.results.reader import read_result
from toolkit.exit_codes import ExitCode

EXIT_CODES = {
    outcomes.FASTER: ExitCode.DONE,
    outcomes.SAME: ExitCode.DONE,
    outcomes.SLOWER: ExitCode.ANSWER_IS_NO,
    outcomes.WRONG_OUTPUT: ExitCode.ANSWER_IS_NO,
    outcomes.INCONCLUSIVE: ExitCode.UNDECIDED,
    outcomes.NO_BASELINE: ExitCode.UNDECIDED,
}


@dataclass(frozen=True)
class Comparison:
    """A verdict with the measurements that it is on; ``base`` is None without a baseline."""

    verdict: Verdict
    new: Measurement
    base: Measurement | None

    @property
    def exit_code(self) -> int:
        """What a command exits with."""
        return EXIT_CODES[self.verdict.verdict]

    @property
    def measured_seconds(self) -> float:
        """The time that the samples of the new side took."""
        return sum(sum(process.end_to_end) for process in self.new.processes) / 1e9

    def json(self) -> str:
        """The text of a verdict file."""
        content = verdict_writer.as_json(self.verdict, self.new, self.base)
        return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def compare(
    base: Path,
    new: Sequence[Path],
    max_regression: Sequence[str],
    baseline_command: str | None = None,
    *,
    per_card: bool = False,
) -> Comparison:
    """Judges the rounds ``new`` against a result, or the baseline for them in a directory.

    With ``per_card`` that is a baseline of the very card.

    Raises InputError.
    """
    tolerances = limits.tolerances(max_regression)
    measured = pool([read_result(path) for path in new])
    if baselines.is_directory_of_baselines(base):
        baseline = baselines.find(base, measured, per_card=per_card)
    else:
        baseline = read_result(base)
    if baseline is None:
        reason = _no_baseline(base, measured, baseline_command)
        note = not_tried(measured.first.fingerprint.get("vendor"))
        notes = () if note is None else (note,)
        verdict = Verdict(measured.address, outcomes.NO_BASELINE, reason, notes=notes)
        return Comparison(verdict, measured, None)
    against = pool([baseline])
    cards = (
        [pool([card]) for card in baselines.of_cards(base, baseline)] if os.path.isdir(base) else []
    )
    return Comparison(verdicts.decide(against, measured, tolerances, cards), measured, against)


def show(comparison: Comparison, *, as_json: bool = False) -> int:
    """Prints a comparison on stdout; returns the verdict's exit code."""
    text = comparison.json() if as_json else verdict_writer.as_text(comparison.verdict)
    sys.stdout.write(text)
    sys.stdout.flush()
    return comparison.exit_code


def _no_baseline(directory: Path, new: Measurement, command: str | None) -> str:
    device = new.first.device_name
    others = baselines.other_devices(directory, new)
    elsewhere = f"; there is one for {', '.join(others)}" if others else ""
    command = command or f"gpu_bench baseline {new.place} --output {directory}"
    return (
        f"there is no baseline for {device} with this driver and torch{elsewhere}; "
        f"`{command}` makes one"
    )
