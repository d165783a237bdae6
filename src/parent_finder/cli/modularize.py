"""The command `modularize`."""

from __future__ import annotations

import argparse
import difflib
import json
import os
import sys
import tempfile
from collections.abc import Sequence

import numpy as np

from modular_converter.diagnostics.record import ConversionError, render
from parent_finder.core.errors import EnvironmentLack, InputError
from parent_finder.corpus import source_file
from parent_finder.modularize import modularizer
from parent_finder.modularize.differences import unified_diff
from parent_finder.modularize.modularizer import Modular
from parent_finder.modularize.original import type_and_model
from parent_finder.ranking.reference_library import ReferenceLibrary, Situation
from toolkit.errors import EnvironmentLack as ConverterLack

SCHEMA = 1


def run(
    options: argparse.Namespace, contents: dict[str, bytes], library: ReferenceLibrary, root: str
) -> int:
    """Writes the modular of some files, by path; returns 0 when it is exact, else 1.

    Raises InputError for wrong input and EnvironmentLack without a formatter.
    """
    texts = {path: source_file.checked_text(one, path) for path, one in contents.items()}
    modeling = [path for path in options.files if type_and_model(path)[0] == "modeling"]
    source = None
    if modeling:
        source = source_file.read_query(texts[modeling[0]].encode(), modeling[0])
    elif not options.parent:
        raise InputError(
            options.files[0],
            "parents are found by the modeling file, and none was named",
            hint="add modeling_<model>.py to the files, or name parents with --parent=MODEL",
        )
    model = type_and_model(options.files[0])[1]
    situation = _situation(library, model, options.parent)
    setting = modularizer.setting_for(root)
    try:
        done = modularizer.modularize(
            library, root, texts, source, situation, options.parent, setting
        )
    except ConversionError as problem:
        raise InputError(
            options.files[0], "\n".join(render(one) for one in problem.diagnostics)
        ) from None
    except ConverterLack as problem:
        raise EnvironmentLack(problem.render().removeprefix("error: ")) from None
    return _report(options, done, model)


def _situation(library: ReferenceLibrary, model: str, parents: Sequence[str]) -> Situation:
    situation = library.situation_of(model)
    for name in parents:
        if name not in library.models:
            near = difflib.get_close_matches(name, library.models, 1)
            hint = f"did you mean {near[0]}?" if near else "parents are named by their directories"
            raise InputError("--parent", f"the library has no model {name}", hint=hint)
        if not situation.allowed[library.models.index(name)]:
            raise InputError(
                "--parent", f"{name} inherits from {model}", hint="name another parent"
            )
    named = np.array([one in parents for one in library.models]) if parents else situation.allowed
    return Situation(situation.model, situation.release, situation.allowed & named)


def _report(options: argparse.Namespace, done: Modular, model: str) -> int:
    if not done.parents and done.exact:
        print(
            f"{options.files[0]}: there is nothing to inherit: no model tried saves lines\n"
            "hint: name other models with --parent=MODEL",
            file=sys.stderr,
        )
    path = options.output or os.path.join(os.path.dirname(options.files[0]), f"modular_{model}.py")
    if options.json:
        print(json.dumps(as_json(done, model), indent=2, ensure_ascii=False))
    if done.parents and path == "-" and not options.json:
        sys.stdout.write(done.text)
    elif done.parents and path != "-" and (options.output or not options.json):
        _write(path, done.text, replace=bool(options.output))
        print(f"wrote {path}", file=sys.stderr)
    sys.stdout.flush()
    _explain(done)
    return 0 if done.exact and done.parents else 1


def as_json(done: Modular, model: str) -> dict[str, object]:
    """The form that `schemas/modularize.schema.json` describes."""
    return {
        "schema": SCHEMA,
        "model": model,
        "exact": done.exact,
        "parents": list(done.parents),
        "lines": done.lines,
        "original_lines": done.original_lines,
        "modular": done.text if done.parents else None,
        "differences": [vars(one) for one in done.differences],
    }


def _explain(done: Modular) -> None:
    out = sys.stderr
    if done.parents:
        print(
            f"{done.lines} lines instead of {done.original_lines}, inheriting from "
            f"{', '.join(done.parents)}",
            file=out,
        )
    if done.exact:
        print("proof: converting it gives the original back, byte for byte", file=out)
        return
    print("converting it does not give the original back:", file=out)
    for one in done.differences:
        place = f"{one.file}:{one.line}" if one.line else one.file
        print(f"{place}: {one.name} {one.what}: {one.reason}", file=out)
    for file in sorted(done.wanted):
        diff = unified_diff(file, done.wanted[file], done.outputs.get(file, ""))
        out.write(diff)


def _write(path: str, text: str, *, replace: bool) -> None:
    if not replace and os.path.exists(path):
        raise InputError(
            path,
            "this file exists and is not replaced",
            hint="choose another file with --output=FILE (- prints it), or remove this one",
        )
    directory = os.path.dirname(path) or "."
    try:
        handle, sibling = tempfile.mkstemp(prefix=".new-", dir=directory)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(sibling, 0o666 & ~_umask())
        os.replace(sibling, path)
    except OSError as problem:
        raise InputError(path, f"the file cannot be written: {problem.strerror}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
