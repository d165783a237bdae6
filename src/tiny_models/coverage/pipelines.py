"""Which tasks of transformers' pipelines run on a fixture."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tiny_models.core.errors import MissingPackage
from tiny_models.coverage.pipeline_samples import SAMPLES, Sample
from tiny_models.fixture.build import build_fixture
from tiny_models.request.plans import plan
from tiny_models.request.request import FixtureRequest
from tiny_models.transformers_api import catalogue
from tiny_models.transformers_api.exceptions import describe
from tiny_models.transformers_api.packages import missing_package
from toolkit.errors import ToolError
from toolkit.scratch_directory import scratch_directory

# Characters of a cause in a table.
_CELL = 160


@dataclass(frozen=True)
class PipelineResult:
    """What became of one attempt: ``cause`` is empty if the pipeline gave a result."""

    task: str
    architecture: str
    subject: str
    cause: str

    @property
    def ok(self) -> bool:
        """Whether the pipeline ran."""
        return not self.cause


def tasks() -> tuple[str, ...]:
    """The tasks that the installed transformers has a pipeline for, in its order."""
    from transformers.pipelines import SUPPORTED_TASKS

    return tuple(SUPPORTED_TASKS)


def try_all(report: Callable[[PipelineResult], None]) -> list[PipelineResult]:
    """Tries a fixture for every task of the installed release, in the release's order.

    A task without a sample is a failure with that cause.
    """
    results = []
    for task in tasks():
        samples = [sample for sample in SAMPLES if sample.task == task]
        outcomes: Iterable[PipelineResult] = (
            (try_sample(sample) for sample in samples)
            if samples
            else (PipelineResult(task, "", "", "no sample is known for this task"),)
        )
        for result in outcomes:
            results.append(result)
            report(result)
    return results


def try_sample(sample: Sample) -> PipelineResult:
    """Builds a fixture, makes the pipeline of a task from it by its path, and calls it."""
    try:
        with scratch_directory("tiny-models-pipeline-") as directory:
            _run(sample, str(directory))
        cause = ""
    except MissingPackage as problem:
        cause = problem.message
    except ToolError as problem:
        cause = problem.render()
    except ImportError as problem:
        package = missing_package(problem)
        cause = describe(problem) if package is None else f"needs {package}, which is not installed"
    except Exception as problem:  # noqa: BLE001 - the report is there to show any cause
        cause = describe(problem)
    return PipelineResult(sample.task, sample.architecture, sample.subject, cause)


def _run(sample: Sample, directory: str) -> None:
    import transformers

    with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipe = transformers.pipeline(
            sample.task,
            model=_built(sample.architecture, directory),
            device="cpu",
            **sample.settings(),
        )
        result = sample.call(pipe)
    if result is None:
        raise ToolError("the pipeline gives nothing")


def _built(architecture: str, directory: str) -> str:
    """The path of a fixture of a class, built below a directory."""
    model_type = next(
        pair.model_type for pair in catalogue.architectures() if pair.name == architecture
    )
    request = FixtureRequest(
        architecture,
        architecture,
        model_type=model_type,
        architectures=(architecture,),
        checks=(),
    )
    return build_fixture(plan(request)[0], directory).directory


def as_markdown(results: Iterable[PipelineResult]) -> str:
    """A table for the docs."""
    results = list(results)
    done = sum(result.ok for result in results)
    summary = (
        f"Tasks of transformers {catalogue.version()}: {len(tasks())}. "
        f"Attempts: {len(results)}, of which {done} ran."
    )
    lines = [
        summary,
        "",
        "| task | fixture | runs |",
        "|---|---|---|",
    ]
    for result in results:
        subject = f", {result.subject}" if result.subject else ""
        outcome = "yes" if result.ok else f"no: {_cell(result.cause)}"
        lines.append(f"| `{result.task}` | `{result.architecture}`{subject} | {outcome} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    flat = " ".join(text.split())
    return (flat if len(flat) <= _CELL else f"{flat[: _CELL - 3]}...").replace("|", "\\|")
