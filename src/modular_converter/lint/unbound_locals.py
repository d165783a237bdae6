"""Variables of a function that it reads before it assigns them.

Inherited code that takes the place of `super().m(...)` reads the parent's parameters, which the
override may lack; where that code also assigns them, they are local variables without a value.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from modular_converter.syntax.nodes import children, nodes_within
from modular_converter.syntax.statements import FUNCTIONS, Function, statements_within

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (*FUNCTIONS, ast.ClassDef, ast.Lambda)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_BRANCHES = (ast.If, ast.IfExp, ast.BoolOp, ast.Try, ast.Match)


def unbound_locals(tree: ast.Module) -> Iterator[tuple[Function, ast.Name]]:
    """The first such reads in all functions, each with its function.

    What a branch assigns counts as assigned, and what a loop assigns as assigned in its branches.
    """
    functions = [node for node in statements_within(tree.body) if isinstance(node, FUNCTIONS)]
    for node in sorted(functions, key=lambda node: (node.col_offset, node.lineno)):
        yield from ((node, name) for name in _reads_before(node))


def _reads_before(function: Function) -> Iterable[ast.Name]:
    own = [*_own_nodes(function.body)]
    names = set(_stored(own))
    arguments = function.args
    known = {argument.arg for argument in (*arguments.posonlyargs, *arguments.args)}
    known |= {argument.arg for argument in arguments.kwonlyargs}
    known |= {rest.arg for rest in (arguments.vararg, arguments.kwarg) if rest is not None}
    for node in own:
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            names -= set(node.names)
    walk = _Walk(frozenset(names | known), known)
    for statement in function.body:
        walk.visit(statement)
        if isinstance(statement, ast.Delete):
            walk.bound -= {
                target.id for target in statement.targets if isinstance(target, ast.Name)
            }
    return walk.missing.values()


@dataclass
class _Walk:
    """Goes through a body in the order of execution."""

    names: frozenset[str]
    bound: set[str]
    missing: dict[str, ast.Name] = field(default_factory=dict)

    def visit(
        self,
        node: ast.AST,
        spared: frozenset[str] = frozenset(),
        loop: frozenset[str] = frozenset(),
    ) -> None:
        """Executes a statement or evaluates an expression.

        :param spared: names that may have been assigned in an earlier turn of a loop.
        :param loop: the names that the loop around it assigns.
        """
        if isinstance(node, ast.Name):
            self._name(node, spared)
            return
        if isinstance(node, _SCOPES):
            self._definition(node, spared, loop)
            return
        if isinstance(node, _COMPREHENSIONS):
            spared |= {
                name for name in _stored(_own_nodes(node.generators)) if name not in self.bound
            }
            self._all([*node.generators, *children(node)], spared, loop)
            return
        if isinstance(node, _LOOPS):
            loop |= frozenset(_stored(_own_nodes([node])))
        elif isinstance(node, _BRANCHES):
            spared |= loop
        # Handlers and patterns bind a name.
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if isinstance(name, str):
            self.bound.add(name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self.bound |= set(_imported(node))
        self._all(_in_order(node), spared, loop)

    def _all(self, nodes: Iterable[ast.AST], spared: frozenset[str], loop: frozenset[str]) -> None:
        for node in nodes:
            self.visit(node, spared, loop)

    def _name(self, node: ast.Name, spared: frozenset[str]) -> None:
        if isinstance(node.ctx, ast.Store):
            self.bound.add(node.id)
        elif node.id in self.names and node.id not in self.bound and node.id not in spared:
            self.missing.setdefault(node.id, node)

    def _definition(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda,
        spared: frozenset[str],
        loop: frozenset[str],
    ) -> None:
        """Its body is executed later, or in a scope of its own."""
        if not isinstance(node, ast.Lambda):
            self._all(node.decorator_list, spared, loop)
            self.bound.add(node.name)


def _in_order(node: ast.AST) -> Iterable[ast.AST]:
    """The children of a node as they are evaluated: values before their targets."""
    if isinstance(node, ast.Assign):
        return (node.value, *node.targets)
    if isinstance(node, ast.NamedExpr):
        return (node.value, node.target)
    if isinstance(node, ast.AnnAssign):
        return (node.value, node.target) if node.value is not None else ()
    if isinstance(node, ast.AugAssign):
        target = node.target
        read = [ast.Name(target.id, ast.Load())] if isinstance(target, ast.Name) else []
        return (*(ast.copy_location(name, target) for name in read), node.value, target)
    if isinstance(node, (ast.For, ast.AsyncFor)):
        return (node.iter, node.target, *node.body, *node.orelse)
    return children(node)


def _own_nodes(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of a function's own scope: not those in other functions and classes in it."""
    pending = list(nodes)
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, _SCOPES):
            continue
        if isinstance(node, _COMPREHENSIONS):
            # Its targets are its own, but what `:=` binds in it is the function's.
            pending += [part for part in nodes_within(node) if isinstance(part, ast.NamedExpr)]
            continue
        pending += children(node)


def _stored(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """What nodes of one scope bind."""
    for node in nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            # What is deleted is a local variable, too.
            yield node.id
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from _imported(node)
        else:
            # Functions, classes, handlers and patterns.
            name = getattr(node, "name", None) or getattr(node, "rest", None)
            if isinstance(name, str):
                yield name


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    for alias in node.names:
        yield (alias.asname or alias.name).partition(".")[0]
