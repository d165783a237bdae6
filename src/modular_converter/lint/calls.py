"""Whether inherited calls fit what the modular file defines in place of the parent's."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from modular_converter.diagnostics.record import Diagnostic
from modular_converter.library.index import Item
from modular_converter.lint.facts import ConversionFacts
from modular_converter.lint.parameters import (
    Parameters,
    is_narrower,
    problem,
    turned_parameters,
)
from modular_converter.merge.methods import deletes_method
from modular_converter.merge.nodes import Node
from modular_converter.syntax.nodes import nodes_within
from modular_converter.syntax.statements import FUNCTIONS, Function

# What a call of an instance runs.
_CALLED = "forward"


def call_warnings(facts: ConversionFacts) -> Iterator[Diagnostic]:
    """Findings about overrides that do not take what inherited code passes to them."""
    written = {node.name: node for node in facts.nodes if node.kind in ("class", "function")}
    replaced = _replaced(facts, written)
    if not replaced:
        return
    for node in written.values():
        called = {
            name: replacement
            for name, replacement in replaced.items()
            if replacement.may_be_called_in(node)
        }
        if called:
            yield from _misfits(node, called)
    for replacement in replaced.values():
        yield from _decorators(replacement)


@dataclass(eq=False)
class _Replacement:
    """A class or function of the modular file, and that of a parent whose place it takes.

    ``narrower`` are the methods that may refuse a call which the parent's take, with the parent's;
    that of a function is itself. ``node`` is what is written.
    """

    item: Item
    narrower: dict[str, tuple[Function, Function]]
    word: Callable[[str], str]
    parent_label: str
    node: Node

    @cached_property
    def written(self) -> dict[str, Function]:
        """The methods in the output, where corrections may have changed them."""
        return {
            function.name: function
            for function in _written_functions(self.node, self.narrower)
            if function.name in self.narrower
        }

    def may_be_called_in(self, node: Node) -> bool:
        """Whether inherited code of a node may call one of the narrower methods."""
        made = f"{self.item.name}("
        inherited = [fragment.text for fragment in node.fragments if fragment.origin.renames]
        if node.name == self.item.name and any(
            f"self.{method}(" in text for method in self.narrower for text in inherited
        ):
            return True
        if not inherited or made not in node.text:
            return False
        is_made = self.narrower.keys() & {"__init__", self.item.name}
        return (
            (bool(is_made) and any(made in text for text in inherited))
            or _CALLED in self.narrower
            or any(f".{method}(" in text for method in self.narrower for text in inherited)
        )

    def problem(self, method: str, call: ast.Call) -> str:
        """What does not fit between a call and a method, as a phrase; empty if it fits."""
        if method not in self.narrower or method not in self.written:
            return ""
        theirs = self.narrower[method][1]
        is_bound = isinstance(self.item.statement.node, ast.ClassDef)
        return problem(self.written[method], theirs, call, self.word, is_bound=is_bound)


def _replaced(facts: ConversionFacts, written: Mapping[str, Node]) -> dict[str, _Replacement]:
    """What the modular file defines in place of a parent's, if calls may no longer fit."""
    pairs = [
        (merged.item, merged.parent_item, merged.parent.renamer.word) for merged in facts.merged
    ]
    known = {item.name for item, _, _ in pairs}
    for parent in facts.parents:
        word = parent.renamer.word
        for items, mine in (
            (parent.index.classes, facts.index.classes),
            (parent.index.functions, facts.index.functions),
        ):
            for name, item in items.items():
                if (new := word(name)) in mine and new not in known:
                    known.add(new)
                    pairs.append((mine[new], item, word))
    replaced = {}
    for item, parent_item, word in pairs:
        if item.name not in written:
            continue
        theirs = {word(function.name): function for function in _functions(parent_item)}
        narrower = {
            function.name: (function, theirs[function.name])
            for function in _functions(item)
            if function.name in theirs and is_narrower(function, theirs[function.name], word)
        }
        if narrower:
            replaced[item.name] = _Replacement(
                item,
                narrower,
                word,
                f"{parent_item.name} of {parent_item.source.label}",
                written[item.name],
            )
    return replaced


def _functions(item: Item) -> Iterator[Function]:
    """A function, or the methods that a class defines once and does not delete."""
    node = item.statement.node
    if isinstance(node, FUNCTIONS):
        yield node
    elif isinstance(node, ast.ClassDef):
        parts = item.class_parts.statements
        names = [part.node.name for part in parts if isinstance(part.node, FUNCTIONS)]
        for part in parts:
            if (
                isinstance(part.node, FUNCTIONS)
                and names.count(part.node.name) == 1
                and not deletes_method(item.source, part)
            ):
                yield part.node


