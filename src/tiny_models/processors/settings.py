"""Processors' settings from a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tiny_models.repository.checkpoint_files import files_named, parsed

_FILES = {
    "preprocessor_config.json": ("image_processor", "feature_extractor", "audio_processor"),
    "video_preprocessor_config.json": ("video_processor",),
}
_NESTED = "processor_config.json"


def checkpoint_settings(checkpoint: Path | None) -> Mapping[str, Mapping[str, Any]]:
    """The values of each part's fields; none without a checkpoint. Raises InputError."""
    if checkpoint is None:
        return {}
    by_role: dict[str, dict[str, Any]] = {}
    files = files_named(checkpoint, (*_FILES, _NESTED))
    for name, roles in _FILES.items():
        if name in files:
            values = parsed(checkpoint / name, files[name])
            for role in roles:
                by_role[role] = dict(values)
    if _NESTED in files:
        nested = parsed(checkpoint / _NESTED, files[_NESTED])
        by_role |= {role: values for role, values in nested.items() if isinstance(values, dict)}
    return by_role
