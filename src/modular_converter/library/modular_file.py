"""A modular file: its place, its model's name and the parent files it imports from."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable
from dataclasses import dataclass

from modular_converter.conventions.file_types import type_of_module
from modular_converter.conventions.profiles import Profile
from modular_converter.diagnostics.record import error
from modular_converter.library.index import FileIndex
from modular_converter.library.sources import Sources
from modular_converter.names.renamer import DISTRIBUTION
from modular_converter.syntax.source import Source


@dataclass(frozen=True)
class ModularLocation:
    """Where a modular stands. ``package`` is dotted and relative to ``source_root``.

    ``in_library`` says that it is a model of transformers itself.
    """

    path: str
    source_root: str
    package: str
    banner_path: str
    model_name: str
    in_library: bool

    @property
    def directory(self) -> str:
        """The directory of the modular file."""
        return os.path.dirname(self.path)


def location_of(path: str, root: str, source_roots: Iterable[str] = ()) -> ModularLocation:
    """The place of a modular file.

    ``root`` is what the banner's path is relative to. The innermost of ``source_roots`` that
    holds the file is where its package begins; without one, that is above the outermost
    directory with an ``__init__.py``, or ``root``. Raises ConversionError for another file name.
    """
    path = os.path.abspath(path)
    name = os.path.basename(path)
    if not is_modular_name(name):
        raise error(
            "not-a-modular-file",
            os.path.relpath(path).replace(os.sep, "/"),
            f"{name} is not named modular_<model>.py",
            hint="name the file modular_<model>.py",
        )
    model_name = name[len("modular_") : -len(".py")]
    root = os.path.abspath(root)
    roots = [root, *(os.path.abspath(source_root) for source_root in source_roots)]
    parts = path.replace(os.sep, "/").split("/")
    start = _library_start(parts, roots)
    if start is not None:
        return ModularLocation(
            path=path,
            source_root="/".join(parts[:start]) or "/",
            package=".".join(parts[start:-1]),
            banner_path="src/" + "/".join(parts[start:]),
            model_name=model_name,
            in_library=True,
        )
    if not _holds(root, path):
        root = os.path.dirname(path)
    source_root = _source_root(path, root, source_roots)
    package = os.path.relpath(os.path.dirname(path), source_root).replace(os.sep, ".")
    return ModularLocation(
        path=path,
        source_root=source_root,
        package="" if package == "." else package,
        banner_path=os.path.relpath(path, root).replace(os.sep, "/"),
        model_name=model_name,
        in_library=False,
    )


def _library_start(parts: list[str], roots: Iterable[str]) -> int | None:
    """Where the ``transformers`` package begins in a path that lies in it.

    A directory called so above all roots counts only when it holds the library: a repository may
    have been checked out below any name.
    """
    for start in range(len(parts) - 3, 0, -1):
        if parts[start : start + 2] == [DISTRIBUTION, "models"]:
            above = "/".join(parts[:start]) or "/"
            if any(_holds(root, above) for root in roots):
                return start
            if os.path.isdir(os.path.join(above, DISTRIBUTION, "models", "auto")):
                return start
    return None


def is_modular_name(name: str) -> bool:
    """Whether a file name is that of a modular file."""
    return name.startswith("modular_") and name.endswith(".py") and name != "modular_.py"


def _holds(directory: str, path: str) -> bool:
    return os.path.commonpath([directory, path]) == directory


def _source_root(path: str, root: str, source_roots: Iterable[str]) -> str:
    given = [
        absolute
        for directory in source_roots
        if _holds(absolute := os.path.abspath(directory), path)
    ]
    if given:
        return max(given, key=len)
    directory = os.path.dirname(path)
    if not os.path.isfile(os.path.join(directory, "__init__.py")):
        return root
    while os.path.isfile(os.path.join(directory, "__init__.py")):
        directory = os.path.dirname(directory)
    return directory


@dataclass(frozen=True)
class ParentImport:
    """An import of names from a parent model file."""

    path: str
    package: str
    module: str
    names: tuple[str, ...]
    node: ast.ImportFrom
    is_top: bool
    # The conditional or `...models.` spellings stay candidates for the output's imports.
    stays: bool

    @property
    def old_name(self) -> str:
        """The parent's model name: its directory."""
        return self.package.rpartition(".")[2]

    @property
    def in_library(self) -> bool:
        """Whether the parent is a model of transformers."""
        return self.package.startswith(f"{DISTRIBUTION}.")

    @property
    def file_type(self) -> str:
        """The parent's file type."""
        return type_of_module(self.module) or "modeling"


@dataclass(frozen=True)
class ParentName:
    """A parent module as an import names it; ``dotted`` is absolute."""

    dotted: str
    node: ast.ImportFrom
    is_top: bool


