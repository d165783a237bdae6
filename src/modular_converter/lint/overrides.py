"""Warnings about overrides: those that do not delete, change nothing or lose the parent."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from modular_converter.diagnostics.record import Diagnostic
from modular_converter.library.class_places import Place
from modular_converter.lint.facts import ConversionFacts, MergedClass
from modular_converter.lint.inheritance import replaced_call
from modular_converter.merge.methods import deletes_method
from modular_converter.merge.super_calls import is_docstring
from modular_converter.names.renamer import COPIED
from modular_converter.syntax.nodes import nodes_within
from modular_converter.syntax.source import Source
from modular_converter.syntax.statements import FUNCTIONS, Function, Statement, statements_within
from modular_converter.syntax.unread_bodies import body_line

_LAYOUT = re.compile(r"\s+|,(?=\s*[)\]}])")
_WORDS_AND_LAYOUT = re.compile(r"[\w\s,]+")
_LAST_LINES = 8
_MODULES = frozenset({"nn.Module", "torch.nn.Module", "GradientCheckpointingLayer"})
_NAME_FIELDS = frozenset({"id", "attr", "arg", "name", "asname", "module"})


def override_warnings(facts: ConversionFacts) -> Iterator[Diagnostic]:
    """Findings about the members of the classes that inherit from a parent."""
    for merged in facts.merged:
        members = _members(merged.parent_item.class_parts.statements, merged.parent.renamer.word)
        mine = merged.item.class_parts
        definitions = [
            statement.node.name
            for statement in mine.statements
            if isinstance(statement.node, FUNCTIONS)
        ]
        for statement in mine.statements:
            node = statement.node
            if isinstance(node, FUNCTIONS):
                theirs = members.get(node.name)
                once = definitions.count(node.name) == 1
                yield from _not_a_deletion(merged, statement, node, theirs is not None)
                yield from _lost_super(merged, node, members, facts)
                if theirs is not None and isinstance(theirs.node, FUNCTIONS):
                    yield from _unlike(merged, node, theirs.node, facts)
                if theirs is not None and once and _is_redundant(merged, node, theirs.node):
                    yield _redundant(merged, node, f"method `{node.name}`")
            elif statement.is_single and isinstance(node, (ast.Assign, ast.AnnAssign)):
                name = _target(node)
                theirs = members.get(name) if name else None
                if theirs is not None and node.value is None:
                    yield from _lost_value(merged, node, name, theirs.node)
                if theirs is None or name.startswith("_") or not _is_copied_value(node.value):
                    continue
                if _is_same_statement(merged, node, theirs.node):
                    yield _redundant(merged, node, f"attribute `{name}`")


def _members(statements: tuple[Statement, ...], word: Callable[[str], str]) -> dict[str, Statement]:
    """Methods and attributes that a class defines once, by their renamed name."""
    members: dict[str, Statement] = {}
    for statement in statements:
        node = statement.node
        name = node.name if isinstance(node, FUNCTIONS) else _target(node)
        if name:
            members[word(name)] = statement
    return members


def _target(node: ast.stmt) -> str:
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target: ast.expr = node.targets[0]
    elif isinstance(node, ast.AnnAssign):
        target = node.target
    else:
        return ""
    return target.id if isinstance(target, ast.Name) else ""


def _is_copied_value(value: ast.expr | None) -> bool:
    """Whether a value is more than a plain one, which is often restated on purpose."""
    return isinstance(value, (ast.List, ast.Dict, ast.Set, ast.Tuple, ast.Call, ast.BinOp))


def _redundant(merged: MergedClass, node: ast.stmt, what: str) -> Diagnostic:
    parent = merged.parent_item
    return merged.item.source.diagnostic(
        "redundant-override",
        f"{what} of {merged.item.name} is what {parent.name} of {parent.source.label} gives it "
        "anyway",
        node,
        hint="delete it",
        severity="warning",
    )


def _is_same_statement(merged: MergedClass, mine: ast.stmt, theirs: ast.stmt) -> bool:
    if not _is_same_tree(mine, theirs, merged.parent.renamer.word):
        return False
    return _is_same_text(
        merged.item.source.slice(mine), merged.rename(merged.parent_item.source.slice(theirs))
    )


def _is_same_text(mine: str, theirs: str) -> bool:
    return _LAYOUT.sub("", mine) == _LAYOUT.sub("", theirs)


def _is_same_tree(mine: ast.AST, theirs: ast.AST, word: Callable[[str], str]) -> bool:
    """Whether two trees have one form and the same names; strings are not compared."""
    pending: list[tuple[object, object, str]] = [(mine, theirs, "")]
    while pending:
        ours, other, field = pending.pop()
        if type(ours) is not type(other):
            return False
        if isinstance(ours, ast.AST):
            pending += [
                (getattr(ours, name, None), getattr(other, name, None), name)
                for name in ours._fields
            ]
        elif isinstance(ours, list):
            if len(ours) != len(other):  # type: ignore[arg-type]
                return False
            pending += [(a, b, field) for a, b in zip(ours, other, strict=True)]  # type: ignore[call-overload]
        elif isinstance(ours, str):
            if field in _NAME_FIELDS and ours != other and ours != word(other):  # type: ignore[arg-type]
                return False
        elif ours != other:
            return False
    return True


def _is_redundant(merged: MergedClass, mine: Function, theirs: ast.stmt) -> bool:
    if not isinstance(theirs, FUNCTIONS) or not _is_same_kind(mine, theirs):
        return False
    source, their_source = merged.item.source, merged.parent_item.source
    word = merged.parent.renamer.word
    if source.mentions(mine, "super") and _is_only_super(mine.body, mine.name):
        return _passes_its_own(mine) and _takes_the_same(mine, theirs, word)
    # Cheapest first: most overrides differ in what they take or in how they end.
    if mine.decorator_list and len(mine.decorator_list) != len(theirs.decorator_list):
        return False
    if mine.returns is not None and theirs.returns is None:
        return False
    if not _ends_alike(source, mine, their_source, theirs):
        return False
    if not _is_same_tree(mine.args, theirs.args, word):
        return False
    own_docstring = is_docstring(source, mine.body[0])
    their_docstring = is_docstring(their_source, theirs.body[0])
    if own_docstring and not their_docstring:
        return False
    skipped = their_docstring and not own_docstring
    body = theirs.body[1:] if skipped else theirs.body
    if len(mine.body) != len(body):
        return False
    if not all(_is_same_tree(a, b, word) for a, b in zip(mine.body, body, strict=True)):
        return False
    my_text = _text(source, mine, bool(mine.decorator_list), mine.returns is not None)
    their_text = _text(their_source, theirs, bool(mine.decorator_list), mine.returns is not None)
    if skipped:
        their_text = their_text.replace(their_source.slice(theirs.body[0]), "", 1)
    return _is_same_text(my_text, merged.rename(their_text))


def _is_same_kind(mine: Function, theirs: Function) -> bool:
    """Whether both or neither are `async`."""
    return isinstance(mine, ast.AsyncFunctionDef) == isinstance(theirs, ast.AsyncFunctionDef)


def _ends_alike(source: Source, mine: Function, their_source: Source, theirs: Function) -> bool:
    """Whether the last lines of two methods may be the same text, however it is laid out.

    Only what renaming leaves alone is compared, and no header: that may be left out in part.
    """
    first, their_first = body_line(mine), body_line(theirs)
    if first is None or their_first is None or their_source.mentions(theirs, COPIED):
        return True
    ends = [
        _WORDS_AND_LAYOUT.sub("", file.block(max(begin, last - _LAST_LINES), last))
        for file, begin, last in (
            (source, first, (mine.end_lineno or 0) - 1),
            (their_source, their_first, (theirs.end_lineno or 0) - 1),
        )
    ]
    size = min(map(len, ends))
    return ends[0][len(ends[0]) - size :] == ends[1][len(ends[1]) - size :]


def _text(source: Source, node: Function, decorators: bool, returns: bool) -> str:
    """The text of a method, without what an override inherits by leaving it out."""
    first = node.decorator_list[0].lineno - 1 if decorators else node.lineno - 1
    text = source.block(first, (node.end_lineno or node.lineno) - 1)
    if not returns and node.returns is not None:
        head, _, rest = text.partition(source.slice(node.returns))
        text = head.rstrip().removesuffix("->").rstrip() + rest
    return text


def _is_only_super(body: list[ast.stmt], name: str) -> bool:
    return (
        len(body) == 1
        and isinstance(body[0], (ast.Expr, ast.Return))
        and _super_name(getattr(body[0].value, "func", None)) == name
    )


def _passes_its_own(mine: Function) -> bool:
    """Whether a call of `super()` passes on nothing but parameters under their own names."""
    call = mine.body[0].value  # type: ignore[attr-defined]
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return all(isinstance(getattr(value, "value", value), ast.Name) for value in values) and all(
        keyword.arg is None or getattr(keyword.value, "id", "") == keyword.arg
        for keyword in call.keywords
    )


def _super_name(node: ast.AST | None) -> str:
    """The ``m`` of ``super(...).m``."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call):
        function = node.value.func
        if isinstance(function, ast.Name) and function.id == "super":
            return node.attr
    return ""


