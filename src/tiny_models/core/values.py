"""Values that requests, manifests and the plugin hold to the same rules."""

from __future__ import annotations

import re

DTYPES = ("float32", "float16", "bfloat16")
LARGEST_SEED = 2**32 - 1
_NAME = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
_REPO_ID = re.compile(rf"{_NAME}(/{_NAME})?")


def is_repo_id(text: str) -> bool:
    """Whether this names a repository of a model hub: ``name`` or ``owner/name``."""
    return _REPO_ID.fullmatch(text) is not None
