"""The processes of the tools that a run of Pants asked for, read from its workunits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from rules_transformers.util_rules.tool_sources import SANDBOX_DIR
from rules_transformers_contract import receipt, stored_outcomes

# Pants' workunit of one process, wherever its result comes from.
_WORKUNIT = "process"
# What of a process is not part of its key, or is compared by itself.
_LEFT_OUT = {
    "append_only_caches",
    "argv",
    "cache_scope",
    "concurrency_available",
    "description",
    "env",
    "input_digests",
    "level",
    "remote_cache_speculation_delay",
}
# They change with whatever else does.
_DERIVED_VARIABLES = {receipt.VARIABLE, stored_outcomes.VARIABLE}
_LENGTH_OF_HASHES = 16


class Source(Enum):
    """Where the result of a process comes from."""

    run = "run"
    local = "from the local cache"
    remote = "from the remote cache"


_SOURCES = {"HitLocally": Source.local, "HitRemotely": Source.remote}


@dataclass(frozen=True)
class Key:
    """What the result of a process is filed under, in parts that can be compared.

    :param inputs: SHA-256 and size of its tree of input files.
    :param directories: the SHA-256 of each tree that is laid out for several processes, by path.
    :param variables: a hash of each variable's value, by name: no value is kept.
    :param other: a hash of the rest, such as the platform.
    """

    inputs: tuple[str, int]
    directories: Mapping[str, str]
    arguments: tuple[str, ...]
    variables: Mapping[str, str]
    other: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: Any) -> Key:
        """The reverse of `as_json`.

        :raises ValueError, TypeError, KeyError: if it is not of that form.
        """
        fingerprint, size = value["inputs"]
        return cls(
            (str(fingerprint), int(size)),
            dict(value["directories"]),
            tuple(value["arguments"]),
            dict(value["variables"]),
            str(value["other"]),
        )


@dataclass(frozen=True)
class Asked:
    """A process, and what became of it.

    :param seconds: how long it took when it ran, which may have been elsewhere.
    :param saved_seconds: how much of that a cache saved.
    :param is_shown: whether Pants shows it without `-ldebug`.
    :param is_kept: whether a cache keeps its result if it succeeds.
    """

    description: str
    key: Key
    source: Source
    exit_code: int
    seconds: float
    saved_seconds: float
    is_shown: bool
    is_kept: bool


def asked_process(workunit: Mapping[str, Any]) -> Asked | None:
    """The process of a workunit; None if it is none, is not a tool's, or was not finished."""
    if workunit.get("name") != _WORKUNIT:
        return None
    metadata = workunit.get("metadata") or {}
    if "definition" not in metadata or "source" not in metadata:
        return None
    definition = json.loads(metadata["definition"])
    # Only they have the tools' source in their sandbox, and on the path of Python.
    if SANDBOX_DIR not in definition["env"].values():
        return None
    return Asked(
        description=definition["description"],
        key=_key(definition),
        source=_SOURCES.get(metadata["source"], Source.run),
        exit_code=metadata.get("exit_code", 0),
        seconds=metadata.get("total_elapsed_ms", 0) / 1000,
        saved_seconds=metadata.get("saved_by_cache_ms", 0) / 1000,
        is_shown=definition["level"] not in ("DEBUG", "TRACE"),
        is_kept=definition["cache_scope"] in ("Successful", "Always"),
    )


def _key(definition: Mapping[str, Any]) -> Key:
    digests = definition["input_digests"]
    inputs = digests["inputs"]["digest"]
    rest = {name: value for name, value in definition.items() if name not in _LEFT_OUT}
    return Key(
        inputs=(inputs["fingerprint"], inputs["size_bytes"]),
        directories={
            path: tree["digest"]["fingerprint"]
            for path, tree in digests["immutable_inputs"].items()
        },
        arguments=tuple(definition["argv"]),
        variables={
            name: _hash(value)
            for name, value in definition["env"].items()
            if name not in _DERIVED_VARIABLES
        },
        other=_hash(json.dumps(rest, sort_keys=True)),
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:_LENGTH_OF_HASHES]