def _takes_the_same(mine: Function, theirs: Function, word: Callable[[str], str]) -> bool:
    if mine.decorator_list or mine.returns is not None:
        return False
    arguments = mine.args
    if arguments.kwarg is not None and arguments.kwarg.arg == "super_kwargs":
        their_arguments = theirs.args
        return (
            len(arguments.posonlyargs) + len(arguments.args) <= 1
            and not (arguments.vararg or arguments.kwonlyargs)
            and not (their_arguments.vararg or their_arguments.kwonlyargs)
        )
    return _is_same_tree(arguments, theirs.args, word)


def _not_a_deletion(
    merged: MergedClass, statement: Statement, node: Function, parent_has_it: bool
) -> Iterator[Diagnostic]:
    source = merged.item.source
    if not _may_only_raise(source, node):
        return
    last = node.body[-1]
    if not isinstance(last, ast.Raise) or not _raises_error(last):
        return
    rest = node.body[:-1]
    if rest and not (len(rest) == 1 and is_docstring(source, rest[0])):
        return
    deletes = deletes_method(source, statement)
    if deletes == parent_has_it:
        return
    if deletes:
        message = (
            f"`{node.name}` deletes nothing: {merged.parent_item.name} has no such method, "
            "so that it is written as a new method"
        )
        hint = "delete it here too, or check the spelling"
    else:
        message = (
            f"`{node.name}` is not deleted but written as an override: {_why(source, statement)}"
        )
        hint = "to delete it: one blank line, a one-line undecorated `def`, then the `raise`"
    code = "deletes-nothing" if deletes else "not-a-deletion"
    yield source.diagnostic(code, message, node, hint=hint, severity="warning")


