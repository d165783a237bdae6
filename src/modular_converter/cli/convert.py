"""The ``convert`` command: writes the standalone files, or says which of them are stale."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from modular_converter.cli.options import add_parent_options
from modular_converter.diagnostics.record import ConversionError, Diagnostic, render
from modular_converter.emit.differences import current_text, first_difference, unified_diff
from toolkit import os_errors
from toolkit.atomic_file import write_files, write_text
from toolkit.errors import EnvironmentLack, ToolError
from toolkit.exit_codes import ExitCode
from toolkit.paths import shown
from toolkit.progress import Progress

if TYPE_CHECKING:
    from modular_converter.cli.job import ConversionJob
    from modular_converter.convert.batch import BatchResult

_HINT = "make it writable, or write elsewhere with --output-dir"
HELP = "write the standalone files of modular files"
DESCRIPTION = (
    "Converts a batch in dependency order. Parents are found beside the file, on --search-path, or "
    "in the installed transformers."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="modular file or directory")
    parser.add_argument("--request", metavar="FILE", help="JSON request, in place of PATH")
    add_parent_options(parser)
    parser.add_argument(
        "--output-dir", metavar="DIR", help="write below DIR and not beside the modular files"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; show a diff for each stale file and exit with 1",
    )
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="processes to use (default: 1)"
    )
    parser.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="CODE[,CODE]",
        help="warnings not to report (repeatable; `codes` lists them)",
    )
    parser.add_argument(
        "--pedantic",
        action="store_true",
        help="also report warnings about what is often intended (`codes` says which)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the findings on stdout as a SARIF 2.1.0 log, and nothing else there",
    )
    parser.add_argument(
        "--quiet", action="store_true", help="print findings only: neither names of files nor sums"
    )
    parser.add_argument(
        "--sarif", metavar="FILE", help="also write the findings to FILE as a SARIF 2.1.0 log"
    )


def usage_error(options: argparse.Namespace) -> str:
    """What is wrong with the combination of options; empty when nothing is."""
    if bool(options.paths) == bool(options.request):
        return "convert needs either PATH or --request"
    return ""


def run(options: argparse.Namespace) -> int:
    """Converts; returns 0, 1 when a file is stale, 2 for wrong input.

    Raises ConversionError and EnvironmentLack, which are then also in the log of findings.
    """
    try:
        return _convert(options)
    except ConversionError as problem:
        _write_log(options, problem.diagnostics, 2)
        raise
    except EnvironmentLack as problem:
        _write_log(options, (), 3, problem.render().removeprefix("error: "))
        raise


def _convert(options: argparse.Namespace) -> int:
    from modular_converter.cli.job import job_of_paths, job_of_request
    from modular_converter.convert.batch import run_batch
    from modular_converter.emit.output_paths import output_targets
    from modular_converter.syntax.suppressions import checked_codes

    listed = [code for codes in options.ignore for code in codes.split(",") if code]
    ignored = checked_codes(listed, "--ignore")
    if options.request:
        job = job_of_request(options.request)
    else:
        job = job_of_paths(
            options.paths, root=options.root, search_path=options.search_path,
            profile=options.profile, output_dir=options.output_dir,
            corrections=options.corrections,
        )  # fmt: skip
    with Progress("converting", "models") as progress:
        result = run_batch(job.locations, job.context, max(1, options.jobs), job.renamed, progress)
    findings = visible_findings(job, result, ignored, pedantic=options.pedantic)
    failed = result.failed or any(finding.severity == "error" for finding in job.findings)
    for finding in findings:
        print(render(finding), file=sys.stderr)
    texts = selected_texts(job, result)
    targets = output_targets(texts, job.root, job.output_dir)
    wanted = {targets[path]: text for path, text in texts.items()}
    if options.check:
        stale = _report_stale(wanted, quiet=options.json)
        _print_sum(options, f"{len(stale)} stale, {len(wanted) - len(stale)} up to date")
        exit_code = 2 if failed else 1 if stale else 0
        _write_log(options, [*findings, *stale], exit_code)
        return exit_code
    of_one_model: dict[str, dict[str, str]] = {}
    for path, text in texts.items():
        of_one_model.setdefault(result.origin[path].path, {})[targets[path]] = text
    changed, failures = _write(of_one_model.values(), quiet=options.json or options.quiet)
    if job.output_dir is not None and not failures:
        failures = _make_directory(job.output_dir)
    for failure in failures:
        print(failure.render(), file=sys.stderr)
    _print_sum(options, f"{changed} changed, {len(wanted) - changed} unchanged")
    exit_code = ExitCode.WRONG_INPUT if failed else ExitCode.DONE
    if failures:
        exit_code = ExitCode.ENVIRONMENT_LACKS
    problem = "\n".join(failure.render() for failure in failures)
    _write_log(options, findings, exit_code, problem, renamed=result.renamed)
    return exit_code


def visible_findings(
    job: ConversionJob,
    result: BatchResult,
    ignored: frozenset[str] = frozenset(),
    *,
    pedantic: bool = False,
) -> list[Diagnostic]:
    """The findings to report: those of the job as a whole first."""
    from modular_converter.syntax.suppressions import unignored

    return unignored(
        [*job.findings, *result.diagnostics],
        ignored | job.ignored,
        pedantic=pedantic or job.pedantic,
    )


def selected_texts(job: ConversionJob, result: BatchResult) -> dict[str, str]:
    """The texts of the file types that the job asks for, by the path beside the modular file."""
    from modular_converter.conventions.file_types import generated_path

    texts = {}
    for path, text in result.texts.items():
        modular = result.origin[path].path
        types = job.outputs.get(modular)
        if types is None or path in {generated_path(modular, file_type) for file_type in types}:
            texts[path] = text
    return texts


def _write_log(
    options: argparse.Namespace,
    findings: Iterable[Diagnostic],
    exit_code: int,
    failure: str = "",
    renamed: Mapping[str, Collection[str]] | None = None,
) -> None:
    """Prints or writes the findings as a SARIF log, if the options ask for it."""
    if not (options.json or options.sarif):
        return
    from modular_converter.diagnostics.sarif import sarif_log

    text = sarif_log(findings, exit_code, failure, renamed)
    if options.json:
        sys.stdout.write(text)
    if options.sarif:
        try:
            write_text(options.sarif, text)
        except ToolError as problem:
            print(problem.render(), file=sys.stderr)


def _print_sum(options: argparse.Namespace, text: str) -> None:
    if not options.quiet:
        print(text, file=sys.stderr)


def _report_stale(texts: dict[str, str], quiet: bool) -> list[Diagnostic]:
    """Prints a diff for each stale file unless ``quiet``; returns a finding for each."""
    stale = []
    for path, text in sorted(texts.items()):
        old = current_text(path)
        if old != text:
            line = first_difference(old, text) if old is not None else 0
            what = "is missing" if old is None else "is not what its modular file generates"
            stale.append(
                Diagnostic(
                    "stale-file",
                    "error",
                    shown(path),
                    line,
                    0,
                    f"the generated file {what}",
                    "convert the modular file without --check",
                )
            )
            if not quiet:
                missing = f"{shown(path)} is missing\n"
                sys.stdout.write(missing if old is None else unified_diff(shown(path), old, text))
    return stale


def _write(groups: Iterable[dict[str, str]], quiet: bool) -> tuple[int, list[ToolError]]:
    """Writes the files of each model, by absolute path: all of a model's or none.

    Returns how many have changed, and why others could not be written.
    """
    states: dict[str, str] = {}
    failures: list[ToolError] = []
    for texts in groups:
        changed = {path: text for path, text in texts.items() if current_text(path) != text}
        try:
            write_files({path: text.encode("utf-8") for path, text in changed.items()}, _HINT)
        except ToolError as problem:
            problem.place = shown(problem.place)
            failures.append(problem)
        else:
            states.update((path, "changed" if path in changed else "unchanged") for path in texts)
    for path in () if quiet else sorted(states):
        print(f"{states[path]} {shown(path)}")
    return list(states.values()).count("changed"), failures


def _make_directory(path: str) -> list[ToolError]:
    """Makes the output directory, which is there even if nothing comes of the modular files."""
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as problem:
        message = "the directory cannot be created"
        lack = os_errors.located(problem, message, place=shown(path), hint=_HINT)
        return [EnvironmentLack(lack.message, place=lack.place, hint=lack.hint)]
    return []
