"""Import statements as data: what they bind, how they are renamed, pruned and written."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from modular_converter.names.renamer import Renamer
from modular_converter.syntax.nodes import nodes_within
from modular_converter.syntax.source import Source
from modular_converter.syntax.statements import (
    Statement,
    dedented,
    holds_imports,
    imports_directly,
    split_block,
)

_OPENING = re.compile(r"import\s*\(((?:[ \t]*#[^\n]*\n|\s)*)")


@dataclass(frozen=True)
class Alias:
    """``name as alias``."""

    name: str
    alias: str | None = None

    @property
    def bound(self) -> str:
        """The (possibly dotted) name that it binds."""
        return self.alias or self.name

    @property
    def text(self) -> str:
        """As written in a statement."""
        return f"{self.name} as {self.alias}" if self.alias else self.name


@dataclass(frozen=True)
class ImportStatement:
    """``import a.b, c`` (``module`` is None) or ``from ..m import x, y``.

    ``lead`` are the lines above, ``key`` the stripped source text, ``opening`` comment lines
    just inside the parenthesis, ``comment`` what follows on the last line.
    """

    lead: str
    key: str
    names: tuple[Alias, ...]
    level: int = 0
    module: str | None = None
    opening: str = ""
    comment: str = ""

    @property
    def dotted(self) -> str:
        """The module with its leading dots."""
        return "." * self.level + (self.module or "")

    @property
    def is_from(self) -> bool:
        """Whether it is a ``from`` import."""
        return self.module is not None

    def written(self, indent: str = "") -> str:
        """Its lines, those above included."""
        listed = ", ".join(alias.text for alias in self.names)
        if not self.is_from:
            text = f"import {listed}"
        elif self.opening:
            text = f"from {self.dotted} import ({self.opening}{indent}    {listed}\n{indent})"
        else:
            text = f"from {self.dotted} import {listed}"
        comment = f"  {self.comment}" if self.comment else ""
        return f"{self.lead}{indent}{text}{comment}\n"

    def keeping(self, keep: Callable[[str], bool]) -> ImportStatement | None:
        """The statement with only the names whose bound form is to be kept, or None."""
        names = tuple(alias for alias in self.names if keep(alias.bound))
        return replace(self, names=names) if names else None

    def seen_from(self, package: str) -> ImportStatement:
        """The statement in a module of ``package``: relative if it imports from its library.

        A library is what shares the outermost package.
        """
        own, module = package.split("."), (self.module or "").split(".")
        if not self.is_from or self.level or module[0] != own[0]:
            return self
        shared = len(os.path.commonprefix([own, module]))
        level = len(own) - shared + 1
        return replace(self, level=level, module=".".join(module[shared:]))

    def renamed(self, renamer: Renamer) -> ImportStatement:
        """The statement in the renamed parent."""
        lead, key = renamer.code(self.lead), renamer.code(self.key)
        if lead == self.lead and key == self.key:
            return self
        if self.is_from and not self.level:
            return replace(self, lead=lead, key=key)
        names = tuple(
            Alias(_dotted(renamer, a.name), renamer.word(a.alias) if a.alias else None)
            for a in self.names
        )
        level, module = self.level, self.module
        if self.is_from:
            dotted = renamer.relative_import("." * self.level, self.module or "")
            level = len(dotted) - len(dotted.lstrip("."))
            module = dotted[level:]
        return replace(
            self,
            lead=lead,
            key=key,
            names=names,
            level=level,
            module=module,
            opening=renamer.code(self.opening),
            comment=renamer.code(self.comment),
        )


def _dotted(renamer: Renamer, name: str) -> str:
    return ".".join(map(renamer.word, name.split(".")))


@dataclass(frozen=True)
class ImportBlock:
    """An ``if`` block of imports.

    ``rest`` is its ``else`` part, ``others`` are its other statements (file, line, text) and
    ``referred`` the dotted names that its condition and ``else`` part refer to.
    """

    lead: str
    key: str
    header: str
    statements: tuple[ImportStatement, ...]
    rest: str = ""
    others: tuple[tuple[Source, int, str], ...] = ()
    referred: tuple[str, ...] = ()

    def written(self) -> str:
        """Its lines, those above included."""
        body = "".join(statement.written("    ") for statement in self.statements)
        return f"{self.lead}{self.header}{body}{self.rest}"

    def keeping(self, keep: Callable[[str], bool]) -> ImportBlock | None:
        """The block with only the names to be kept, or None."""
        kept = tuple(
            left for statement in self.statements if (left := statement.keeping(keep)) is not None
        )
        return replace(self, statements=kept) if kept else None

    def seen_from(self, package: str) -> ImportBlock:
        """The block in a module of ``package``: what it imports from its library is relative."""
        return replace(self, statements=tuple(s.seen_from(package) for s in self.statements))

    def renamed(self, renamer: Renamer) -> ImportBlock:
        """The block in the renamed parent."""
        return replace(
            self,
            lead=renamer.code(self.lead),
            key=renamer.code(self.key),
            header=renamer.code(self.header),
            statements=tuple(s.renamed(renamer) for s in self.statements),
            rest=renamer.code(self.rest),
            referred=tuple(_dotted(renamer, name) for name in self.referred),
        )


ImportNode = ImportStatement | ImportBlock


def read_imports(source: Source, children: tuple[Statement, ...]) -> list[ImportNode]:
    """The import statements and blocks of a file.

    A block in a block counts by itself, and as if its condition were the only one: so it is in
    transformers' converter (4.49 to 5.24).
    """
    nodes: list[ImportNode] = []
    for statement in children:
        if isinstance(statement.node, ast.If):
            nodes += _read_blocks(source, statement)
        else:
            nodes.append(_read_one(source, statement))
    return nodes


def _read_blocks(source: Source, statement: Statement) -> list[ImportBlock]:
    node = statement.node
    assert isinstance(node, ast.If)
    blocks = [_read_block(source, statement)] if imports_directly(node) else []
    for child in node.body:
        if isinstance(child, ast.If):
            own = dedented(source, child)
            blocks += _read_blocks(own, split_block(own, own.tree.body, -1, "")[0])
    return blocks


def _read_one(source: Source, statement: Statement) -> ImportStatement:
    node = statement.node
    assert isinstance(node, (ast.Import, ast.ImportFrom))
    line, column = source.end_of(node)
    after = source.lines[line - 1][column:].strip()
    text = source.slice(node)
    opening = ""
    match = _OPENING.search(text)
    if match is not None and "#" in match.group(1):
        opening = match.group(1).rpartition("\n")[0] + "\n"
    return ImportStatement(
        lead="" if statement.inline else source.block(statement.lead, statement.first - 1),
        key=(source.block(statement.lead, statement.last)).strip(),
        names=tuple(Alias(alias.name, alias.asname) for alias in node.names),
        level=getattr(node, "level", 0) or 0,
        module=(node.module or "") if isinstance(node, ast.ImportFrom) else None,
        opening=opening,
        comment=after if after.startswith("#") else "",
    )


def _read_block(source: Source, statement: Statement) -> ImportBlock:
    node = statement.node
    assert isinstance(node, ast.If)
    line, column = source.end_of(node.test)
    while ":" not in source.lines[line - 1][column:].split("#")[0]:
        line, column = line + 1, 0
    header_end = line - 1
    children = split_block(source, node.body, header_end, "    ")
    statements = []
    others = []
    for child in children:
        if isinstance(child.node, (ast.Import, ast.ImportFrom)) and len(child.nodes) == 1:
            statements.append(_read_one(source, child))
        elif not (isinstance(child.node, ast.If) and holds_imports(child.node)):
            others.append((source, child.node.lineno, source.slice(child.node)))
    header = source.block(statement.first, header_end)
    if children and children[0].inline:
        header = (
            source.between((statement.first + 1, 0), source.start_of(children[0].node)).rstrip()
            + "\n"
        )
    return ImportBlock(
        lead=source.block(statement.lead, statement.first - 1),
        key=source.block(statement.lead, statement.last).strip(),
        header=header,
        statements=tuple(statements),
        rest=source.block(children[-1].last + 1, statement.last) if node.orelse else "",
        others=tuple(others),
        referred=tuple(sorted(_referred([node.test, *node.orelse]))),
    )


def _referred(nodes: list[ast.expr | ast.stmt]) -> set[str]:
    """The dotted names that are read in some nodes."""
    names = set()
    for top in nodes:
        for node in nodes_within(top):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                names.add(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                names.add(ast.unparse(node))
    return names


def statement_importing(module: str, name: str) -> ImportStatement:
    """``from module import name`` made up by the conversion; ``module`` may begin with dots."""
    level = len(module) - len(module.lstrip("."))
    text = f"from {module} import {name}"
    return ImportStatement("", text, (Alias(name),), level, module[level:])


def select(candidates: list[ImportNode], used: set[str], defined: set[str]) -> list[ImportNode]:
    """The imports that a file needs: plain ones first, blocks after them.

    ``used`` are dotted names that the file refers to, ``defined`` the names it defines itself.
    The first import of a name wins, and what blocks refer to counts as used, whether or not the
    block is kept: so it is in transformers' converter (5.0 to 5.24).
    """
    referred = set(used)
    for node in candidates:
        if isinstance(node, ImportBlock):
            referred.update(node.referred)
    needed = needed_names(importable_names(candidates), referred)
    added: set[str] = set()

    def keep(bound: str) -> bool:
        if bound in needed and bound not in defined and bound not in added:
            added.add(bound)
            return True
        return False

    plain: list[ImportNode] = []
    blocks: list[ImportNode] = []
    for node in candidates:
        left = node.keeping(keep)
        if left is not None:
            (blocks if isinstance(left, ImportBlock) else plain).append(left)
    return plain + blocks


def importable_names(candidates: Iterable[ImportNode]) -> frozenset[str]:
    """The (dotted) names that imports bind, with all that these begin with."""
    bound: set[str] = set()
    for node in candidates:
        for statement in node.statements if isinstance(node, ImportBlock) else (node,):
            for alias in statement.names:
                bound.add(alias.bound)
                if "." in alias.bound:
                    parts = alias.bound.split(".")
                    bound.update(".".join(parts[:size]) for size in range(1, len(parts)))
    return frozenset(bound)


def needed_names(bound: Collection[str], referred: Iterable[str]) -> set[str]:
    """Those of the names that imports bind that have a reference.

    A dotted access counts for the longest bound name.
    """
    needed: set[str] = set()
    for name in referred:
        parts = name.split(".")
        if parts[0] not in bound:
            continue
        size = len(parts)
        while ".".join(parts[:size]) not in bound:
            size -= 1
        needed.add(".".join(parts[:size]))
    return needed
