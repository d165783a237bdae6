"""What the commands do: from options or a request to files, diffs and exit codes."""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from modular_converter.conventions import profiles
from modular_converter.diagnostics.record import (
    ConversionError,
    Diagnostic,
    EnvironmentLack,
    as_json,
    error,
    render,
)
from modular_converter.emit.output_paths import output_targets, refuse_leaving_links
from modular_converter.library.context import ConversionContext
from modular_converter.library.modular_file import ModularLocation, is_modular_name, location_of
from modular_converter.library.sources import (
    Sources,
    distribution_facts,
    installed_root,
)
from modular_converter.names.renamer import DISTRIBUTION
from modular_converter.syntax.suppressions import checked_codes, unignored


def run(options: argparse.Namespace) -> int:
    """Runs the command that was parsed. Raises ConversionError and EnvironmentLack."""
    # Syntax trees hold no reference cycles; looking for some doubles the cost of parsing.
    gc.disable()
    handlers: dict[str, Callable[[argparse.Namespace], int]] = {
        "convert": _convert,
        "graph": _graph,
        "outline": _outline,
        "explain": _explain,
        "codes": _codes,
    }
    return handlers[options.command](options)


def refuse(options: argparse.Namespace, problem: ConversionError) -> int:
    """Reports input that no conversion could begin with; returns the exit code."""
    for finding in problem.diagnostics:
        print(render(finding), file=sys.stderr)
    _write_log(options, problem.diagnostics, 2)
    return 2


def give_up(options: argparse.Namespace, problem: EnvironmentLack) -> int:
    """Reports what the environment lacks; returns the exit code."""
    print(f"error: {problem}", file=sys.stderr)
    _write_log(options, (), 3, str(problem))
    return 3


def _write_log(
    options: argparse.Namespace,
    findings: Iterable[Diagnostic],
    exit_code: int,
    failure: str = "",
    renamed: Mapping[str, Collection[str]] | None = None,
) -> None:
    """Prints or writes the findings as a SARIF log, where the options ask for it."""
    if options.command != "convert" or not (options.json or options.sarif):
        return
    from modular_converter.diagnostics.sarif import sarif_log
    from modular_converter.emit.writer import WriteFailure, write_all

    text = sarif_log(findings, exit_code, failure, renamed)
    if options.json:
        sys.stdout.write(text)
    if options.sarif:
        try:
            write_all({os.path.abspath(options.sarif): text})
        except WriteFailure as problem:
            print(f"error: {options.sarif} cannot be written: {problem.reason}", file=sys.stderr)


@dataclass(frozen=True)
class _Work:
    locations: tuple[ModularLocation, ...]
    context: ConversionContext
    # File types to write per modular path; None for all.
    outputs: dict[str, tuple[str, ...] | None]
    root: str
    output_dir: str | None
    ignored: frozenset[str] = frozenset()
    renamed: Mapping[str, Collection[str]] = field(default_factory=dict)


def _work_of_request(path: str) -> _Work:
    from modular_converter.cli.request import read_request

    request = read_request(path)
    locations = []
    outputs: dict[str, tuple[str, ...] | None] = {}
    for modular in request.modulars:
        location = location_of(modular.path, ".", request.source_roots)
        if location.path in outputs:
            raise error("bad-request", path, f"{modular.path} is listed twice", hint="list it once")
        outputs[location.path] = modular.outputs
        locations.append(location)
    roots = [os.path.abspath(directory) for directory in (*request.source_roots, *request.parents)]
    context = _context(locations, roots, request.profile)
    ignored = checked_codes(request.ignore, path)
    return _Work(
        tuple(locations),
        context,
        outputs,
        os.getcwd(),
        request.output_dir,
        ignored,
        request.renamed,
    )


def _work_of_paths(options: argparse.Namespace) -> _Work:
    for directory in [*options.search_path, options.root]:
        if not os.path.isdir(directory):
            raise error(
                "no-such-directory",
                directory,
                "there is no such directory",
                hint="check the spelling of the option's value",
            )
    files = _modular_files(options.paths)
    root = os.path.abspath(options.root)
    locations = tuple(location_of(path, root, options.search_path) for path in files)
    search = [os.path.abspath(search_path) for search_path in options.search_path]
    if not any(os.path.isdir(os.path.join(search_path, DISTRIBUTION)) for search_path in search):
        installed = installed_root()
        if installed is not None:
            search.append(installed)
    if options.profile is not None and options.profile not in profiles.names():
        raise error(
            "unknown-profile",
            "--profile",
            f"there is no profile {options.profile}",
            hint=f"known profiles: {', '.join(profiles.names())}",
        )
    context = _context(locations, search, options.profile)
    return _Work(locations, context, {}, root, options.output_dir)


def _modular_files(paths: Iterable[str]) -> list[str]:
    files: dict[str, None] = {}
    for path in paths:
        if os.path.isdir(path):
            inside = [
                os.path.abspath(os.path.join(directory, name))
                for directory, _, names in os.walk(path)
                for name in names
                if is_modular_name(name)
            ]
            if not inside:
                raise error(
                    "nothing-to-convert",
                    path,
                    "the directory holds no modular_<model>.py",
                    hint="name a directory that holds modular files",
                )
            refuse_leaving_links(sorted(inside), path)
            files.update(dict.fromkeys(sorted(inside)))
        elif os.path.isfile(path):
            files[os.path.abspath(path)] = None
        else:
            raise error(
                "no-such-file",
                path,
                "there is no such file or directory",
                hint="check the spelling of the path",
            )
    return list(files)


