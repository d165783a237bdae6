"""Warnings about what a modular file says and no standalone file gets."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from modular_converter.diagnostics.record import Diagnostic
from modular_converter.library.index import FileIndex, Item
from modular_converter.lint.facts import ConversionFacts, MergedClass
from modular_converter.merge.super_calls import is_docstring
from modular_converter.syntax.definitions import ClassParts
from modular_converter.syntax.statements import FUNCTIONS, Statement

_KINDS = {
    ast.If: "an `if` block",
    ast.Try: "a `try` block",
    ast.For: "a loop",
    ast.While: "a loop",
    ast.With: "a `with` block",
    ast.ClassDef: "a nested class",
    ast.AnnAssign: "an annotated assignment",
    ast.AugAssign: "an augmented assignment",
    ast.Assign: "an assignment to more than one plain name",
    ast.Expr: "a bare expression",
    ast.Delete: "a `del` statement",
}


def object_warnings(facts: ConversionFacts) -> Iterator[Diagnostic]:
    """Definitions and statements that are not carried over."""
    yield from _unreached(facts)
    yield from _dropped_statements(facts.index)
    for merged in facts.merged:
        yield from _dropped_members(merged)


def _unreached(facts: ConversionFacts) -> Iterator[Diagnostic]:
    index = facts.index
    label = index.source.label
    written: dict[str, set[str]] = {}
    for node in facts.nodes:
        texts = written.setdefault(node.name, set())
        if node.fragments[-1].origin.path == label:
            texts.add("")
        elif node.name in index.assignments:
            texts.add(node.fragments[-1].text.strip())
    for item in (*index.functions.values(), *index.assignments.values()):
        texts = written.get(item.name, set())
        owner = re.split(r"[.\[]", item.name)[0]
        if not texts and owner != item.name and owner in index.classes:
            yield item.source.diagnostic(
                "dropped-statement",
                f"the assignment to `{item.name}` is not carried over to any generated file",
                item.statement.node,
                hint=f"write it into the body of {owner}",
                severity="warning",
            )
        elif not texts and not _is_boilerplate(item):
            yield item.source.diagnostic(
                "unreached-object",
                f"{item.kind} `{item.name}` is used by no class and reaches no generated file",
                item.statement.node,
                hint="delete it, or use it in a class",
                severity="warning",
            )
        elif texts and "" not in texts and item.text.strip() not in texts:
            yield item.source.diagnostic(
                "parent-wins",
                f"`{item.name}` is written with the value that the parent gives it, not this one",
                item.statement.node,
                hint="give it another name and use that in the class",
                severity="warning",
            )


def _is_boilerplate(item: Item) -> bool:
    """Whether it is a module's logger: that is written down without thinking of its use."""
    return item.kind == "assignment" and "get_logger(" in item.text


def _dropped_statements(index: FileIndex) -> Iterator[Diagnostic]:
    for statement in index.statements:
        node = statement.node
        if _is_carried_over(statement):
            continue
        kind = _KINDS.get(type(node), "a statement")
        if not statement.is_single and len(statement.nodes) > 1:
            kind = "a line of several statements"
        if isinstance(node, ast.AugAssign) or _is_exports(node):
            hint = "write `__all__ = [...]` as one list" if _is_exports(node) else ""
        else:
            hint = ""
        yield index.source.diagnostic(
            "dropped-statement",
            f"{kind} at module level is not carried over to any generated file",
            node,
            hint=hint or "move it into a function or class, or assign to one plain name",
            severity="warning",
        )


def _is_carried_over(statement: Statement) -> bool:
    node = statement.node
    if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        return True
    if isinstance(node, ast.If):
        return any(isinstance(child, (ast.Import, ast.ImportFrom)) for child in node.body)
    if not statement.is_single:
        return False
    if isinstance(node, ast.Expr):
        # The module's docstring, or a string in the role of a comment.
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        if _is_exports(node):
            return isinstance(node.value, ast.List)
        target = node.targets[0]
        if isinstance(target, (ast.Subscript, ast.Attribute)):
            return isinstance(target.value, ast.Name)
        return isinstance(target, ast.Name)
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.Pass))


def _is_exports(node: ast.stmt) -> bool:
    targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


def _dropped_members(merged: MergedClass) -> Iterator[Diagnostic]:
    mine, theirs = merged.item.class_parts, merged.parent_item.class_parts
    for node, kind in _lost_members(mine):
        yield merged.item.source.diagnostic(
            "dropped-member",
            f"{kind} in the body of {merged.item.name} is not carried over, because the class "
            "inherits from a parent model",
            node,
            hint="move it to module level or into a method",
            severity="warning",
        )
    for node, kind in _lost_members(theirs):
        source = merged.parent_item.source
        yield merged.item.source.diagnostic(
            "dropped-member",
            f"{kind} in the body of the parent class {merged.parent_item.name} is not carried "
            f"over ({source.label}:{node.lineno + source.first_line})",
            merged.item.statement.node,
            hint="write what is missing into the class",
            severity="warning",
        )


def _lost_members(parts: ClassParts) -> Iterator[tuple[ast.stmt, str]]:
    definitions = Counter(
        statement.node.name
        for statement in parts.statements
        if isinstance(statement.node, FUNCTIONS)
    )
    seen: Counter[str] = Counter()
    for statement in parts.statements:
        node = statement.node
        if isinstance(node, FUNCTIONS):
            seen[node.name] += 1
            if 1 < seen[node.name] < definitions[node.name]:
                yield node, f"definition {seen[node.name]} of `{node.name}`"
        elif len(statement.nodes) > 1:
            yield node, "a line of several statements"
        elif isinstance(node, ast.Assign) and len(node.targets) > 1:
            yield node, "a chained assignment"
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            if isinstance(node.value.value, str) and not is_docstring(parts.source, node):
                yield node, "a string that is not a triple double-quoted docstring"
        elif not isinstance(node, (ast.Assign, ast.AnnAssign, ast.Pass)):
            yield node, _KINDS.get(type(node), "a statement")
