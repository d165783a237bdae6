"""Warnings about what inheriting by copying changes: arguments, deletions, bases."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from modular_converter.diagnostics.record import Diagnostic
from modular_converter.lint.facts import ConversionFacts, MergedClass
from modular_converter.merge.methods import deletes_method
from modular_converter.syntax.statements import FUNCTIONS, Function, Statement, statements_within
from modular_converter.syntax.tokens import code_only
from toolkit.suggestions import did_you_mean

_SUPER_KWARGS = "super_kwargs"


def inheritance_warnings(facts: ConversionFacts) -> Iterator[Diagnostic]:
    """Findings about classes that inherit from a parent, and about classes defined twice."""
    yield from _repeated_classes(facts)
    texts = {node.name: node.text for node in facts.nodes if node.kind == "class"}
    for merged in facts.merged:
        theirs = {
            merged.rename(statement.node.name): statement.node
            for statement in merged.parent_item.class_parts.statements
            if isinstance(statement.node, FUNCTIONS)
        }
        yield from _bases(merged, texts.get(merged.item.name, ""))
        for statement in merged.item.class_parts.statements:
            node = statement.node
            if not isinstance(node, FUNCTIONS):
                continue
            call = _replaced_call(node)
            if call is None or node.name not in theirs or _is_deleted(merged, statement):
                continue
            text = texts.get(merged.item.name, "")
            yield from _arguments(merged, node, call, theirs[node.name], text)
            yield from _deletions(merged, node, call, theirs, text)
            yield from _order(merged, node, call, theirs[node.name])


def _is_deleted(merged: MergedClass, statement: Statement) -> bool:
    return deletes_method(merged.item.source, statement)


def _repeated_classes(facts: ConversionFacts) -> Iterator[Diagnostic]:
    seen: dict[str, int] = {}
    for statement in facts.index.statements:
        node = statement.node
        if isinstance(node, ast.ClassDef):
            if node.name in seen:
                yield facts.index.source.diagnostic(
                    "repeated-class",
                    f"class {node.name} is defined again, and only this definition is written "
                    f"(first on line {seen[node.name]})",
                    node,
                    hint="delete or rename one of the two",
                    severity="warning",
                )
            seen.setdefault(node.name, node.lineno)


def _replaced_call(node: Function) -> ast.Call | None:
    """The call of `super()` that the parent's body replaces: the first that is a statement."""
    for statement in node.body:
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
    merged: MergedClass, mine: Function, call: ast.Call, theirs: Function, text: str
) -> Iterator[Diagnostic]:
    """Arguments that the parent's body does not see as they are passed."""
    signature = _Signature(theirs, merged.rename)
    changes = [*signature.changes(call), *signature.left_out(mine, call)]
    if not changes:
        return
    loaded, bound = _names_of_method(text, mine.name)
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
    default = _defaults(mine).get(value.id) if isinstance(value, ast.Name) else None
    return isinstance(default, ast.Constant) and default.value is None


@dataclass(frozen=True)
class _Change:
    """An argument of `super()` that is lost: ``value`` for the parameter ``name`` of the parent.

    Without a value the argument is left out; without a name there is no such parameter.
    """

    name: str
    value: ast.expr | None
    kind: Literal["changed", "collected", "unknown", "left out"] = "changed"

    def described(self, called: str, method: str, argument: str) -> tuple[str, str]:
        """Message and hint; ``argument`` is the value as written."""
        if self.kind == "unknown":
            return (
                f"`super().{called}` passes `{argument}`, but {method}, whose body replaces the "
                "call, has no parameter for it",
                "delete the argument",
            )
        if self.kind == "left out":
            return (
                f"`super().{called}` does not pass `{self.name}`, but is replaced by the body of "
                f"{method}, which sees the override's `{self.name}` and not its own default",
                f"pass it, or give the override's `{self.name}` another name",
            )
        if self.kind == "collected":
            return (
                f"`super().{called}` passes `{argument}`, but is replaced by the body of {method}, "
                f"whose `{self.name}` does not contain it",
                f"add it to `{self.name}` before the call",
            )
        return (
            f"`super().{called}` passes `{argument}` for `{self.name}`, but is replaced by the "
            f"body of {method}, which uses `{self.name}` and does not see that value",
            f"assign it before the call: `{self.name} = {argument}`",
        )


