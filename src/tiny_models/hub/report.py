"""The outcome of publishing a fixture, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tiny_models.hub.plan import Change
from tiny_models.hub.publish import DRY_RUN, Outcome


def as_text(outcome: Outcome) -> str:
    """A line for each change; the last one has the revision to pin, as ``repo@commit``."""
    would = "would " if outcome.status == DRY_RUN else ""
    lines = []
    if outcome.creates == "repository":
        lines.append(f"{would}create the repository {outcome.repo_id}")
    elif outcome.creates == "branch":
        lines.append(f"{would}create the branch {outcome.branch}")
    plan = outcome.plan
    for verb, changes in (("add", plan.added), ("change", plan.changed), ("delete", plan.deleted)):
        lines += [f"{would}{verb} {change.path}{_size(change)}" for change in changes]
    pinned = outcome.repo_id + (f"@{outcome.revision}" if outcome.revision else "")
    if outcome.status == DRY_RUN:
        what = "nothing would change" if plan.empty and not outcome.creates else "nothing written"
        lines.append(f"dry run, {what}: {pinned}")
    else:
        lines.append(f"{outcome.status}: {pinned}")
    return "\n".join(lines) + "\n"


def as_json(outcome: Outcome) -> str:
    """The same as a JSON object."""
    values: dict[str, Any] = {
        "schema": 1,
        "status": outcome.status,
        "endpoint": outcome.endpoint,
        "repo_id": outcome.repo_id,
        "branch": outcome.branch,
        "revision": outcome.revision,
        "creates": outcome.creates,
        "added": _entries(outcome.plan.added),
        "changed": _entries(outcome.plan.changed),
        "deleted": _entries(outcome.plan.deleted),
    }
    return json.dumps(values, indent=1, sort_keys=True) + "\n"


def _size(change: Change) -> str:
    return "" if change.size is None else f" ({change.size:,} bytes)"


def _entries(changes: Iterable[Change]) -> list[dict[str, Any]]:
    return [{"path": change.path, "size": change.size} for change in changes]
