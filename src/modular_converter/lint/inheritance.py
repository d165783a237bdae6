"""Warnings about what inheriting by copying changes: arguments, deletions, bases."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator

from modular_converter.diagnostics.record import Diagnostic
from modular_converter.library.class_places import Place
from modular_converter.library.index import Item
from modular_converter.lint.facts import ConversionFacts, MergedClass
from modular_converter.merge.arguments import Signature, bindings, defaults_of
from modular_converter.merge.methods import deletes_method
from modular_converter.merge.nodes import Node
from modular_converter.syntax.nodes import nodes_within
from modular_converter.syntax.statements import (
    FUNCTIONS,
    Function,
    Statement,
    statements_within,
)
from modular_converter.syntax.written_class import WrittenClass
from toolkit.suggestions import did_you_mean


def inheritance_warnings(facts: ConversionFacts) -> Iterator[Diagnostic]:
    """Findings about classes that inherit from a parent, and about classes defined twice."""
    yield from _repeated_classes(facts)
    classes = {node.name: node for node in facts.nodes if node.kind == "class"}
    for merged in facts.merged:
        theirs = {
            merged.rename(statement.node.name): statement.node
            for statement in merged.parent_item.class_parts.statements
            if isinstance(statement.node, FUNCTIONS)
        }
        place = Place(facts.index, facts.package, facts.library)
        name = merged.item.name
        written = classes.get(name) or Node(name, "class", ())
        yield from _bases(merged, written.written_class, place)
        for statement in merged.item.class_parts.statements:
            node = statement.node
            if not isinstance(node, FUNCTIONS):
                continue
            source = merged.item.source
            call = replaced_call(node) if source.mentions(node, "super") else None
            if call is None or node.name not in theirs or _is_deleted(merged, statement):
                continue
            yield from _arguments(
                merged, node, call, theirs[node.name], written.written_class,
                corrects=facts.corrects,
            )  # fmt: skip
            yield from _deletions(merged, node, call, theirs, written)
            yield from _order(merged, node, call, theirs[node.name])


def _is_deleted(merged: MergedClass, statement: Statement) -> bool:
    return deletes_method(merged.item.source, statement)


def _repeated_classes(facts: ConversionFacts) -> Iterator[Diagnostic]:
    seen: dict[str, ast.ClassDef | Function] = {}
    for statement in facts.index.statements:
        node = statement.node
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            continue
        first = seen.setdefault(node.name, node)
        if first is node:
            continue
        kind = "class" if isinstance(node, ast.ClassDef) else "function"
        # A class is written, whatever function has its name.
        is_written = kind == "class" or not isinstance(first, ast.ClassDef)
        written = "this definition is written" if is_written else "the class is written"
        yield facts.index.source.diagnostic(
            "repeated-class",
            f"{kind} {node.name} is defined again, and only {written} (first on line "
            f"{first.lineno})",
            node,
            hint="delete or rename one of the two",
            severity="warning",
        )


def replaced_call(node: Function) -> ast.Call | None:
    """The call of `super()` that the parent's body replaces: the first that is a statement.

    It must have its lines for itself.
    """
    starts = Counter(statement.lineno for statement in node.body)
    for statement in node.body:
        if starts[statement.lineno] > 1:
            continue
        value = getattr(statement, "value", None)
        if (
            isinstance(statement, (ast.Expr, ast.Return))
            and isinstance(value, ast.Call)
            and isinstance(value.func, ast.Attribute)
            and value.func.attr == node.name
            and isinstance(value.func.value, ast.Call)
            and isinstance(value.func.value.func, ast.Name)
            and value.func.value.func.id == "super"
        ):
            return value
    return None


def _arguments(
    merged: MergedClass,
    mine: Function,
    call: ast.Call,
    theirs: Function,
    written: WrittenClass,
    *,
    corrects: bool,
) -> Iterator[Diagnostic]:
    """Arguments that the parent's body does not see as they are passed."""
    signature = Signature(theirs, merged.rename)
    changes = [*signature.changes(call), *signature.left_out(mine, call)]
    if changes and corrects:
        seen = bindings(mine, call, theirs, merged.rename, ast.unparse, ast.unparse)
        changes = [change for change in changes if change.name not in seen.names]
    if not changes:
        return
    loaded, bound = _names_of_method(written, mine.name)
    method = f"{merged.parent_item.name}.{theirs.name}"
    for change in changes:
        # What is not used does no harm, and what is not bound is reported as undefined.
        if change.name and (change.name not in loaded or change.name not in bound):
            continue
        argument = merged.item.source.slice(change.value) if change.value is not None else ""
        message, hint = change.described(mine.name, method, argument)
        place = call if change.value is None else change.value
        is_meant = change.kind == "left out" or (
            change.kind == "unknown" and _is_optional(change.value, mine)
        )
        code = "dropped-argument" if is_meant else "changed-argument"
        yield merged.item.source.diagnostic(code, message, place, hint=hint, severity="warning")


