"""What each command does."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from parent_finder import answer, index, library, report, source_file, store
from parent_finder.diagnostics import InputError
from parent_finder.model_ranking import Library
from parent_finder.releases import known_releases


def run(options: argparse.Namespace) -> int:
    """Runs the command that the options name; returns the exit code.

    Raises InputError for wrong input and EnvironmentLack for what is missing.
    """
    commands = {"rank": _rank, "evaluate": _evaluate, "modularize": _modularize}
    return commands[options.command](options)


def _rank(options: argparse.Namespace) -> int:
    source = source_file.read_query(_content(options.file), options.file)
    opened = _library(options)
    found = answer.answer(opened, source, options.top)
    if options.json:
        print(json.dumps(report.as_json(found, opened), indent=2, ensure_ascii=False))
    else:
        sys.stdout.write(report.as_text(found, opened, answer.NOTHING_SIMILAR))
    sys.stdout.flush()
    return 0 if found.plan is not None else 1


def _evaluate(options: argparse.Namespace) -> int:
    if options.modularize:
        return _evaluate_round_trips(options)
    from parent_finder import evaluation, evaluation_report

    result = evaluation.evaluate(_library(options), _root(options), options.models)
    if options.json:
        print(json.dumps(evaluation_report.as_json(result), indent=2))
    else:
        sys.stdout.write(evaluation_report.as_text(result))
    sys.stdout.flush()
    return 0


def _evaluate_round_trips(options: argparse.Namespace) -> int:
    from parent_finder.modularize import evaluation

    library, root = _library(options), _root(options)
    files = evaluation.generated_files(library, root)

    def progress(one: evaluation.RoundTrip) -> None:
        verdict = "exact" if one.exact else "differs"
        print(f"{one.path}: {verdict}, {one.ratio:.2f}", file=sys.stderr)

    found = evaluation.round_trips(library, root, options.models, files, progress)
    if options.json:
        print(json.dumps(evaluation.as_json(found), indent=2))
    else:
        sys.stdout.write(evaluation.as_text(found))
    sys.stdout.flush()
    return 0


def _modularize(options: argparse.Namespace) -> int:
    from parent_finder.modularize import command

    return command.run(options, _library(options), _root(options))


def _root(options: argparse.Namespace) -> str:
    return library.source_root(options.source_root)


def _library(options: argparse.Namespace) -> Library:
    root = _root(options)
    opened = index.open_library(root, options.cache_dir or store.default_directory())
    if not opened.index.tables["class"].matrix.vocabulary.size:
        raise InputError(
            root,
            "the models in this directory have too little code to compare with",
            hint="name the directory that holds a whole transformers with --source-root",
        )
    return Library(opened.index, known_releases())


def _content(path: str) -> bytes:
    try:
        size = Path(path).stat().st_size
        if size > source_file.LARGEST_FILE:
            raise source_file.too_large(path, size)
        return Path(path).read_bytes()
    except OSError as problem:
        raise InputError(path, f"the file cannot be read: {problem.strerror}") from None
