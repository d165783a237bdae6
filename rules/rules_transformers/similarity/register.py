"""The former name of the backend `rules_transformers.parents`."""

from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.unions import UnionRule

from rules_transformers.parents import register
from rules_transformers.parents.register import target_types
from rules_transformers.renamed_backend import warn_of_former_name

__all__ = ["rules", "target_types"]


def rules() -> Iterable[Rule | UnionRule]:
    warn_of_former_name("similarity", "parents")
    return register.rules()