def _may_only_raise(source: Source, node: Function) -> bool:
    """Whether a method, which may be unread, can have a body of a `raise` and a docstring."""
    if not source.mentions(node, "raise"):
        return False
    first = body_line(node)
    if first is None:
        return True
    body = "\n".join(source.lines[first : node.end_lineno])
    if '"""' in body:
        before, _, after = body.partition('"""')
        _, _, body = after.partition('"""')
        if before.strip() or '"""' in body or body.lstrip().startswith(";"):
            return True
    lines = map(str.strip, body.split("\n"))
    return next((line.startswith("raise") for line in lines if line and line[0] != "#"), False)


def _unlike(
    merged: MergedClass, mine: Function, theirs: Function, facts: ConversionFacts
) -> Iterator[Diagnostic]:
    """An override of another kind than the parent's method, which decides how it is written."""
    source, parent = merged.item.source, merged.parent_item.name
    if not _is_same_kind(mine, theirs) and not facts.corrects:
        kinds = (
            ("async", "plain") if isinstance(theirs, ast.AsyncFunctionDef) else ("plain", "async")
        )
        yield source.diagnostic(
            "inherited-kind",
            f"`{mine.name}` is written as {kinds[0]} function, as in {parent}, and not as "
            f"{kinds[1]} one",
            mine,
            hint="give it another name",
            severity="warning",
        )
    if mine.decorator_list or not mine.args.args:
        return
    inherited = {getattr(decorator, "id", "") for decorator in theirs.decorator_list}
    first = mine.args.args[0].arg
    for decorator, names in (("staticmethod", ("self", "cls")), ("classmethod", ("self",))):
        if decorator in inherited and first in names:
            yield source.diagnostic(
                "inherited-kind",
                f"`{mine.name}` is written with the decorator `{decorator}` of {parent}, though "
                f"its first parameter is `{first}`",
                mine,
                hint=f"write `@{decorator}` and leave `{first}` out, or give it another name",
                severity="warning",
            )


