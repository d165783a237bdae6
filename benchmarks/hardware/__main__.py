"""What only a device can show of gpu_bench: a sweep, its verdicts, and a stopwatch beside it.

python -m benchmarks.hardware --output DIR [PART...] [--minutes M] [--trials N] [--cpu]

Each part gets an equal share of the time that is left when it begins; the sweep, which is the
longest, comes last and gets the rest. What DIR has already is not measured again, so a run that was
cut short goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.hardware import delayed_model, shapes

_REPOSITORY = Path(__file__).resolve().parents[2]
PARTS = ("stopwatch", "equal", "delay-5", "delay-2", "sweep")
# Less would not be enough to load a model.
_LEAST_TIMEOUT = 60


class Proof:
    """The parts of the proof, measured into one directory until the time is over.

    :param seconds: after which nothing new begins.
    """

    def __init__(self, output: Path, seconds: float, *, cpu: bool) -> None:
        self._output = output
        self._end = self._end_of_part = time.monotonic() + seconds
        self._cpu = cpu

    def begin_part(self, parts_left: int) -> None:
        """Gives the next part its share of the time that is left; ``parts_left`` includes it."""
        now = time.monotonic()
        self._end_of_part = now + max(self._end - now, 0) / parts_left

    @property
    def _goes_on(self) -> bool:
        return time.monotonic() < self._end_of_part

    def sweep(self) -> Iterator[str]:
        """Measures each configuration once; yields the summary of the report."""
        requests = list(shapes.sweep())
        for request in requests[:1] if self._cpu else requests:
            directory = self._output / "sweep" / request["address"].partition(":")[2]
            if self._goes_on and not (directory / "result.json").exists():
                self._gpu_bench("run", self._request(request), "--output", directory)
        measured = list((self._output / "sweep").glob("*/result.json"))
        yield f"{len(measured)} of {1 if self._cpu else len(requests)} configurations measured"
        if measured:
            report = self._output / "report"
            made = self._gpu_bench("report", self._output / "sweep", "--output", report)
            # Its libraries may be missing here; the results can be taken elsewhere.
            yield "no report" if made else (report / "summary.md").read_text()

    def trials(self, name: str, share: float, trials: int) -> Iterator[str]:
        """Compares a model with itself, ``share`` slower, that many times; yields the counts."""
        request = delayed_model.of(shapes.steady())
        directory = self._output / name
        for trial in range(trials):
            if not self._goes_on or (directory / f"{trial}/verdict.json").exists():
                continue
            roots = [self._root(directory, each) for each in (0, share)]
            self._gpu_bench(
                "ab",
                self._request(request),
                f"--base-root={roots[0]}",
                f"--new-root={roots[1]}",
                f"--output={directory / str(trial)}",
            )
        found = [json.loads(path.read_text()) for path in directory.glob("*/verdict.json")]
        counts = Counter(each["verdict"] for each in found)
        yield f"{name}: {share:.0%} slower, {len(found)} trials: " + (
            ", ".join(f"{verdict} {count}" for verdict, count in sorted(counts.items())) or "none"
        )

    def stopwatch(self, pairs: int) -> Iterator[str]:
        """Our tokens per second over those of an independent clock, in turn; yields the ratios."""
        request = shapes.steady()
        path = self._request(request)
        ratios = []
        for pair in range(pairs):
            directory = self._output / "stopwatch" / str(pair)
            kept = directory / "stopwatch.json"
            if self._goes_on and not kept.exists():
                self._gpu_bench("run", path, "--output", directory)
                other = self._python("-m", "benchmarks.hardware.stopwatch", path, output=True)
                kept.write_text(other.stdout)
            if kept.exists():
                result = json.loads((directory / "result.json").read_text())
                ratios.append(_tokens_per_second(result) / json.loads(kept.read_text()))
        yield f"stopwatch: {len(ratios)} pairs, ours / its tokens per second: " + (
            f"median {statistics.median(ratios):.4f}, {min(ratios):.4f} to {max(ratios):.4f}"
            if ratios
            else "none"
        )

    def _request(self, request: shapes.Request) -> Path:
        request = shapes.on_cpu(request) if self._cpu else request
        left = max(self._end - time.monotonic(), _LEAST_TIMEOUT)
        request = {**request, "timeout_seconds": min(request["timeout_seconds"], left)}
        path = self._output / "requests" / f"{request['address'].replace(':', '-')}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(request, indent=1))
        return path

    @staticmethod
    def _root(directory: Path, share: float) -> Path:
        root = directory / f"code-{share}"
        return root if root.exists() else delayed_model.write(root, share)

    def _gpu_bench(self, command: str, *arguments: Path | str) -> int:
        """The exit code. Wrong input ends the program; any other answer is a finding."""
        print(f"{command} {arguments[0]}", file=sys.stderr)
        done = self._python("-m", "gpu_bench", command, *arguments)
        if done.returncode == 2:
            sys.exit(2)
        return done.returncode

    def _python(
        self, *arguments: Path | str, output: bool = False
    ) -> subprocess.CompletedProcess[str]:
        paths = [str(_REPOSITORY / "src"), str(_REPOSITORY), *(each for each in sys.path if each)]
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            stdout=subprocess.PIPE if output else sys.stderr,
            text=True,
            check=output,
        )


def _tokens_per_second(result: dict[str, Any]) -> float:
    """By the end-to-end times of all samples of a result."""
    request = result["request"]
    tokens = request["batch_size"] * request["num_tokens"]
    times = [
        sample["end_to_end"] for process in result["processes"] for sample in process["samples"]
    ]
    return float(tokens / (statistics.median(times) / 1e9))


def main() -> None:
    """Prints what each part found, as Markdown."""
    parser = argparse.ArgumentParser(prog="benchmarks.hardware", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR")
    parser.add_argument("--minutes", type=float, default=9, help="after which nothing new begins")
    parser.add_argument("--trials", type=int, default=20, help="of each comparison")
    parser.add_argument("--cpu", action="store_true", help="in small, to try the program itself")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no part is named {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    proof = Proof(options.output.resolve(), 60 * options.minutes, cpu=options.cpu)
    parts = options.parts or PARTS
    for number, part in enumerate(parts):
        proof.begin_part(len(parts) - number)
        lines = {
            "sweep": proof.sweep,
            "equal": lambda: proof.trials("equal", 0, options.trials),
            "delay-5": lambda: proof.trials("delay-5", 0.05, options.trials),
            "delay-2": lambda: proof.trials("delay-2", 0.02, options.trials),
            "stopwatch": lambda: proof.stopwatch(options.trials),
        }[part]()
        print(*lines, sep="\n", flush=True)


if __name__ == "__main__":
    main()
