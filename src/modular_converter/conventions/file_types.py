"""Which of the standalone files of a model a class belongs to."""

from __future__ import annotations

import re
from typing import Literal, get_args

# Longer names first where one begins with another: they are tried in this order.
FileType = Literal[
    "modeling",
    "configuration",
    "tokenization",
    "processing",
    "image_processing_pil",
    "image_processing",
    "video_processing",
    "feature_extraction",
]
FILE_TYPES: tuple[FileType, ...] = get_args(FileType)

_TYPED_FILE = re.compile(rf"({'|'.join(FILE_TYPES)})_")


def type_of_class(class_name: str, cased_model_name: str, suffixes: dict[str, str]) -> str:
    """The file type of a class: by the longest known suffix of its name without the model name."""
    remainder = class_name.replace(cased_model_name, "")
    longest = ""
    for suffix in suffixes:
        if len(suffix) > len(longest) and remainder.endswith(suffix):
            longest = suffix
    return suffixes[longest] if longest else "modeling"


def type_of_module(module_name: str) -> str | None:
    """The file type of the last component of a module name, or None."""
    match = _TYPED_FILE.match(module_name.rpartition(".")[2])
    return match.group(1) if match else None


def generated_path(modular_path: str, file_type: str) -> str:
    """Where a modular's output of this type goes: beside it."""
    directory, slash, name = modular_path.rpartition("/")
    return f"{directory}{slash}{name.replace('modular_', file_type + '_', 1)}"
