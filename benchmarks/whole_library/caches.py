"""Where Pants keeps results, for a workspace that shares none with other workspaces."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_STORE = "store"
_NAMED_CACHES = "named_caches"
# Of pex: the packages that are installed, once for all workspaces.
_PACKAGES = "pex_root"
_OUTCOMES = "rules_transformers_outcomes"


def environment(directory: Path) -> dict[str, str]:
    """Variables that have Pants keep results in a directory. Installed packages are shared."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    packages = Path(base, "pants", _NAMED_CACHES, _PACKAGES)
    packages.mkdir(parents=True, exist_ok=True)
    named_caches = directory / _NAMED_CACHES
    named_caches.mkdir()
    (named_caches / _PACKAGES).symlink_to(packages)
    return {
        "PANTS_LOCAL_STORE_DIR": str(directory / _STORE),
        "PANTS_NAMED_CACHES_DIR": str(named_caches),
    }


def forget_outcomes(directory: Path) -> None:
    """Removes what became of the members of groups, as if the groups had run on another machine."""
    shutil.rmtree(directory / _NAMED_CACHES / _OUTCOMES, ignore_errors=True)
