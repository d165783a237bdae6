"""Reading a checkpoint's text files without trusting it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from toolkit.errors import InputError
from toolkit.paths import holds

# Files larger than this belong neither to a tokenizer nor to a processor.
_MOST_BYTES = 200 * 2**20
_PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".bin", ".ckpt", ".joblib", ".npy", ".npz")
# How a pickle and a zip archive, which a newer pickle is, begin.
_PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")


def files_named(directory: Path, patterns: Iterable[str]) -> dict[str, bytes]:
    """The content of the files whose names match; raises InputError for what is not safe.

    Refused are links that leave the directory, pickles, and settings that ask for code of the
    checkpoint to be run. Nothing else in the directory is opened.
    """
    if not os.path.isdir(directory):
        raise InputError(
            f"{directory}: expected a checkpoint's directory, found "
            + ("a file" if os.path.exists(directory) else "nothing"),
            hint="name a local directory that has the tokenizer's or processor's files",
        )
    paths = sorted({path for pattern in patterns for path in directory.glob(pattern)})
    contents = {}
    for path in paths:
        if not holds(directory, path):
            raise InputError(
                f"{path}: a link that leaves the checkpoint's directory",
                hint="copy the files themselves, for example with `hf download --local-dir`",
            )
        if not path.is_file():
            continue
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path}: larger than {_MOST_BYTES // 2**20} MiB")
        content = path.read_bytes()
        if path.suffix in _PICKLES or content.startswith(_PICKLE_STARTS):
            raise InputError(
                f"{path}: a pickle, which can run code when it is read",
                hint="convert it to one of the library's own formats first",
            )
        name = path.relative_to(directory).as_posix()
        if path.suffix == ".json":
            _refuse_code(path, parsed(path, content))
        contents[name] = content
    return contents


def parsed(path: Path | str, content: bytes) -> Any:
    """A JSON file's value; raises InputError with the place of a mistake."""
    try:
        return json.loads(content)
    except UnicodeDecodeError as problem:
        raise InputError(f"{path}: expected UTF-8, found a byte at {problem.start}") from None
    except json.JSONDecodeError as problem:
        raise InputError(
            f"{path}:{problem.lineno}:{problem.colno}: no JSON: {problem.msg}"
        ) from None
    except RecursionError:
        raise InputError(f"{path}: nested too deeply") from None


def _refuse_code(path: Path, value: Any) -> None:
    if isinstance(value, dict) and value.get("auto_map"):
        raise InputError(
            f"{path}: asks for code of the checkpoint to be run (auto_map)",
            hint="use a checkpoint whose classes the library has",
        )
