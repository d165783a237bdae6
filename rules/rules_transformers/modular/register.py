"""Modular models: conversion, code generation, freshness, `tailor`."""

from rules_transformers import offline, run_goals, tool_process, tool_sources
from rules_transformers.modular import (
    codegen,
    conversion,
    converter_process,
    dependency_inference,
    distribution_sources,
    explanation,
    field_set,
    findings,
    freshness,
    goal,
    module_mapping,
    outline,
    ownership,
    parent_sources,
    parents,
    request,
    shared_files,
    subsystem,
    tailor,
)
from rules_transformers.modular.target_types import (
    ModularModelsGeneratorTarget,
    ModularModelTarget,
)
from rules_transformers.observability import callback


def rules():
    return (
        *callback.rules(),
        *codegen.rules(),
        *conversion.rules(),
        *converter_process.rules(),
        *dependency_inference.rules(),
        *distribution_sources.rules(),
        *explanation.rules(),
        *field_set.rules(),
        *findings.rules(),
        *freshness.rules(),
        *goal.rules(),
        *module_mapping.rules(),
        *outline.rules(),
        *ownership.rules(),
        *parent_sources.rules(),
        *parents.rules(),
        *request.rules(),
        *shared_files.rules(),
        *subsystem.rules(),
        *tailor.rules(),
        *offline.rules(),
        *run_goals.rules(),
        *tool_process.rules(),
        *tool_sources.rules(),
    )


def target_types():
    return (ModularModelTarget, ModularModelsGeneratorTarget)
