"""The ``convert`` command: writes the standalone files, or says which of them are stale."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Iterable, Mapping

from modular_converter.cli.options import add_parent_options
from modular_converter.diagnostics.record import (
    ConversionError,
    Diagnostic,
    EnvironmentLack,
    render,
)
from modular_converter.emit.writer import (
    WriteFailure,
    current_text,
    first_difference,
    unified_diff,
    write_all,
)

HELP = "write the standalone files of modular files"


def add_parser(command: argparse.ArgumentParser) -> None:
    """Adds the command's arguments."""
    command.description = (
        "Converts a batch in dependency order. Parents are found beside the file, "
        "on --search-path, or in the installed transformers."
    )
    command.add_argument("paths", nargs="*", metavar="PATH", help="modular file or directory")
    command.add_argument("--request", metavar="FILE", help="JSON request, in place of PATH")
    add_parent_options(command)
    command.add_argument(
        "--output-dir", metavar="DIR", help="write below DIR and not beside the modular files"
    )
    command.add_argument(
        "--check",
        action="store_true",
        help="write nothing; show a diff for each stale file and exit with 1",
    )
    command.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="processes to use (default: 1)"
    )
    command.add_argument(
        "--ignore",
        action="append",
        default=[],
        metavar="CODE[,CODE]",
        help="warnings not to report (repeatable; `codes` lists them)",
    )
    command.add_argument(
        "--json",
        action="store_true",
        help="print the findings on stdout as a SARIF 2.1.0 log, and nothing else there",
    )
    command.add_argument(
        "--quiet", action="store_true", help="print findings only: neither names of files nor sums"
    )
    command.add_argument(
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
        _write_log(options, (), 3, str(problem))
        raise


def _convert(options: argparse.Namespace) -> int:
    from modular_converter.cli.job import job_of_paths, job_of_request
    from modular_converter.conventions.file_types import generated_path
    from modular_converter.convert.batch import run_batch
    from modular_converter.emit.output_paths import output_targets
    from modular_converter.syntax.suppressions import checked_codes, unignored

    listed = [code for codes in options.ignore for code in codes.split(",") if code]
    ignored = checked_codes(listed, "--ignore")
    if options.request:
        job = job_of_request(options.request)
    else:
        job = job_of_paths(
            options.paths, root=options.root, search_path=options.search_path,
            profile=options.profile, output_dir=options.output_dir,
        )  # fmt: skip
    result = run_batch(job.locations, job.context, max(1, options.jobs), job.renamed)
    findings = unignored(result.diagnostics, ignored | job.ignored)
    for finding in findings:
        print(render(finding), file=sys.stderr)
    texts = {}
    for path, text in result.texts.items():
        modular = result.origin[path].path
        types = job.outputs.get(modular)
        if types is None or path in {generated_path(modular, file_type) for file_type in types}:
            texts[path] = text
    targets = output_targets(texts, job.root, job.output_dir)
    wanted = {targets[path]: text for path, text in texts.items()}
    if options.check:
        stale = _report_stale(wanted, quiet=options.json)
        _print_sum(options, f"{len(stale)} stale, {len(wanted) - len(stale)} up to date")
        exit_code = 2 if result.failed else 1 if stale else 0
        _write_log(options, [*findings, *stale], exit_code)
        return exit_code
    of_one_model: dict[str, dict[str, str]] = {}
    for path, text in texts.items():
        of_one_model.setdefault(result.origin[path].path, {})[targets[path]] = text
    changed = _write(of_one_model.values(), quiet=options.json or options.quiet)
    if job.output_dir is not None:
        _make_directory(job.output_dir)
    _print_sum(options, f"{changed} changed, {len(wanted) - changed} unchanged")
    exit_code = 2 if result.failed else 0
    _write_log(options, findings, exit_code, renamed=result.renamed)
    return exit_code


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
            write_all({os.path.abspath(options.sarif): text})
        except WriteFailure as problem:
            print(f"error: {options.sarif} cannot be written: {problem.reason}", file=sys.stderr)


def _print_sum(options: argparse.Namespace, text: str) -> None:
    if not options.quiet:
        print(text, file=sys.stderr)


def _label(path: str) -> str:
    return os.path.relpath(path).replace(os.sep, "/")


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
                    _label(path),
                    line,
                    0,
                    f"the generated file {what}",
                    "convert the modular file without --check",
                )
            )
            if not quiet:
                missing = f"{_label(path)} is missing\n"
                sys.stdout.write(missing if old is None else unified_diff(_label(path), old, text))
    return stale


def _write(groups: Iterable[dict[str, str]], quiet: bool) -> int:
    """Writes the files of each model, by absolute path; returns how many have changed.

    Raises EnvironmentLack for those that cannot be written, after all others have been.
    """
    states: dict[str, str] = {}
    failures = []
    for texts in groups:
        changed = {path: text for path, text in texts.items() if current_text(path) != text}
        try:
            write_all(changed)
        except WriteFailure as problem:
            failures.append(_not_written(problem.path, problem.reason))
        else:
            states.update((path, "changed" if path in changed else "unchanged") for path in texts)
    for path in () if quiet else sorted(states):
        print(f"{states[path]} {_label(path)}")
    if failures:
        raise EnvironmentLack("\nerror: ".join(map(str, failures)))
    return list(states.values()).count("changed")


def _make_directory(path: str) -> None:
    """Makes the output directory, which is there even if nothing comes of the modular files."""
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as problem:
        raise _not_written(path, problem.strerror or str(problem)) from None


def _not_written(path: str, reason: str) -> EnvironmentLack:
    return EnvironmentLack(
        f"{_label(path)} cannot be written: {reason}\n"
        "hint: make the directory writable, or write elsewhere with --output-dir"
    )
