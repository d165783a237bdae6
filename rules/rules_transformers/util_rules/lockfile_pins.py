"""Reads the version that a lockfile pins for a distribution."""

from __future__ import annotations

import json
import re
from typing import Any

# What begins a package in uv's lockfiles. They are TOML, which the standard library of Pants' own
# interpreter cannot read before 3.11; uv writes each key on a line of its own.
_UV_PACKAGE = re.compile(r"^\[\[package\]\]$", re.MULTILINE)
_UV_KEY = re.compile(r'^(name|version) = "([^"]*)"$', re.MULTILINE)


def pinned_requirement(lockfile: str, distribution: str) -> str | None:
    """The requirement `distribution==version` that `lockfile` pins, or None if it has none.

    :param lockfile: the text of a lockfile, in pex's format, in that of pip's requirements files,
        or in uv's, which Pants 2.32 and later write with `[python].resolver = "uv"`. If it pins
        several versions, such as one for each platform, the first counts.
    """
    uncommented = "\n".join(
        line for line in lockfile.splitlines() if not line.lstrip().startswith(("//", "#"))
    )
    if uncommented.lstrip().startswith("{"):
        version = _from_pex_lock(json.loads(uncommented), distribution)
    elif _UV_PACKAGE.search(uncommented):
        version = _from_uv_lock(uncommented, distribution)
    else:
        version = _from_requirements(uncommented, distribution)
    return None if version is None else f"{distribution}=={version}"


def _from_pex_lock(lock: dict[str, Any], distribution: str) -> str | None:
    return next(
        (
            requirement["version"]
            for resolve in lock.get("locked_resolves", ())
            for requirement in resolve.get("locked_requirements", ())
            if _normalized(requirement["project_name"]) == _normalized(distribution)
        ),
        None,
    )


def _from_uv_lock(lock: str, distribution: str) -> str | None:
    for package in _UV_PACKAGE.split(lock)[1:]:
        # The package's own keys; sub-tables follow them.
        values = dict(_UV_KEY.findall(re.split(r"^\[", package, maxsplit=1, flags=re.MULTILINE)[0]))
        if _normalized(values.get("name", "")) == _normalized(distribution):
            return values.get("version")
    return None


def _from_requirements(requirements: str, distribution: str) -> str | None:
    for match in re.finditer(
        r"^\s*(?P<name>[\w.-]+)\s*(?:\[[^\]]*\])?\s*==\s*(?P<version>[^\s;\\]+)",
        requirements,
        re.MULTILINE,
    ):
        if _normalized(match["name"]) == _normalized(distribution):
            return match["version"]
    return None


def _normalized(name: str) -> str:
    """PEP 503's normalized form of a project name."""
    return re.sub(r"[-_.]+", "-", name).lower()