def _is_optional(value: ast.expr | None, mine: Function) -> bool:
    """Whether a value is a parameter of the method that is None by default."""
    default = defaults_of(mine).get(value.id) if isinstance(value, ast.Name) else None
    return isinstance(default, ast.Constant) and default.value is None


def _names_of_method(written: WrittenClass, method: str) -> tuple[set[str], set[str]]:
    """The names that a method of a written class loads, and those that it binds."""
    loaded: set[str] = set()
    bound: set[str] = set()
    for member in written.members_naming([method]):
        for function in nodes_within(member):
            if isinstance(function, FUNCTIONS) and function.name == method:
                for node in nodes_within(function):
                    if isinstance(node, ast.Name):
                        (loaded if isinstance(node.ctx, ast.Load) else bound).add(node.id)
                    elif isinstance(node, ast.arg):
                        bound.add(node.arg)
    return loaded, bound


def _order(
    merged: MergedClass, mine: Function, call: ast.Call, theirs: Function
) -> Iterator[Diagnostic]:
    """Statements after the call that come too late, or too early, in the merged body."""
    source, parent = merged.item.source, merged.parent_item
    following = [statement for statement in mine.body if statement.lineno > call.lineno]
    if not following:
        return
    replaceable: dict[str, int] = {}
    if any(isinstance(statement, ast.Assign) for statement in following):
        replaceable = {
            merged.rename(ast.unparse(statement.targets[0])): position
            for position, statement in reversed([*enumerate(theirs.body)])
            if isinstance(statement, ast.Assign)
        }
    # What is deleted first is assigned where the override assigns it.
    for statement in following:
        for target in statement.targets if isinstance(statement, ast.Delete) else ():
            replaceable.pop(ast.unparse(target), None)
    ends = isinstance(theirs.body[-1], (ast.Return, ast.Raise)) or any(
        isinstance(statement, ast.Return) and statement.value is call for statement in mine.body
    )
    has_values = False
    assigned: dict[str, int] = {}
    before: set[str] = set()
    own: set[str] = set()
    for statement in following:
        written = ast.unparse(statement.targets[0]) if isinstance(statement, ast.Assign) else ""
        place = replaceable.get(written)
        if place is None:
            if ends and not isinstance(statement, (ast.Delete, ast.Pass)):
                yield source.diagnostic(
                    "unreachable-code",
                    "this follows a `return`: its own, or that of the body of "
                    f"{parent.name}.{theirs.name}, which replaces `super().{mine.name}(...)`",
                    statement,
                    hint="delete it, or write the parent's body out",
                    severity="warning",
                )
                return
            continue
        if not has_values:
            # Most overrides replace nothing: only others are looked into.
            has_values = True
            assigned = _positions(merged, theirs)
            before = _known_before(merged, mine, following)
            own = _assigned(following)
        for name in sorted(_reads(statement.value)):  # type: ignore[attr-defined]
            is_early = assigned.get(name, -1) >= place or (name in own and name not in assigned)
            if is_early and name not in before:
                yield source.diagnostic(
                    "moved-assignment",
                    f"`{written} = ...` reads `{name}`, but takes the place of the assignment to "
                    f"`{written}` in {parent.name}.{theirs.name}, where `{name}` has no value yet",
                    statement,
                    hint="assign to another name, or write the parent's body out",
                    severity="warning",
                )
                break


