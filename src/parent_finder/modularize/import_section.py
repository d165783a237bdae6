"""The imports of a modular file: those of all its originals and of its parents, as one section."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from textwrap import indent

from modular_converter.emit.sorted_imports import ordered_imports
from modular_converter.library.imports import ImportBlock
from modular_converter.library.index import FileIndex
from parent_finder.modularize.class_text import INDENT


def import_section(statements: Iterable[str]) -> str:
    """Import statements as the formatter leaves them.

    There is one for each module and, below these, one block for each condition, with the blank
    lines above it. What has comments, or an `else` part, stays as it is.
    """
    plain: dict[str, dict[str, None]] = {}
    blocks: dict[str, dict[str, None]] = {}
    leads: dict[str, str] = {}
    for statement in statements:
        text = statement.strip("\n") + "\n"
        node = ast.parse(text).body[0]
        if "#" in text or (isinstance(node, ast.If) and node.orelse):
            own = plain if isinstance(node, (ast.Import, ast.ImportFrom)) else blocks
            own.setdefault(text, {})
            leads.setdefault(text, _lead(statement))
        elif isinstance(node, ast.ImportFrom):
            names = plain.setdefault(f"from {'.' * node.level}{node.module or ''} import ", {})
            names.update(dict.fromkeys(map(ast.unparse, node.names)))
        elif isinstance(node, ast.If):
            head = f"if {ast.unparse(node.test)}:\n"
            leads.setdefault(head, _lead(statement))
            body = blocks.setdefault(head, {})
            body.update(dict.fromkeys(f"{indent(ast.unparse(i), INDENT)}\n" for i in node.body))
        else:
            (plain if isinstance(node, ast.Import) else blocks).setdefault(text, {})
            leads.setdefault(text, _lead(statement))
    lines = [f"{head}{', '.join(names)}".rstrip("\n") + "\n" for head, names in plain.items()]
    above = ordered_imports(lines)
    below = "".join(f"{leads[head]}{head}{''.join(body)}" for head, body in blocks.items())
    between = "\n\n" if above and below else ""
    return above + between + below.lstrip("\n")


def _lead(statement: str) -> str:
    """The blank lines above a statement, one at least."""
    return statement[: len(statement) - len(statement.lstrip("\n"))] or "\n"


def names_in_conditions(index: FileIndex) -> frozenset[str]:
    """The names in the conditions under which a file imports something."""
    blocks = [node for node in index.import_nodes if isinstance(node, ImportBlock)]
    return frozenset(name for block in blocks for name in block.referred)
