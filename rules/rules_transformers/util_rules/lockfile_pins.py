"""Reads the version that a lockfile pins for a distribution."""

from __future__ import annotations

import json
import re
from typing import Any


def pinned_requirement(lockfile: str, distribution: str) -> str | None:
    """The requirement `distribution==version` that `lockfile` pins, or None if it has none.

    :param lockfile: the text of a lockfile, in the format that Pants writes or in that of pip's
        requirements files.
    """
    uncommented = "\n".join(
        line for line in lockfile.splitlines() if not line.lstrip().startswith(("//", "#"))
    )
    if uncommented.lstrip().startswith("{"):
        version = _from_pex_lock(json.loads(uncommented), distribution)
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
