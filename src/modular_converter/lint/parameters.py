"""The parameters of a definition beside those of the parent's that it replaces."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from modular_converter.merge.arguments import defaults_of
from modular_converter.syntax.nodes import nodes_within
from modular_converter.syntax.statements import Function


@dataclass(frozen=True)
class Parameters:
    """Names of parameters, by what they take; ``rest`` stands for `*args` and `**kwargs`."""

    positional: tuple[str, ...]
    keywords: frozenset[str]
    required: frozenset[str]
    has_rest: bool
    has_keyword_rest: bool

    @classmethod
    def of(cls, function: Function, word: Callable[[str], str] = str) -> Parameters:
        """Those of a function, renamed by ``word``; `self` is one of them."""
        arguments = function.args
        plain = [word(argument.arg) for argument in arguments.args]
        only_positional = [word(argument.arg) for argument in arguments.posonlyargs]
        by_keyword = [word(argument.arg) for argument in arguments.kwonlyargs]
        required = {
            word(name)
            for name, value in defaults_of(function).items()
            if isinstance(value, ast.Constant) and value.value is ...
        }
        return cls(
            (*only_positional, *plain),
            frozenset((*plain, *by_keyword)),
            frozenset(required),
            arguments.vararg is not None,
            arguments.kwarg is not None,
        )


def is_narrower(mine: Function, theirs: Function, word: Callable[[str], str]) -> bool:
    """Whether some call that fits the parent's function does not fit, or means something else."""
    if mine.args.kwarg is not None and mine.args.kwarg.arg == "super_kwargs":
        return False
    if _names(mine) == _names(theirs) and len(mine.args.defaults) >= len(theirs.args.defaults):
        return False  # Nearly all are alike.
    my, their = Parameters.of(mine), Parameters.of(theirs, word)
    if my.has_keyword_rest:
        lost = their.keywords - my.keywords
        refuses_keyword = bool(lost) and not lost.isdisjoint(_renamed(mine, theirs, word))
    else:
        refuses_keyword = their.has_keyword_rest or not their.keywords <= my.keywords
    return (
        refuses_keyword
        or (not mine.decorator_list and any(turned_parameters(theirs.decorator_list, my, their)))
        or (len(my.positional) < len(their.positional) and not my.has_rest)
        or any(
            name != meant and meant in my.keywords
            for name, meant in zip(my.positional, their.positional, strict=False)
        )
        or not my.required <= their.required
    )


def _names(function: Function) -> list[object]:
    arguments = function.args
    return [
        *(argument.arg for argument in (*arguments.posonlyargs, *arguments.args)),
        len(arguments.posonlyargs),
        [argument.arg for argument in arguments.kwonlyargs],
        [value is None for value in arguments.kw_defaults],
        arguments.vararg is None,
        arguments.kwarg is None,
    ]


def problem(
    mine: Function,
    theirs: Function,
    call: ast.Call,
    word: Callable[[str], str],
    *,
    is_bound: bool,
) -> str:
    """What does not fit between a call and a definition, as a phrase; empty if it fits.

    :param mine: the definition that runs.
    :param theirs: the parent's, which the call was written for; ``word`` renames it.
    :param is_bound: whether it is called as a method, so that the first parameter is filled.
    """
    my, their = Parameters.of(mine), Parameters.of(theirs, word)
    is_bound = is_bound and not any(
        getattr(decorator, "id", "") == "staticmethod" for decorator in mine.decorator_list
    )
    positional = my.positional[is_bound:]
    their_positional = their.positional[is_bound:]
    has_stars = any(isinstance(value, ast.Starred) for value in call.args)
    in_decorators = {
        name
        for decorator in mine.decorator_list
        if isinstance(decorator, ast.Call)
        for argument in decorator.args
        for name in _texts(argument)
    }
    passed = [keyword.arg for keyword in call.keywords if keyword.arg is not None]
    if not has_stars:
        if len(call.args) > len(positional) and not my.has_rest:
            return (
                f"passes {len(call.args)} arguments by position, of which it takes "
                f"{len(positional)}"
            )
        for name, meant in zip(positional, their_positional[: len(call.args)], strict=False):
            if name != meant and meant in my.keywords:
                return f"passes `{meant}` where it takes `{name}`"
    for name in passed:
        if not has_stars and name in positional[: len(call.args)]:
            return f"passes `{name}` by position and by name"
        # A decorator may take what it names, such as a deprecated parameter.
        if name not in my.keywords and name not in in_decorators:
            if not my.has_keyword_rest:
                return f"passes `{name}`, for which it has no parameter"
            renamed = _renamed(mine, theirs, word).get(name)
            if renamed and renamed not in passed:
                return f"passes `{name}`, which it calls `{renamed}`"
    if not has_stars and all(keyword.arg is not None for keyword in call.keywords):
        given = {*my.positional[:is_bound], *positional[: len(call.args)], *passed}
        missing = sorted(my.required - given)
        if missing:
            return f"does not pass `{missing[0]}`, which it requires"
    return ""


def _renamed(mine: Function, theirs: Function, word: Callable[[str], str]) -> dict[str, str]:
    """What the override calls parameters of the parent's: those of one type and default."""
    my_names = {argument.arg for argument in _listed(mine)}
    their_names = {word(argument.arg) for argument in _listed(theirs)}
    gained = _declarations(mine, my_names - their_names)
    lost = _declarations(theirs, their_names - my_names, word) if gained else {}
    names = {}
    for name, declaration in lost.items():
        alike = [other for other in gained if gained[other] == declaration]
        if declaration[0] and len(alike) == 1 and [*lost.values()].count(declaration) == 1:
            names[name] = alike[0]
    return names


def _listed(function: Function) -> tuple[ast.arg, ...]:
    arguments = function.args
    return (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)


def _declarations(
    function: Function, names: Collection[str], word: Callable[[str], str] = str
) -> dict[str, tuple[str, str]]:
    """Annotation and default of some parameters, as text."""
    defaults = defaults_of(function)
    return {
        name: (
            word(ast.unparse(argument.annotation)) if argument.annotation else "",
            ast.unparse(defaults[argument.arg]),
        )
        for argument in _listed(function)
        if (name := word(argument.arg)) in names
    }


def turned_parameters(
    decorators: list[ast.expr], my: Parameters, their: Parameters
) -> Iterator[tuple[ast.expr, str, str]]:
    """Decorators that name a parameter of the override alone and one of the parent's alone."""
    for decorator in decorators:
        if isinstance(decorator, ast.Call):
            named = _texts(decorator)
            lost = sorted(named & (their.keywords - my.keywords))
            gained = sorted(named & (my.keywords - their.keywords))
            if lost and gained:
                yield decorator, gained[0], lost[0]


def _texts(expression: ast.expr) -> set[str]:
    """The strings in a part of a decorator, which may name parameters."""
    return {
        part.value
        for part in nodes_within(expression)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
