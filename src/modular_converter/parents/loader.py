"""The parent files of a modular, each renamed to the prefix chosen for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modular_converter.diagnostics.record import Diagnostic
from modular_converter.library.context import ConversionContext
from modular_converter.library.modular_file import ModularLocation, ParentImport
from modular_converter.names.prefixes import PrefixChoice, choose_prefix
from modular_converter.names.renamer import Renamer
from modular_converter.names.table import NameTable
from modular_converter.parents.protected_words import protected_words
from modular_converter.parents.renamed_view import View, lay_over
from modular_converter.syntax.source import Source


@dataclass(frozen=True, eq=False)
class Parent:
    """A parent file as the modular sees it."""

    path: str
    file_type: str
    view: View
    renamer: Renamer


def load_parents(
    location: ModularLocation,
    imports: list[ParentImport],
    bases: Mapping[str, str],
    modular: View,
    table: NameTable,
    cased: str,
    context: ConversionContext,
) -> tuple[dict[str, Parent], list[Diagnostic]]:
    """The parents by path, in the order of the imports, and warnings about their prefixes.

    ``bases`` maps each modular class with a parent to the base that it was imported under.
    """
    first: dict[str, ParentImport] = {}
    path_of: dict[str, str] = {}
    for imported in imports:
        first.setdefault(imported.path, imported)
        path_of.update(dict.fromkeys(imported.names, imported.path))
    sources = context.sources
    parents: dict[str, Parent] = {}
    warnings: list[Diagnostic] = []
    for path, imported in first.items():
        old_name = imported.old_name
        index = sources.index(path)
        pairs = [(name, base) for name, base in bases.items() if path_of[base] == path]
        choice = choose_prefix(pairs, cased, table.cased(old_name), index.source.text)
        warnings += _prefix_warnings(modular.index.source, imported, index.source.label, choice)
        renamer = Renamer(
            old_name,
            table.lower(choice.cased) if pairs else location.model_name,
            table,
            sibling_name=location.model_name,
            protected=protected_words(path, old_name, sources, context.profile),
            relocate=None if location.in_library else (imported.package, location.package),
        )
        view = View(index, renamer)
        lay_over(view, modular)
        parents[path] = Parent(path, imported.file_type, view, renamer)
    return parents, warnings


def _prefix_warnings(
    source: Source, imported: ParentImport, label: str, choice: PrefixChoice
) -> list[Diagnostic]:
    warnings = []
    if choice.others:
        warnings.append(
            source.diagnostic(
                "several-prefixes",
                f"the classes that inherit from {label} ask for several prefixes; "
                f"{choice.cased} is used, not {', '.join(choice.others)}",
                imported.node,
                hint="name the classes with one prefix, or write the others out",
                severity="warning",
            )
        )
    if choice.collides_with:
        warnings.append(
            source.diagnostic(
                "prefix-collision",
                f"the prefix that the classes ask for collides with "
                f"`{choice.collides_with}...` of {label}; {choice.cased} is used",
                imported.node,
                hint="name the classes after the model",
                severity="warning",
            )
        )
    return warnings