def _misfits(node: Node, replaced: Mapping[str, _Replacement]) -> Iterator[Diagnostic]:
    """Inherited calls in a class or function of the output that do not fit what is replaced."""
    own = replaced[node.name].narrower if node.name in replaced else ()
    names = {*replaced, *(f"self.{method}" for method in own)}
    parts_of = {function: nodes_within(function) for function in _written_functions(node, names)}
    instances = _instances([part for parts in parts_of.values() for part in parts], replaced)
    on_instances = {name for name in replaced if replaced[name].narrower.keys() - {"__init__"}}
    names.update(f"self.{name}" for name, made in instances.items() if made & on_instances)
    for function in _written_functions(node, names):
        parts = parts_of.get(function) or nodes_within(function)
        variables = _loop_variables(parts, instances)
        for call in parts:
            if not isinstance(call, ast.Call):
                continue
            for name, method in _callees(call.func, node.name, instances, variables):
                replacement = replaced.get(name)
                if replacement is None or not _is_inherited(node, call.lineno):
                    continue
                if method == "" and isinstance(replacement.item.statement.node, ast.ClassDef):
                    method = "__init__"
                problem = replacement.problem(method or name, call)
                if problem:
                    is_outermost = function.col_offset == 0
                    caller = node.name if is_outermost else f"{node.name}.{function.name}"
                    yield _finding(replacement, method or name, caller, problem)


def _written_functions(node: Node, names: Collection[str]) -> list[Function]:
    """The methods of a written class in whose text a name occurs, or a function with those in it.

    There may be others among them.
    """
    if node.kind == "class":
        members = node.written_class.members_naming(names)
    else:
        members = [part for top in node.statements for part in (top, *getattr(top, "body", ()))]
    return [member for member in members if isinstance(member, FUNCTIONS)]


def _instances(parts: list[ast.AST], replaced: Mapping[str, _Replacement]) -> dict[str, set[str]]:
    """The replaced classes that attributes of `self` hold instances of, or lists of them."""
    instances: dict[str, set[str]] = {}
    for statement in parts:
        if not isinstance(statement, ast.Assign):
            continue
        for target in statement.targets:
            if isinstance(target, ast.Attribute) and getattr(target.value, "id", "") == "self":
                made = {
                    made.func.id
                    for made in nodes_within(statement.value)
                    if isinstance(made, ast.Call) and isinstance(made.func, ast.Name)
                }
                instances.setdefault(target.attr, set()).update(made & replaced.keys())
    return instances


def _loop_variables(parts: list[ast.AST], instances: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The same for variables of loops over such attributes."""
    variables: dict[str, set[str]] = {}
    for loop in parts:
        if not isinstance(loop, ast.For):
            continue
        held = {
            name
            for part in nodes_within(loop.iter)
            if isinstance(part, ast.Attribute) and getattr(part.value, "id", "") == "self"
            for name in instances.get(part.attr, ())
        }
        if held:
            for target in nodes_within(loop.target):
                if isinstance(target, ast.Name):
                    variables.setdefault(target.id, set()).update(held)
    return variables


def _callees(
    function: ast.expr,
    owner: str,
    instances: Mapping[str, set[str]],
    variables: Mapping[str, set[str]],
) -> Iterator[tuple[str, str]]:
    """The classes and methods that a call may mean; an empty method stands for the name itself."""
    if isinstance(function, ast.Name):
        held = variables.get(function.id)
        if held is None:
            yield function.id, ""
        for name in held or ():
            yield name, _CALLED
    elif isinstance(function, ast.Attribute):
        value = function.value
        if isinstance(value, ast.Name) and value.id == "self":
            if function.attr in instances:
                for name in instances[function.attr]:
                    yield name, _CALLED
            else:
                yield owner, function.attr
        elif isinstance(value, ast.Attribute) and getattr(value.value, "id", "") == "self":
            for name in instances.get(value.attr, ()):
                yield name, function.attr
        elif isinstance(value, ast.Name):
            for name in variables.get(value.id, ()):
                yield name, function.attr


def _is_inherited(node: Node, line: int) -> bool:
    """Whether a line of a node's text, from 1, is a parent's."""
    for fragment in node.fragments:
        line -= fragment.text.count("\n")
        if line <= 0:
            return bool(fragment.origin.renames)
    return False


def _decorators(replacement: _Replacement) -> Iterator[Diagnostic]:
    """Inherited decorators that turn a parameter of the override into one that it has not."""
    for method, (mine, theirs) in replacement.narrower.items():
        if mine.decorator_list or not theirs.decorator_list:
            continue
        written = replacement.written.get(method)
        if written is None:
            continue
        my, their = Parameters.of(written), Parameters.of(theirs, replacement.word)
        for decorator, gained, lost in turned_parameters(written.decorator_list, my, their):
            yield replacement.item.source.diagnostic(
                "misfit-call",
                f"`{method}` of {replacement.item.name} takes `{gained}`, which the inherited "
                f"decorator `{ast.unparse(decorator)}` turns into `{lost}`",
                mine,
                hint=f"call the parameter `{lost}`, or write the method's decorators out",
                severity="warning",
            )


def _finding(replacement: _Replacement, method: str, caller: str, problem: str) -> Diagnostic:
    item = replacement.item
    mine = replacement.narrower[method][0]
    name = f"{item.name}.{method}" if method != item.name else method
    return item.source.diagnostic(
        "misfit-call",
        f"`{name}` does not fit inherited code: {caller} {problem}",
        mine,
        hint=f"give it the parameters that it has in {replacement.parent_label}, or override "
        f"{caller}",
        severity="warning",
    )
