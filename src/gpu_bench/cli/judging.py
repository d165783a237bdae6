"""The commands that judge: ``compare`` and ``baseline``. They need neither torch nor a device."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gpu_bench.core import atomic_file
from gpu_bench.core.errors import ANSWER_IS_NO, DONE, UNDECIDED
from gpu_bench.judge import baselines, junit, limits, verdict, verdict_writer
from gpu_bench.judge.verdict import Verdict
from gpu_bench.results.measurement import Measurement, pool
from gpu_bench.results.reader import read_result

EXIT_CODES = {
    verdict.FASTER: DONE,
    verdict.SAME: DONE,
    verdict.SLOWER: ANSWER_IS_NO,
    verdict.WRONG_OUTPUT: ANSWER_IS_NO,
    verdict.INCONCLUSIVE: UNDECIDED,
    verdict.NO_BASELINE: UNDECIDED,
}


@dataclass(frozen=True)
class _Judged:
    found: Verdict
    new: Measurement
    base: Measurement | None

    def json(self) -> str:
        content = verdict_writer.as_json(self.found, self.new, self.base)
        return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def compare(options: argparse.Namespace) -> int:
    """``gpu_bench compare``: prints the verdict and writes the files asked for."""
    judged = _judge(
        Path(options.base),
        list(map(Path, options.new)),
        options.max_regression,
        options.baseline_command,
    )
    if options.output:
        atomic_file.write_text(Path(options.output), judged.json())
    if options.junit_xml:
        seconds = sum(sum(process.end_to_end) for process in judged.new.processes) / 1e9
        atomic_file.write_text(Path(options.junit_xml), junit.xml(judged.found, seconds))
    exit_code = _printed(judged, as_json=options.json)
    return DONE if options.exit_zero else exit_code


def judge(base: Path, new: list[Path], max_regression: list[str], output: Path | None) -> int:
    """Judges results that were just measured; prints the verdict, writes it to ``output``.

    Returns the exit code. Raises InputError.
    """
    judged = _judge(base, new, max_regression)
    if output is not None:
        atomic_file.write_text(output, judged.json())
    return _printed(judged, as_json=False)


def baseline(options: argparse.Namespace) -> int:
    """``gpu_bench baseline``: writes a baseline and prints its path."""
    measured = pool([read_result(Path(path)) for path in options.new])
    content = baselines.text(measured)
    path = Path(options.output) / baselines.name(measured.address, measured.digest)
    atomic_file.write_text(path, content)
    number = len(measured.processes)
    if number < verdict.ENOUGH_PROCESSES:
        print(
            f"{path}: warning: measured in {number} process; how much processes differ stays "
            "unknown, so only large changes will be decided\n"
            "hint: measure with `processes` of at least 2 and write the baseline anew",
            file=sys.stderr,
        )
    if not measured.stable:
        print(
            f"{path}: warning: the model generates other tokens from run to run, so wrong output "
            "cannot be told from right",
            file=sys.stderr,
        )
    print(path)
    return DONE


def _judge(
    base: Path,
    new: Sequence[Path],
    max_regression: Sequence[str],
    baseline_command: str | None = None,
) -> _Judged:
    tolerances = limits.tolerances(max_regression)
    measured = pool([read_result(path) for path in new])
    if not baselines.is_directory_of_baselines(base):
        against = pool([read_result(base)])
        return _Judged(verdict.decide(against, measured, tolerances), measured, against)
    kept = baselines.find(base, measured)
    if kept is None:
        reason = _no_baseline(base, measured, baseline_command)
        return _Judged(Verdict(measured.address, verdict.NO_BASELINE, reason), measured, None)
    against = pool([kept])
    return _Judged(verdict.decide(against, measured, tolerances), measured, against)


def _no_baseline(directory: Path, new: Measurement, command: str | None) -> str:
    device = new.first.fingerprint["accelerator"]["name"]
    others = baselines.other_devices(directory, new)
    elsewhere = f"; there is one for {', '.join(others)}" if others else ""
    command = command or f"gpu_bench baseline {new.place} --output {directory}"
    return (
        f"there is no baseline for {device} with this driver and torch{elsewhere}; "
        f"`{command}` makes one"
    )


def _printed(judged: _Judged, *, as_json: bool) -> int:
    sys.stdout.write(judged.json() if as_json else verdict_writer.as_text(judged.found))
    sys.stdout.flush()
    return EXIT_CODES[judged.found.verdict]
