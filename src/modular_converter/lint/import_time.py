"""What a definition needs when its module is imported, in the order in which Python needs it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Literal

from modular_converter.syntax.annotations import annotations_of
from modular_converter.syntax.nodes import children
from modular_converter.syntax.statements import FUNCTIONS, parsed_statements

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def names_at_import(text: str, *, annotations: bool = True) -> frozenset[str]:
    """The names that top-level statements look up in their module when they are executed.

    A name that a class body or comprehension has bound by then is not looked up there; one that it
    binds later is.

    :param annotations: whether annotations are evaluated, which
        `from __future__ import annotations` prevents.
    """
    walk = _Walk(annotations)
    for statement in parsed_statements(text):
        walk.visit(statement, _Scope("module"))
    return frozenset(walk.needed)


class _Scope:
    """The names bound so far in a module, a class body or a comprehension."""

    def __init__(self, kind: Literal["module", "class", "comprehension"]) -> None:
        self.kind = kind
        self.bound: set[str] = set()

    def bind(self, name: str) -> None:
        """Records a name, unless it is one of the module, where order is the caller's matter."""
        if self.kind != "module":
            self.bound.add(name)

    def inner(self) -> _Scope:
        """The scope of a comprehension here: it sees those around it, but no class body."""
        scope = _Scope("comprehension")
        if self.kind == "comprehension":
            scope.bound |= self.bound
        return scope


class _Walk:
    def __init__(self, annotations: bool) -> None:
        self.annotations = annotations
        self.needed: set[str] = set()

    def visit(self, node: ast.AST, scope: _Scope) -> None:
        """Executes a statement or evaluates an expression."""
        if isinstance(node, FUNCTIONS):
            self._all((*node.decorator_list, *_defaults(node.args)), scope)
            if self.annotations:
                self._all(annotations_of(node), scope)
            scope.bind(node.name)
        elif isinstance(node, ast.Lambda):
            self._all(_defaults(node.args), scope)
        elif isinstance(node, ast.ClassDef):
            self._all((*node.decorator_list, *node.bases, *node.keywords), scope)
            self._all(node.body, _Scope("class"))
            scope.bind(node.name)
        elif isinstance(node, _COMPREHENSIONS):
            self._comprehension(node, scope)
        elif isinstance(node, ast.Name):
            self._name(node.id, node.ctx, scope)
        elif isinstance(node, (ast.Assign, ast.NamedExpr)):
            self.visit(node.value, scope)
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            self._all(targets, scope)
        elif isinstance(node, ast.AugAssign):
            if isinstance(node.target, ast.Name):
                self._name(node.target.id, ast.Load(), scope)
            self.visit(node.value, scope)
            self.visit(node.target, scope)
        elif isinstance(node, ast.AnnAssign):
            self._annotated(node, scope)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self._all((node.iter, node.target, *node.body, *node.orelse), scope)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                scope.bind((alias.asname or alias.name).partition(".")[0])
        else:
            self._binding_or_other(node, scope)

    def _all(self, nodes: Iterable[ast.AST], scope: _Scope) -> None:
        for node in nodes:
            self.visit(node, scope)

    def _name(self, name: str, context: ast.expr_context, scope: _Scope) -> None:
        if isinstance(context, ast.Store):
            scope.bind(name)
        elif isinstance(context, ast.Load) and name not in scope.bound:
            self.needed.add(name)

    def _annotated(self, node: ast.AnnAssign, scope: _Scope) -> None:
        if self.annotations:
            self.visit(node.annotation, scope)
        if node.value is not None:
            self.visit(node.value, scope)
            self.visit(node.target, scope)

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, scope: _Scope
    ) -> None:
        # Only the first iterable sees the names of a class body.
        self.visit(node.generators[0].iter, scope)
        inner = scope.inner()
        for position, generator in enumerate(node.generators):
            if position:
                self.visit(generator.iter, inner)
            self._all((generator.target, *generator.ifs), inner)
        if isinstance(node, ast.DictComp):
            self._all((node.key, node.value), inner)
        else:
            self.visit(node.elt, inner)

    def _binding_or_other(self, node: ast.AST, scope: _Scope) -> None:
        name = getattr(node, "name", None)
        if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and name:
            scope.bind(name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            scope.bind(node.rest)
        self._all(children(node), scope)


def _defaults(arguments: ast.arguments) -> Iterator[ast.expr]:
    yield from arguments.defaults
    yield from (default for default in arguments.kw_defaults if default is not None)
