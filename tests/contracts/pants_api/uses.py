"""What rules use of Pants' API: names, calls with their arguments, and what they override.

Read from the syntax alone. The type of a value is known where a parameter's annotation or a `Get`
says it; what is called on other values, a type checker has to see.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# The module of the rules that asks for Pants' version, and its question.
VERSIONS_MODULE = "rules_transformers.util_rules.pants_versions"
_QUESTION = "_since"
# With which it takes a name of a later version: the version, the module, the name.
_LATER_NAME = "_brought_by"

# Keywords that depend on the version: of each version since the first, or before it.
Keywords = tuple[tuple[str, frozenset[str], frozenset[str]], ...]


@dataclass(frozen=True)
class Call:
    """The arguments of a call.

    :param spread: whether there are arguments that the syntax does not show.
    :param versioned: for each set of keywords that depends on Pants' version, that version, the
        keywords since then, and those before.
    """

    positional: int
    keywords: frozenset[str]
    spread: bool
    versioned: Keywords = ()

    def keywords_in(self, version: tuple[int, int]) -> frozenset[str]:
        """The keywords with which it calls Pants of this version, major and minor."""
        chosen = [
            since if version >= minor_release(first) else before
            for first, since, before in self.versioned
        ]
        return self.keywords.union(*chosen)


@dataclass(frozen=True)
class Override:
    """A member of a class of Pants that a class of the rules defines.

    :param parameters: of a method, as `parameters` gives them; None for an attribute.
    """

    parameters: tuple[str, ...] | None


@dataclass(frozen=True)
class Later:
    """A name that is used from a version on.

    :param since: that version, major and minor.
    """

    since: tuple[int, int]


@dataclass(frozen=True)
class Use:
    """One use of a name of Pants, such as `pants.engine.fs.Digest` or one of its members."""

    place: str
    name: str
    how: Call | Override | Later | None = None


def minor_release(version: str) -> tuple[int, int]:
    """Major and minor number: `2.18` of `2.18.0a0`."""
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
    """The parameters: `a`, `a=` with a default, `*`, `*a` and `**a`; `/` is left out."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required = len(positional) - len(arguments.defaults)
    names = [
        argument.arg if index < required else f"{argument.arg}="
        for index, argument in enumerate(positional)
    ]
    if arguments.vararg:
        names.append(f"*{arguments.vararg.arg}")
    elif arguments.kwonlyargs:
        names.append("*")
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        names.append(argument.arg if default is None else f"{argument.arg}=")
    if arguments.kwarg:
        names.append(f"**{arguments.kwarg.arg}")
    return tuple(names)


def method_parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
    """The parameters of a method, without `self` or `cls`."""
    names = parameters(function)
    static = any(
        isinstance(decorator, ast.Name) and decorator.id == "staticmethod"
        for decorator in function.decorator_list
    )
    return names if static else names[1:]