def _positions(merged: MergedClass, theirs: Function) -> dict[str, int]:
    """Where the parent's body assigns each target, by the number of the statement."""
    assigned: dict[str, int] = {}
    for position, statement in enumerate(theirs.body):
        for nested in statements_within([statement]):
            for target in _targets(nested):
                assigned.setdefault(merged.rename(ast.unparse(target)), position)
    return assigned


def _known_before(merged: MergedClass, mine: Function, following: list[ast.stmt]) -> set[str]:
    """What has a value before the parent's body is reached, or from the start."""
    arguments = {
        argument.arg for argument in nodes_within(mine.args) if isinstance(argument, ast.arg)
    }
    preceding = [statement for statement in mine.body if statement not in following]
    attributes = {f"self.{name}" for name in _attributes(merged)}
    return arguments | attributes | _assigned(preceding)


def _assigned(statements: list[ast.stmt]) -> set[str]:
    """The targets of assignments in statements, at any depth."""
    return {
        ast.unparse(target)
        for statement in statements_within(statements)
        for target in _targets(statement)
    }


def _attributes(merged: MergedClass) -> Iterator[str]:
    """The attributes of the class body, which instances have from the start."""
    for parts in (merged.item.class_parts, merged.parent_item.class_parts):
        for statement in parts.statements:
            for target in _targets(statement.node):
                yield merged.rename(ast.unparse(target))


def _reads(value: ast.expr) -> set[str]:
    """The names and attributes of `self` that an expression reads."""
    return {
        ast.unparse(node)
        for node in nodes_within(value)
        if (isinstance(node, ast.Name) and node.id != "self")
        or (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name))
    }


def _deletions(
    merged: MergedClass,
    mine: Function,
    call: ast.Call,
    theirs: dict[str, Function],
    written: Node,
) -> Iterator[Diagnostic]:
    """`del self.x` of what the parent does not set, or of what the class still uses."""
    deleted = [
        target
        for statement in mine.body
        if isinstance(statement, ast.Delete) and statement.lineno >= call.lineno
        for target in statement.targets
    ]
    if not deleted:
        return
    known = {
        merged.rename(ast.unparse(target))
        for statement in statements_within(theirs.values())
        for target in _targets(statement)
    }
    for target in deleted:
        name = ast.unparse(target)
        if name not in known and not _is_attribute_of_self(target):
            yield merged.item.source.diagnostic(
                "deletes-nothing",
                f"`del {name}` is not carried over: after `super()`, it only leaves out what "
                f"{merged.parent_item.name} assigns to it",
                target,
                hint="write the parent's body out, or delete it in another way",
                severity="warning",
            )
        elif name not in known:
            near = did_you_mean(name, known)
            is_misspelt = near.startswith("did you mean")
            yield merged.item.source.diagnostic(
                "deletes-nothing" if is_misspelt else "redundant-deletion",
                f"`del {name}` deletes nothing: {merged.parent_item.name} does not assign it",
                target,
                hint=near if is_misspelt else "delete the line",
                severity="warning",
            )
        elif _is_only_read(name, written.code):
            yield merged.item.source.diagnostic(
                "deleted-attribute-used",
                f"`{name}` is deleted, but {merged.item.name} still uses it",
                target,
                hint="override the methods that use it, or keep it",
                severity="warning",
            )


def _is_attribute_of_self(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    )


def _is_only_read(name: str, code: str) -> bool:
    """Whether a dotted name occurs in code that does not assign it."""
    if name not in code:
        return False
    word = rf"(?<![\w.]){re.escape(name)}\b"
    is_assigned = re.search(rf"{word}\s*(?::[^=\n]+)?=(?!=)", code) is not None
    return not is_assigned and re.search(word, code) is not None


def _targets(node: ast.stmt) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return [part for target in node.targets for part in _parts(target)]
    if isinstance(node, (ast.AnnAssign, ast.AugAssign)):
        return [node.target]
    return []


