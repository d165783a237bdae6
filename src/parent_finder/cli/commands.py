"""What each command does."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from parent_finder.core import array_store
from parent_finder.core.errors import InputError, render
from parent_finder.core.releases import known_releases
from parent_finder.corpus import index, library, source_file
from parent_finder.corpus.source_file import SourceFile
from parent_finder.ranking import answer, copies, report
from parent_finder.ranking.comparison import Comparison
from parent_finder.ranking.reference_library import ReferenceLibrary, Situation


def run(options: argparse.Namespace) -> int:
    """Runs the command that the options name; returns the exit code.

    Raises InputError for wrong input and EnvironmentLack for what is missing.
    """
    commands = {
        "rank": _rank,
        "evaluate": _evaluate,
        "modularize": _modularize,
        "copies": _copies,
        "index": _index,
    }
    return commands[options.command](options)


def _rank(options: argparse.Namespace) -> int:
    content = _content(options.file)
    source = source_file.read_query(content, options.file)
    opened = _library(options)
    refine = None
    if options.embedding_checkpoint:
        refine = _with_embeddings(options, opened, source, content)
    found = answer.answer(opened, source, options.top, refine)
    if options.json:
        print(json.dumps(report.as_json(found, opened), indent=2, ensure_ascii=False))
    else:
        sys.stdout.write(report.as_text(found, opened, answer.NOTHING_SIMILAR))
    sys.stdout.flush()
    return 0 if found.plan is not None else 1


def _with_embeddings(
    options: argparse.Namespace, opened: ReferenceLibrary, source: SourceFile, content: bytes
) -> answer.Refinement:
    from parent_finder.ranking import embedding

    encoder = embedding.Encoder.load(options.embedding_checkpoint)
    text = source_file.checked_text(content, options.file)
    root, cache = _root(options), options.cache_dir or array_store.default_directory()

    def refine(compared: Comparison, situation: Situation) -> Comparison:
        return embedding.combined(opened, compared, situation, source, text, root, encoder, cache)

    return refine


def _evaluate(options: argparse.Namespace) -> int:
    if options.modularize:
        return _evaluate_round_trips(options)
    from parent_finder.evaluation import ranking
    from parent_finder.evaluation import report as evaluation_report

    result = ranking.evaluate(_library(options), _root(options), options.models)
    if options.json:
        print(json.dumps(evaluation_report.as_json(result), indent=2))
    else:
        sys.stdout.write(evaluation_report.as_text(result))
    sys.stdout.flush()
    return 0


def _evaluate_round_trips(options: argparse.Namespace) -> int:
    from parent_finder.evaluation import round_trips

    library, root = _library(options), _root(options)
    files = round_trips.generated_files(library, root)

    def progress(one: round_trips.RoundTrip) -> None:
        verdict = "exact" if one.exact else "differs"
        print(f"{one.path}: {verdict}, {one.ratio:.2f}", file=sys.stderr)

    found = round_trips.round_trips(library, root, options.models, files, progress)
    if options.json:
        print(json.dumps(round_trips.as_json(found), indent=2))
    else:
        sys.stdout.write(round_trips.as_text(found))
    sys.stdout.flush()
    return 0


def _modularize(options: argparse.Namespace) -> int:
    from parent_finder.cli import modularize

    contents = {path: _content(path) for path in options.files}
    return modularize.run(options, contents, _library(options), _root(options))


def _root(options: argparse.Namespace) -> str:
    return library.source_root(options.source_root)


def _copies(options: argparse.Namespace) -> int:
    opened = _library(options)
    found, problems = [], []
    for path in options.files:
        try:
            found.append(copies.copies_in(opened, _content(path), path))
        except InputError as problem:
            problems.append(problem)
    if options.json:
        print(json.dumps(copies.as_json(found), indent=2, ensure_ascii=False))
    else:
        sys.stdout.write(copies.as_text(found))
    sys.stdout.flush()
    for text in map(render, problems):
        print(text, file=sys.stderr)
    if problems:
        return 2
    return 1 if any(one.copies for one in found) else 0


def _index(options: argparse.Namespace) -> int:
    opened = _opened(options)
    try:
        index.save(options.output, opened.index)
    except OSError as problem:
        reason = f"the index cannot be written: {problem.strerror}"
        raise InputError(options.output, reason, hint="name another file with --output") from None
    classes = len(opened.index.tables["class"].units)
    cached = opened.files - opened.files_read
    print(
        f"{options.output}: {classes} classes of {len(opened.index.paths)} files; "
        f"{opened.files_read} files read, {cached} from the cache",
        file=sys.stderr,
    )
    return 0


def _library(options: argparse.Namespace) -> ReferenceLibrary:
    if getattr(options, "index", None):
        loaded = index.load(options.index)
        if loaded is None:
            raise InputError(
                options.index,
                "this is not an index of this version of parent_finder",
                hint="write it again with `parent_finder index --output FILE`",
            )
        return ReferenceLibrary(loaded, known_releases())
    return ReferenceLibrary(_opened(options).index, known_releases())


def _opened(options: argparse.Namespace) -> index.Opened:
    root = _root(options)
    cache = options.cache_dir or array_store.default_directory()

    def announce(files: int) -> None:
        print(
            f"indexing the {files} files of the library; later runs reuse the index in {cache}",
            file=sys.stderr,
        )

    opened = index.open_library(root, cache, announce)
    if not opened.index.tables["class"].matrix.vocabulary.size:
        raise InputError(
            root,
            "the models in this directory have too little code for a comparison",
            hint="name the directory that contains a complete transformers with --source-root",
        )
    return opened


def _content(path: str) -> bytes:
    try:
        size = Path(path).stat().st_size
        if size > source_file.LARGEST_FILE:
            raise source_file.too_large(path, size)
        return Path(path).read_bytes()
    except OSError as problem:
        raise InputError(path, f"the file cannot be read: {problem.strerror}") from None
