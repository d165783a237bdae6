"""The backend `rules_transformers.gpu_benchmark`: GPU measurements as cached tests."""

from __future__ import annotations

from collections.abc import Iterable

from pants.engine.rules import Rule
from pants.engine.target import Target
from pants.engine.unions import UnionRule
from pants.vcs import git

from rules_transformers.gpu_benchmark import subsystem
from rules_transformers.gpu_benchmark.goals import debug, gpu_baseline, test
from rules_transformers.gpu_benchmark.target_types import GpuBenchmarkTarget
from rules_transformers.gpu_benchmark.util_rules import (
    accelerator,
    base_code,
    judge,
    measure,
    measured_model,
    outcome,
    provenance,
    report,
    revision,
    selection,
)
from rules_transformers.tiny_fixtures import register as tiny_fixtures


def target_types() -> Iterable[type[Target]]:
    return (*tiny_fixtures.target_types(), GpuBenchmarkTarget)


def rules() -> Iterable[Rule | UnionRule]:
    return (
        *tiny_fixtures.rules(),
        *git.rules(),
        *accelerator.rules(),
        *base_code.rules(),
        *debug.rules(),
        *gpu_baseline.rules(),
        *judge.rules(),
        *measure.rules(),
        *measured_model.rules(),
        *outcome.rules(),
        *provenance.rules(),
        *report.rules(),
        *revision.rules(),
        *selection.rules(),
        *subsystem.rules(),
        *test.rules(),
    )
