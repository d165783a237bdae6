"""The names by which fixtures are loaded: each means one of those that are loadable together.

Targets that are never in one process may share a name, such as those of two resolves.
"""

from __future__ import annotations

from collections.abc import Iterable

from pants.engine.addresses import Address

from rules_transformers.tiny_fixtures.field_set import TinyFixtureFieldSet


def find_clashes(owner: Address, field_sets: Iterable[TinyFixtureFieldSet]) -> list[str]:
    """A message for each repository id that several fixtures have of those that `owner` uses."""
    # Directories of a hub cache must differ on any file system.
    by_name: dict[str, list[TinyFixtureFieldSet]] = {}
    for field_set in field_sets:
        if field_set.repo_id.value is not None:
            by_name.setdefault(field_set.repo_id.value.lower(), []).append(field_set)
    return [
        f"{owner} depends on {len(alike)} fixtures with the repository id "
        f"{alike[0].repo_id.value}: "
        f"{', '.join(sorted(field_set.address.spec for field_set in alike))}\n"
        "hint: depend on one of them, or give each its own `repo_id`"
        for alike in by_name.values()
        if len(alike) > 1
    ]
