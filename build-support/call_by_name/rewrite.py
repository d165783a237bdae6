"""Rewrites `Get` and `MultiGet` to calls of rules by their names.

A `Get` names a product and a request; which rule makes the one of the other, the engine finds out.
Here it is found among the rules of the package, and for those of Pants in a table.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import libcst as cst
import libcst.matchers as m
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor, RemoveImportsVisitor

from call_by_name.pants_rules import PANTS_RULES, Rule

_RULES_MODULE = "pants.engine.rules"
_NOTHING = "-"


class RewriteError(Exception):
    """A request that cannot be written as a call.

    :param path: the file it is in.
    :param line: its line.
    """

    def __init__(self, path: PurePosixPath, line: int, problem: str) -> None:
        super().__init__(f"{path}:{line}: error: {problem}")


@dataclass(frozen=True)
class RuleTable:
    """The rules that can be called, by product and request."""

    rules: Mapping[tuple[str, str], tuple[Rule, ...]]

    @classmethod
    def of(cls, sources: Mapping[PurePosixPath, str]) -> RuleTable:
        """The rules in a package, and those of Pants.

        :param sources: the text of each module, by its path below the source root.
        """
        rules: dict[tuple[str, str], list[Rule]] = {}
        for path, source in sources.items():
            module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
            for node in ast.parse(source).body:
                if not (isinstance(node, ast.AsyncFunctionDef) and _is_rule(node) and node.returns):
                    continue
                product = ast.unparse(node.returns)
                requests = [_class_name(argument.annotation) for argument in node.args.args]
                more = len(requests) > 1
                for position, request in enumerate(requests):
                    rule = Rule(module, node.name, takes_request=position == 0, takes_more=more)
                    rules.setdefault((product, request), []).append(rule)
                without_request = Rule(module, node.name, takes_request=False)
                rules.setdefault((product, _NOTHING), []).append(without_request)
        for pair, rule in PANTS_RULES.items():
            rules.setdefault(pair, []).append(rule)
        return cls({pair: tuple(candidates) for pair, candidates in rules.items()})

    def find(self, product: str, request: str) -> Rule:
        """The one rule for a pair.

        :raises LookupError: if there is none, or several.
        """
        candidates = self.rules.get((product, request), ())
        if len(candidates) != 1:
            names = ", ".join(f"{rule.module}.{rule.function}" for rule in candidates) or "none"
            raise LookupError(
                f"expected one rule that makes a `{product}` of a `{request}`, found {names}\n"
                "hint: add a rule of Pants to build-support/call_by_name/pants_rules.py"
            )
        return candidates[0]


def rewrite(path: PurePosixPath, source: str, table: RuleTable) -> str:
    """A module's text with calls of rules by name.

    :raises RewriteError: if a request's rule is not known.
    """
    module = cst.parse_module(source)
    context = CodemodContext()
    wrapper = cst.MetadataWrapper(module)
    rewriter = _Rewriter(context, path, table, _bound_names(source))
    changed = wrapper.visit(rewriter)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if alias.name in rewriter.requested:
                    RemoveImportsVisitor.remove_unused_import(
                        context, node.module, alias.name, alias.asname
                    )
    changed = AddImportsVisitor(context).transform_module(changed)
    return RemoveImportsVisitor(context).transform_module(changed).code


def rewrite_all(sources: Mapping[PurePosixPath, str]) -> dict[PurePosixPath, str]:
    """A whole package, by the paths of its modules.

    :raises RewriteError: if a request's rule is not known.
    """
    table = RuleTable.of(sources)
    return {path: rewrite(path, source, table) for path, source in sources.items()}


def _is_rule(node: ast.AsyncFunctionDef) -> bool:
    names = (ast.unparse(decorator).partition("(")[0] for decorator in node.decorator_list)
    return any(name == "rule" for name in names)


def _class_name(annotation: ast.expr | None) -> str:
    if isinstance(annotation, ast.Subscript):
        return _class_name(annotation.value)
    return ast.unparse(annotation) if annotation is not None else ""


def _bound_names(source: str) -> dict[str, int]:
    """The names that a module binds, and how often."""
    names: dict[str, int] = {}
    for node in ast.walk(ast.parse(source)):
        name = None
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        elif isinstance(node, ast.arg):
            name = node.arg
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            name = node.name
        elif isinstance(node, ast.alias):
            name = node.asname or node.name
        if name:
            names[name] = names.get(name, 0) + 1
    return names


class _Rewriter(cst.CSTTransformer):
    METADATA_DEPENDENCIES = (cst.metadata.PositionProvider,)

    def __init__(
        self,
        context: CodemodContext,
        path: PurePosixPath,
        table: RuleTable,
        bound_names: Mapping[str, int],
    ) -> None:
        super().__init__()
        self._context = context
        self._path = path
        self._table = table
        self._bound_names = bound_names
        self._module = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        # Names whose imports may be needed no more: these two, and what requests name.
        self.requested = {"Get", "MultiGet"}

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        if m.matches(original_node.func, m.Name("MultiGet")):
            AddImportsVisitor.add_needed_import(self._context, _RULES_MODULE, "concurrently")
            return updated_node.with_changes(func=cst.Name("concurrently"))
        if m.matches(original_node.func, m.Name("Get")):
            try:
                return self._call(updated_node)
            except LookupError as error:
                line = self.get_metadata(cst.metadata.PositionProvider, original_node).start.line
                raise RewriteError(self._path, line, error.args[0]) from error
        return updated_node

    def _call(self, get: cst.Call) -> cst.Call:
        product, *request = (argument.value for argument in get.args)
        names = [_code(product)]
        value = None
        if request:
            value = request[-1]
            names.append(_code(request[0]) if len(request) > 1 else self._constructed(value))
        self.requested.update(names)
        rule = self._table.find(names[0], names[1] if value else _NOTHING)
        arguments = []
        implied: list[cst.BaseExpression] = []
        if value is not None and rule.takes_request:
            arguments.append(cst.Arg(value))
        elif value is not None and len(request) == 1 and m.matches(value, m.Call(func=m.Name())):
            implied = [value]
        elif value is not None:
            # The type cannot be seen from the expression.
            implied = [cst.Dict([cst.DictElement(value, cst.parse_expression(names[1]))])]
        if implied or rule.takes_more or not rule.takes_request:
            AddImportsVisitor.add_needed_import(self._context, _RULES_MODULE, "implicitly")
            implicitly = cst.Call(cst.Name("implicitly"), [cst.Arg(node) for node in implied])
            arguments.append(cst.Arg(implicitly, star="**"))
        return cst.Call(cst.Name(self._import(rule)), arguments)

    def _constructed(self, value: cst.BaseExpression) -> str:
        """The class of a request that is made in place, by its constructor or a class method."""
        if isinstance(value, cst.Call):
            function = value.func
            if isinstance(function, cst.Attribute):
                function = function.value
            return _code(function)
        raise LookupError(
            f"the class of the request `{_code(value)}` cannot be seen\n"
            "hint: name it: `Get(Product, Request, value)`"
        )

    def _import(self, rule: Rule) -> str:
        """Makes a rule known in the module, and returns its name there."""
        if rule.module == self._module:
            if self._bound_names[rule.function] > 1:
                raise LookupError(
                    f"the rule `{rule.function}` has the name of a variable in its module\n"
                    "hint: rename the variable"
                )
            return rule.function
        name = f"{rule.function}_rule" if rule.function in self._bound_names else rule.function
        asname = name if name != rule.function else None
        AddImportsVisitor.add_needed_import(self._context, rule.module, rule.function, asname)
        return name


def _code(node: cst.BaseExpression) -> str:
    return cst.Module([]).code_for_node(node)


def python_sources(paths: Iterable[PurePosixPath]) -> list[PurePosixPath]:
    """Those that are modules of the rules, and not files that they ship."""
    return sorted(path for path in paths if path.suffix == ".py" and "_tools" not in path.parts)
