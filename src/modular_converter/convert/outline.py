"""What a modular will produce and which parents it names, without converting it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from modular_converter.conventions.file_types import FILE_TYPES, generated_path, type_of_class
from modular_converter.conventions.profiles import Profile
from modular_converter.diagnostics.record import ConversionError, Diagnostic
from modular_converter.emit.exports import split_exports
from modular_converter.emit.output_paths import check_names
from modular_converter.library.index import FileIndex
from modular_converter.library.model_name import table_for
from modular_converter.library.modular_file import ModularLocation, ParentName, parent_names
from modular_converter.library.sources import Sources
from modular_converter.names.table import NameTable

# Characters of modular files, read late, whose indexes are kept. Transformers 5.24 has 8.7 million.
_KEPT = 12_000_000


@dataclass(frozen=True)
class Outline:
    """The output types with their absolute paths, and the parents named; or an error."""

    location: ModularLocation
    outputs: tuple[tuple[str, str], ...] = ()
    parents: tuple[ParentName, ...] = ()
    error: Diagnostic | None = None


def output_types(index: FileIndex, type_of: Callable[[str], str], profile: Profile) -> list[str]:
    """The types of the files that a modular produces, in a fixed order."""
    types = {type_of(name) for name in index.classes}
    types.update(split_exports(index, type_of, profile))
    return [file_type for file_type in FILE_TYPES if file_type in types]


def outline(
    location: ModularLocation, sources: Sources, table: NameTable, profile: Profile
) -> Outline:
    """The outline of one modular; a file that cannot be read or parsed gives its error."""
    try:
        check_names(location)
        index = sources.index(location.path)
        cased = table_for(location, index, table).cased(location.model_name.replace("-", "_"))

        def type_of(class_name: str) -> str:
            return type_of_class(class_name, cased, profile.suffixes)

        outputs = tuple(
            (file_type, generated_path(location.path, file_type))
            for file_type in output_types(index, type_of, profile)
        )
        return Outline(location, outputs, tuple(parent_names(location, index, profile)))
    except ConversionError as problem:
        return Outline(location, error=problem.diagnostics[0])


def outline_all(
    locations: Iterable[ModularLocation], sources: Sources, table: NameTable, profile: Profile
) -> list[Outline]:
    """The outlines of several modulars.

    What was read is kept for their conversion as far as it takes little memory.
    """
    outlines = []
    for location in locations:
        outlines.append(outline(location, sources, table, profile))
        sources.release_beyond(_KEPT, location.path)
    return outlines