def parent_names(location: ModularLocation, index: FileIndex, profile: Profile) -> list[ParentName]:
    """The parent modules that a modular names, in source order, found or not.

    Raises ConversionError for an import that no conversion can follow.
    """
    parents = []
    for node, is_top in index.from_imports:
        dotted = _parent_name(location, node, is_top, index.source, profile)
        if dotted is not None:
            parents.append(ParentName(dotted, node, is_top))
    return sorted(parents, key=lambda parent: (parent.node.lineno, parent.node.col_offset))


def _parent_name(
    location: ModularLocation,
    node: ast.ImportFrom,
    is_top: bool,
    source: Source,
    profile: Profile,
) -> str | None:
    module = node.module or ""
    if node.level == 0 and module == DISTRIBUTION and is_top:
        raise source.error(
            "global-import",
            f"`from {DISTRIBUTION} import ...` does not say which module the names are from",
            node,
            hint="import each name from the module that defines it, and a module by "
            f"`import {DISTRIBUTION}.<module> as <name>`",
        )
    components = module.split(".")
    if len(components) < 2 or type_of_module(module) is None or node.level == 1:
        return None
    if components[-2] == "auto" and components[-1].startswith("modeling"):
        return None
    dotted = absolute_name(location.package, node.level, module) if node.level else module
    if dotted is None:
        raise source.error(
            "import-beyond-root",
            f"the relative import goes above the root of {location.banner_path}",
            node,
            hint="use fewer dots, or name the source root that the package lies in",
        )
    if _is_nested_model(node.level, components):
        raise source.error(
            "nested-parent",
            f"parent module {'.' * node.level}{module} lies in a nested package",
            node,
            hint="parents must be models/<model>/<type>_<model>.py",
        )
    if components[:2] == [DISTRIBUTION, "models"]:
        # Some models of the library are spelled `....transformers.models...` (up to 5.24).
        return module if len(components) == 4 else None
    if location.in_library and not _is_library_model(node.level, components, profile):
        return None
    if not node.level:
        return None if components[0] == DISTRIBUTION else module
    return dotted


def parent_imports(
    location: ModularLocation,
    index: FileIndex,
    search_roots: Iterable[str],
    sources: Sources,
    profile: Profile,
) -> list[ParentImport]:
    """The parents of a modular in source order. Raises ConversionError when one is missing."""
    roots = [location.source_root, *search_roots]
    imports = []
    for parent in parent_names(location, index, profile):
        resolved = _resolve(location, parent, roots, index.source, sources)
        if resolved is not None:
            imports.append(resolved)
    return imports


def _resolve(
    location: ModularLocation,
    parent: ParentName,
    roots: list[str],
    source: Source,
    sources: Sources,
) -> ParentImport | None:
    node, dotted = parent.node, parent.dotted
    path = find_module(dotted, roots, sources)
    if path is None:
        first_party = location.package.split(".")[0]
        if node.level == 0 and dotted.split(".")[0] not in (DISTRIBUTION, first_party):
            return None
        raise source.error(
            "parent-not-found",
            f"parent module {'.' * node.level}{node.module} is not found "
            f"(looked for {dotted.replace('.', '/')}.py)",
            node,
            hint="check the spelling; name the directory that holds its package as a search path",
        )
    names = tuple(alias.name for alias in node.names)
    if "*" in names:
        raise source.error(
            "star-import",
            f"a parent module cannot be imported from with `*`: {node.module}",
            node,
            hint="name what is used",
        )
    package, _, module_name = dotted.rpartition(".")
    if type_of_module(module_name) == "modeling" and node.level:
        for name in names:
            if "Config" in name:
                raise source.error(
                    "config-from-modeling",
                    f"{name} is imported from a modeling file",
                    node,
                    hint="import configuration classes from the configuration file",
                )
    stays = not parent.is_top or (location.in_library and node.level == 3)
    return ParentImport(path, package, module_name, names, node, parent.is_top, stays)


def _is_library_model(level: int, components: list[str], profile: Profile) -> bool:
    if level == 2 or not profile.finds_parents_below_models:
        return level == 2 and len(components) == 2
    return level == 3 and len(components) == 3 and components[0] == "models"


def _is_nested_model(level: int, components: list[str]) -> bool:
    if components[:2] == [DISTRIBUTION, "models"]:
        return len(components) > 4
    if level == 3 and components[0] == "models":
        return len(components) > 3
    return level == 2 and len(components) > 2


def absolute_name(package: str, level: int, module: str) -> str | None:
    """The dotted name of a relative import; None if it goes above the root."""
    parts = package.split(".") if package else []
    if level - 1 > len(parts):
        return None
    return ".".join([*parts[: len(parts) - level + 1], module])


def find_module(dotted: str, roots: list[str], sources: Sources) -> str | None:
    """The file of a module in the first root that has it."""
    relative = dotted.replace(".", os.sep) + ".py"
    for root in roots:
        path = os.path.join(root, relative)
        if sources.exists(path):
            return path
    return None