class _Signature:
    """The parameters of a parent's method, renamed, without `self`."""

    def __init__(self, method: Function, word: Callable[[str], str]) -> None:
        arguments = method.args
        listed = [word(argument.arg) for argument in (*arguments.posonlyargs, *arguments.args)]
        is_static = any("staticmethod" in ast.unparse(item) for item in method.decorator_list)
        self.positional = listed if is_static else listed[1:]
        self.keywords = {*self.positional, *(word(item.arg) for item in arguments.kwonlyargs)}
        self.rest = word(arguments.vararg.arg) if arguments.vararg else ""
        self.defaults = {
            word(name): value
            for name, value in _defaults(method).items()
            if not (isinstance(value, ast.Constant) and value.value is ...)
        }
        self.keyword_rest = word(arguments.kwarg.arg) if arguments.kwarg else ""

    def changes(self, call: ast.Call) -> Iterator[_Change]:
        """The arguments that are not passed by the very name that the parent gives them."""
        for position, value in enumerate(call.args[_passes_self(call) :]):
            if isinstance(value, ast.Starred):
                yield from self._unpacked(self.rest, value.value)
                break
            if position < len(self.positional):
                yield from _unlike(self.positional[position], value)
            else:
                yield _Change(self.rest, value, "collected" if self.rest else "unknown")
        for keyword in call.keywords:
            if keyword.arg is None:
                yield from self._unpacked(self.keyword_rest, keyword.value)
            elif keyword.arg in self.keywords:
                yield from _unlike(keyword.arg, keyword.value)
            else:
                kind: Literal["collected", "unknown"] = (
                    "collected" if self.keyword_rest else "unknown"
                )
                yield _Change(self.keyword_rest, keyword.value, kind)

    def _unpacked(self, name: str, value: ast.expr) -> Iterator[_Change]:
        """The names in plain `*args` are known by now: undefined ones are reported as such."""
        if not isinstance(value, ast.Name):
            yield _Change(name, value, "collected" if name else "unknown")

    def left_out(self, mine: Function, call: ast.Call) -> Iterator[_Change]:
        """Parameters that the call leaves to the parent's default, unlike the override's.

        A call without any argument only marks the place of the parent's body.
        """
        if not call.args and not call.keywords:
            return
        if any(isinstance(value, ast.Starred) for value in call.args):
            return
        passed = {*self.positional[: len(call.args) - _passes_self(call)]}
        passed.update(keyword.arg for keyword in call.keywords if keyword.arg)
        own = _defaults(mine)
        for name, default in self.defaults.items():
            if name in own and name not in passed and ast.dump(own[name]) != ast.dump(default):
                yield _Change(name, None, "left out")


def _passes_self(call: ast.Call) -> bool:
    """Some write `super().m(self, x)`, which only works because the call is replaced."""
    return bool(call.args) and getattr(call.args[0], "id", "") == "self"


