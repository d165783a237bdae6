"""The imports of a modular file: those of all its originals and of its parents, as one section."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from textwrap import indent

from modular_converter.emit.sorted_imports import sorted_imports
from parent_finder.modularize.class_text import INDENT


def import_section(statements: Iterable[str]) -> str:
    """Import statements as the formatter leaves them.

    There is one for each module and, below these, one block for each condition. What has comments,
    or an `else` part, stays as it is.
    """
    plain: dict[str, dict[str, None]] = {}
    blocks: dict[str, dict[str, None]] = {}
    for statement in statements:
        text = statement.strip("\n") + "\n"
        node = ast.parse(text).body[0]
        if "#" in text or (isinstance(node, ast.If) and node.orelse):
            own = plain if isinstance(node, (ast.Import, ast.ImportFrom)) else blocks
            own.setdefault(text, {})
        elif isinstance(node, ast.ImportFrom):
            names = plain.setdefault(f"from {'.' * node.level}{node.module or ''} import ", {})
            names.update(dict.fromkeys(map(ast.unparse, node.names)))
        elif isinstance(node, ast.If):
            body = blocks.setdefault(f"if {ast.unparse(node.test)}:\n", {})
            body.update(dict.fromkeys(f"{indent(ast.unparse(i), INDENT)}\n" for i in node.body))
        else:
            (plain if isinstance(node, ast.Import) else blocks).setdefault(text, {})
    lines = [f"{head}{', '.join(names)}".rstrip("\n") + "\n" for head, names in plain.items()]
    # Python wants these above all others.
    lines.sort(key=lambda line: not line.startswith("from __future__ "))
    text = "".join(lines)
    laid_out = sorted_imports(text)
    parts = [laid_out.text if laid_out else text]
    parts += [f"{head}{''.join(body)}" for head, body in blocks.items()]
    return "\n\n\n".join(part.rstrip("\n") for part in parts if part) + "\n"
