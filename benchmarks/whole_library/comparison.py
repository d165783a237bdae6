"""The same stages at an older commit of this repository, and the ratios of both."""

from __future__ import annotations

import statistics
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.whole_library.report import table


class NoCommit(Exception):
    """The commit cannot be had."""


@dataclass(frozen=True)
class Target:
    """How much of the older commit's CPU and wall time a stage may take at most."""

    cpu: float
    wall: float | None = None


# By the name of a stage. What has none is to take no more than before.
TARGETS = {
    "generate, cold": Target(1 / 3, 1 / 2),
    "generate, comment in a parent of many": Target(1 / 3),
    "fixtures, cold": Target(1 / 4),
    "fixtures and their tests, cold": Target(1 / 2),
    "new daemon and test, nothing changed": Target(1.0, 1 / 2),
}
_ANYTHING_ELSE = Target(1.0)

_OWN_START = "start of the daemon, Pants' own backends"
_START = "start of the daemon"
_NO_CHANGE = "generate, nothing changed"
# Two stages, the second of which follows the first, that count as one more.
_SUMS = {
    "fixtures and their tests, cold": ("fixtures, cold", "tests, cold"),
    "new daemon and test, nothing changed": (_START, "test, nothing changed, new daemon"),
}
_MEBIBYTE = 2**20


def check_out(commit: str, directory: Path) -> None:
    """Writes the files of a commit to a directory that does not exist. Raises NoCommit."""
    archive = subprocess.run(
        ["git", "archive", "--format=tar", commit], capture_output=True, check=False
    )
    if archive.returncode != 0:
        message = archive.stderr.decode(errors="replace").strip()
        raise NoCommit(f"{commit} cannot be checked out: {message}")
    directory.mkdir()
    # A test keeps tools from unpacking archives; this one is made here, of this repository.
    subprocess.run(["tar", "-x", "-C", directory], input=archive.stdout, check=True)


def with_sums(stages: Sequence[Mapping]) -> list[Mapping]:
    """The stages, and those of them that count together as one more."""
    result: list[Mapping] = list(stages)
    for name, (first, second) in _SUMS.items():
        for number, stage in enumerate(stages):
            if stage["name"] != second:
                continue
            earlier = [s for s in stages[:number] if s["targets"] == stage["targets"]]
            previous = next(s for s in reversed(earlier) if s["name"] == first)
            sums = ("cpu_seconds", "wall_seconds", "executed")
            result.append(
                {**stage, "name": name, **{key: previous[key] + stage[key] for key in sums}}
            )
    return result


def ratios(commit: str, before: Mapping, after: Mapping) -> str:
    """Two Markdown tables: what each stage of both took, and the ratio; what has a limit."""
    old = _numbered(with_sums(before["stages"]))
    rows = [
        row
        for key, stage in _numbered(with_sums(after["stages"])).items()
        if (previous := old.get(key)) is not None
        for row in _rows(previous, stage)
    ]
    head = [
        *("models", "stage", f"CPU s at {commit}", "CPU s", "ratio", "at most"),
        *("ratio of wall time", "at most", "processes"),
    ]
    limits = _limits(before["stages"], after["stages"])
    lines = [
        *table(head, rows),
        "",
        *table(["models", "what", f"at {commit}", "now", "at most"], limits),
    ]
    return "\n".join(lines) + "\n"


def _numbered(stages: Sequence[Mapping]) -> dict[tuple, Mapping]:
    """By the number of models, the name, and which of the stages with that name it is."""
    found: dict[tuple, Mapping] = {}
    names: Counter[tuple] = Counter()
    for stage in stages:
        name = (stage["targets"], stage["name"])
        found[*name, names[name]] = stage
        names[name] += 1
    return found


def _limits(before: Sequence[Mapping], after: Sequence[Mapping]) -> Iterator[Sequence[object]]:
    """What is not to exceed a limit, whatever it was before."""
    for size in dict.fromkeys(stage["targets"] for stage in after):
        both = [[s for s in stages if s["targets"] == size] for stages in (before, after)]
        for what, measure, limit in (
            ("start of the daemon, CPU beyond Pants' own backends", _beyond_own_start, "15 %"),
            (f"{_NO_CHANGE}, warm daemon, wall", _no_change, "1.0 s"),
            ("memory of the daemon, most after a run", _most_memory, "700 MiB"),
        ):
            yield (size, what, *map(measure, both), limit)


def _beyond_own_start(stages: Sequence[Mapping]) -> str:
    own = next(s["cpu_seconds"] for s in stages if s["name"] == _OWN_START)
    starts = [s["cpu_seconds"] for s in stages if s["name"] == _START]
    return f"{statistics.median(starts) / own - 1:.0%}".replace("%", " %")


def _no_change(stages: Sequence[Mapping]) -> str:
    return f"{next(s['wall_seconds'] for s in stages if s['name'] == _NO_CHANGE):.1f} s"


def _most_memory(stages: Sequence[Mapping]) -> str:
    return f"{max(s['resident'] for s in stages) / _MEBIBYTE:.0f} MiB"


def _rows(before: Mapping, after: Mapping) -> Iterator[Sequence[object]]:
    name = after["name"]
    target = TARGETS.get(name, _ANYTHING_ELSE)
    yield (
        after["targets"],
        name,
        f"{before['cpu_seconds']:.1f}",
        f"{after['cpu_seconds']:.1f}",
        _ratio(before["cpu_seconds"], after["cpu_seconds"]),
        f"{target.cpu:.2f}",
        _ratio(before["wall_seconds"], after["wall_seconds"]),
        "" if target.wall is None else f"{target.wall:.2f}",
        f"{before['executed']} to {after['executed']}",
    )


def _ratio(before: float, after: float) -> str:
    return f"{after / before:.2f}" if before else "none"
