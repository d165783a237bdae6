"""The backend `rules_transformers.benchmark`: GPU measurements as cached tests."""

from pants.vcs import git

from rules_transformers.benchmark import (
    accelerator,
    baseline_goal,
    debugging,
    judging,
    measured_model,
    measuring,
    outcome,
    provenance,
    report,
    requested,
    subsystem,
    testing,
)
from rules_transformers.benchmark.target_types import GpuBenchmarkTarget
from rules_transformers.fixtures import register as fixtures


def target_types():
    return (*fixtures.target_types(), GpuBenchmarkTarget)


def rules():
    return (
        *fixtures.rules(),
        *git.rules(),
        *accelerator.rules(),
        *baseline_goal.rules(),
        *debugging.rules(),
        *judging.rules(),
        *measured_model.rules(),
        *measuring.rules(),
        *outcome.rules(),
        *provenance.rules(),
        *report.rules(),
        *requested.rules(),
        *subsystem.rules(),
        *testing.rules(),
    )
