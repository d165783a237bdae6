"""Writes what releases of Pants have of the names that the rules use, into `facts.json`.

    PYTHONPATH=build-support:. python3.11 -m tests.contracts.pants_api.facts GIT_DIRECTORY

It needs libcst. GIT_DIRECTORY is a clone of Pants' repository. The file has, for each name, the
releases in which something about it changed: the parameters of what can be called, `true` for any
other name, `null` where it is missing. Classes are read with what they inherit from other classes
of Pants; `"inherited"` says that a base from elsewhere may have the name.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from call_by_name.pants_rules import PANTS_RULES

from tests.contracts.pants_api.flavours import Flavour, all_flavours
from tests.contracts.pants_api.uses import (
    is_property,
    method_parameters,
    minor_release,
    parameters,
)

Fact = list[str] | bool | str | None

FILE = Path("tests/contracts/pants_api/facts.json")
# The last patch of each minor release, and the pre-release that the package index has.
RELEASES = (
    *("2.17.1", "2.18.0a0", "2.18.3", "2.19.3", "2.20.4", "2.21.2", "2.22.1", "2.23.2", "2.24.3"),
    *("2.25.3", "2.26.2", "2.27.1", "2.28.1", "2.29.1", "2.30.2", "2.31.0", "2.32.1", "2.33.0"),
)
# Bases that have no members of interest.
_PLAIN_BASES = {"object", "Generic", "Protocol", "ABC"}

_Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.stmt


class _Found(NamedTuple):
    module: str
    node: _Definition


class Release:
    """The sources of one release.

    :param git_directory: a clone with the tag `release_<version>`.
    """

    def __init__(self, git_directory: Path, version: str) -> None:
        self._git = ("git", "--git-dir", str(git_directory))
        self._tag = f"release_{version}"
        listing = self._run("ls-tree", "-r", "--name-only", self._tag, "src/python/pants")
        self._files = set(listing.splitlines())

    def fact(self, name: str) -> Fact:
        """What the release has under a full name."""
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            if self._path(".".join(parts[:length])):
                return self._fact_in(".".join(parts[:length]), parts[length:])
        return None

    def _fact_in(self, module: str, members: list[str]) -> Fact:
        if not members:
            return True
        found = self._definition(module, members[0])
        for member in members[1:]:
            if found is None:
                return None
            if not isinstance(found.node, ast.ClassDef):
                # A member of a value whose type is not known here.
                return True
            inside = self._member(found, member)
            if inside is None:
                return "inherited" if self._has_other_bases(found) else None
            found = inside
        if found is None:
            return None
        if isinstance(found.node, ast.ClassDef):
            constructor = self._constructor(found)
            return True if constructor is None else constructor
        if isinstance(found.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if is_property(found.node) or _is_overload(found.node):
                return True
            in_class = len(members) > 1
            return list(method_parameters(found.node) if in_class else parameters(found.node))
        return True

    def _run(self, *arguments: str) -> str:
        return subprocess.run(
            [*self._git, *arguments], check=True, stdout=subprocess.PIPE, encoding="utf-8"
        ).stdout

    def _path(self, module: str) -> str | None:
        base = f"src/python/{module.replace('.', '/')}"
        for path in (f"{base}.pyi", f"{base}.py", f"{base}/__init__.py"):
            if path in self._files:
                return path
        return None

    @cache  # noqa: B019 - a release lives as long as the program
    def _statements(self, module: str) -> tuple[ast.stmt, ...]:
        path = self._path(module)
        if path is None:
            return ()
        source = self._run("show", f"{self._tag}:{path}")
        return tuple(_flat(ast.parse(source).body))

    def _definition(self, module: str, name: str) -> _Found | None:
        """Where a name of a module is defined, in whichever module that is."""
        found = None
        for node in self._statements(module):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    if (alias.asname or alias.name) == name:
                        found = self._definition(node.module, alias.name)
                        if found is None and self._path(f"{node.module}.{alias.name}"):
                            found = _Found(module, node)
                        if found is None and not node.module.startswith("pants."):
                            found = _Found(module, node)
            elif _defines(node, name):
                found = _Found(module, node)
        if found is None and self._path(f"{module}.{name}"):
            found = _Found(module, ast.Pass())
        return found

    def _bases(self, class_: _Found) -> Iterator[_Found | None]:
        """The bases; None for one that is not a class of Pants."""
        assert isinstance(class_.node, ast.ClassDef)
        for base in class_.node.bases:
            node = base.value if isinstance(base, ast.Subscript) else base
            name = ast.unparse(node)
            if name.rpartition(".")[2] in _PLAIN_BASES:
                continue
            module, _, attribute = name.rpartition(".")
            found = None if module else self._definition(class_.module, attribute)
            yield found if found and isinstance(found.node, ast.ClassDef) else None

    def _lineage(self, class_: _Found) -> Iterator[_Found]:
        """A class and those it inherits from, nearest first."""
        yield class_
        for base in self._bases(class_):
            if base:
                yield from self._lineage(base)

    def _has_other_bases(self, class_: _Found) -> bool:
        return any(None in self._bases(ancestor) for ancestor in self._lineage(class_))

    def _member(self, class_: _Found, name: str) -> _Found | None:
        for ancestor in self._lineage(class_):
            assert isinstance(ancestor.node, ast.ClassDef)
            overload = None
            for node in _flat(ancestor.node.body):
                if _defines(node, name):
                    if not _is_overload(node):
                        return _Found(ancestor.module, node)
                    overload = _Found(ancestor.module, node)
            if overload:
                return overload
            if name in _attributes_set(ancestor.node):
                return _Found(ancestor.module, ast.Pass())
        return None

    def _constructor(self, class_: _Found) -> list[str] | None:
        """The parameters of a class's constructor; None if they are not known."""
        fields: dict[str, str] = {}
        for ancestor in reversed(list(self._lineage(class_))):
            assert isinstance(ancestor.node, ast.ClassDef)
            if _is_record(ancestor.node):
                fields |= _fields(ancestor.node)
        for ancestor in self._lineage(class_):
            assert isinstance(ancestor.node, ast.ClassDef)
            for name in ("__init__", "__new__"):
                defined = [node for node in ancestor.node.body if _defines(node, name)]
                functions = [
                    node
                    for node in defined
                    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
                    and not _is_overload(node)
                ]
                if functions:
                    return list(method_parameters(functions[-1]))
                if defined:
                    return None
            if _is_record(ancestor.node):
                return list(fields.values())
        return None if self._has_other_bases(class_) else []


