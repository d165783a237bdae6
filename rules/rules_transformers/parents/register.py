"""The backend `rules_transformers.parents`: parents for new models."""

from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.target import Target
from pants.engine.unions import UnionRule

from rules_transformers.modular.subsystem import ModularConverter
from rules_transformers.modular.util_rules import library_sources
from rules_transformers.observability import callback
from rules_transformers.parents import subsystem
from rules_transformers.parents.goals import lint_copies, modularize, parents
from rules_transformers.parents.util_rules import finder_process, library_index, named_files
from rules_transformers.util_rules import (
    distribution_sources,
    tool_process,
    tool_run,
    tool_sources,
)


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *callback.rules(),
        *ModularConverter.rules(),
        *distribution_sources.rules(),
        *finder_process.rules(),
        *library_index.rules(),
        *library_sources.rules(),
        *lint_copies.rules(),
        *modularize.rules(),
        *named_files.rules(),
        *parents.rules(),
        *subsystem.rules(),
        *tool_process.rules(),
        *tool_run.rules(),
        *tool_sources.rules(),
    )


def target_types() -> Iterable[type[Target]]:
    return ()
