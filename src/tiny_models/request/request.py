"""The JSON request that the build rules write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from tiny_models.core.values import DTYPES, LARGEST_SEED, is_repo_id
from toolkit.errors import InputError
from toolkit.input_file import read_text
from toolkit.json_record import NOT_EMPTY, Constraint, between, make_record, parse_record
from toolkit.paths import is_confined

SCHEMA = 1
CHECKS = ("forward", "round-trip", "generate", "gradient")
FORMATS = ("gguf", "gguf-q8", "lora", "onnx", "sentence-embedding")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _are_identifiers(names: Iterable[str]) -> bool:
    return all(_IDENTIFIER.fullmatch(name) for name in names)


def _differ(names: tuple[str, ...]) -> bool:
    return len(set(names)) == len(names)


_Text = Annotated[str, NOT_EMPTY]
_Module = Annotated[
    str, Constraint(lambda name: _are_identifiers(name.split(".")), "the dotted name of a module")
]
_ClassNames = Annotated[
    tuple[str, ...],
    Constraint(
        lambda names: bool(names) and _are_identifiers(names) and _differ(names),
        "a list of at least one class name, each once",
    ),
]
_Checks = Annotated[
    tuple[str, ...],
    Constraint(
        lambda names: set(names) <= set(CHECKS) and _differ(names),
        f"a list of {', '.join(CHECKS)}, each at most once",
    ),
]
_Formats = Annotated[
    tuple[str, ...],
    Constraint(
        lambda names: set(names) <= set(FORMATS) and _differ(names),
        f"a list of {', '.join(FORMATS)}, each at most once",
    ),
]
_Path = Annotated[str, Constraint(is_confined, "a relative path without `.` and `..`")]
_RepoId = Annotated[str, Constraint(is_repo_id, "`name` or `owner/name`")]
_Dtype = Annotated[str, Constraint(DTYPES.__contains__, f"one of {', '.join(DTYPES)}")]


@dataclass(frozen=True)
class Source:
    """A module of model classes that lies in the sandbox, and the directory it begins in."""

    module: _Module
    root: _Text = "."


@dataclass(frozen=True)
class FixtureRequest:
    """One entry of a request; the schema says what each field means.

    Exactly one of ``model_type`` and ``source`` is set.
    """

    address: _Text
    path: _Path
    model_type: _Text | None = None
    source: Source | None = None
    architectures: _ClassNames = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    seed: Annotated[int, between(0, LARGEST_SEED)] = 0
    dtype: _Dtype = "float32"
    max_size: Annotated[int, between(1)] = 5_000_000
    shards: Annotated[int, between(1, 99_999)] = 1
    tokenizer: _Text | None = None
    processors: bool | Mapping[str, Any] = True
    chat_template: str | None = None
    license: _Text = "apache-2.0"
    checks: _Checks = ("forward", "round-trip")
    formats: _Formats = ()
    repo_id: _RepoId | None = None
    from_checkpoint: _Text | None = None

    def __post_init__(self) -> None:
        """Raises ValueError unless the model comes from exactly one place."""
        if (self.model_type is None) == (self.source is None):
            raise ValueError("expected either `model_type` or `source`")


@dataclass(frozen=True)
class _Request:
    schema: Literal[1]
    fixtures: tuple[FixtureRequest, ...]


def read_request(path: str) -> tuple[FixtureRequest, ...]:
    """Reads and checks a request file. Raises InputError, located in that file."""
    text = read_text(path, "the request")
    return _without_clashes(parse_record(_Request, text, path).fixtures, path)


def parse_request(data: Any) -> tuple[FixtureRequest, ...]:
    """The entries of a request. Raises InputError that names the entry and the field."""
    return _without_clashes(make_record(_Request, data).fixtures, "")


def _without_clashes(
    fixtures: tuple[FixtureRequest, ...], place: str
) -> tuple[FixtureRequest, ...]:
    paths: dict[str, str] = {}
    repositories: dict[str, str] = {}
    for fixture in fixtures:
        for seen, value, what in (
            (paths, fixture.path, "path"),
            (repositories, fixture.repo_id, "repo_id"),
        ):
            if value is None:
                continue
            # Repositories and directories must differ on any file system.
            if value.lower() in seen:
                raise InputError(
                    f"{seen[value.lower()]} and {fixture.address} have one {what}: {value}",
                    place=place,
                    hint=f"give each fixture a {what} of its own",
                )
            seen[value.lower()] = fixture.address
    for path, address in paths.items():
        for other, other_address in paths.items():
            if other.startswith(path + "/"):
                raise InputError(
                    f"the path of {other_address} lies inside that of {address}", place=place
                )
    return fixtures
