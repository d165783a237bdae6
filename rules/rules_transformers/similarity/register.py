"""The backend `rules_transformers.similarity`: parents for new models."""

from rules_transformers import offline, tool_process, tool_sources
from rules_transformers.modular import distribution_sources, parent_sources
from rules_transformers.modular.subsystem import ModularConverter
from rules_transformers.observability import callback
from rules_transformers.similarity import (
    copies_lint,
    finder_process,
    library,
    modularize_goal,
    named_files,
    parents_goal,
    subsystem,
)


def rules():
    return (
        *callback.rules(),
        *ModularConverter.rules(),
        *distribution_sources.rules(),
        *copies_lint.rules(),
        *finder_process.rules(),
        *library.rules(),
        *modularize_goal.rules(),
        *named_files.rules(),
        *parent_sources.rules(),
        *parents_goal.rules(),
        *subsystem.rules(),
        *offline.rules(),
        *tool_process.rules(),
        *tool_sources.rules(),
    )


def target_types():
    return ()
