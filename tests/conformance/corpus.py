"""Converting all modular files of an unpacked transformers and comparing every generated file."""

from __future__ import annotations

import difflib
import importlib.util
import os
import re
from collections import Counter
from dataclasses import dataclass

from modular_converter.conventions import profiles
from modular_converter.conventions.file_types import FILE_TYPES, type_of_module
from modular_converter.convert.batch import run_batch
from modular_converter.diagnostics.record import render
from modular_converter.library.context import ConversionContext
from modular_converter.library.modular_file import is_modular_name, location_of
from modular_converter.library.sources import Sources, distribution_facts

# Where a test target's dependency lays a release out, relative to the working directory.
CORPORA = "corpus"
_GENERATED = re.compile(
    r"This file was automatically generated from src/transformers/models/\w+/modular_\w+\.py\."
)


def corpus_dir(version: str) -> str:
    """The directory that holds the ``transformers`` package of a release.

    It is ``corpus/<version>`` in the working directory, which a `transformers_corpus` target fills;
    else where an importable transformers of that release lies (it is located, not imported).
    Raises LookupError when there is neither.
    """
    root = os.path.abspath(os.path.join(CORPORA, version))
    if not os.path.isdir(root):
        spec = importlib.util.find_spec("transformers")
        if spec is None or not spec.submodule_search_locations:
            raise LookupError(
                f"no transformers to compare with: unpack transformers=={version} at {root}"
            )
        root = os.path.dirname(os.path.abspath(next(iter(spec.submodule_search_locations))))
    found = distribution_facts([root], Sources()).version
    if found != version:
        raise LookupError(f"{root} holds transformers {found}, expected {version}")
    return root


def modular_files(root: str) -> list[str]:
    """The modular files of a corpus, sorted."""
    models = os.path.join(root, "transformers", "models")
    return sorted(
        os.path.join(directory, name)
        for directory, _, names in os.walk(models)
        for name in names
        if is_modular_name(name)
    )


def generated_files(root: str) -> dict[str, str]:
    """Path to text of every file that says it was generated from a modular file."""
    found = {}
    models = os.path.join(root, "transformers", "models")
    for directory, _, names in os.walk(models):
        for name in names:
            path = os.path.join(directory, name)
            if name.endswith(".py") and not is_modular_name(name):
                with open(path, encoding="utf-8", newline="") as file:
                    text = file.read()
                if _GENERATED.search(text[:2000]):
                    found[path] = text
    return dict(sorted(found.items()))


@dataclass(frozen=True)
class Comparison:
    """Counts per file type, the differences, and what the conversion reported."""

    matched: Counter[str]
    total: Counter[str]
    differences: tuple[str, ...]
    errors: tuple[str, ...]
    converted: int

    def table(self) -> str:
        """matched/total per file type and in all."""
        lines = [
            f"{file_type:22} {self.matched[file_type]:4}/{self.total[file_type]}"
            for file_type in FILE_TYPES
            if self.total[file_type]
        ]
        lines.append(f"{'all':22} {self.matched.total():4}/{self.total.total()}")
        return "\n".join(lines)


def compare(
    root: str, *, from_scratch: bool, jobs: int = 1, only: frozenset[str] = frozenset()
) -> Comparison:
    """Converts a corpus and compares it with the generated files that it ships.

    With ``from_scratch`` no generated file is visible before it has been produced, so that
    children are made from fresh parents; otherwise parents are read from the corpus.
    ``only`` restricts the models, by directory name.
    """
    expected = generated_files(root)
    paths = modular_files(root)
    if only:
        paths = [path for path in paths if os.path.basename(os.path.dirname(path)) in only]
        expected = {
            path: text
            for path, text in expected.items()
            if os.path.basename(os.path.dirname(path)) in only
        }
    sources = Sources()
    facts = distribution_facts([root], sources)
    if from_scratch:
        for path in expected:
            sources.hide(path)
    context = ConversionContext(sources, (root,), facts.table, profiles.for_version(facts.version))
    result = run_batch([location_of(path, root) for path in paths], context, jobs)

    matched: Counter[str] = Counter()
    total: Counter[str] = Counter()
    differences = []
    for path in sorted({*expected, *result.texts}):
        file_type = _type_of(path)
        wanted, got = expected.get(path, ""), result.texts.get(path, "")
        total[file_type] += path in expected
        if wanted == got:
            matched[file_type] += 1
            continue
        label = os.path.relpath(path, root)
        diff = difflib.unified_diff(
            wanted.splitlines(True), got.splitlines(True), f"{label} (shipped)", f"{label} (ours)"
        )
        differences.append("".join(diff))
    errors = tuple(render(each) for each in result.diagnostics if each.severity == "error")
    return Comparison(matched, total, tuple(differences), errors, result.converted)


def _type_of(path: str) -> str:
    file_type = type_of_module(os.path.basename(path).removesuffix(".py"))
    assert file_type is not None, path
    return file_type
