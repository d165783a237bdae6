"""The backend `rules_transformers.parents`: parents for new models."""

from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.target import Target
from pants.engine.unions import UnionRule

from rules_transformers.modular import register as modular
from rules_transformers.parents import subsystem
from rules_transformers.parents.goals import lint_copies, modularize, parents
from rules_transformers.parents.util_rules import (
    finder_process,
    library_index,
    named_files,
    repository_models,
)


def rules() -> Iterable[Rule | UnionRule]:
    # The repository's models are candidates: their files are generated for that.
    return (
        *modular.rules(),
        *finder_process.rules(),
        *library_index.rules(),
        *lint_copies.rules(),
        *modularize.rules(),
        *named_files.rules(),
        *parents.rules(),
        *repository_models.rules(),
        *subsystem.rules(),
    )


def target_types() -> Iterable[type[Target]]:
    return modular.target_types()
