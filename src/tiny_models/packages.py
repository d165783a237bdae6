"""Names the package, and the requirement to add, where a model class misses one."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from tiny_models.catalogue import missing_packages

_REQUIRES = re.compile(r"requires the ([\w.-]+) library")
_INSTALL = re.compile(r"pip install ([\w.-]+)")


@contextlib.contextmanager
def named_packages(architecture: str) -> Iterator[None]:
    """Turns an import error of a model class into MissingPackage."""
    try:
        yield
    except ImportError as problem:
        package = missing_package(problem)
        if package is None:
            raise
        raise missing_packages(architecture, [package]) from None


def missing_package(problem: ImportError) -> str | None:
    """The package that an import error asks for, if it tells."""
    text = str(problem)
    for pattern in (_REQUIRES, _INSTALL):
        found = pattern.search(text)
        if found:
            return found[1]
    return problem.name
