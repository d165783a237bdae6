"""The result file: put together from what the measuring processes reported, written at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from gpu_bench.core.errors import OutOfMemory, kind_of
from gpu_bench.measure.record import ProcessRecord
from gpu_bench.request.fields import Request
from toolkit.atomic_file import write_text
from toolkit.errors import ToolError

SCHEMA = 1
NAME = "result.json"


def result(
    request: Request,
    fingerprint: dict[str, Any],
    missing: dict[str, str],
    records: Sequence[ProcessRecord],
    problem: ToolError | None,
    began: datetime,
) -> dict[str, Any]:
    """The content of a result file, as its schema describes it.

    :param missing: figures that the device does not give, each with the reason.
    """
    if problem is None:
        status = "complete"
    else:
        status = "partial" if any(record.samples for record in records) else "failed"
    return {
        "schema": SCHEMA,
        "kind": "gpu_bench.result",
        "address": request.address,
        "request": request.to_json(),
        "status": status,
        "problem": _problem(problem, records),
        "fingerprint": fingerprint,
        **({"missing": missing} if missing else {}),
        "environment": _environment(records),
        "measured_at": began.astimezone(timezone.utc).isoformat(timespec="seconds"),
        "output": _output(records),
        "processes": [record.to_json() for record in records if _has_begun(record)],
    }


def write_json(path: Path, content: Any) -> None:
    """Writes a file at once: a reader sees the old one or the new one.

    Raises InputError if it cannot be written.
    """
    write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")


def _has_begun(record: ProcessRecord) -> bool:
    """Whether there is any figure: a process that could not load its model has none."""
    return record.load > 0


def _problem(problem: ToolError | None, records: Sequence[ProcessRecord]) -> dict[str, Any] | None:
    if problem is None:
        return None
    values: dict[str, Any] = {
        "kind": kind_of(problem),
        "message": f"{problem.place}: {problem.message}" if problem.place else problem.message,
        "hint": problem.hint,
    }
    if isinstance(problem, OutOfMemory) and records and records[-1].peak_allocated is not None:
        values["peak_allocated"] = records[-1].peak_allocated
    return values


def _environment(records: Sequence[ProcessRecord]) -> dict[str, Any]:
    import platform

    # A process that died before it could say so had these at least.
    known: dict[str, Any] = {
        "python": platform.python_version(),
        "transformers": "unknown",
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}",
    }
    for record in records:
        known.update(record.environment)
    return known


def _output(records: Sequence[ProcessRecord]) -> dict[str, Any] | None:
    recorded = [record for record in records if record.output is not None]
    if not recorded:
        return None
    first = recorded[0].output
    assert first is not None
    same = all(record.output["digest"] == first["digest"] for record in recorded)  # type: ignore[index]
    return {**first, "stable": same and all(record.stable for record in recorded)}
