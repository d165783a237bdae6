"""Which of the standalone files of a model a class belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rules_transformers_contract.file_types import (
    FILE_TYPES,
    FileType,
    generated_path,
    module_name,
    split_name,
)

__all__ = [
    "FILE_TYPES",
    "FileType",
    "generated_path",
    "module_name",
    "split_name",
    "type_of_class",
    "type_of_module",
]


def type_of_class(class_name: str, cased_model_name: str, suffixes: Mapping[str, str]) -> str:
    """The file type of a class: by the longest known suffix of its name without the model name."""
    remainder = class_name.replace(cased_model_name, "")
    longest = ""
    for suffix in suffixes:
        if len(suffix) > len(longest) and remainder.endswith(suffix):
            longest = suffix
    return suffixes[longest] if longest else "modeling"


@lru_cache(maxsize=4096)
def type_of_module(module_name: str) -> str | None:
    """The file type of the last component of a module name, or None."""
    parts = split_name(module_name.rpartition(".")[2])
    return parts[0] if parts else None
