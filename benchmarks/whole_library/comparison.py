"""The same stages at an older commit of this repository, and the ratios of both."""

from __future__ import annotations

import subprocess
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


# By the words that a stage's name begins with. What has none is to take no more than before.
TARGETS = {
    "generate, cold": Target(1 / 3, 1 / 2),
    "generate, comment in a parent of many": Target(1 / 3),
    "fixtures, cold": Target(1 / 4),
    "fixtures and their tests, cold": Target(1 / 2),
}
_ANYTHING_ELSE = Target(1.0)


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
    """The stages, and fixtures with their tests as one more."""
    result: list[Mapping] = list(stages)
    for built in stages:
        if not built["name"].startswith("fixtures, cold"):
            continue
        tested = next(
            stage
            for stage in stages
            if stage["targets"] == built["targets"] and stage["name"] == "tests, cold"
        )
        result.append(
            {
                **built,
                "name": "fixtures and their tests, cold",
                **{
                    key: built[key] + tested[key]
                    for key in ("cpu_seconds", "wall_seconds", "executed")
                },
            }
        )
    return result


def ratios(commit: str, before: Mapping, after: Mapping) -> str:
    """A Markdown table: each stage of both, with what it took and the ratio."""
    old = {(s["targets"], s["name"]): s for s in with_sums(before["stages"])}
    rows = [
        row
        for stage in with_sums(after["stages"])
        if (previous := old.get((stage["targets"], stage["name"]))) is not None
        for row in _rows(previous, stage)
    ]
    head = [
        *("models", "stage", f"CPU s at {commit}", "CPU s", "ratio", "at most"),
        *("ratio of wall time", "at most", "processes"),
    ]
    return "\n".join(table(head, rows)) + "\n"


def _rows(before: Mapping, after: Mapping) -> Iterator[Sequence[object]]:
    name = after["name"]
    target = next(
        (target for prefix, target in TARGETS.items() if name.startswith(prefix)), _ANYTHING_ELSE
    )
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
