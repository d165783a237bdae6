"""Which release and build of a package fits the installed torch.

torchvision has operators that are compiled against one build of torch: beside another,
`import transformers` fails as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

_RELEASE = re.compile(r"2\.(\d+)\.(\d+)(\+[\w.]+)?")
# torchvision 0.16.0 is for torch 2.1.0, and 0.29.1 for torch 2.14.1.
_TORCHVISION_IS_AHEAD = 15


def installed(package: str) -> str | None:
    """The version of a package's distribution; None if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def installed_torch() -> str | None:
    """The version of torch, with the label of its build if an index of builds has it."""
    return installed("torch")


def requirements(packages: Iterable[str]) -> dict[str, str]:
    """The requirement of each package of which one release and build alone fits torch.

    Empty for other packages, and for a torch whose version says nothing about its pair.
    """
    match = _RELEASE.fullmatch(installed_torch() or "")
    if match is None or "torchvision" not in packages:
        return {}
    minor, patch, build = match.groups()
    release = f"0.{int(minor) + _TORCHVISION_IS_AHEAD}.{patch}"
    return {"torchvision": f"torchvision=={release}{build or ''}"}
