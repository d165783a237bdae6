"""Names the package, and the requirement to add, where a model class misses one."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from tiny_models.core.errors import MissingRequirement

_REQUIRES = re.compile(r"requires the ([\w.-]+) library", re.IGNORECASE)
# What the library's messages call a package, if not by the name that it has on an index.
_PACKAGES = {"pyav": "av"}
_INSTALL = re.compile(r"pip install ([\w.-]+)")


@contextlib.contextmanager
def named_packages(architecture: str) -> Iterator[None]:
    """Turns an import error of a model class into MissingRequirement."""
    try:
        yield
    except ImportError as problem:
        package = missing_package(problem)
        if package is None:
            raise
        raise MissingRequirement(f"`{architecture}`", [package]) from None


def missing_package(problem: ImportError) -> str | None:
    """The package that an import error asks for, if it names one."""
    text = str(problem)
    for pattern in (_REQUIRES, _INSTALL):
        match = pattern.search(text)
        if match:
            name = match[1].lower()
            return _PACKAGES.get(name, name)
    return problem.name
