"""Looks at a checkpoint before a library loads it: it is data, and stays in its directory.

What a library opens is decided by what the checkpoint's own files say: an index names files of
weights, a config names the index, and settings name vocabularies. transformers takes a file of
weights to be a pickle unless its name says otherwise, and its older releases follow a name
anywhere. So everything that could be followed is checked, not only what is usual.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from toolkit import json_text
from toolkit.directory_tree import walk
from toolkit.errors import InputError
from toolkit.input_file import read_text
from toolkit.json_text import Route
from toolkit.paths import holds, is_confined

CONFIG = "config.json"
ADAPTER = "adapter_config.json"
WEIGHTS = "model.safetensors"
INDEX_SUFFIX = ".safetensors.index.json"
INDEX = f"model{INDEX_SUFFIX}"
# The files of settings that transformers reads from a repository.
SETTINGS = (
    CONFIG,
    "generation_config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "special_tokens_map.json",
    "tokenizer_config.json",
    "video_preprocessor_config.json",
)
# The field of a config that names its file of weights, or the index of them.
_WEIGHTS_FIELD = "transformers_weights"
_SAFETENSORS = ".safetensors"
_LARGEST_SETTINGS = 64 * 2**20
_LONGEST_PATH = 4096
# They say where a file once came from; nothing is opened there.
_ORIGINS = ("_name_or_path", "name_or_path")


def check_directory(directory: str | os.PathLike[str]) -> None:
    """Raises InputError, located, for what would lead a library out of a checkpoint's directory.

    That is a link; a device, pipe or socket, which it could not read to the end; an index of
    weights or a config that names another file than a safetensors file in the directory; and a
    setting that names something that exists outside.
    """
    _refuse_leaving(directory)
    for path in _below(directory):
        name = os.path.basename(path)
        if name.endswith(INDEX_SUFFIX):
            check_index(path, within=os.path.dirname(path))
        elif name in SETTINGS or name.endswith("config.json"):
            check_settings(path, root=directory, within=os.path.dirname(path))


def check_settings(
    path: str | os.PathLike[str],
    *,
    root: str | os.PathLike[str] | None = None,
    within: str | os.PathLike[str] | None = None,
) -> str | None:
    """Checks a file of settings; returns the file of weights that it names, if it names one.

    ``root`` is the directory that nothing may leave; ``within`` is the one that the file of weights
    must be in. Both are None for a file of a repository that is not a directory here. Raises
    InputError at the value.
    """
    text, value = _parsed(path)
    named = None
    for route, name in _strings(value):
        if route and route[-1] == _WEIGHTS_FIELD:
            _check_weights_name(name, path, text, route, within)
            named = name
        elif not (route and route[-1] in _ORIGINS) and _leads_out(name, root):
            raise InputError(
                f"`{json_text.described(route)}` names {name}, which is not in the directory",
                place=json_text.locate(text, route, os.fspath(path)),
                hint="copy the file into the directory, and name it by its name alone",
            )
    return named


def check_index(
    path: str | os.PathLike[str], *, within: str | os.PathLike[str] | None = None
) -> None:
    """Raises InputError if an index names anything but safetensors files beside it.

    ``within`` is the directory that must have them; None if they are still to be fetched.
    """
    text, value = _parsed(path)
    weights = value.get("weight_map") if isinstance(value, dict) else None
    if not isinstance(weights, dict):
        raise InputError("this is not an index of weights", place=os.fspath(path))
    for tensor, name in weights.items():
        _check_weights_name(name, path, text, ("weight_map", tensor), within)


@contextmanager
def no_unpickling() -> Iterator[None]:
    """While it lasts, whatever would unpickle a file fails with InputError.

    It catches what no look at the directory can know: files that the code of a single model opens.
    Import torch first. Unpickling that a library does without ``torch.load`` and ``pickle.load`` is
    not noticed.
    """
    refused: list[InputError] = []

    def refuse(file: Any, *arguments: Any, **options: Any) -> Any:
        is_path = isinstance(file, (str, os.PathLike))
        place = os.fspath(file) if is_path else getattr(file, "name", "")
        refused.append(
            InputError(
                "this file would be unpickled, which may run code",
                place=str(place),
                hint="save it as safetensors, or remove it",
            )
        )
        raise refused[-1]

    modules = [sys.modules[name] for name in ("torch", "pickle") if name in sys.modules]
    before = [(module, module.load) for module in modules]
    try:
        for module in modules:
            setattr(module, "load", refuse)  # noqa: B010
        yield
    except Exception:
        # A library may have made another error of it.
        if refused:
            raise refused[0] from None
        raise
    finally:
        for module, load in before:
            setattr(module, "load", load)  # noqa: B010
    if refused:
        raise refused[0]


def _refuse_leaving(directory: str | os.PathLike[str]) -> None:
    for path in _below(directory):
        if os.path.islink(path) and not holds(directory, path):
            raise InputError(
                "this link leaves the checkpoint's directory",
                place=path,
                hint="copy the files themselves, for example with `hf download --local-dir`",
            )
        mode = os.stat(path).st_mode if os.path.exists(path) else 0
        if mode and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise InputError("this is neither a file nor a directory", place=path, hint="remove it")


def _below(directory: str | os.PathLike[str]) -> Iterator[str]:
    for folder, folders, names in walk(directory):
        yield from (os.path.join(folder, name) for name in sorted((*folders, *names)))


def _parsed(path: str | os.PathLike[str]) -> tuple[str, Any]:
    text = read_text(path, most=_LARGEST_SETTINGS)
    return text, json_text.parse(text, os.fspath(path))


def _strings(value: Any) -> Iterator[tuple[Route, str]]:
    """Every string in a JSON value with the way to it; not recursive, as settings may be deep."""
    waiting: list[tuple[Route, Any]] = [((), value)]
    while waiting:
        route, inner = waiting.pop()
        if isinstance(inner, str):
            yield route, inner
        elif isinstance(inner, dict):
            waiting += [((*route, key), item) for key, item in inner.items()]
        elif isinstance(inner, list):
            waiting += [((*route, index), item) for index, item in enumerate(inner)]


def _check_weights_name(
    name: Any,
    path: str | os.PathLike[str],
    text: str,
    route: Route,
    within: str | os.PathLike[str] | None,
) -> None:
    is_plain = isinstance(name, str) and is_confined(name) and "/" not in name
    suffixes = (_SAFETENSORS, INDEX_SUFFIX) if route[-1] == _WEIGHTS_FIELD else (_SAFETENSORS,)
    if not is_plain or not name.endswith(suffixes):
        problem = "which is not a safetensors file beside it"
    elif within is not None and not os.path.isfile(os.path.join(within, name)):
        problem = "which is not in the directory"
    else:
        return
    raise InputError(
        f"the weights are in {str(name)!r:.200}, {problem}",
        place=json_text.locate(text, route, os.fspath(path)),
        hint="save the model again: its weights lie beside its config, as safetensors",
    )


def _leads_out(name: str, root: str | os.PathLike[str] | None) -> bool:
    """Whether a setting is the path of something that exists outside ``root``."""
    if not 2 < len(name) <= _LONGEST_PATH or not {"/", os.sep} & set(name) or not name.strip("/."):
        return False
    if not name.isprintable():
        return False
    # A library resolves it from where it runs, or from the checkpoint.
    places = [os.path.expanduser(name)]
    if root is not None:
        places.append(os.path.join(root, name))
    try:
        existing = [place for place in places if os.path.lexists(place)]
    except ValueError:
        return False
    return any(root is None or not holds(root, place) for place in existing)