def _defaults(method: Function) -> dict[str, ast.expr]:
    """The defaults by parameter; a parameter without one has an ellipsis."""
    arguments = method.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required: list[ast.expr] = [ast.Constant(...)] * (len(positional) - len(arguments.defaults))
    pairs = [
        *zip(positional, [*required, *arguments.defaults], strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return {argument.arg: default or ast.Constant(...) for argument, default in pairs}


def _unlike(name: str, value: ast.expr) -> Iterator[_Change]:
    if not (isinstance(value, ast.Name) and value.id == name):
        yield _Change(name, value)


def _names_of_method(text: str, method: str) -> tuple[set[str], set[str]]:
    """The names that a method of a written class loads, and those that it binds."""
    loaded: set[str] = set()
    bound: set[str] = set()
    for top in _parsed(text):
        for function in ast.walk(top):
            if isinstance(function, FUNCTIONS) and function.name == method:
                for node in ast.walk(function):
                    if isinstance(node, ast.Name):
                        (loaded if isinstance(node.ctx, ast.Load) else bound).add(node.id)
                    elif isinstance(node, ast.arg):
                        bound.add(node.arg)
    return loaded, bound


def _parsed(text: str) -> list[ast.stmt]:
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _order(
    merged: MergedClass, mine: Function, call: ast.Call, theirs: Function
) -> Iterator[Diagnostic]:
    """Statements after the call that come too late, or too early, in the merged body."""
    source, parent = merged.item.source, merged.parent_item
    following = [statement for statement in mine.body if statement.lineno > call.lineno]
    if not following:
        return
    # Where the parent's body assigns each target, by the number of the statement.
    assigned: dict[str, int] = {}
    for position, statement in enumerate(theirs.body):
        for nested in statements_within([statement]):
            for target in _targets(nested):
                name = merged.rename(ast.unparse(target))
                assigned.setdefault(name, position)
    replaceable = {
        merged.rename(ast.unparse(statement.targets[0])): position
        for position, statement in reversed([*enumerate(theirs.body)])
        if isinstance(statement, ast.Assign)
    }
    before = {argument.arg for argument in ast.walk(mine.args) if isinstance(argument, ast.arg)}
    preceding = [statement for statement in mine.body if statement not in following]
    before |= _assigned(preceding)
    own = _assigned(following)
    # What is deleted first is assigned where the override assigns it.
    for statement in following:
        for target in statement.targets if isinstance(statement, ast.Delete) else ():
            replaceable.pop(ast.unparse(target), None)
    before.update(f"self.{name}" for name in _attributes(merged))
    ends = isinstance(theirs.body[-1], (ast.Return, ast.Raise))
    for statement in following:
        written = ast.unparse(statement.targets[0]) if isinstance(statement, ast.Assign) else ""
        place = replaceable.get(written)
        if place is None:
            if ends and not isinstance(statement, (ast.Delete, ast.Pass)):
                yield source.diagnostic(
                    "unreachable-code",
                    f"this is never reached: the body of {parent.name}.{theirs.name}, which takes "
                    f"the place of `super().{mine.name}(...)`, has returned before",
                    statement,
                    hint="write the parent's body out",
                    severity="warning",
                )
                return
            continue
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
        for node in ast.walk(value)
        if (isinstance(node, ast.Name) and node.id != "self")
        or (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name))
    }


def _deletions(
    merged: MergedClass,
    mine: Function,
    call: ast.Call,
    theirs: dict[str, Function],
    text: str,
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
        if name not in known:
            near = did_you_mean(name, known)
            is_misspelt = near.startswith("did you mean")
            yield merged.item.source.diagnostic(
                "deletes-nothing" if is_misspelt else "redundant-deletion",
                f"`del {name}` deletes nothing: {merged.parent_item.name} does not assign it",
                target,
                hint=near if is_misspelt else "delete the line",
                severity="warning",
            )
        elif _is_only_read(name, code_only(text)):
            yield merged.item.source.diagnostic(
                "deleted-attribute-used",
                f"`{name}` is deleted, but {merged.item.name} still uses it",
                target,
                hint="override the methods that use it, or keep it",
                severity="warning",
            )


def _is_only_read(name: str, code: str) -> bool:
    """Whether a dotted name occurs in code that does not assign it."""
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


def _bases(merged: MergedClass, text: str) -> Iterator[Diagnostic]:
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
    written = _written_bases(text)
    for base in parent.class_parts.bases:
        renamed = merged.rename(base)
        is_external = base not in merged.parent.index.position and "." not in base
        # A class of the parent's family, wherever it is defined, is meant to be replaced.
        if renamed in written or renamed != base or not is_external:
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
    for name in listed[:first]:
        if written.index(name) > 0:
            yield item.source.diagnostic(
                "base-order",
                f"{name} comes before the parent here, but after {written[0]} in the generated "
                "class: its methods no longer take precedence",
                node,
                hint=f"write the methods of {name} into the class",
                severity="warning",
            )


def _written_bases(text: str) -> list[str]:
    node = next((item for item in _parsed(text) if isinstance(item, ast.ClassDef)), None)
    return [ast.unparse(base) for base in node.bases] if node else []
