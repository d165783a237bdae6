"""The JSON request that the build rules write."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modular_converter.conventions.file_types import FILE_TYPES
from modular_converter.conventions.profiles import PROFILES
from modular_converter.diagnostics.record import ConversionError, error

SCHEMA = 1
_KEYS = (
    "schema",
    "modulars",
    "source_roots",
    "parents",
    "profile",
    "output_dir",
    "ignore",
    "renamed",
)
_MODULAR_KEYS = ("path", "outputs")


@dataclass(frozen=True)
class RequestedModular:
    """A modular file, relative to the working directory; ``outputs`` restricts its file types."""

    path: str
    outputs: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Request:
    """What to convert and where its parents are; all paths relative to the working directory."""

    modulars: tuple[RequestedModular, ...]
    source_roots: tuple[str, ...] = (".",)
    parents: tuple[str, ...] = ()
    profile: str | None = None
    output_dir: str | None = None
    # Codes of warnings that are not reported.
    ignore: tuple[str, ...] = ()
    # By the path of a generated parent: what renaming made in it, as its own conversion reported.
    renamed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class _Reader:
    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text

    def wrong(self, message: str, key: str = "", hint: str = "") -> ConversionError:
        line = column = 0
        excerpt = ""
        if key:
            offset = self.text.find(json.dumps(key))
            if offset >= 0:
                line = self.text.count("\n", 0, offset) + 1
                start = self.text.rfind("\n", 0, offset) + 1
                column = offset - start + 1
                excerpt = self.text[start:].split("\n", 1)[0]
        return error(
            "bad-request",
            self.path,
            message,
            line=line,
            column=column,
            hint=hint,
            source_line=excerpt if len(excerpt) <= 200 else "",
        )

    def known(self, mapping: dict[str, Any], keys: tuple[str, ...]) -> None:
        for key in mapping:
            if key not in keys:
                raise self.wrong(f"unknown key `{key}`", key, f"known keys: {', '.join(keys)}")

    def strings(self, mapping: dict[str, Any], key: str) -> tuple[str, ...]:
        value = mapping.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(f"`{key}` must be a list of strings", key)
        return tuple(value)

    def inside(self, path: str) -> str:
        """The path, which stays below the working directory."""
        if os.path.isabs(path) or ".." in path.replace(os.sep, "/").split("/"):
            raise self.wrong(
                f"the path {path} leaves the working directory",
                path,
                "name a path below the working directory, without `..`",
            )
        return path

    def optional_string(self, mapping: dict[str, Any], key: str) -> str | None:
        value = mapping.get(key)
        if value is not None and not isinstance(value, str):
            raise self.wrong(f"`{key}` must be a string or null", key)
        return value


def read_request(path: str) -> Request:
    """Reads and checks a request file. Raises ConversionError, located in that file."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as problem:
        raise error(
            "bad-request",
            path,
            f"the request cannot be read: {problem.strerror}",
            hint="give the path of a request file",
        ) from None
    except UnicodeDecodeError:
        raise error("bad-request", path, "the request is not UTF-8") from None
    try:
        data = json.loads(text)
    except json.JSONDecodeError as problem:
        raise error(
            "bad-request",
            path,
            f"the request is not JSON: {problem.msg}",
            line=problem.lineno,
            column=problem.colno,
        ) from None
    reader = _Reader(path, text)
    if not isinstance(data, dict):
        raise reader.wrong("the request must be a JSON object")
    reader.known(data, _KEYS)
    if data.get("schema") != SCHEMA:
        raise reader.wrong(
            f"schema {data.get('schema')!r} is not understood, expected {SCHEMA}",
            "schema",
            "let the rules and the tool come from the same release",
        )
    entries = data.get("modulars")
    if not isinstance(entries, list):
        raise reader.wrong("`modulars` must be a list", "modulars")
    profile = reader.optional_string(data, "profile")
    if profile is not None and profile not in {known.name for known in PROFILES}:
        names = ", ".join(known.name for known in PROFILES)
        raise reader.wrong(f"unknown profile `{profile}`", profile, f"known profiles: {names}")
    output_dir = reader.optional_string(data, "output_dir")
    return Request(
        modulars=tuple(_modular(reader, entry) for entry in entries),
        source_roots=reader.strings(data, "source_roots") or (".",),
        parents=reader.strings(data, "parents"),
        profile=profile,
        output_dir=None if output_dir is None else reader.inside(output_dir),
        ignore=reader.strings(data, "ignore"),
        renamed=_renamed(reader, data.get("renamed", {})),
    )


def _renamed(reader: _Reader, value: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise reader.wrong("`renamed` must be an object with a list of strings by path", "renamed")
    return {path: reader.strings(value, path) for path in value}


def _modular(reader: _Reader, entry: Any) -> RequestedModular:
    if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
        raise reader.wrong("each of `modulars` must be an object with a `path`", "modulars")
    reader.known(entry, _MODULAR_KEYS)
    reader.inside(entry["path"])
    outputs = entry.get("outputs")
    if outputs is None:
        return RequestedModular(entry["path"])
    if not isinstance(outputs, list):
        raise reader.wrong("`outputs` must be a list of file types or null", "outputs")
    for output in outputs:
        if output not in FILE_TYPES:
            raise reader.wrong(
                f"unknown file type {output!r}",
                str(output),
                f"known file types: {', '.join(FILE_TYPES)}",
            )
    return RequestedModular(entry["path"], tuple(outputs))
