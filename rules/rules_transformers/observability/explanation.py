"""Why a process ran, and what its inputs are, for `-ldebug`."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timezone

from rules_transformers.observability.changes import changed_files, changed_parts
from rules_transformers.observability.process_record import Asked, Source
from rules_transformers.observability.record import Former
from rules_transformers.observability.summary import duration

_SHOWN_OF_DIGESTS = 10
# A change in all of a library is shown by its first files.
_MOST_CHANGES = 50

# Digests of the files of a tree, by path. None if the tree is not known any more.
Files = Mapping[str, str]


def reasons(
    asked: Asked, former: Former | None, before: Files | None, now: Files | None
) -> tuple[str, ...]:
    """Why a process ran, beside how it was asked for before.

    :param before: its input files then, needed only if they are not those of now.
    """
    if former is None:
        return ("nothing is known of an earlier run in this workspace",)
    if former.key == asked.key:
        if not asked.is_kept:
            return ("its result is never kept",)
        if former.exit_code != 0:
            return (
                f"its inputs are the same, and it failed (exit code {former.exit_code}): "
                "failures are not kept",
            )
        return ("its inputs are the same, and no cache has its result",)
    changes: list[str] = []
    if former.key.inputs != asked.key.inputs:
        if before is None or now is None:
            changes.append("changed files; which of them is not known any more")
        else:
            changes += changed_files(before, now)
    changes += changed_parts(former.key, asked.key)
    left_out = len(changes) - _MOST_CHANGES
    if left_out > 0:
        changes[_MOST_CHANGES:] = [f"and {left_out} more changes"]
    return tuple(changes)


def explanation(
    asked: Asked, former: Former | None, because: tuple[str, ...], now: Files | None
) -> str:
    """What became of a process and why, and its inputs with short digests.

    :param former: how it was asked for before.
    :param because: why it ran, if it did in this run.
    """
    if asked.source is Source.run:
        headline = f"{asked.description}: run in {duration(asked.seconds)}"
        if former is not None:
            headline += f"; since it was last asked for ({_time(former.asked)}):"
    else:
        headline = f"{asked.description}: {asked.source.value}"
        if former is not None and former.ran is not None:
            headline += f"; last run here {_time(former.ran)}:"
            because = former.because
    lines = [headline]
    lines += (f"  {reason}" for reason in because)
    key = asked.key
    lines.append(f"  inputs, tree {key.inputs[0][:_SHOWN_OF_DIGESTS]}:")
    lines += (f"    {line}" for line in _tree(now))
    others = [(digest, f"{path}/") for path, digest in sorted(key.directories.items())]
    others += [(digest, f"variable {name}") for name, digest in sorted(key.variables.items())]
    lines += (f"    {digest[:_SHOWN_OF_DIGESTS]} {name}" for digest, name in others)
    lines.append(f"    arguments: {' '.join(key.arguments)}")
    return "\n".join(lines)


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def _tree(files: Files | None) -> list[str]:
    """A line for each file, and one for all of each directory that no author of a model has."""
    if files is None:
        return ["(not known any more)"]
    directories: dict[str, list[str]] = defaultdict(list)
    lines = []
    for path, digest in sorted(files.items()):
        top = path.split("/")[0]
        if "/" in path and (top.startswith(("__", ".")) or top.endswith(".pex")):
            directories[top].append(f"{path} {digest}")
        else:
            lines.append(f"{digest[:_SHOWN_OF_DIGESTS]} {path}")
    for top, entries in directories.items():
        digest = hashlib.sha256("\n".join(entries).encode()).hexdigest()[:_SHOWN_OF_DIGESTS]
        number = f"{len(entries)} file{'' if len(entries) == 1 else 's'}"
        lines.append(f"{digest} {top}/ ({number})")
    return lines
