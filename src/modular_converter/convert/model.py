"""One modular file to the texts of its standalone files (before formatting)."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from modular_converter.conventions.file_types import generated_path, module_name, type_of_class
from modular_converter.diagnostics.record import ConversionError, Diagnostic
from modular_converter.emit import exports
from modular_converter.emit.assembly import FIRST_NAMES, OutputFile, Placed, assemble
from modular_converter.emit.dependencies import (
    TargetFile,
    extras_of_free_class,
    extras_of_merged_class,
)
from modular_converter.library.class_places import Place
from modular_converter.library.context import ConversionContext
from modular_converter.library.imports import ImportNode, read_imports, statement_importing
from modular_converter.library.index import FileIndex, Item
from modular_converter.library.library_reader import LibraryReader
from modular_converter.library.model_name import table_for, with_parents
from modular_converter.library.modular_file import ModularLocation, ParentImport, parent_imports
from modular_converter.lint.errors import check_bases, check_imports, check_methods
from modular_converter.lint.facts import ConversionFacts, MergedClass, Output, UsedParent
from modular_converter.lint.import_errors import (
    check_free_bases,
    check_names,
    check_package_bases,
    is_exported,
)
from modular_converter.lint.passes import find_warnings
from modular_converter.lint.resolution import bound_names
from modular_converter.merge.classes import ParentClass, merge_class
from modular_converter.merge.nodes import Node, Rename, node_of_item
from modular_converter.merge.parentless_classes import free_class
from modular_converter.names.prefixes import common_suffix
from modular_converter.names.renamer import Renamer
from modular_converter.parents.loader import Parent, load_parents
from modular_converter.parents.renamed_view import Entry, View


@dataclass(frozen=True)
class Conversion:
    """The result for one modular: unformatted outputs, renaming by parent file, warnings.

    ``renamed`` are the words and addresses that renaming made, as ``find_warnings`` gives them.
    """

    location: ModularLocation
    outputs: dict[str, OutputFile]
    parents: dict[str, Renamer]
    warnings: tuple[Diagnostic, ...] = ()
    renamed: frozenset[str] = frozenset()

    def output_path(self, file_type: str) -> str:
        """Where an output goes: beside the modular."""
        return generated_path(self.location.path, file_type)


@dataclass(eq=False)
class _File:
    """The nodes of one output file by name, each with its place in the order of the file."""

    placed: dict[str, Placed] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)
    counter: int = 0

    def write(self, name: str, node: Node) -> None:
        if name in FIRST_NAMES:
            position = FIRST_NAMES.index(name) - len(FIRST_NAMES)
        else:
            position = self.counter
            self.counter += 1
        self.placed[name] = Placed(position, node)


def convert(
    location: ModularLocation, context: ConversionContext, *, looks_up_names: bool = True
) -> Conversion:
    """Converts one modular file. Raises ConversionError.

    :param looks_up_names: whether warnings include names that resolve nowhere in the outputs. The
        formatter finds out sooner whether there may be any.
    """
    return _Conversion(location, context).run(looks_up_names=looks_up_names)


def converted_nodes(location: ModularLocation, context: ConversionContext) -> list[Node]:
    """The definitions that `convert` would write, without imports and warnings.

    Raises ConversionError.
    """
    conversion = _Conversion(location, context)
    conversion.write_nodes()
    return [placed.node for file in conversion.files.values() for placed in file.placed.values()]


class _Conversion:
    def __init__(self, location: ModularLocation, context: ConversionContext) -> None:
        self.location = location
        self.context = context
        self.profile = context.profile
        self.corrects = not location.in_library if context.corrects is None else context.corrects
        self.index: FileIndex = context.sources.index(location.path)
        self.table = table_for(location, self.index, context.table)
        self.cased = self.table.cased(location.model_name.replace("-", "_"))
        self._types: dict[str, str] = {}
        self.warnings: list[Diagnostic] = []
        self.modular = View(self.index, None)
        roots = (location.source_root, *context.search_roots)
        self.library = LibraryReader(context.sources, roots)
        imports = parent_imports(
            location, self.index, context.search_roots, context.sources, context.profile
        )
        self.imports = imports
        check_imports(self.index, imports)
        self.origin_of: dict[str, ParentImport] = {}
        for imported in imports:
            for name in imported.names:
                self.origin_of[name] = imported
        bases = {
            name: base
            for name, item in self.index.classes.items()
            if (base := self._parent_base(item)) is not None
        }
        self.table = with_parents(self.table, imports, context.sources)
        self.parents, warnings = load_parents(
            location, imports, bases, self.modular, self.table, self.cased, context
        )
        self.warnings += [
            *check_names(self.index, imports, self.parents, bases.values()),
            *warnings,
        ]
        # Objects that came with imports: the parent file each one is from.
        self.added_from: dict[str, str] = {}
        self._merge_imported_objects()
        self.files: dict[str, _File] = {}
        self.new_imports: list[ImportNode] = []
        self.text_renames: dict[tuple[str, str], Renamer] = {}
        self.merged: list[MergedClass] = []

    def _type_of(self, class_name: str) -> str:
        known = self._types.get(class_name)
        if known is None:
            known = type_of_class(class_name, self.cased, self.profile.suffixes)
            self._types[class_name] = known
        return known

    def _check_package_bases(self, item: Item) -> None:
        """An error, but for what a package exports in transformers: 5.5 has such a class."""
        try:
            check_package_bases(item, self.index, self.location, self.library)
        except ConversionError as problem:
            if self.corrects or not self._are_exported(item):
                raise
            self.warnings += [
                replace(finding, severity="warning") for finding in problem.diagnostics
            ]

    def _are_exported(self, item: Item) -> bool:
        """Whether all imported bases of a class are in the `__all__` of a file of their model."""
        bases = [base for base in item.class_parts.bases if base in self.index.imports_of]
        return bool(bases) and all(
            is_exported(base, imported, self.location, self.library)
            for base in bases
            for imported in self.index.imports_of[base]
        )

    def _parent_base(self, item: Item) -> str | None:
        """The base of a modular class that a parent file supplies."""
        bases = [base for base in item.class_parts.bases if base in self.origin_of]
        if len(bases) > 1:
            raise item.source.error(
                "several-parents",
                f"class {item.name} inherits from several parent models: {', '.join(bases)}",
                item.statement.node,
                hint="inherit from one parent class and write the rest out",
            )
        return bases[0] if bases else None

    def _merge_imported_objects(self) -> None:
        """Makes imported functions and assignments part of the modular and of other parents."""
        originally_known = set(self.modular.known)
        functions, assignments = self.modular.functions, self.modular.assignments
        self.explicit: dict[str, frozenset[str]] = {}
        for imported in self.imports:
            if not imported.is_top:
                continue  # A conditional import stays an import of the output.
            view = self.parents[imported.path].view
            for name in imported.names:
                if name in view.functions and name not in functions:
                    functions[name] = view.functions[name]
                    self._add_object(name, imported.path, view, functions, originally_known)
                    closure = view.closure(name)
                    for path, other in self.parents.items():
                        if path == imported.path:
                            continue
                        other.view.overrides[name] = view.functions[name]
                        other.view.override_closures[name] = closure
                        for dependency in closure:
                            other.view.overrides[dependency] = view.known[dependency]
                elif name in view.assignments and name not in assignments:
                    assignments[name] = view.assignments[name]
                    self._add_object(name, imported.path, view, assignments, originally_known)
        self.modular.refresh()

    def _add_object(
        self,
        name: str,
        path: str,
        view: View,
        group: dict[str, Entry],
        originally_known: set[str],
    ) -> None:
        self.added_from[name] = path
        dependencies = view.immediate(name)
        self.explicit[name] = dependencies
        for dependency in sorted(dependencies):
            if dependency not in originally_known:
                self.added_from[dependency] = path
                group[dependency] = view.known[dependency]

    def write_nodes(self) -> None:
        """Fills ``files`` with the classes, and with what they need."""
        self.modular.supplied = self.explicit
        for name, item in self.index.classes.items():
            file_type = self._type_of(name)
            file = self._file(file_type)
            base = self._parent_base(item)
            if base is not None:
                self._write_merged(item, base, file_type, file)
            else:
                dotted = self.profile.keeps_module_bases
                check_free_bases(item, self.index, self.origin_of, dotted=dotted)
                self._check_package_bases(item)
                self._write_free(item, file_type, file)

    def run(self, *, looks_up_names: bool) -> Conversion:
        self.write_nodes()
        exported = exports.split_exports(self.index, self._type_of, self.profile)
        for file_type, nodes in exported.items():
            file = self.files.setdefault(file_type, _File())
            for node in nodes:
                file.write(node.name, node)
        outputs = assemble(
            self.location,
            self.index,
            {file_type: list(file.placed.values()) for file_type, file in self.files.items()},
            self._candidates(),
            self.profile,
            corrects=self.corrects,
        )
        renamers = {path: parent.renamer for path, parent in self.parents.items()}
        warnings, renamed = find_warnings(
            self._facts(outputs), self.warnings, looks_up_names=looks_up_names
        )
        return Conversion(self.location, outputs, renamers, warnings, renamed)

    def _facts(self, outputs: Mapping[str, OutputFile]) -> ConversionFacts:
        return ConversionFacts(
            self.index,
            tuple(self._used_parent(path) for path in self.parents),
            tuple(self.merged),
            tuple(placed.node for file in self.files.values() for placed in file.placed.values()),
            tuple(
                Output(
                    module_name(file_type, self.location.model_name),
                    output.text,
                    output.imports,
                    output.nodes,
                )
                for file_type, output in outputs.items()
            ),
            lambda module: self._own_module(module, outputs),
            self.library,
            self.location.package,
            self.corrects,
        )

    def _own_module(self, module: str, outputs: Mapping[str, OutputFile]) -> Collection[str] | None:
        """The names that a module beside the outputs binds; None if there is no such module."""
        for file_type, output in outputs.items():
            if module == module_name(file_type, self.location.model_name):
                return {node.name for node in output.nodes} | bound_names(output.imports)
        sources = self.context.sources
        path = os.path.join(self.location.directory, f"{module}.py")
        return sources.index(path).bound_names if sources.is_readable(path) else None

    def _used_parent(self, path: str) -> UsedParent:
        first = next(imported for imported in self.imports if imported.path == path)
        parent = self.parents[path]
        return UsedParent(first, parent.view.index, parent.renamer)

    def _file(self, file_type: str) -> _File:
        if file_type not in self.files:
            imported: set[str] = set()
            for parent in self.parents.values():
                # Up to 5.4 fast files only import from siblings what is not known otherwise.
                if parent.file_type == file_type != "image_processing_fast":
                    # What the modular imports by name is copied, not imported conditionally.
                    imported |= parent.view.sibling_imports - (
                        parent.view.conditional_siblings & self.explicit.keys()
                    )
            self.files[file_type] = _File(imported=imported)
        return self.files[file_type]

    def _write_merged(self, item: Item, base: str, file_type: str, file: _File) -> None:
        parent = self.parents[self.origin_of[base].path]
        renamed = parent.renamer.word(base)
        check_bases(item)
        check_methods(item.class_parts)
        entry = parent.view.classes.get(renamed)
        if entry is None:
            raise item.source.error(
                "no-such-class",
                f"parent class {base} is not defined in {self.context.sources.label(parent.path)} "
                f"(looked for {renamed} after renaming)",
                item.statement.node,
                hint="check the spelling, or import the class from the module that defines it",
            )
        check_methods(entry.item.class_parts)
        parent_class = self._parent_class(item.name, renamed, entry, parent)
        # Only the modular file itself is always there, in sandboxes too.
        place = Place(self.index, self.location.package, LibraryReader(self.context.sources, ()))
        inherits = place.inherits if self.corrects else None
        node = merge_class(item, parent_class, base, self.profile, inherits=inherits)
        used = self._used_parent(parent.path)
        self.merged.append(MergedClass(item, entry.item, used, parent_class.rename))
        extras, imports = extras_of_merged_class(
            node, parent.view, self.modular, self._target(file_type, file)
        )
        self._import_siblings(imports, file)
        for name in extras:
            extra = parent.view.entry(name)
            file.write(name, node_of_item(extra.item, name, extra.renamer))
        file.write(item.name, node)

    def _parent_class(
        self, class_name: str, renamed: str, entry: Entry, parent: Parent
    ) -> ParentClass:
        renamer = parent.renamer
        in_code: Callable[[str], str] = renamer.code
        code = in_code
        renames: tuple[Rename, ...] = (renamer,)
        if class_name != renamed:
            suffix = common_suffix(class_name, renamed)
            old = self.table.lower(renamed.removesuffix(suffix))
            new = self.table.lower(class_name.removesuffix(suffix))
            if (old, new) not in self.text_renames:
                self.text_renames[old, new] = Renamer(old, new, self.table)
            words = self.text_renames[old, new]
            renames += (words,)

            def code(text: str) -> str:
                return words.text_only(in_code(text))

        return ParentClass(entry.item, renamed, code, renames)

    def _write_free(self, item: Item, file_type: str, file: _File) -> None:
        extras, imports = extras_of_free_class(
            item,
            self.modular,
            self.added_from,
            self._views(),
            self._target(file_type, file),
        )
        self._import_siblings(imports, file)
        for name in extras:
            entry = self.modular.known[name]
            file.write(name, node_of_item(entry.item, name, entry.renamer))
        file.write(item.name, free_class(item, self.profile))

    def _target(self, file_type: str, file: _File) -> TargetFile:
        keeps_kwargs = self.profile.pil_keeps_parents_kwargs and file_type == "image_processing_pil"
        return TargetFile(
            file_type,
            file.placed,
            file.imported,
            self._type_of,
            keeps_kwargs,
            self.profile.looks_into_own_classes,
        )

    def _views(self) -> dict[str, View]:
        return {path: parent.view for path, parent in self.parents.items()}

    def _import_siblings(self, imports: dict[str, str], file: _File) -> None:
        name = self.location.model_name
        for class_name, file_type in imports.items():
            self.new_imports.append(
                statement_importing(f".{module_name(file_type, name)}", class_name)
            )
            file.imported.add(class_name)

    def _candidates(self) -> list[ImportNode]:
        excluded = {id(imported.node) for imported in self.imports if not imported.stays}
        kept = [statement for statement in self.index.imports if id(statement.node) not in excluded]
        candidates = read_imports(self.index.source, tuple(kept))
        candidates += self.new_imports
        seen = {node.key for node in candidates}
        for parent in self.parents.values():
            index = parent.view.index
            added = [
                renamed
                for node in index.import_nodes
                if (renamed := node.renamed(parent.renamer)).key not in seen
            ]
            seen.update(node.key for node in added)
            candidates += added
        return candidates
