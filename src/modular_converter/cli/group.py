"""The ``group`` command: serves many requests in one process, each as if it were alone."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from toolkit.atomic_file import write_files, write_text
from toolkit.errors import EnvironmentLack, ToolError
from toolkit.exit_codes import ExitCode
from toolkit.outcome_store import OutcomeStore

if TYPE_CHECKING:
    from modular_converter.cli.job import ConversionJob
    from modular_converter.cli.request import Request
    from modular_converter.convert.group import Outcome
    from modular_converter.library.sources import Sources

HELP = "serve many requests in one process, each as if it were alone"
DESCRIPTION = (
    "For build systems: starts Python, and reads what the requests share, once. A request that "
    "fails leaves the others alone; what became of each is in the results."
)
EXIT_CODES = (
    "Exit codes: 0 done, whatever became of each request; 2 wrong input, 3 something is missing."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("--request", metavar="FILE", required=True, help="JSON request of a group")
    parser.add_argument("--results", metavar="FILE", required=True, help="the JSON file to write")


def run(options: argparse.Namespace) -> int:
    """Serves the requests; returns 0, or 3 if the environment lacks something.

    Raises ConversionError for a wrong request, and EnvironmentLack without the formatter.
    """
    from modular_converter.cli.request import read_group_request
    from modular_converter.diagnostics.sarif import sarif_log

    requests = read_group_request(options.request).members
    store = OutcomeStore.ordered()
    results_of = store.restore_all([request.output_dir for request in requests])
    missing = {
        number: request for number, request in enumerate(requests) if number not in results_of
    }
    if missing:
        converted = _convert(options.request, [*missing.values()])
        for (number, request), result in zip(missing.items(), converted, strict=True):
            results_of[number] = result
            if request.output_dir is not None and result["exit_code"] == ExitCode.DONE:
                store.keep(number, result, request.output_dir)
    results = [results_of[number] for number in range(len(requests))]
    # The log without findings: those of a member go into its place.
    log = json.loads(sarif_log((), ExitCode.DONE))
    document = {"schema": 1, "members": results, "log": log}
    write_text(options.results, json.dumps(document, indent=1) + "\n")
    lacks = [result for result in results if result["exit_code"] == ExitCode.ENVIRONMENT_LACKS]
    for result in lacks:
        print(result["messages"], file=sys.stderr)
    return ExitCode.ENVIRONMENT_LACKS if lacks else ExitCode.DONE


def _convert(path: str, requests: Sequence[Request]) -> list[dict[str, Any]]:
    """What becomes of some requests of the file ``path``, whose outputs are written."""
    from modular_converter.convert.group import Member, convert_group
    from modular_converter.library.sources import Sources

    sources = Sources()
    for request in requests:
        # It is there whatever becomes of the request: who starts the tool expects it.
        if request.output_dir is not None:
            os.makedirs(request.output_dir, exist_ok=True)
    jobs = [_job(request, path, sources) for request in requests]
    outcomes = iter(
        convert_group(
            [
                Member(job.locations, job.context, job.renamed)
                for job in jobs
                if not isinstance(job, ToolError)
            ]
        )
    )
    return [
        _failure(job) if isinstance(job, ToolError) else _result(job, next(outcomes))
        for job in jobs
    ]


def _job(request: Request, path: str, sources: Sources) -> ConversionJob | ToolError:
    from modular_converter.cli.job import job_of

    try:
        return job_of(request, path, sources)
    except ToolError as problem:
        return problem


def _result(job: ConversionJob, outcome: Outcome) -> dict[str, Any]:
    """What became of a member: its files are written, if there are any."""
    from modular_converter.cli.convert import selected_texts, visible_findings
    from modular_converter.convert.group import Crash
    from modular_converter.diagnostics.record import render
    from modular_converter.emit.output_paths import output_targets

    if isinstance(outcome, Crash):
        # The status of a Python program that ends with an exception.
        return _entry(ExitCode.ANSWER_IS_NO, outcome.text)
    if isinstance(outcome, ToolError):
        return _failure(outcome)
    findings = visible_findings(job, outcome)
    texts = selected_texts(job, outcome)
    try:
        targets = output_targets(texts, job.root, job.output_dir)
        write_files({targets[path]: text.encode("utf-8") for path, text in texts.items()})
    except ToolError as problem:
        return _failure(problem)
    return _entry(
        ExitCode.WRONG_INPUT if outcome.failed else ExitCode.DONE,
        "\n".join(map(render, findings)),
        findings,
        {path: sorted(made) for path, made in outcome.renamed.items() if made},
    )


def _failure(problem: ToolError) -> dict[str, Any]:
    from modular_converter.diagnostics.record import ConversionError

    findings = problem.diagnostics if isinstance(problem, ConversionError) else ()
    return _entry(
        ExitCode.ENVIRONMENT_LACKS
        if isinstance(problem, EnvironmentLack)
        else ExitCode(problem.exit_code),
        problem.render(),
        findings,
    )


def _entry(
    exit_code: int, messages: str, findings: Any = (), renamed: dict[str, list[str]] | None = None
) -> dict[str, Any]:
    from modular_converter.diagnostics.sarif import sarif_result

    return {
        "exit_code": int(exit_code),
        "messages": messages,
        "results": [sarif_result(finding) for finding in findings],
        "renamed": renamed or {},
    }