def _flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements, with those in conditions and `try`."""
    for node in body:
        yield node
        if isinstance(node, ast.If):
            yield from _flat([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            yield from _flat(node.body)


def _defines(node: ast.stmt, name: str) -> bool:
    if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        return node.name == name
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name) and node.target.id == name
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    return isinstance(node, ast.Import) and any(
        (alias.asname or alias.name) == name for alias in node.names
    )


def _attributes_set(class_: ast.ClassDef) -> set[str]:
    """What methods assign to `self`."""
    return {
        node.attr
        for node in ast.walk(class_)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }


def _is_overload(node: ast.stmt) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and any(
        ast.unparse(decorator).rpartition(".")[2] == "overload" for decorator in node.decorator_list
    )


def _is_record(class_: ast.ClassDef) -> bool:
    """Whether a class's fields are the parameters of its constructor."""
    decorators = (ast.unparse(decorator) for decorator in class_.decorator_list)
    return any(
        decorator.partition("(")[0].rpartition(".")[2] == "dataclass"
        and "init=False" not in decorator
        for decorator in decorators
    ) or any(ast.unparse(base) == "NamedTuple" for base in class_.bases)


def _fields(class_: ast.ClassDef) -> dict[str, str]:
    """The fields as parameters, by their names."""
    fields = {}
    for node in class_.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            value = "" if node.value is None else ast.unparse(node.value)
            if "ClassVar" not in ast.unparse(node.annotation) and "init=False" not in value:
                has_default = value and not (value.startswith("field(") and "default" not in value)
                fields[node.target.id] = f"{node.target.id}=" if has_default else node.target.id
    return fields


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    names = sorted(used_names(all_flavours()))
    facts: dict[str, dict[str, Fact]] = {name: {} for name in names}
    latest: dict[str, Fact] = {}
    for version in RELEASES:
        release = Release(Path(arguments[0]), version)
        for name in names:
            fact = release.fact(name)
            if not facts[name] or fact != latest[name]:
                facts[name][version] = latest[name] = fact
    lines = [f" {json.dumps(name)}: {json.dumps(changes)}" for name, changes in facts.items()]
    document = {"releases": RELEASES}
    head = json.dumps(document)[:-1]
    FILE.write_text(f'{head}, "names": {{\n' + ",\n".join(lines) + "\n}}\n")
    return 0


def used_names(flavours: Iterable[Flavour]) -> set[str]:
    """The full names that the rules use, in any of these flavours."""
    used = {use.name for flavour in flavours for use in flavour.uses}
    return used | {f"{rule.module}.{rule.function}" for rule in PANTS_RULES.values()}


def fact_of(changes: dict[str, Fact], version: str) -> Fact:
    """The fact that holds in a release, of a name's changes."""
    until = RELEASES[: RELEASES.index(version) + 1]
    return changes[max((release for release in changes if release in until), key=RELEASES.index)]


def releases_between(first: str, last: str) -> tuple[str, ...]:
    """The releases from one minor release to another, both included."""
    lowest, highest = minor_release(first), minor_release(last)
    return tuple(version for version in RELEASES if lowest <= minor_release(version) <= highest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
