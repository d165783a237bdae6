"""Looks at a checkpoint before the library loads it: it is data, and stays in its place."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from toolkit.checkpoint import (
    ADAPTER,
    CONFIG,
    INDEX,
    SETTINGS,
    WEIGHTS,
    check_directory,
    check_index,
    check_settings,
)
from toolkit.errors import InputError


def check_local(directory: Path) -> None:
    """Raises InputError if a model repository on disk is none, or not safe to load."""
    if not os.path.isfile(directory / CONFIG):
        raise InputError(
            f"there is no model in {directory}: it has no {CONFIG}",
            hint="`model.checkpoint` is the directory of a model repository",
        )
    check_directory(directory)
    if os.path.exists(directory / ADAPTER):
        raise _is_adapter(directory / ADAPTER)
    config = directory / CONFIG
    if check_settings(config, root=directory, within=directory) is not None:
        return
    if not os.path.isfile(directory / INDEX) and not os.path.isfile(directory / WEIGHTS):
        others = sorted(path.name for path in directory.glob("*.bin"))
        contents = f"found {', '.join(others)}" if others else "found no weights"
        raise InputError(
            f"there is no safetensors file in {directory}: {contents}",
            hint="save the model as safetensors: other formats may run code when they are read",
        )


def check_downloaded(fetch: Callable[[str], str | os.PathLike[str] | None]) -> None:
    """Raises InputError if a repository of a model hub is not safe to load.

    ``fetch`` gives the local path of a file of the repository, or None if it has none.
    """
    adapter = fetch(ADAPTER)
    if adapter is not None:
        raise _is_adapter(adapter)
    indexes = {INDEX}
    for name in SETTINGS:
        path = fetch(name)
        named = None if path is None else check_settings(path)
        if named is not None and named.endswith(".json"):
            indexes.add(named)
    for name in sorted(indexes):
        path = fetch(name)
        if path is not None:
            check_index(path)


def _is_adapter(path: str | os.PathLike[str]) -> InputError:
    # The library would follow it to another model, and read that one's weights.
    return InputError(
        "this is an adapter, not a model",
        place=os.fspath(path),
        hint="merge it into its base model, and name the directory of the result",
    )
