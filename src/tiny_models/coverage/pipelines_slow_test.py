"""Every task that transformers has a pipeline for runs on a fixture for it."""

from __future__ import annotations

import pytest

from tiny_models.coverage.pipeline_samples import SAMPLES, Sample
from tiny_models.coverage.pipelines import as_markdown, tasks, try_sample


def test_every_task_has_a_sample() -> None:
    assert {sample.task for sample in SAMPLES} >= set(tasks())


@pytest.mark.parametrize(
    "sample", SAMPLES, ids=lambda sample: f"{sample.task}-{sample.architecture}-{sample.subject}"
)
def test_a_pipeline_runs(sample: Sample) -> None:
    if sample.task not in tasks():
        # A sample for a task that this release has not got yet, or no more.
        return
    result = try_sample(sample)
    # The only thing that may be in the way is a package that the resolve does not have.
    assert result.ok or result.cause.endswith("which is not installed"), result.cause
    assert result.task in as_markdown([result])
