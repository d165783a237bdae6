"""`rank`: which models, classes and methods a file could inherit from."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from parent_finder.cli import arguments
from toolkit.exit_codes import ExitCode

if TYPE_CHECKING:
    from parent_finder.corpus.source_file import SourceFile
    from parent_finder.ranking.answer import Refinement
    from parent_finder.ranking.comparison import Comparison
    from parent_finder.ranking.reference_library import ReferenceLibrary, Situation

HELP = "rank the parents of a file's classes and methods, and plan the inheritance"
DESCRIPTION = (
    "Compares a standalone modeling file with all models of a library, by their sources alone, and "
    "plans which classes to inherit and what to override."
)
EXIT_CODES = (
    "Exit codes: 0 a model is similar, though the evidence may be weak; 1 nothing is similar; 2 "
    "wrong input; 3 something is missing."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument("file", metavar="FILE", help="a modeling_<model>.py")
    parser.add_argument(
        "--top",
        type=arguments.positive,
        default=5,
        metavar="K",
        help="models, and candidates for each class and method (default: 5)",
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="print all tables; by default, what fits on a screen",
    )
    parser.add_argument(
        "--embedding-checkpoint",
        metavar="DIR",
        help="a local sentence-embedding model whose cosine is averaged with the default one; "
        "needs torch and transformers",
    )
    parser.add_argument(
        "--json", action="store_true", help="print everything as JSON instead of tables"
    )
    arguments.add_index(parser)
    arguments.add_more_models(parser)
    arguments.add_library(parser)


def run(options: argparse.Namespace) -> int:
    """Prints the answer; returns the exit code. Raises ToolError."""
    from parent_finder.cli import inputs
    from parent_finder.corpus import source_file
    from parent_finder.ranking import answer, report

    content = inputs.content(options.file)
    source = source_file.read_query(content, options.file)
    library = inputs.library(options)
    refine = None
    if options.embedding_checkpoint:
        refine = _with_embeddings(options, library, source, content)
    ranked = answer.answer(library, source, options.top, refine)
    if source.generated_from:
        print(
            f"{options.file}: note: this file is generated from {source.generated_from}; the "
            "parents that it names are not used",
            file=sys.stderr,
        )
    if options.json:
        print(json.dumps(report.as_json(ranked, library), indent=2, ensure_ascii=False))
    else:
        sys.stdout.write(report.as_text(ranked, library, everything=options.all))
    sys.stdout.flush()
    return ExitCode.ANSWER_IS_NO if ranked.verdict == "nothing" else ExitCode.DONE


def _with_embeddings(
    options: argparse.Namespace, library: ReferenceLibrary, source: SourceFile, content: bytes
) -> Refinement:
    from parent_finder.cli import inputs
    from parent_finder.core import array_store
    from parent_finder.ranking import embedding

    encoder = embedding.Encoder.load(options.embedding_checkpoint)
    text = content.decode("utf-8-sig")
    cache = options.cache_dir or array_store.default_directory()
    root = inputs.root(options)

    def refine(compared: Comparison, situation: Situation) -> Comparison:
        return embedding.combined(library, compared, situation, source, text, root, encoder, cache)

    return refine
