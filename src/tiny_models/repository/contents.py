"""The files of a model repository, compared before and after saving again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SETTINGS = "tokenizer_config.json"
# What a tokenizer's settings say of how they were loaded: from a directory, and offline or not.
_LOADING = ("is_local", "local_files_only")


def without_loading(settings: bytes) -> bytes:
    """A tokenizer's settings file without what depends on how it was loaded."""
    values = json.loads(settings)
    return settings_text({name: value for name, value in values.items() if name not in _LOADING})


def settings_text(settings: Mapping[str, Any]) -> bytes:
    """A tokenizer's settings as transformers writes them."""
    return (json.dumps(settings, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def contents(directory: Path) -> dict[str, bytes]:
    """All files of a directory by their relative paths, but for the model's config.

    Of a tokenizer's settings, without what depends on how it was loaded.
    """
    return {
        path.relative_to(directory).as_posix(): (
            without_loading(path.read_bytes()) if path.name == SETTINGS else path.read_bytes()
        )
        for path in directory.rglob("*")
        if path.is_file() and path.name != "config.json"
    }


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    """The files that saving again has added or changed."""
    return sorted(name for name, content in after.items() if before.get(name) != content)