def _context(
    locations: Iterable[ModularLocation], search: list[str], profile: str | None
) -> ConversionContext:
    sources = Sources()
    library_roots = dict.fromkeys(
        location.source_root for location in locations if location.in_library
    )
    facts = distribution_facts([*library_roots, *search], sources)
    chosen = profiles.named(profile) if profile else profiles.for_version(facts.version)
    return ConversionContext(sources, tuple(search), facts.table, chosen)


def _convert(options: argparse.Namespace) -> int:
    from modular_converter.conventions.file_types import generated_path
    from modular_converter.convert.batch import run_batch

    listed = [code for item in options.ignore for code in item.split(",") if code]
    ignored = checked_codes(listed, "--ignore")
    work = _work_of_request(options.request) if options.request else _work_of_paths(options)
    result = run_batch(work.locations, work.context, max(1, options.jobs), work.renamed)
    findings = unignored(result.diagnostics, ignored | work.ignored)
    for finding in findings:
        print(render(finding), file=sys.stderr)
    texts = {}
    for path, text in result.texts.items():
        location = result.origin[path]
        types = work.outputs.get(location.path)
        if types is None or path in {generated_path(location.path, item) for item in types}:
            texts[path] = text
    targets = output_targets(texts, work.root, work.output_dir)
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
    if work.output_dir is not None:
        _make_directory(work.output_dir)
    _print_sum(options, f"{changed} changed, {len(wanted) - changed} unchanged")
    exit_code = 2 if result.failed else 0
    _write_log(options, findings, exit_code, renamed=result.renamed)
    return exit_code


def _print_sum(options: argparse.Namespace, text: str) -> None:
    if not options.quiet:
        print(text, file=sys.stderr)


def _shown(path: str) -> str:
    return os.path.relpath(path).replace(os.sep, "/")


def _report_stale(texts: dict[str, str], quiet: bool) -> list[Diagnostic]:
    """Prints a diff for each stale file unless ``quiet``; returns a finding for each."""
    from modular_converter.emit.writer import current_text, first_difference, unified_diff

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
                    _shown(path),
                    line,
                    0,
                    f"the generated file {what}",
                    "convert the modular file without --check",
                )
            )
            if not quiet:
                missing = f"{_shown(path)} is missing\n"
                sys.stdout.write(missing if old is None else unified_diff(_shown(path), old, text))
    return stale


def _write(groups: Iterable[dict[str, str]], quiet: bool) -> int:
    """Writes the files of each model, by absolute path; returns how many have changed.

    Raises EnvironmentLack for those that cannot be written, after all others have been.
    """
    from modular_converter.emit.writer import WriteFailure, current_text, write_all

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
        print(f"{states[path]} {_shown(path)}")
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
        f"{_shown(path)} cannot be written: {reason}\n"
        "hint: make the directory writable, or write elsewhere with --output-dir"
    )


def _graph(options: argparse.Namespace) -> int:
    from modular_converter.cli.graph import run_graph

    options.output_dir = None
    work = _work_of_paths(options)
    return run_graph(
        work.locations, work.context, work.root, output_format=options.format,
        names=options.model, up=options.up, down=options.down,
    )  # fmt: skip


def _explain(options: argparse.Namespace) -> int:
    from modular_converter.cli.explain import explain, modular_behind
    from modular_converter.cli.request import read_request

    options.paths, options.output_dir = [modular_behind(options.target)], None
    work = _work_of_request(options.request) if options.request else _work_of_paths(options)

    def locate(path: str) -> ModularLocation:
        return location_of(path, work.root, work.context.search_roots)

    if options.request:
        installed = [os.path.abspath(parent) for parent in read_request(options.request).parents]
    else:
        root = installed_root()
        installed = [] if root is None else [root]
    return explain(options.target, work.context, locate, installed=installed, as_json=options.json)


def _outline(options: argparse.Namespace) -> int:
    from modular_converter.convert.outline import outline_all

    work = _work_of_request(options.request)
    context = work.context
    answers = []
    for outline in outline_all(work.locations, context.sources, context.table, context.profile):
        types = work.outputs.get(outline.location.path)
        answers.append(
            {
                "path": _shown(outline.location.path),
                "outputs": [
                    {"type": file_type, "path": _shown(path)}
                    for file_type, path in outline.outputs
                    if types is None or file_type in types
                ],
                "parents": [
                    {"module": parent.dotted, "line": parent.node.lineno}
                    for parent in outline.parents
                ],
                "error": as_json(outline.error) if outline.error else None,
            }
        )
    json.dump({"schema": 1, "modulars": answers}, sys.stdout, indent=1)
    print()
    return 0


def _codes(options: argparse.Namespace) -> int:
    from modular_converter.diagnostics.codes import BY_NAME, CODES, describe

    unknown = [name for name in options.codes if name not in BY_NAME]
    if unknown:
        raise error(
            "unknown-code",
            "",
            f"there is no code `{unknown[0]}`",
            hint="`modular_converter codes` lists all codes",
        )
    chosen = [BY_NAME[name] for name in options.codes] or list(CODES)
    if options.json:
        listed = [
            {
                "code": code.name,
                "severity": code.severity,
                "summary": code.summary,
                "help": code.help,
            }
            for code in chosen
        ]
        json.dump(listed, sys.stdout, indent=1)
        print()
    else:
        print("\n".join(map(describe, chosen)))
    return 0
