"""What became of the members of a group, stored for the groups after it.

A group is one process: when one member changes, the process runs again. The rules compute a key
for each member, from all that its outcome depends on, and the tool takes the outcomes of the others
from a store on this machine. The outputs of the process are the same with and without the store,
which is no part of its own key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

# The environment variable that names the members' keys.
VARIABLE = "RULES_TRANSFORMERS_OUTCOMES"
# The store: the name of Pants' named cache, and its directory in a sandbox. Without it nothing is
# stored.
CACHE = "rules_transformers_outcomes"
DIRECTORY = "__outcomes"


def key(common: Mapping[str, Any], member: str) -> str:
    """The key of a member: ``common`` is what all members depend on, ``member`` its own inputs."""
    document = {"common": dict(common), "member": member}
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def order(keys: Collection[str]) -> str:
    """The value of ``VARIABLE``: the keys, in the order of the members."""
    return " ".join(keys)


def keys_of(ordered: str) -> tuple[str, ...]:
    """The keys that an order names."""
    return tuple(ordered.split())
