"""Formats and lints this repository's own Python with current ruff.

Pants 2.17's own backend predates `ruff check` and `ruff format`. Ruff comes from the converter's
lockfile, so that one release formats both what we write and what we generate.
"""

from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.unions import UnionRule

from internal.ruff import rules as ruff_rules


def rules() -> Iterable[Rule | UnionRule]:
    return ruff_rules.rules()
