"""Where a library defines the tokenizer and processors of its models, read without importing it.

The Auto classes find these classes by names in their tables; no import statement names them, and
many a model has those of another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from tiny_models.transformers_api.auto_mappings import entries
from toolkit.errors import InputError
from toolkit.input_file import read_text

_AUTO = "auto"
_FILES = (
    "feature_extraction_*.py",
    "image_processing_*.py",
    "processing_*.py",
    "tokenization_*.py",
    "video_processing_*.py",
)
_TABLE = re.compile(r"(?:MISSING_)?(?P<role>\w+?)_MAPPING_NAMES")
_PROCESSOR = "PROCESSOR"
_ROLES = ("FEATURE_EXTRACTOR", "IMAGE_PROCESSOR", _PROCESSOR, "TOKENIZER", "VIDEO_PROCESSOR")
# Model types whose directory has another name.
_DIRECTORIES = "SPECIAL_MODEL_TYPE_TO_MODULE_NAME"
# A class, or another name for one.
_DEFINED = re.compile(r"^(?:class )?([A-Z]\w+)(?=[(:]| = \w+$)", re.MULTILINE)
# The library takes the other one where there is none of this name.
_FAST = "Fast"

# Class names by model type.
Table = dict[str, set[str]]


def companion_files(models: Path) -> dict[str, list[str]]:
    """The files with the classes that each directory below ``models`` gets from the Auto classes.

    ``models`` is `transformers/models` of a release or a checkout; the paths begin with it. Names
    that no file defines are left out: those of classes from elsewhere, and of tokenizers that the
    library converts to another class's. Raises InputError if the directory `auto` has no tables,
    or files that are no Python.
    """
    defined = {
        name: path.as_posix()
        for pattern in _FILES
        for path in sorted(models.glob(f"*/{pattern}"))
        for name in _DEFINED.findall(_text(path))
    }
    tables, directories = _tables(models / _AUTO)
    paths_by_directory: dict[str, set[str]] = {}
    for model_type in sorted({type_name for table in tables.values() for type_name in table}):
        directory = directories.get(model_type, model_type.replace("-", "_"))
        for role in _ROLES:
            for name in _names(tables, role, model_type):
                path = defined.get(name) or defined.get(name.removesuffix(_FAST))
                if path is not None:
                    paths_by_directory.setdefault(directory, set()).add(path)
    return {directory: sorted(paths) for directory, paths in sorted(paths_by_directory.items())}


def _names(tables: dict[str, Table], role: str, model_type: str) -> Iterable[str]:
    """Of a role that a type has no class of: those of a type that shares its processor."""
    table, processors = tables[role], tables[_PROCESSOR]
    if model_type in table or model_type not in processors:
        return table.get(model_type, ())
    sharing = (
        processor for processor in processors if processors[processor] == processors[model_type]
    )
    return next((table[type_name] for type_name in sharing if type_name in table), ())


def _tables(auto: Path) -> tuple[dict[str, Table], dict[str, str]]:
    """The class names by role and model type, and the directories that have other names."""
    tables: dict[str, Table] = {role: {} for role in _ROLES}
    directories: dict[str, str] = {}
    for path in sorted(auto.glob("*.py")):
        for name, key, strings in entries(_text(path), path=str(path)):
            table = _TABLE.fullmatch(name)
            if name == _DIRECTORIES and strings:
                directories[key] = strings[0]
            elif table is not None and table["role"] in tables:
                tables[table["role"]].setdefault(key, set()).update(strings)
    if not any(tables.values()):
        raise InputError(
            "has no tables of the Auto classes",
            place=str(auto),
            hint="name the `models` directory of an intact transformers",
        )
    return tables, directories


def _text(path: Path) -> str:
    try:
        return read_text(path)
    except InputError as problem:
        raise InputError(
            problem.message,
            place=problem.place,
            hint="name the `models` directory of an intact transformers",
        ) from None