def _parts(target: ast.expr) -> list[ast.expr]:
    if isinstance(target, (ast.Tuple, ast.List)):
        return [part for element in target.elts for part in _parts(element)]
    return [target]


def _bases(merged: MergedClass, in_output: WrittenClass, place: Place) -> Iterator[Diagnostic]:
    """Bases of the parent that an extra base replaces, or that now come first."""
    item, parent = merged.item, merged.parent_item
    node = item.statement.node
    assert isinstance(node, ast.ClassDef)
    inherited = {merged.rename(keyword) for keyword in parent.class_parts.keywords}
    for keyword, argument in zip(node.keywords, item.class_parts.keywords, strict=True):
        if argument in inherited:
            continue
        yield item.source.diagnostic(
            "dropped-member",
            f"`{argument}` in the header of {item.name} is not carried over, because the class "
            "inherits from a parent model",
            keyword.value,
            hint="override the whole class, or leave it out",
            severity="warning",
        )
    if len(node.bases) == 1:
        return
    written = [ast.unparse(base) for base in in_output.bases]
    for base in parent.class_parts.bases:
        renamed = merged.rename(base)
        is_external = base not in merged.parent.index.position and "." not in base
        # A class of the parent's family, wherever it is defined, is meant to be replaced.
        if renamed in written or renamed != base or not is_external:
            continue
        if any(place.inherits(other, renamed) for other in written):
            continue
        yield item.source.diagnostic(
            "lost-base",
            f"{item.name} does not inherit from {renamed}, as {parent.name} does: an extra base "
            f"takes its place (written: {', '.join(written)})",
            node,
            hint=f"also name {renamed} as a base, or rename the extra base so that its name ends "
            "otherwise",
            severity="warning",
        )
    listed = [ast.unparse(base) for base in node.bases]
    base_names = [name for name in listed if name not in written]
    first = listed.index(base_names[0]) if base_names else 0
    # A base of the parent's family, or one that takes its place, is not there to come first.
    family = {merged.rename(base) for base in parent.class_parts.bases}
    for name in listed[:first]:
        is_added = name not in family and family <= set(written)
        hidden = _hidden_members(merged, name, place) if is_added else ""
        if written.index(name) > 0:
            loss = (
                f"after {written[0]} in the generated class: its methods no longer take precedence"
            )
        elif hidden:
            loss = (
                f"its `{hidden}` no longer takes precedence: the generated class itself has that "
                "of the parent"
            )
        else:
            continue
        yield item.source.diagnostic(
            "base-order",
            f"{name} comes before the parent here, but {loss}",
            node,
            hint=f"write the methods of {name} into the class",
            severity="warning",
        )
    for position, name in enumerate(written):
        below = next((b for b in written[position + 1 :] if place.inherits(b, name)), None)
        if below is not None:
            yield item.source.diagnostic(
                "base-order",
                f"{item.name} inherits from {name} and then from {below}, which is one itself: "
                "Python finds no order of methods for that",
                node,
                hint=f"name {below} before the parent, or write its methods into the class",
                severity="warning",
            )


def _hidden_members(merged: MergedClass, base: str, place: Place) -> str:
    """A member of an extra base that the parent's body, now the class's own, hides."""
    theirs = {merged.rename(name) for name in _members(merged.parent_item)}
    calling = {
        part.node.name
        for part in merged.item.class_parts.statements
        if isinstance(part.node, FUNCTIONS)
        and merged.item.source.mentions(part.node, "super")
        and replaced_call(part.node) is not None
    }
    inherited = theirs - (_members(merged.item) - calling)
    for name, item in place.lineage(base):
        if item is None:
            if name not in ("object", "nn.Module"):
                return min(inherited, default="")
        elif common := sorted(inherited & _members(item)):
            return common[0]
    return ""


def _members(item: Item) -> set[str]:
    """The methods and attributes of a class body."""
    names = {ast.unparse(t) for part in item.class_parts.statements for t in _targets(part.node)}
    return names | {
        part.node.name for part in item.class_parts.statements if isinstance(part.node, FUNCTIONS)
    }
