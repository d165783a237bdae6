"""The JSON request that the build rules write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tiny_models.core.errors import InputError

SCHEMA = 1
CHECKS = ("forward", "round-trip", "generate", "gradient")
DTYPES = ("float32", "float16", "bfloat16")
LARGEST_SEED = 2**32 - 1
_NAME = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
_REPO_ID = re.compile(rf"{_NAME}(/{_NAME})?")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MISSING = object()


@dataclass(frozen=True)
class Source:
    """A module of model classes that lies in the sandbox, and the directory it begins in."""

    module: str
    root: str = "."


@dataclass(frozen=True)
class FixtureRequest:
    """One entry of a request; the schema tells what each field means.

    Exactly one of ``model_type`` and ``source`` is set.
    """

    address: str
    path: str
    model_type: str | None = None
    source: Source | None = None
    architectures: tuple[str, ...] = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    dtype: str = "float32"
    max_size: int = 5_000_000
    shards: int = 1
    tokenizer: str | None = None
    processors: bool | Mapping[str, Any] = True
    chat_template: str | None = None
    license: str = "apache-2.0"
    checks: tuple[str, ...] = ("forward", "round-trip")
    repo_id: str | None = None
    from_checkpoint: str | None = None


def read_request(path: str) -> tuple[FixtureRequest, ...]:
    """Reads and checks a request file. Raises InputError, located in that file."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as problem:
        raise InputError(
            f"the request cannot be read: {problem.strerror}",
            place=path,
            hint="give the path of a request file",
        ) from None
    except UnicodeDecodeError:
        raise InputError("the request is not UTF-8", place=path) from None
    try:
        data = json.loads(text)
    except json.JSONDecodeError as problem:
        raise InputError(
            f"the request is not JSON: {problem.msg}",
            place=f"{path}:{problem.lineno}:{problem.colno}",
        ) from None
    except RecursionError:
        raise InputError("the request is nested too deeply", place=path) from None
    try:
        return parse_request(data)
    except InputError as problem:
        raise problem.at(path) from None


def parse_request(data: Any) -> tuple[FixtureRequest, ...]:
    """The entries of a request. Raises InputError that names the entry and the field."""
    if not isinstance(data, dict):
        raise InputError("the request must be a JSON object")
    _known(data, ("schema", "fixtures"), "")
    if data.get("schema") != SCHEMA or isinstance(data.get("schema"), bool):
        raise InputError(
            f"schema {data.get('schema')!r} is not understood, expected {SCHEMA}",
            hint="let the rules and the tool come from the same release",
        )
    entries = data.get("fixtures")
    if not isinstance(entries, list):
        raise InputError("`fixtures` must be a list")
    fixtures = tuple(_fixture(entry, f"fixtures[{n}]") for n, entry in enumerate(entries))
    _unique(fixtures)
    return fixtures


def _unique(fixtures: Iterable[FixtureRequest]) -> None:
    paths: dict[str, str] = {}
    repositories: dict[str, str] = {}
    for each in fixtures:
        for seen, value, what in (
            (paths, each.path, "path"),
            (repositories, each.repo_id, "repo_id"),
        ):
            if value is None:
                continue
            # Repositories and directories must differ on any file system.
            if value.lower() in seen:
                raise InputError(
                    f"{seen[value.lower()]} and {each.address} have one {what}: {value}",
                    hint=f"give each fixture a {what} of its own",
                )
            seen[value.lower()] = each.address
    for path, address in paths.items():
        for other, other_address in paths.items():
            if other.startswith(path + "/"):
                raise InputError(f"the path of {other_address} lies inside that of {address}")


