"""`modularize`: the modular file of a standalone model, proven by converting it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from parent_finder.cli import arguments
from toolkit import atomic_file, suggestions
from toolkit.errors import InputError
from toolkit.exit_codes import ExitCode

HELP = "write the modular file of a standalone model, and prove it"
DESCRIPTION = (
    "Writes the modular file that inherits as much as possible from other models, and converts it "
    "to prove that it gives the standalone files back."
)

if TYPE_CHECKING:
    from parent_finder.modularize.modularizer import Modular
    from parent_finder.ranking.reference_library import ReferenceLibrary, Situation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="standalone files of one model, as modeling_new.py"
    )
    parser.add_argument(
        "--parent",
        action="append",
        default=[],
        metavar="MODEL",
        help="a model to inherit from, by its directory's name; may be repeated (default: the "
        "most similar models)",
    )
    parser.add_argument(
        "--output",
        metavar="FILE",
        help="where to write; - prints it (default: modular_<model>.py next to the first file)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print JSON, and write only what --output names"
    )
    arguments.add_index(parser)
    arguments.add_more_models(parser)
    arguments.add_library(parser)


def run(options: argparse.Namespace) -> int:
    """Writes the modular file; returns 0 when it is exact, else 1. Raises ToolError."""
    from modular_converter.diagnostics.record import ConversionError, render
    from parent_finder.cli import inputs
    from parent_finder.corpus import source_file
    from parent_finder.modularize import modularizer
    from parent_finder.modularize.original import type_and_model

    texts = {path: source_file.checked_text(inputs.content(path), path) for path in options.files}
    modeling = [path for path in options.files if type_and_model(path)[0] == "modeling"]
    source = None
    if modeling:
        source = source_file.read_query(texts[modeling[0]].encode(), modeling[0])
    elif not options.parent:
        raise InputError(
            "parents are found by the modeling file, and none was named",
            place=options.files[0],
            hint="add modeling_<model>.py to the files, or name parents with --parent=MODEL",
        )
    library, roots = inputs.library(options), inputs.roots(options)
    model = type_and_model(options.files[0])[1]
    situation = _situation(library, model, modeling, options.parent)
    context = modularizer.context_for(roots)
    try:
        done = modularizer.modularize(
            library, roots, texts, source, situation, options.parent, context
        )
    except ConversionError as problem:
        raise InputError(
            "\n".join(render(diagnostic) for diagnostic in problem.diagnostics),
            place=options.files[0],
        ) from None
    return _report(options, done, model)


def _situation(
    library: ReferenceLibrary, model: str, modeling: Sequence[str], parents: Sequence[str]
) -> Situation:
    import numpy as np

    from parent_finder.ranking.reference_library import Situation

    situation = library.situation_of(model, modeling[0] if modeling else "")
    for name in parents:
        if name not in library.models:
            raise InputError(
                f"the library has no model {name}",
                place="--parent",
                hint=suggestions.did_you_mean(name, library.models)
                or "models have the names of their directories",
            )
        if not situation.allowed[library.models.index(name)]:
            raise InputError(
                f"{name} is made from {model}", place="--parent", hint="name another parent"
            )
    named = np.array([other in parents for other in library.models])
    allowed = situation.allowed & named if parents else situation.allowed
    return Situation(situation.model, situation.release, allowed)


def _report(options: argparse.Namespace, done: Modular, model: str) -> int:
    from parent_finder.modularize import report

    if not done.parents and done.exact:
        print(
            f"{options.files[0]}: there is nothing to inherit: no model tried saves lines\n"
            "hint: name other models with --parent=MODEL",
            file=sys.stderr,
        )
    path = options.output or os.path.join(os.path.dirname(options.files[0]), f"modular_{model}.py")
    if options.json:
        print(json.dumps(report.as_json(done, model), indent=2, ensure_ascii=False))
    if done.parents and path == "-" and not options.json:
        sys.stdout.write(done.text)
    elif done.parents and path != "-" and (options.output or not options.json):
        if os.path.exists(path) and not options.output:
            raise InputError(
                "this file exists and is not replaced",
                place=path,
                hint="choose another file with --output=FILE (- prints it), or remove this one",
            )
        atomic_file.write_text(path, done.text)
        print(f"wrote {path}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.write(report.as_text(done))
    return ExitCode.DONE if done.exact and done.parents else ExitCode.ANSWER_IS_NO
