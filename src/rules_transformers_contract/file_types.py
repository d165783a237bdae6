"""How the files of a model are named: the modular file, and the standalone files made from it."""

from __future__ import annotations

import re
from typing import Literal, cast, get_args

MODULAR_PREFIX = "modular_"

# Longer names first where one begins with another: they are tried in this order.
FileType = Literal[
    "modeling",
    "configuration",
    "tokenization",
    "processing",
    "image_processing_pil",
    "image_processing",
    # Of releases of transformers up to 5.4: `image_processing_<model>_fast.py`.
    "image_processing_fast",
    "video_processing",
    "feature_extraction",
]
FILE_TYPES: tuple[FileType, ...] = get_args(FileType)

# The banner of a generated file says this, and the path of the modular file.
GENERATED_FROM = "This file was automatically generated from "

_FAST = "_fast"
_FAST_NAME = re.compile(rf"image_processing_(?P<model>.+){_FAST}(?P<extension>\.py)?", re.DOTALL)
_TYPED_NAME = re.compile(rf"(?P<type>{'|'.join(FILE_TYPES)})_(?P<model>.*)", re.DOTALL)


def split_name(name: str) -> tuple[FileType, str] | None:
    """File type and model of a module or file name without directory and `.py`.

    `image_processing_pil_new` gives `("image_processing_pil", "new")`; None for other names.
    """
    fast = _FAST_NAME.fullmatch(name)
    if fast:
        return "image_processing_fast", fast["model"] + (fast["extension"] or "")
    match = _TYPED_NAME.match(name)
    return (cast(FileType, match["type"]), match["model"]) if match else None


def module_name(file_type: str, model: str) -> str:
    """The name of a model's module of a type: `modeling_x` for `modeling` and `x`."""
    if file_type.endswith(_FAST):
        return f"{file_type[: -len(_FAST)]}_{model}{_FAST}"
    return f"{file_type}_{model}"


def generated_path(modular_path: str, file_type: str) -> str:
    """The path of the `file_type` file that `modular_path` generates, beside it.

    `models/x/modular_x.py` and `modeling` give `models/x/modeling_x.py`.
    """
    directory, slash, name = modular_path.rpartition("/")
    model = name[len(MODULAR_PREFIX) : -len(".py")]
    return f"{directory}{slash}{module_name(file_type, model)}.py"