def is_property(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function in a class is read like an attribute."""
    names = (ast.unparse(decorator).rpartition(".")[2] for decorator in function.decorator_list)
    return any(name.endswith("property") for name in names)


def uses(path: Path, source: str, versioned: dict[str, Keywords]) -> Iterator[Use]:
    """Every use in a file with this text.

    :param versioned: what `versioned_keywords` gives of `VERSIONS_MODULE`.
    """
    yield from _File(path, source, versioned).uses()


def versioned_keywords(source: str) -> dict[str, Keywords]:
    """The functions of `VERSIONS_MODULE` that return keywords by Pants' version."""
    functions: dict[str, Keywords] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and isinstance(node.body[-1], ast.Return):
            keywords = _by_version(node.body[-1].value)
            if keywords:
                functions[f"{VERSIONS_MODULE}.{node.name}"] = (keywords,)
    return functions


def _by_version(node: ast.expr | None) -> tuple[str, frozenset[str], frozenset[str]] | None:
    """Reads `{…} if _since("2.18") else {…}`."""
    if not (
        isinstance(node, ast.IfExp)
        and isinstance(node.test, ast.Call)
        and isinstance(node.test.func, ast.Name)
        and node.test.func.id == _QUESTION
        and isinstance(node.body, ast.Dict)
        and isinstance(node.orelse, ast.Dict)
    ):
        return None
    return ast.literal_eval(node.test.args[0]), _keys(node.body), _keys(node.orelse)


def _keys(node: ast.Dict) -> frozenset[str]:
    return frozenset(ast.literal_eval(key) for key in node.keys if key is not None)


class _File:
    def __init__(self, path: Path, source: str, versioned: dict[str, Keywords]) -> None:
        self._path = path
        self._versioned = versioned
        self._tree = ast.parse(source)
        self._imported: dict[str, str] = {}
        for node in ast.walk(self._tree):
            if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                for alias in node.names:
                    name = f"{node.module}.{alias.name}"
                    self._imported[alias.asname or alias.name] = name

    def uses(self) -> Iterator[Use]:
        for node in ast.walk(self._tree):
            if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == "pants":
                for alias in node.names:
                    yield Use(self._place(node), f"{node.module}.{alias.name}")
            elif isinstance(node, ast.ClassDef):
                yield from self._overrides(node)
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == _LATER_NAME:
                version, module, name = (ast.literal_eval(argument) for argument in node.args)
                since = minor_release(version)
                yield Use(self._place(node), f"{module}.{name}", Later(since))
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call):
                yield from self._of_later_name(node, node.value)
        yield from self._in_scope(self._tree, {})

    def _of_later_name(self, node: ast.Attribute, call: ast.Call) -> Iterator[Use]:
        """A member of a name of a later version."""
        if ast.unparse(call.func) == _LATER_NAME:
            version, module, name = (ast.literal_eval(argument) for argument in call.args)
            full_name = f"{module}.{name}.{node.attr}"
            yield Use(self._place(node), full_name, Later(minor_release(version)))

    def _in_scope(self, scope: ast.AST, outer: dict[str, str]) -> Iterator[Use]:
        """The uses in a module or function, with the types of the names that it binds."""
        types = {**outer, **self._types(scope)}
        dictionaries = self._dictionaries(scope)
        for node in _nodes_of_scope(scope):
            if isinstance(node, ast.Call):
                name = self._resolve(node.func, types)
                if name:
                    yield Use(self._place(node), name, self._call(node, dictionaries))
            elif isinstance(node, ast.Attribute):
                name = self._resolve(node, types)
                if name:
                    yield Use(self._place(node), name)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield from self._in_scope(node, types)

    def _types(self, scope: ast.AST) -> dict[str, str]:
        """The class of Pants that each name is an instance of, if it is known."""
        types = {}
        if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = scope.args
            for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                types[argument.arg] = self._annotated(argument.annotation)
        for node in _nodes_of_scope(scope):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Await):
                products = self._products(node.value.value)
                target = node.targets[0]
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                for name, product in zip(names, products, strict=False):
                    if isinstance(name, ast.Name):
                        # One that is bound twice has no one type.
                        types[name.id] = None if name.id in types else product
        return {name: class_name for name, class_name in types.items() if class_name}

    def _annotated(self, annotation: ast.expr | None) -> str | None:
        if isinstance(annotation, ast.Subscript):
            return self._annotated(annotation.value)
        if isinstance(annotation, (ast.Name, ast.Attribute)):
            return self._resolve(annotation, {})
        return None

    def _products(self, node: ast.expr) -> list[str | None]:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "Get":
                return [self._annotated(node.args[0])]
            if node.func.id == "MultiGet" and all(isinstance(a, ast.Call) for a in node.args):
                return [product for argument in node.args for product in self._products(argument)]
        return []

    def _dictionaries(self, scope: ast.AST) -> dict[str, Keywords]:
        return {
            node.target.id: (keywords,)
            for node in _nodes_of_scope(scope)
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
            for keywords in [_by_version(node.value)]
            if keywords
        }

    def _call(self, node: ast.Call, dictionaries: dict[str, Keywords]) -> Call:
        spread = any(isinstance(argument, ast.Starred) for argument in node.args)
        versioned: Keywords = ()
        for keyword in node.keywords:
            if keyword.arg is not None:
                continue
            known: Keywords = ()
            if isinstance(keyword.value, ast.Name):
                known = dictionaries.get(keyword.value.id, ())
            elif isinstance(keyword.value, ast.Call) and isinstance(keyword.value.func, ast.Name):
                function = self._imported.get(keyword.value.func.id, "")
                known = self._versioned.get(function, ())
            spread = spread or not known
            versioned += known
        return Call(
            sum(not isinstance(argument, ast.Starred) for argument in node.args),
            frozenset(keyword.arg for keyword in node.keywords if keyword.arg),
            spread,
            versioned,
        )

    def _overrides(self, node: ast.ClassDef) -> Iterator[Use]:
        for base in node.bases:
            name = self._annotated(base)
            if name is None:
                continue
            for member in node.body:
                if isinstance(member, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    given = None if is_property(member) else method_parameters(member)
                    yield Use(self._place(member), f"{name}.{member.name}", Override(given))
                elif isinstance(member, (ast.Assign, ast.AnnAssign)):
                    targets = member.targets if isinstance(member, ast.Assign) else [member.target]
                    for target in targets:
                        if isinstance(target, ast.Name):
                            yield Use(self._place(member), f"{name}.{target.id}", Override(None))

    def _resolve(self, node: ast.expr, types: dict[str, str]) -> str | None:
        """The full name of what an expression means, if that is of Pants."""
        if isinstance(node, ast.Name):
            name = types.get(node.id) or self._imported.get(node.id)
            return name if name and name.startswith("pants.") else None
        if isinstance(node, ast.Attribute):
            value = self._resolve(node.value, types)
            return f"{value}.{node.attr}" if value else None
        return None

    def _place(self, node: ast.stmt | ast.expr) -> str:
        return f"{self._path.as_posix()}:{node.lineno}"


def _nodes_of_scope(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes in a scope, less those in the functions in it."""
    for node in ast.iter_child_nodes(scope):
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield from _nodes_of_scope(node)
