"""The files that one modular file may generate."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from rules_transformers_contract.file_types import (
    FILE_TYPES,
    GENERATED_FROM,
    MODULAR_PREFIX,
    generated_path,
    split_name,
)

__all__ = [
    "BANNER_LENGTH",
    "FILE_TYPES",
    "MODULAR_PREFIX",
    "generated_path",
    "is_generated_from",
    "is_model_file",
    "is_modular_file",
    "model_of",
    "names_a_parent",
]

# Where to look for the banner of a generated file.
BANNER_LENGTH = 1024

# An import from a module that is named as one of a model's files.
_PARENT_IMPORT = re.compile(
    rf"^[ \t]*from[ \t]+(?:[\w.]*\.)?(?:{'|'.join(FILE_TYPES)})_\w+[ \t]+import\b".encode(),
    re.MULTILINE,
)


def is_modular_file(path: str) -> bool:
    """Whether `path` is named `modular_<model>.py`."""
    name = PurePosixPath(path).name
    return (
        name.startswith(MODULAR_PREFIX)
        and name.endswith(".py")
        and len(name) > len(f"{MODULAR_PREFIX}.py")
    )


def is_model_file(path: str) -> bool:
    """Whether `path` is named as a file that modular files can inherit from."""
    return path.endswith(".py") and split_name(PurePosixPath(path).name) is not None


def model_of(path: str) -> str | None:
    """The model that a file is named for: `new` of `x/image_processing_pil_new.py`.

    None if it is not named as one of a model's files is.
    """
    name = PurePosixPath(path).name
    parts = split_name(name[: -len(".py")]) if name.endswith(".py") else None
    return parts[1] or None if parts else None


def is_generated_from(modular_path: str, content: bytes) -> bool:
    """Whether the banner of a file says that it was generated from `modular_path`."""
    head = content[:BANNER_LENGTH].decode(errors="replace")
    return GENERATED_FROM in head and PurePosixPath(modular_path).name in head


def names_a_parent(content: bytes) -> bool:
    """Whether a file imports from one of a model's files, as each modular file does.

    This distinguishes a modular file from `modular_utils.py`, which only bears such a name.
    """
    return _PARENT_IMPORT.search(content) is not None
