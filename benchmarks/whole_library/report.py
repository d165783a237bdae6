"""The figures as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

BEGIN = "<!-- Written by benchmarks/whole_library from here on -->"
END = "<!-- Up to here -->"
_MEBIBYTE = 2**20


class NoMarks(Exception):
    """A page does not say where the tables go."""


def update(page: str, tables: str) -> str:
    """A page with the tables between its marks. Raises NoMarks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoMarks(f"the marks `{BEGIN}` and `{END}` are missing")
    return f"{before}{BEGIN}\n\n{tables}\n{END}{after}"


def markdown(results: Mapping) -> str:
    """What was measured: for each size all stages, and how each stage grows with the size."""
    stages = results["stages"]
    sizes = list(dict.fromkeys(stage["targets"] for stage in stages))
    lines: list[str] = []
    for size in sizes:
        lines += [f"### {size} modular models", "", *_of_size(stages, size), ""]
    if len(sizes) > 1:
        lines += ["### How it grows", "", *_growth(stages, sizes), ""]
    return "\n".join(lines)


def _of_size(stages: Sequence[Mapping], size: int) -> Iterator[str]:
    head = ["stage", "wall s", "CPU s", "processes", "of them", "cached", "daemon MiB", "load"]
    yield from _head(head)
    for stage in stages:
        if stage["targets"] != size:
            continue
        # The few words that say what the processes did.
        of_them = ", ".join(f"{count} {word}" for word, count in sorted(stage["started"].items()))
        restarted = " (restarted)" if stage["daemon_restarted"] else ""
        yield _row(
            stage["name"],
            f"{stage['wall_seconds']:.1f}",
            f"{stage['cpu_seconds']:.1f}",
            stage["executed"],
            of_them or "none",
            stage["cached"],
            f"{stage['resident'] / _MEBIBYTE:.0f}{restarted}",
            f"{stage['load'][0]:.1f} to {stage['load'][1]:.1f}",
        )


def _growth(stages: Sequence[Mapping], sizes: Sequence[int]) -> Iterator[str]:
    """CPU seconds, since other work of the machine counts in the wall's."""
    found = {(stage["name"], stage["targets"]): stage for stage in stages}
    names = dict.fromkeys(stage["name"] for stage in stages)
    head = ["CPU s (processes)", *map(str, sizes)]
    yield from _head([*head, f"CPU s per model more, {sizes[0]} to {sizes[-1]}"])
    for name in names:
        cells = [found.get((name, size)) for size in sizes]
        if None in cells:
            continue
        yield _row(
            name,
            *(f"{cell['cpu_seconds']:.1f} ({cell['executed']})" for cell in cells if cell),
            f"{_slope(cells[0], cells[-1]):.3f}",
        )


def _slope(first: Mapping | None, last: Mapping | None) -> float:
    assert first and last, "stages that are missing are left out"
    seconds = last["cpu_seconds"] - first["cpu_seconds"]
    return seconds / (last["targets"] - first["targets"])


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield from _head(head)
    for row in rows:
        yield _row(*row)


def _head(cells: Sequence[str]) -> Iterator[str]:
    yield _row(*cells)
    yield "|" + " --- |" * len(cells)


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"
