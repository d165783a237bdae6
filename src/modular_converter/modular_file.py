"""A modular file: its place, its model's name and the parent files it imports from."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from modular_converter import diagnostics
from modular_converter.file_types import type_of_module
from modular_converter.index import FileIndex
from modular_converter.library import DISTRIBUTION, Sources
from modular_converter.source import Source

_INDENTED_FROM = re.compile(r"^[ \t]+from[ \t.]", re.MULTILINE)


@dataclass(frozen=True)
class Place:
    """Where a modular stands. ``package`` is dotted and relative to ``root``.

    ``in_library`` says that it is a model of transformers itself.
    """

    path: str
    root: str
    package: str
    banner_path: str
    model_name: str
    in_library: bool

    @property
    def directory(self) -> str:
        """The directory of the modular file."""
        return os.path.dirname(self.path)


def place_of(path: str, root: str) -> Place:
    """The place of a modular file. Raises ConversionError for another file name."""
    path = os.path.abspath(path)
    name = os.path.basename(path)
    if not name.startswith("modular_") or not name.endswith(".py"):
        raise diagnostics.error(
            "not-a-modular-file", path, f"{name} is not named modular_<model>.py",
            hint="name the file modular_<model>.py",
        )
    model_name = name[len("modular_") : -len(".py")]
    parts = path.replace(os.sep, "/").split("/")
    if DISTRIBUTION in parts[:-1]:
        start = len(parts) - 1 - parts[::-1].index(DISTRIBUTION, 1)
        if parts[start + 1 : start + 2] == ["models"]:
            return Place(
                path=path,
                root="/".join(parts[:start]) or "/",
                package=".".join(parts[start:-1]),
                banner_path="src/" + "/".join(parts[start:]),
                model_name=model_name,
                in_library=True,
            )
    relative = os.path.relpath(path, root).replace(os.sep, "/")
    if relative.startswith("../"):
        root = os.path.dirname(path)
        relative = name
    return Place(
        path=path,
        root=root,
        package=".".join(relative.split("/")[:-1]),
        banner_path=relative,
        model_name=model_name,
        in_library=False,
    )


@dataclass(frozen=True)
class ParentImport:
    """An import of names from a parent model file."""

    path: str
    package: str
    module: str
    names: tuple[str, ...]
    node: ast.ImportFrom
    # The conditional or `...models.` spellings stay candidates for the output's imports.
    stays: bool

    @property
    def old_name(self) -> str:
        """The parent's model name: its directory."""
        return self.package.rpartition(".")[2]

    @property
    def file_type(self) -> str:
        """The parent's file type."""
        return type_of_module(self.module) or "modeling"


def from_imports(index: FileIndex) -> Iterator[tuple[ast.ImportFrom, bool]]:
    """Every ``from`` import of a file, and whether it stands alone at module level."""
    top = {id(unit.node) for unit in index.imports if unit.is_single}
    for unit in index.imports:
        if isinstance(unit.node, ast.ImportFrom):
            yield unit.node, True
    if _INDENTED_FROM.search(index.source.text):
        for node in ast.walk(index.source.tree):
            if isinstance(node, ast.ImportFrom) and id(node) not in top:
                yield node, False


def parent_imports(
    place: Place, index: FileIndex, search_roots: Iterable[str], sources: Sources
) -> list[ParentImport]:
    """The parents of a modular in source order. Raises ConversionError when one is missing."""
    found = []
    for node, is_top in from_imports(index):
        parent = _parent_of(place, node, is_top, list(search_roots), index.source, sources)
        if parent is not None:
            found.append(parent)
    return sorted(found, key=lambda parent: (parent.node.lineno, parent.node.col_offset))


def _parent_of(
    place: Place,
    node: ast.ImportFrom,
    is_top: bool,
    search_roots: list[str],
    source: Source,
    sources: Sources,
) -> ParentImport | None:
    module = node.module or ""
    if node.level == 0 and module == DISTRIBUTION and is_top:
        raise source.error(
            "global-import",
            f"`from {DISTRIBUTION} import ...` does not say which module the names are from",
            node,
            hint="import each name from the module that defines it",
        )
    components = module.split(".")
    if len(components) < 2 or type_of_module(module) is None or node.level == 1:
        return None
    if components[-2] == "auto" and components[-1].startswith("modeling"):
        return None
    if node.level:
        dotted = _absolute(place.package, node.level, module)
        if dotted is None:
            raise source.error(
                "import-beyond-root",
                f"the relative import goes above the root of {place.banner_path}",
                node,
                hint="use fewer dots, or name the source root that the package lies in",
            )
    else:
        dotted = module
    if place.in_library and not _is_library_model(node.level, components):
        return None
    if not place.in_library and node.level == 0 and components[0] == DISTRIBUTION:
        if not _is_library_model(0, components):
            return None
    roots = [place.root, *search_roots]
    path = _find(dotted, roots, sources)
    if path is None:
        if node.level == 0 and components[0] not in (DISTRIBUTION, place.package.split(".")[0]):
            return None
        raise source.error(
            "parent-not-found",
            f"parent module {'.' * node.level}{module} is not found "
            f"(looked for {dotted.replace('.', '/')}.py)",
            node,
            hint="check the spelling; name the directory that holds its package as a search path",
        )
    names = tuple(alias.name for alias in node.names)
    if "*" in names:
        raise source.error(
            "star-import", f"a parent module cannot be imported from with `*`: {module}", node,
            hint="name what is used",
        )
    if type_of_module(module) == "modeling" and node.level:
        for name in names:
            if "Config" in name:
                raise source.error(
                    "config-from-modeling",
                    f"{name} is imported from a modeling file",
                    node,
                    hint="import configuration classes from the configuration file",
                )
    stays = not is_top or (place.in_library and node.level == 3)
    package, _, module_name = dotted.rpartition(".")
    return ParentImport(path, package, module_name, names, node, stays)


def _is_library_model(level: int, components: list[str]) -> bool:
    if level == 2:
        return len(components) == 2
    if level == 3:
        return len(components) == 3 and components[0] == "models"
    return level == 0 and len(components) == 4 and components[:2] == [DISTRIBUTION, "models"]


def _absolute(package: str, level: int, module: str) -> str | None:
    parts = package.split(".") if package else []
    if level - 1 > len(parts):
        return None
    return ".".join([*parts[: len(parts) - level + 1], module])


def _find(dotted: str, roots: list[str], sources: Sources) -> str | None:
    relative = dotted.replace(".", os.sep) + ".py"
    for root in roots:
        path = os.path.join(root, relative)
        if sources.exists(path):
            return path
    return None
