"""Profiles as files: the switches of a release that no built-in profile fits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from modular_converter.conventions import profiles
from modular_converter.conventions.profiles import Profile, switches
from modular_converter.diagnostics.record import error, refused
from toolkit.errors import InputError
from toolkit.input_file import read_text
from toolkit.json_record import parse_record
from toolkit.suggestions import did_you_mean

_EXTENSION = ".json"


@dataclass(frozen=True)
class _ProfileFile:
    schema: Literal[1]
    # The built-in profile that the switches change.
    base: str
    # The release that the switches were found with.
    release: str = ""
    switches: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.base not in profiles.names():
            raise ValueError(f"there is no profile {self.base!r} to base this one on")
        known = switches()
        for name, value in self.switches.items():
            if name not in known:
                hint = did_you_mean(name, known, "switches")
                raise ValueError(f"there is no switch {name!r}; {hint}")
            choices = known[name].metadata["choices"]
            if not any(type(value) is type(choice) and value == choice for choice in choices):
                listed = ", ".join(json.dumps(choice) for choice in choices)
                raise ValueError(f"switch {name!r} must be one of {listed}")


def resolve(name: str, place: str = "--profile") -> Profile:
    """The built-in profile of a name, or that of a file. Raises ConversionError."""
    if name in profiles.names():
        return profiles.named(name)
    if name.endswith(_EXTENSION):
        return _read(name)
    raise error(
        "unknown-profile",
        place,
        f"there is no profile {name}",
        hint=f"known profiles: {profiles.listed_names()}; or name a file that ends in .json, as "
        "`modular_converter conformance --write-profile` writes it",
    )


def _read(path: str) -> Profile:
    try:
        content = parse_record(
            _ProfileFile, read_text(path, "the profile"), path, what="the profile"
        )
    except InputError as problem:
        raise refused("bad-profile", problem) from None
    changes: dict[str, Any] = {"name": path, **content.switches}
    return replace(profiles.named(content.base), **changes)


def as_text(profile: Profile, base: Profile, release: str) -> str:
    """The text of a profile file: what differs from a built-in profile."""
    content = {
        "schema": 1,
        "base": base.name,
        "release": release,
        "switches": {
            name: getattr(profile, name)
            for name in switches()
            if getattr(profile, name) != getattr(base, name)
        },
    }
    return json.dumps(content, indent=2) + "\n"
