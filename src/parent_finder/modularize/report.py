"""What `modularize` reports, for people and for tools."""

from __future__ import annotations

from parent_finder.modularize.differences import unified_diff
from parent_finder.modularize.modularizer import Modular

SCHEMA = 1


def as_json(done: Modular, model: str) -> dict[str, object]:
    """The form that `schemas/modularize.schema.json` describes."""
    return {
        "schema": SCHEMA,
        "model": model,
        "exact": done.exact,
        "parents": list(done.parents),
        "lines": done.lines,
        "original_lines": done.original_lines,
        "modular": done.text if done.parents else None,
        "differences": [vars(difference) for difference in done.differences],
    }


def as_text(done: Modular) -> str:
    """The size, the parents and the proof, or what differs."""
    lines = []
    if done.parents:
        lines.append(
            f"{done.lines} lines instead of {done.original_lines}, inheriting from "
            f"{', '.join(done.parents)}"
        )
    if done.exact:
        lines.append("proof: converting it gives the original back, byte for byte")
        return "\n".join(lines) + "\n"
    lines.append("converting it does not give the original back:")
    for difference in done.differences:
        place = f"{difference.file}:{difference.line}" if difference.line else difference.file
        lines.append(f"{place}: {difference.name} {difference.what}: {difference.reason}")
    diffs = [
        unified_diff(file, done.wanted[file], done.outputs.get(file, ""))
        for file in sorted(done.wanted)
    ]
    return "\n".join(lines) + "\n" + "".join(diffs)
