"""The JSON request that the build rules write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from modular_converter.conventions.file_types import FileType
from modular_converter.diagnostics.record import refused
from toolkit.errors import InputError
from toolkit.input_file import read_text
from toolkit.json_record import Constraint, parse_record
from toolkit.paths import stays_below

_Below = Annotated[str, Constraint(stays_below, "a path below the working directory, without `..`")]


@dataclass(frozen=True)
class RequestedModular:
    """A modular file, relative to the working directory; ``outputs`` restricts its file types."""

    path: _Below
    outputs: tuple[FileType, ...] | None = None


@dataclass(frozen=True)
class Request:
    """What to convert and where its parents are; all paths relative to the working directory."""

    schema: Literal[1]
    modulars: tuple[RequestedModular, ...]
    source_roots: tuple[str, ...] = (".",)
    parents: tuple[str, ...] = ()
    # The name of a built-in profile, or the path of a profile file.
    profile: str | None = None
    output_dir: _Below | None = None
    # Codes of warnings that are not reported.
    ignore: tuple[str, ...] = ()
    # Whether warnings of pedantic codes are reported too.
    pedantic: bool = False
    # Whether output is corrected that could not work; None for all but models of transformers.
    corrections: bool | None = None
    # By the path of a generated parent: what renaming made in it, as its own conversion reported.
    renamed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # The files outside `parents` that exist for this request; None for all.
    files: tuple[str, ...] | None = None


@dataclass(frozen=True)
class GroupRequest:
    """Requests to serve in one process, each as if it were alone."""

    schema: Literal[1]
    members: tuple[Request, ...]


def read_request(path: str) -> Request:
    """Reads and checks a request file. Raises ConversionError, located in that file."""
    try:
        return parse_record(Request, read_text(path, "the request"), path)
    except InputError as problem:
        raise refused("bad-request", problem) from None


def read_group_request(path: str) -> GroupRequest:
    """Reads and checks the request file of a group. Raises ConversionError, located in it."""
    try:
        return parse_record(GroupRequest, read_text(path, "the request"), path)
    except InputError as problem:
        raise refused("bad-request", problem) from None