class _Entry:
    """Typed access to the fields of one JSON object."""

    def __init__(self, values: Mapping[str, Any], place: str) -> None:
        self.values = values
        self.place = place

    def wrong(self, key: str, expected: str) -> InputError:
        found = json.dumps(self.values.get(key))
        return InputError(f"`{self.place}.{key}` must be {expected}, found {found:.80}")

    def get(self, key: str, kind: type, expected: str, default: Any = _MISSING) -> Any:
        if key not in self.values and default is not _MISSING:
            return default
        value = self.values.get(key)
        if value is None and default is None:
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.wrong(key, expected)
        return value

    def text(self, key: str, default: Any = _MISSING) -> Any:
        value = self.get(key, str, "a string", default)
        if value == "":
            raise self.wrong(key, "a string that is not empty")
        return value

    def number(self, key: str, lowest: int, highest: int | None, default: int) -> int:
        value = self.get(key, int, "a whole number", default)
        if value < lowest or (highest is not None and value > highest):
            limit = f"from {lowest} to {highest}" if highest is not None else f"{lowest} or more"
            raise self.wrong(key, limit)
        return value

    def strings(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self.get(key, list, "a list of strings", list(default))
        if not all(isinstance(each, str) for each in value) or len(set(value)) != len(value):
            raise self.wrong(key, "a list of different strings")
        return tuple(value)


def _known(values: Mapping[str, Any], keys: Iterable[str], place: str) -> None:
    for key in values:
        if key not in keys:
            where = f"{place}.{key}" if place else key
            raise InputError(f"unknown key `{where}`", hint=f"known keys: {', '.join(keys)}")


def _fixture(values: Any, place: str) -> FixtureRequest:
    if not isinstance(values, dict):
        raise InputError(f"`{place}` must be an object")
    _known(values, tuple(FixtureRequest.__dataclass_fields__), place)
    entry = _Entry(values, place)
    address = entry.text("address")
    try:
        return _checked_fixture(entry, address)
    except InputError as problem:
        if address not in problem.message:
            problem.message = f"{address}: {problem.message}"
        raise


def _checked_fixture(entry: _Entry, address: str) -> FixtureRequest:
    values = entry.values
    if ("model_type" in values) == ("source" in values):
        raise InputError(f"`{entry.place}` needs either `model_type` or `source`")
    path = entry.text("path")
    if not is_safe_path(path):
        raise entry.wrong("path", "a relative path without `.` and `..`")
    architectures = entry.strings("architectures", ())
    if "architectures" in values and not architectures:
        raise entry.wrong("architectures", "a list with at least one class")
    if not all(_IDENTIFIER.fullmatch(each) for each in architectures):
        raise entry.wrong("architectures", "a list of class names")
    dtype = entry.text("dtype", "float32")
    if dtype not in DTYPES:
        raise entry.wrong("dtype", f"one of {', '.join(DTYPES)}")
    checks = entry.strings("checks", ("forward", "round-trip"))
    if not set(checks) <= set(CHECKS):
        raise entry.wrong("checks", f"some of {', '.join(CHECKS)}")
    repo_id = entry.text("repo_id", None)
    if not is_repo_id(repo_id):
        raise entry.wrong("repo_id", "`name` or `owner/name`")
    processors = values.get("processors", True)
    if not isinstance(processors, (bool, dict)):
        raise entry.wrong("processors", "true, false or an object")
    return FixtureRequest(
        address=address,
        path=path,
        model_type=entry.text("model_type") if "model_type" in values else None,
        source=_source(values, entry.place) if "source" in values else None,
        architectures=architectures,
        config=entry.get("config", dict, "an object", {}),
        seed=entry.number("seed", 0, LARGEST_SEED, 0),
        dtype=dtype,
        max_size=entry.number("max_size", 1, None, 5_000_000),
        shards=entry.number("shards", 1, 99_999, 1),
        tokenizer=entry.text("tokenizer", None),
        processors=processors,
        chat_template=entry.get("chat_template", str, "a string or null", None),
        license=entry.text("license", "apache-2.0"),
        checks=checks,
        repo_id=repo_id,
        from_checkpoint=entry.text("from_checkpoint", None),
    )


def _source(values: Mapping[str, Any], place: str) -> Source:
    inner = values["source"]
    if not isinstance(inner, dict):
        raise InputError(f"`{place}.source` must be an object")
    _known(inner, ("module", "root"), f"{place}.source")
    entry = _Entry(inner, f"{place}.source")
    module = entry.text("module")
    if not all(_IDENTIFIER.fullmatch(part) for part in module.split(".")):
        raise entry.wrong("module", "the dotted name of a module")
    return Source(module, entry.text("root", "."))


def is_safe_path(path: str) -> bool:
    """Whether a path stays below where it is relative to, on every system."""
    parts = path.split("/")
    odd = any(part in ("", ".", "..") for part in parts)
    return not odd and not any(each in path for each in ("\\", ":", "\0"))


def is_repo_id(value: Any) -> bool:
    """Whether this names a repository of a model hub, or none."""
    return value is None or (isinstance(value, str) and _REPO_ID.fullmatch(value) is not None)
