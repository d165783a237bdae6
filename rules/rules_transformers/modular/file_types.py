"""The files that one modular file may generate."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

MODULAR_PREFIX = "modular_"

# What the banner of a generated file says, and where to look for it.
_GENERATED = "This file was automatically generated from"
BANNER_LENGTH = 1024

FILE_TYPES = (
    "configuration",
    "feature_extraction",
    "image_processing",
    "image_processing_pil",
    "modeling",
    "processing",
    "tokenization",
    "video_processing",
)

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
    name = PurePosixPath(path).name
    return name.endswith(".py") and any(name.startswith(f"{kind}_") for kind in FILE_TYPES)


def model_of(path: str) -> str | None:
    """The model that a file is named for: `new` of `x/image_processing_pil_new.py`.

    None if it is not named as one of a model's files is.
    """
    name = PurePosixPath(path).name
    kinds = [kind for kind in FILE_TYPES if name.startswith(f"{kind}_") and name.endswith(".py")]
    if not kinds:
        return None
    return name[len(max(kinds, key=len)) + 1 : -len(".py")] or None


def generated_path(modular_path: str, file_type: str) -> str:
    """The path of the `file_type` file that `modular_path` generates.

    `models/x/modular_x.py` and `modeling` give `models/x/modeling_x.py`.
    """
    path = PurePosixPath(modular_path)
    return str(path.with_name(f"{file_type}_{path.name[len(MODULAR_PREFIX) :]}"))


def is_generated_from(modular_path: str, content: bytes) -> bool:
    """Whether the banner of a file says that it was generated from `modular_path`."""
    head = content[:BANNER_LENGTH].decode(errors="replace")
    return _GENERATED in head and PurePosixPath(modular_path).name in head


def names_a_parent(content: bytes) -> bool:
    """Whether a file imports from one of a model's files, as each modular file does.

    This tells a modular file from `modular_utils.py`, which only bears such a name.
    """
    return _PARENT_IMPORT.search(content) is not None
