"""Which parent classes are worth trying for each class of the originals."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from modular_converter.diagnostics.record import ConversionError
from modular_converter.library.context import ConversionContext
from modular_converter.library.modular_file import ModularLocation
from modular_converter.names.prefixes import prefix_of
from parent_finder.modularize.children import Attempt, ParentFile
from parent_finder.modularize.original import Original
from parent_finder.ranking.comparison import Comparison
from parent_finder.ranking.reference_library import ReferenceLibrary

# Classes that are less alike than this share nothing worth inheriting, but for equal methods.
LEAST_COSINE = 0.25
# Attempts at one parent file with only the classes that want the same prefix.
_MOST_PREFIXES = 3


def attempts_on_modeling(
    library: ReferenceLibrary,
    compared: Comparison,
    models: Sequence[int],
    further: Sequence[tuple[str, dict[str, str]]],
    location: ModularLocation,
    context: ConversionContext,
    roots: Sequence[str],
) -> list[Attempt]:
    """Attempts on the modeling files of some models, by likeness, in the order of the models.

    ``further`` are paths of other files, each with the bases to try by our classes' names.
    """
    attempts: list[Attempt] = []
    for model in models:
        for parent, bases in _by_file(library, compared, model, location, roots):
            attempts += _by_prefix(parent, bases, location, context)
    for path, bases in further:
        attempts += _by_prefix(parent_file(path, location, roots), bases, location, context)
    return attempts


def _by_file(
    library: ReferenceLibrary,
    compared: Comparison,
    model: int,
    location: ModularLocation,
    roots: Sequence[str],
) -> Iterator[tuple[ParentFile, dict[str, str]]]:
    """The most similar class of a model for each class; then the namesakes, where they differ."""
    table, owner = library.index.tables["class"], library.by_model["class"].owner
    numbers = np.flatnonzero(owner == model)
    if not len(numbers):
        return
    cosines = compared.cosine["class"][:, table.rows[numbers]]
    alike: dict[str, dict[str, str]] = {}
    namesakes: dict[str, dict[str, str]] = {}
    for position, unit in enumerate(compared.queries["class"].units):
        row = cosines[position]
        same_role = np.array([table.units[n].role == unit.role for n in numbers.tolist()])
        best = int(np.lexsort((-numbers, same_role, row))[-1])
        if row[best] < LEAST_COSINE:
            continue
        number = int(numbers[best])
        path = library.index.paths[table.files[number]]
        alike.setdefault(path, {})[unit.name] = table.units[number].name
        if not same_role[best] and same_role.any():
            other = int(numbers[np.flatnonzero(same_role)[0]])
            path = library.index.paths[table.files[other]]
            namesakes.setdefault(path, {})[unit.name] = table.units[other].name
    for path, bases in alike.items():
        yield parent_file(path, location, roots), bases
    for path, bases in namesakes.items():
        yield parent_file(path, location, roots), {**alike.get(path, {}), **bases}


def parent_file(
    path: str,
    location: ModularLocation,
    roots: Sequence[str],
    file_type: str = "modeling",
) -> ParentFile:
    """A file of the library, by its path from its source root, as the modular names it."""
    parts = path.removesuffix(".py").split("/")
    root = next((r for r in roots if os.path.isfile(os.path.join(r, path))), roots[0])
    package = location.package.split(".") if location.package else []
    shared = len(os.path.commonprefix([package, parts[:-1]]))
    module = ".".join(parts)
    if shared:
        module = "." * (len(package) - shared + 1) + ".".join(parts[shared:])
    model = parts[-2] if parts[:2] == ["transformers", "models"] else parts[-1].partition("_")[2]
    return ParentFile(model, file_type, module, os.path.join(root, path))


def _by_prefix(
    parent: ParentFile, bases: dict[str, str], location: ModularLocation, context: ConversionContext
) -> Iterator[Attempt]:
    """All classes together, and those apart that want the parent renamed to the same prefix.

    A parent file is renamed once: classes that want different prefixes get in each other's way.
    """
    yield Attempt(parent, bases)
    table = context.table
    cased, old = table.cased(location.model_name), table.cased(parent.model)
    wanted = {name: prefix_of(name, base, cased, old) for name, base in bases.items()}
    counts = Counter(wanted.values())
    if len(counts) > 1:
        for prefix, _ in counts.most_common(_MOST_PREFIXES):
            yield Attempt(parent, {n: b for n, b in bases.items() if wanted[n] == prefix})


def attempts_by_name(
    original: Original,
    paths: Iterable[tuple[str, str]],
    location: ModularLocation,
    context: ConversionContext,
    roots: Sequence[str],
) -> list[Attempt]:
    """Attempts on files of the type of an original, such as configurations, by the classes' names.

    ``paths`` are the files' with their models'.
    """
    attempts: list[Attempt] = []
    own = context.table.cased(location.model_name)
    for path, model in paths:
        parent = parent_file(path, location, roots, original.file_type)
        try:
            index = context.sources.index(parent.path)
        except ConversionError:
            continue
        bases = {}
        for piece in original.pieces:
            if piece.kind == "class":
                likeness = {
                    name: _likeness(piece.name, own, name, context.table.cased(model))
                    for name in index.classes
                }
                best = max(likeness, key=likeness.__getitem__, default="")
                if best and any(likeness[best]):
                    bases[piece.name] = best
        if bases:
            attempts += _by_prefix(parent, bases, location, context)
    return attempts


def attempts_on_others(
    original: Original,
    classes: Sequence[tuple[str, dict[str, str]]],
    location: ModularLocation,
    context: ConversionContext,
    roots: Sequence[str],
) -> list[Attempt]:
    """Attempts on files of the type of an original, given with the bases by our classes' names."""
    return [
        attempt
        for path, bases in classes
        for attempt in _by_prefix(
            parent_file(path, location, roots, original.file_type), bases, location, context
        )
    ]


def _likeness(name: str, cased: str, base: str, cased_old: str) -> tuple[bool, int]:
    """Whether only the models' names differ in those of two classes; how long a common end is."""
    same = name.removeprefix(cased) == base.removeprefix(cased_old)
    return same, len(os.path.commonprefix([name[::-1], base[::-1]]))
