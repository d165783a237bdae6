"""How often the verdict of gpu_bench is right, on simulated measurements, as Markdown tables.

python benchmarks/verdict/benchmark.py [--trials N] [--update docs/gpu-benchmarks-verdict.md]
python benchmarks/verdict/benchmark.py [--trials N] --models FILE.json

The second form judges under other noise: the file is one like
`src/gpu_bench/testing/noise_models.json`, whose fields `noise_model.py` beside it describes.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "src"))

from gpu_bench.judge import intervals
from gpu_bench.testing import simulated, trials
from gpu_bench.testing.noise_model import NoiseModel, read_models
from gpu_bench.testing.simulated import MODELS
from gpu_bench.testing.trials import Effort, Outcome, run_trials
from toolkit.errors import InputError

BEGIN = "<!-- Written by benchmarks/verdict/benchmark.py from here on -->"
END = "<!-- Up to here -->"
BY_NAME = {model.name: model for model in MODELS}
RESAMPLES = 400

Processes = Sequence[np.ndarray]
Interval = tuple[float, float]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def percent(share: float) -> str:
    """A share of the trials."""
    return f"{share * 100:.3g} %"


def power(models: Iterable[NoiseModel], number: int) -> Iterator[str]:
    """What becomes of equal code and of regressions under each model of noise, at the defaults."""
    effort = trials.default_effort()
    rows = []
    for model in models:
        same, at_tolerance, *slower = (
            run_trials(model, delay, number, effort) for delay in (0.0, 0.02, 0.03, 0.05, 0.1)
        )
        false = same.share("slower") + same.share("faster")
        rows.append(
            [
                model.name,
                model.description,
                " / ".join(map(points, (false, same.share("same"), same.share("inconclusive")))),
                points(same.further / number),
                " / ".join(
                    points(at_tolerance.share(name)) for name in ("slower", "inconclusive", "same")
                ),
                " / ".join(points(outcome.share("slower")) for outcome in slower),
                points(max(outcome.share("faster") for outcome in (at_tolerance, *slower))),
            ]
        )
    head = [
        "noise",
        "what it is",
        "equal code: changed / same / inconclusive",
        "equal code: second round",
        "2 % slower: slower / inconclusive / same",
        "found at 3 / 5 / 10 %",
        "slower, but called faster",
    ]
    yield from table(head, rows)


def in_turn(number: int) -> Iterator[str]:
    """What it helps to measure both sides in turn, in one session."""
    effort = trials.default_effort()
    rows = []
    for model in MODELS:
        if not model.sessions:
            continue
        for name, both in (("one after the other", False), ("in turn", True)):
            same, slower = (
                run_trials(model, delay, number, effort, in_turn=both) for delay in (0.0, 0.05)
            )
            false = same.share("slower") + same.share("faster")
            rows.append([model.name, name, points(false), points(slower.share("slower"))])
    yield from table(["noise", "sides", "equal code: changed", "found at 5 %"], rows)


def points(share: float) -> str:
    """A share in percent, without the sign."""
    return f"{share * 100:.3g}"


def efforts(number: int) -> Iterator[str]:
    """How many processes it takes."""
    chosen = [model for model in MODELS if model.in_range]
    rows = []
    for effort in (Effort(2, 10), Effort(2, 20), Effort(3, 10), Effort(4, 10), Effort(6, 10)):
        found: dict[str, Outcome] = {
            model.name: run_trials(model, 0.0, number, effort) for model in chosen
        }
        worst = min(found, key=lambda name: found[name].share("same"))
        rows.append(
            [
                str(effort.processes),
                str(effort.samples),
                percent(sum(each.share("same") for each in found.values()) / len(found)),
                f"{percent(found[worst].share('same'))} ({worst})",
                percent(sum(each.further for each in found.values()) / number / len(found)),
            ]
        )
    yield from table(
        ["processes", "samples of each, at least", "0 %: same", "worst noise", "second round"], rows
    )


def by_samples(base: Processes, new: Processes, rng: np.random.Generator) -> Interval:
    """Bootstrap of medians that takes all samples as independent."""
    sides = [np.concatenate(side) for side in (base, new)]
    medians = [np.median(rng.choice(side, (RESAMPLES, len(side))), axis=1) for side in sides]
    return _ends(np.log(medians[1] / medians[0]))


def by_processes_and_samples(base: Processes, new: Processes, rng: np.random.Generator) -> Interval:
    """Hierarchical bootstrap: processes are drawn, then samples of each."""
    return _ends(np.log(_resampled_medians(new, rng) / _resampled_medians(base, rng)))


def _resampled_medians(side: Processes, rng: np.random.Generator) -> np.ndarray:
    """The median of all samples in each of ``RESAMPLES`` resamples of processes and samples."""
    lengths = np.array([len(process) for process in side])
    longest = lengths.max()
    padded = np.full((len(side), longest), np.nan)
    for row, process in zip(padded, side, strict=True):
        row[: len(process)] = process
    drawn = rng.integers(0, len(side), (RESAMPLES, len(side)))
    numbers = lengths[drawn][..., None]
    positions = (rng.random((*drawn.shape, longest)) * numbers).astype(int)
    samples = np.where(np.arange(longest) < numbers, padded[drawn[..., None], positions], np.inf)
    # What a process has fewer samples than the longest is infinite, and so comes last.
    ordered = np.sort(samples.reshape(RESAMPLES, -1), axis=1)
    counts = numbers.sum(axis=(1, 2))
    middle = [ordered[np.arange(RESAMPLES), rank] for rank in ((counts - 1) // 2, counts // 2)]
    return (middle[0] + middle[1]) / 2


def by_centres(base: Processes, new: Processes, rng: np.random.Generator) -> Interval:
    """What gpu_bench does."""
    found = intervals.difference(intervals.side(base), intervals.side(new))
    return found.low, found.high


def _ends(values: np.ndarray) -> Interval:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


METHODS: dict[str, Callable[[Processes, Processes, np.random.Generator], Interval]] = {
    "bootstrap of all samples": by_samples,
    "bootstrap of processes, then samples": by_processes_and_samples,
    "t interval of process centres": by_centres,
}


def coverage(number: int) -> Iterator[str]:
    """How often an interval that should hold the truth in 95 % of cases does so."""
    rows = []
    for name in ("quiet", "drift", "autocorrelated", "clock by process", "processes 0.5 %"):
        for processes in (2, 4, 8):
            rows.append(
                [name, str(processes)]
                + [
                    percent(_covered(BY_NAME[name], processes, method, number))
                    for method in METHODS.values()
                ]
            )
    yield from table(["noise", "processes of each side", *METHODS], rows)


def _covered(model: NoiseModel, processes: int, method: Callable, number: int) -> float:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(number):
        sides = [
            [
                process.end_to_end
                for process in simulated.side(model, rng).measure(processes, 10).processes
            ]
            for _ in range(2)
        ]
        low, high = method(*sides, rng)
        covered += low <= 0 <= high
    return covered / number


def centres(number: int) -> Iterator[str]:
    """What becomes of equal code when a process is summed up otherwise."""
    kept = intervals.centre
    rows = []
    for name, centre in (
        ("mean", np.mean),
        ("median", np.median),
        ("minimum", np.min),
        ("Hodges-Lehmann", kept),
    ):
        intervals.centre = lambda values, centre=centre: float(centre(values))
        found = [
            run_trials(BY_NAME[each], 0.0, number, trials.default_effort())
            for each in ("white 2 %", "outliers", "clock by sample", "clock by spell")
        ]
        rows.append([name, *(percent(each.share("same")) for each in found)])
    intervals.centre = kept
    head = ["centre of a process", "white 2 %", "outliers", "clock by sample", "clock by spell"]
    yield from table(head, rows)


def report(number: int) -> str:
    """All tables."""
    effort = trials.default_effort()
    lines = [
        f"{number} comparisons for each figure; {effort.processes} processes of at least "
        f"{effort.samples} samples on each side, default tolerances, one further round of the new "
        "side where the first was inconclusive.",
        "",
        "### Noise that the defaults are made for",
        "",
        "Shares of the comparisons, in percent.",
        "",
        *power((model for model in MODELS if model.in_range), number),
        "### More noise than that",
        "",
        *power((model for model in MODELS if not model.in_range), number),
        "### Sides measured in turn",
        "",
        "What a session shares is lost to `compare`, but not to `ab`. Shares in percent:",
        "",
        *in_turn(number),
        "### How many processes it takes",
        "",
        "Over all noise that the defaults are made for, the same code on both sides:",
        "",
        *efforts(number),
        "### Which interval",
        "",
        "How often the 95 % interval of the end-to-end time held the truth:",
        "",
        *coverage(number),
        "### Which centre",
        "",
        "How often the same code was found to be the same:",
        "",
        *centres(number),
    ]
    return "\n".join(lines)


def main() -> None:
    """Prints the tables, or writes them into a page between its two marks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--update", type=Path, metavar="PAGE.md")
    parser.add_argument(
        "--models", type=Path, metavar="FILE.json", help="judge under the noise of this file alone"
    )
    options = parser.parse_args()
    if options.models is not None:
        try:
            models = read_models(options.models)
        except InputError as problem:
            print(problem.render(), file=sys.stderr)
            sys.exit(problem.exit_code)
        print("\n".join(power(models, options.trials)))
        return
    text = report(options.trials)
    if options.update is None:
        print(text)
        return
    page = options.update.read_text(encoding="utf-8")
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{options.update}: error: the marks `{BEGIN}` and `{END}` are missing")
    options.update.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
