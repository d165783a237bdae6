"""The backend `rules_transformers.modular`: modular models, and the files generated from them."""

from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.target import Target
from pants.engine.unions import UnionRule

from rules_transformers.modular import field_set, subsystem
from rules_transformers.modular.dependency_inference import module_mapping
from rules_transformers.modular.dependency_inference import rules as dependency_inference
from rules_transformers.modular.goals import (
    conformance,
    explain,
    generate,
    lint_findings,
    lint_freshness,
    tailor,
)
from rules_transformers.modular.target_types import (
    ModularModelsGeneratorTarget,
    ModularModelTarget,
)
from rules_transformers.modular.util_rules import (
    codegen,
    conversion_groups,
    conversion_order,
    convert,
    converter_process,
    library_sources,
    outline,
    ownership,
    request,
    shared_files,
)
from rules_transformers.observability import callback
from rules_transformers.util_rules import (
    distribution_sources,
    freed_memory,
    run_goals,
    tool_process,
    tool_run,
    tool_sources,
)


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *callback.rules(),
        *codegen.rules(),
        *conformance.rules(),
        *conversion_groups.rules(),
        *conversion_order.rules(),
        *convert.rules(),
        *converter_process.rules(),
        *dependency_inference.rules(),
        *distribution_sources.rules(),
        *explain.rules(),
        *field_set.rules(),
        *freed_memory.rules(),
        *generate.rules(),
        *library_sources.rules(),
        *lint_findings.rules(),
        *lint_freshness.rules(),
        *module_mapping.rules(),
        *outline.rules(),
        *ownership.rules(),
        *request.rules(),
        *run_goals.rules(),
        *shared_files.rules(),
        *subsystem.rules(),
        *tailor.rules(),
        *tool_process.rules(),
        *tool_run.rules(),
        *tool_sources.rules(),
    )


def target_types() -> Iterable[type[Target]]:
    return (ModularModelTarget, ModularModelsGeneratorTarget)
