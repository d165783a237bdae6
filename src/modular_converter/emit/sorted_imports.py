"""Putting imports into ruff's order, without unused ones, before ruff looks at them.

Ruff checks a file again after each fix, and nearly all that it would fix are imports. What is done
here in another way than it wants it, or is left alone, ruff does itself.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from modular_converter.names.renamer import DISTRIBUTION

# Of generated files.
LINE_LENGTH = 119
_IMPORT = re.compile(r"import (?P<module>[\w.]+(?: as \w+)?)")
_FROM = re.compile(
    r"from (?P<module>\.*[\w.]*) import (?P<names>\w+(?: as \w+)?(?:, \w+(?: as \w+)?)*)"
)
_DIGITS = re.compile(r"\d+")
# Numbers in names are compared with so many digits.
_DIGITS_COMPARED = 20


@dataclass(frozen=True)
class SortedImports:
    """A text whose first imports are sorted.

    ``firsts`` are the beginnings of the first one, before and after. If ruff deletes one of the two
    as unused, the blank lines that this leaves depend on the order in which it found them.
    """

    text: str
    firsts: tuple[str, str]

    def has_lost_first(self, formatted: str) -> bool:
        """Whether ruff has deleted an import that was the first one."""
        return not all(f"\n{first}" in formatted for first in self.firsts)


@dataclass(frozen=True, order=True)
class _Statement:
    """An import in the order in which ruff wants it; ``head`` is what precedes its names."""

    section: int
    order: tuple[object, ...]
    head: str
    names: tuple[str, ...] = ()

    def text(self, code: str) -> str:
        """Its lines without the names that do not occur in the code.

        What would leave no name is left to ruff, as are names under another one: some are exported
        in that way. Ruff keeps to several lines what had them with all names.
        """
        used = self.names
        if self.section:
            used = tuple(name for name in used if " " in name or name in code) or used
        return self.laid_out(used)

    def laid_out(self, names: Sequence[str]) -> str:
        """Its lines with some of the names."""
        if not self.names:
            return self.head
        if len(self.head) + len(", ".join(self.names)) <= LINE_LENGTH:
            return f"{self.head}{', '.join(names)}\n"
        listed = "".join(f"    {name},\n" for name in names)
        return f"{self.head}(\n{listed})\n"


def sorted_imports(text: str) -> SortedImports | None:
    """The text with its first imports sorted; None if they stand below more than comments.

    Where several bind a name, or one with a comment or in parentheses is below them, all are left
    alone: what ruff then takes for unused, or joins, is a matter of their order.
    """
    begin = position = 0
    plain: list[str] = []
    several: dict[str, list[str]] = {}
    first = ""
    while end := text.find("\n", position) + 1:
        line = text[position:end].rstrip()
        if match := _IMPORT.fullmatch(line):
            plain.append(match["module"])
            first = first or f"{line}\n"
        elif match := _FROM.fullmatch(line):
            names = several.setdefault(match["module"], [])
            if names and first == _head(match["module"]):
                return None
            names += match["names"].split(", ")
            first = first or _head(match["module"])
        elif line and (first or not line.startswith("#")):
            break
        position = end
        if not first:
            begin = end
    below = text[position:]
    if below.startswith(("import ", "from ", "#")):
        return None
    bound = [name.rpartition(" ")[2] for names in (plain, *several.values()) for name in names]
    if not first or len(bound) > len(set(bound)):
        return None
    statements = sorted([*map(_import, plain), *_from_imports(several)])
    heads = [statement.head for statement in statements]
    if heads.count(heads[0]) > 1 or any(f"\n{head}" in below for head in (first, heads[0])):
        return None
    lines = [text[:begin], statements[0].text(below)]
    for previous, statement in pairwise(statements):
        lines += ["\n"] * (previous.section != statement.section) + [statement.text(below)]
    return SortedImports("".join([*lines, "\n\n", below]), (first, heads[0]))


def ordered_imports(statements: Iterable[str]) -> str:
    """Import statements in ruff's order. One with a comment stays as it is, apart from the place.

    Unlike ruff, it leaves several statements for one module, and names that are bound twice.
    """
    lines: list[tuple[_Statement, str]] = []
    for text in statements:
        node = ast.parse(text).body[0]
        if isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            made = _from_imports({module: [ast.unparse(alias) for alias in node.names]})
        elif isinstance(node, ast.Import):
            made = [_import(ast.unparse(alias)) for alias in node.names]
        if "#" in text:
            lines.append((made[0], text))
        else:
            lines += [(statement, statement.laid_out(statement.names)) for statement in made]
    sections: dict[int, str] = {}
    for statement, text in sorted(lines):
        sections[statement.section] = sections.get(statement.section, "") + text
    return "\n".join(sections.values())


def _head(module: str) -> str:
    return f"from {module} import "


def _import(module: str) -> _Statement:
    return _Statement(_section(module), (0, 0, _order(module)), f"import {module}\n")


def _from_imports(names: dict[str, list[str]]) -> list[_Statement]:
    """One for the names of each module, and one for each name under another one."""
    statements = []
    for module, imported in names.items():
        plain = tuple(sorted((name for name in imported if " " not in name), key=_member_order))
        dots = len(module) - len(module.lstrip("."))
        for listed in (plain, *((name,) for name in imported if " " in name)):
            if listed:
                order = (1, -dots, _order(module), _member_order(listed[0]))
                statements.append(_Statement(_section(module), order, _head(module), listed))
    return statements


def _section(module: str) -> int:
    """The standard library comes before other packages, and these before the own one."""
    if module.startswith("."):
        return 4
    top = module.partition(" ")[0].partition(".")[0]
    if top == "__future__":
        return 0
    if top == DISTRIBUTION:
        return 3
    return 1 if top in sys.stdlib_module_names else 2


@lru_cache(maxsize=4096)
def _order(name: str) -> tuple[str, str]:
    """Without regard to case; digits count as numbers."""
    return _natural(name.lower()), _natural(name)


def _natural(name: str) -> str:
    return _DIGITS.sub(lambda digits: f"{int(digits[0]):0{_DIGITS_COMPARED}}", name)


@lru_cache(maxsize=4096)
def _member_order(name: str) -> tuple[object, ...]:
    """Constants, then classes, then others."""
    is_constant = len(name) > 1 and name.isupper()
    return (not is_constant, not name[0].isupper(), *_order(name))