def _lost_value(
    merged: MergedClass, mine: ast.stmt, name: str, theirs: ast.stmt
) -> Iterator[Diagnostic]:
    """An annotation takes the place of the parent's whole statement."""
    if getattr(theirs, "value", None) is not None:
        yield merged.item.source.diagnostic(
            "lost-value",
            f"`{name}` has no value here, and loses the one that {merged.parent_item.name} gives "
            "it",
            mine,
            hint="repeat the value",
            severity="warning",
        )


def _raises_error(node: ast.Raise) -> bool:
    raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    name = raised.attr if isinstance(raised, ast.Attribute) else getattr(raised, "id", "")
    return name.endswith("Error")


def _why(source: Source, statement: Statement) -> str:
    node = statement.node
    assert isinstance(node, FUNCTIONS)
    if node.decorator_list:
        return "it is decorated"
    if isinstance(node, ast.AsyncFunctionDef):
        return "it is `async`"
    lead = source.block(statement.lead, statement.first - 1)
    if lead.strip():
        return "there is a comment above it"
    if lead.count("\n") != 1:
        return f"the number of blank lines above it is {lead.count(chr(10))}, not one"
    if len(node.body) > 1:
        return "it has a docstring"
    if node.body[0].lineno > node.lineno + 1:
        return "the `raise` is not on the line after a one-line `def`"
    return "the `raise` is not a call on the line after a one-line `def`"


def _is_statement(function: ast.Attribute, node: Function) -> bool:
    """Whether a call is all of a statement, below the level of the method's body."""
    return any(
        isinstance(statement, (ast.Expr, ast.Return))
        and isinstance(statement.value, ast.Call)
        and statement.value.func is function
        and statement not in node.body
        for statement in statements_within(node.body)
    )


def _lost_super(
    merged: MergedClass, node: Function, members: dict[str, Statement], facts: ConversionFacts
) -> Iterator[Diagnostic]:
    source = merged.item.source
    if not source.mentions(node, "super("):
        return
    calling = [
        statement
        for statement in node.body
        if any(
            "super(" in line for line in source.lines[statement.lineno - 1 : statement.end_lineno]
        )
    ]
    if not calling:
        return
    call = replaced_call(node)
    expanded = call.func if call is not None else None
    in_blocks: set[str] = set()
    for child in nodes_within(ast.Module(calling, [])):
        name = _super_name(child)
        if not isinstance(child, ast.Attribute) or child is expanded or name not in members:
            continue
        if name in in_blocks:
            continue
        # Who uses the value of a namesake often means that of another base, if one has the method.
        is_meant = False
        if name == node.name and _is_statement(child, node):
            detail = "a call inside a block is not replaced"
            in_blocks.add(name)
        elif name == node.name:
            detail = "only a statement that is exactly the call is replaced, once"
            is_meant = any(
                _may_have(base, name, place) for base, place in _other_bases(merged, facts)
            )
        else:
            detail = f"`{node.name}` can only take over the body of its own namesake"
        yield source.diagnostic(
            "skipped-super" if is_meant else "lost-super",
            f"`super().{name}` skips `{name}` of {merged.parent_item.name}, whose class is gone "
            f"in the generated file: {detail}",
            child,
            hint=f"write the parent's body out, or make `super().{name}(...)` a statement of its "
            "own outside any block",
            severity="warning",
        )


def _other_bases(merged: MergedClass, facts: ConversionFacts) -> Iterator[tuple[str, Place]]:
    """The bases of the parent class, and those of the modular class that are not parents."""
    parent = merged.parent
    theirs = Place(parent.index, parent.imported.package, facts.library)
    for base in merged.parent_item.class_parts.bases:
        yield base, theirs
    mine = Place(facts.index, facts.package, facts.library)
    for base in merged.item.class_parts.bases:
        if base not in parent.imported.names:
            yield base, mine


def _may_have(base: str, method: str, place: Place) -> bool:
    """Whether a base, or what it inherits from, may have a method."""
    for name, item in place.lineage(base):
        if name in _MODULES or name == "object":
            continue
        if item is None:
            if not _runs_nothing(name, method):
                return True
        elif any(method in _bound(part.node) for part in item.class_parts.statements):
            return True
    return False


def _runs_nothing(name: str, method: str) -> bool:
    """The bases of models and mixins have many methods, but none that runs a model."""
    return method == "forward" and name.endswith(("PreTrainedModel", "Mixin"))


def _bound(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, FUNCTIONS):
        yield node.name
    elif name := _target(node):
        yield name
