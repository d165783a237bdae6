"""Reading the graph of models out of modular files and the directories of their parents."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace

from modular_converter.conventions.file_types import FILE_TYPES, split_name, type_of_module
from modular_converter.convert.outline import Outline, outline
from modular_converter.diagnostics.record import Diagnostic
from modular_converter.inheritance.graph import (
    Inheritance,
    InheritanceGraph,
    InheritedClass,
    InheritedFile,
    Model,
    ModelFile,
    cycles_of,
)
from modular_converter.library.context import ConversionContext
from modular_converter.library.index import FileIndex
from modular_converter.library.modular_file import (
    ModularLocation,
    ParentName,
    find_module,
    is_modular_name,
    location_of,
)
from modular_converter.names.renamer import DISTRIBUTION


def inheritance_graph(
    locations: Sequence[ModularLocation], context: ConversionContext, root: str
) -> InheritanceGraph:
    """The graph of modulars, with all their ancestors.

    A parent that is generated from a modular file beside it brings that file in, and so its own
    parents, whether or not it is among ``places``. ``root`` is where modulars outside any search
    root begin. Modulars and parents that cannot be read or found are findings.
    """
    builder = _Builder(context, root)
    builder.add(locations)
    models = tuple(
        sorted(builder.models.values(), key=lambda entry: (entry.name, entry.kind, entry.key))
    )
    order = {entry.key: position for position, entry in enumerate(models)}
    edges = tuple(
        sorted(builder.edges, key=lambda entry: (order[entry.child], order[entry.parent]))
    )
    findings = tuple(sorted(builder.findings, key=Diagnostic.sort_key))
    return InheritanceGraph(models, edges, cycles_of(models, edges), findings)


class _Builder:
    def __init__(self, context: ConversionContext, root: str) -> None:
        self.context = context
        self.root = root
        self.models: dict[str, Model] = {}
        self.edges: list[Inheritance] = []
        self.findings: list[Diagnostic] = []
        self._outlines: dict[str, Outline] = {}
        self._producers: dict[str, str] = {}
        # By directory: modular files by the name of their model.
        self._modulars: dict[str, dict[str, str]] = {}

    def add(self, locations: Iterable[ModularLocation]) -> None:
        for location in locations:
            self._outline(location)
        # Files that are not generated yet can be parents too.
        self.context.sources.promised.update(self._producers)
        pending = [location.path for location in locations]
        done: set[str] = set()
        while pending:
            path = pending.pop()
            if path not in done:
                done.add(path)
                pending += self._add_modular(self._outlines[path])

    def _outline(self, location: ModularLocation) -> None:
        context = self.context
        answer = outline(location, context.sources, context.table, context.profile)
        self._outlines[location.path] = answer
        self._producers.update((path, location.path) for _, path in answer.outputs)

    def _add_modular(self, modular: Outline) -> list[str]:
        """Adds a modular and its inheritances; returns the modulars it inherits from."""
        location, label = modular.location, self.context.sources.label
        key = label(location.path)
        outputs = [ModelFile(file_type, path, True) for file_type, path in modular.outputs]
        by_hand = self._hand_written_files(location.directory, location.path)
        self.models[key] = Model(
            key,
            location.model_name,
            "generated",
            location.package,
            self._shown([*outputs, *by_hand]),
        )
        if modular.error is not None:
            self.findings.append(modular.error)
            return []
        index = self.context.sources.index(location.path)
        taken: dict[str, dict[str, list[ParentName]]] = {}
        modulars = []
        for parent in modular.parents:
            path = self._find(parent, location, index)
            owner = self._owner(path) if path else None
            if owner == location.path:
                continue
            if owner is not None:
                modulars.append(owner)
                parent_key = label(owner)
            elif path is not None:
                parent_key = self._add_hand_written(os.path.dirname(path), parent)
            elif _must_exist(parent, location):
                parent_key = self._add_missing(parent)
            else:
                continue
            taken.setdefault(parent_key, {}).setdefault(path or parent.dotted, []).append(parent)
        for parent_key, files in taken.items():
            inherited = tuple(
                _inherited_file(
                    label(path) if os.path.isabs(path) else path,
                    path in self._producers,
                    [parent.node for parent in parents],
                    index,
                )
                for path, parents in files.items()
            )
            self.edges.append(Inheritance(key, parent_key, inherited))
        return modulars

    def _find(self, parent: ParentName, location: ModularLocation, index: FileIndex) -> str | None:
        roots = [location.source_root, *self.context.search_roots]
        path = find_module(parent.dotted, roots, self.context.sources)
        if path is None and _must_exist(parent, location):
            self.findings.append(
                index.source.diagnostic(
                    "parent-not-found",
                    f"parent module {'.' * parent.node.level}{parent.node.module} is not found "
                    f"(looked for {parent.dotted.replace('.', '/')}.py)",
                    parent.node,
                    hint="check the spelling; name the directory that holds its package as a "
                    "search path",
                )
            )
        return path

    def _modulars_in(self, directory: str) -> dict[str, str]:
        known = self._modulars.get(directory)
        if known is None:
            known = self._modulars[directory] = {}
            for name in _names_in(directory):
                path = os.path.join(directory, name)
                if is_modular_name(name):
                    if path not in self._outlines:
                        self._outline(location_of(path, self.root, self.context.search_roots))
                    known[self._outlines[path].location.model_name] = path
        return known

    def _owner(self, path: str) -> str | None:
        """The modular that a file is generated from, or whose model it is written by hand for."""
        directory, name = os.path.split(path)
        modulars = self._modulars_in(directory)
        if path in self._producers:
            return self._producers[path]
        parts = split_name(name.removesuffix(".py"))
        model_name = parts[1] if parts else ""
        return modulars.get(model_name) or modulars.get(os.path.basename(directory))

    def _hand_written_files(self, directory: str, owner: str | None) -> list[ModelFile]:
        return [
            ModelFile(file_type, path, False)
            for name in _names_in(directory)
            if name.endswith(".py")
            if (file_type := type_of_module(name.removesuffix(".py")))
            if self._owner(path := os.path.join(directory, name)) == owner
            if path not in self._producers
        ]

    def _shown(self, files: Iterable[ModelFile]) -> tuple[ModelFile, ...]:
        ordered = sorted(files, key=lambda file: (FILE_TYPES.index(file.file_type), file.path))
        return tuple(replace(file, path=self.context.sources.label(file.path)) for file in ordered)

    def _add_hand_written(self, directory: str, parent: ParentName) -> str:
        key = self.context.sources.label(directory)
        if key not in self.models:
            package = parent.dotted.rpartition(".")[0]
            files = self._shown(self._hand_written_files(directory, None))
            name = os.path.basename(directory)
            self.models[key] = Model(key, name, "hand-written", package, files)
        return key

    def _add_missing(self, parent: ParentName) -> str:
        package = parent.dotted.rpartition(".")[0]
        name = package.rpartition(".")[2]
        self.models.setdefault(package, Model(package, name, "missing", package))
        return package


def _must_exist(parent: ParentName, location: ModularLocation) -> bool:
    """Whether a module that is not found must be a parent: another library's need not be."""
    own = (DISTRIBUTION, location.package.split(".")[0])
    return parent.node.level > 0 or parent.dotted.split(".")[0] in own


def _names_in(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []


def _inherited_file(
    name: str, is_generated: bool, nodes: Sequence[ast.ImportFrom], index: FileIndex
) -> InheritedFile:
    names = dict.fromkeys(alias.name for node in nodes for alias in node.names)
    classes = []
    for item in index.classes.values():
        node = item.statement.node
        assert isinstance(node, ast.ClassDef)
        for base in node.bases:
            if isinstance(base, ast.Name) and base.id in names:
                line = node.lineno + item.source.first_line
                classes.append(InheritedClass(item.name, base.id, line))
    bases = {inherited.base for inherited in classes}
    return InheritedFile(
        name,
        is_generated,
        min(node.lineno for node in nodes),
        tuple(classes),
        tuple(name for name in names if name not in bases),
    )
