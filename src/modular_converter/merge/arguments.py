"""The arguments of a `super()` call, beside the parameters of the body that replaces it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from modular_converter.syntax.nodes import nodes_within
from modular_converter.syntax.statements import Function
from modular_converter.syntax.tokens import identifiers

_SUPER_KWARGS = "super_kwargs"


@dataclass(frozen=True)
class Change:
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


class Signature:
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
            for name, value in defaults_of(method).items()
            if not (isinstance(value, ast.Constant) and value.value is ...)
        }
        self.keyword_rest = word(arguments.kwarg.arg) if arguments.kwarg else ""

    def changes(self, call: ast.Call) -> Iterator[Change]:
        """The arguments that are not passed by the very name that the parent gives them."""
        for position, value in enumerate(call.args[_passes_self(call) :]):
            if isinstance(value, ast.Starred):
                yield from self._unpacked(self.rest, value.value)
                break
            if position < len(self.positional):
                yield from _unlike(self.positional[position], value)
            else:
                yield Change(self.rest, value, "collected" if self.rest else "unknown")
        for keyword in call.keywords:
            if keyword.arg is None:
                yield from self._unpacked(self.keyword_rest, keyword.value)
            elif keyword.arg in self.keywords:
                yield from _unlike(keyword.arg, keyword.value)
            else:
                kind: Literal["collected", "unknown"] = (
                    "collected" if self.keyword_rest else "unknown"
                )
                yield Change(self.keyword_rest, keyword.value, kind)

    def _unpacked(self, name: str, value: ast.expr) -> Iterator[Change]:
        """The names in plain `*args` are known by now: undefined ones are reported as such."""
        if not isinstance(value, ast.Name):
            yield Change(name, value, "collected" if name else "unknown")

    def left_out(self, mine: Function, call: ast.Call) -> Iterator[Change]:
        """Parameters that the call leaves to the parent's default, unlike the override's.

        A call without any argument only marks the place of the parent's body.
        """
        if not call.args and not call.keywords:
            return
        if any(isinstance(value, ast.Starred) for value in call.args):
            return
        passed = {*self.positional[: len(call.args) - _passes_self(call)]}
        passed.update(keyword.arg for keyword in call.keywords if keyword.arg)
        own = defaults_of(mine)
        for name, default in self.defaults.items():
            if name in own and name not in passed and ast.dump(own[name]) != ast.dump(default):
                yield Change(name, None, "left out")


def _passes_self(call: ast.Call) -> bool:
    """Some write `super().m(self, x)`, which only works because the call is replaced."""
    return bool(call.args) and getattr(call.args[0], "id", "") == "self"


def defaults_of(method: Function) -> dict[str, ast.expr]:
    """The defaults by parameter; a parameter without one has an ellipsis."""
    arguments = method.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required: list[ast.expr] = [ast.Constant(...)] * (len(positional) - len(arguments.defaults))
    pairs = [
        *zip(positional, [*required, *arguments.defaults], strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return {argument.arg: default or ast.Constant(...) for argument, default in pairs}


def _unlike(name: str, value: ast.expr) -> Iterator[Change]:
    if not (isinstance(value, ast.Name) and value.id == name):
        yield Change(name, value)


@dataclass(frozen=True)
class Bindings:
    """What makes the parent's body see the arguments of the call that it replaces.

    :param renames: new names of parameters in the body.
    :param values: what other parameters are assigned before it, by name.
    :param takes_over: whether the override only passes everything on, and can have the parent's
        parameters.
    """

    renames: Mapping[str, str]
    values: Mapping[str, str]
    takes_over: bool = False

    @property
    def names(self) -> frozenset[str]:
        """The parameters of the parent that are taken care of."""
        return frozenset({*self.renames, *self.values})

    def assignments(self, used: Collection[str]) -> list[str]:
        """The assignments of ``used`` names; in one if a value reads what one before it assigns."""
        texts = {
            name: f"({text})" if "\n" in text else text
            for name, text in self.values.items()
            if name in used
        }
        assigned: set[str] = set()
        for name, text in texts.items():
            if identifiers(text) & assigned:
                return [f"{', '.join(texts)} = {', '.join(texts.values())}"]
            assigned.add(name)
        return [f"{name} = {text}" for name, text in texts.items()]


def bindings(
    mine: Function,
    call: ast.Call,
    theirs: Function,
    word: Callable[[str], str],
    my_text: Callable[[ast.expr], str],
    their_text: Callable[[ast.expr], str],
) -> Bindings:
    """How the body of ``theirs`` comes to see the arguments of a call in ``mine``.

    :param word: the renaming of the parent's names.
    :param my_text: the text of an expression of the override; ``their_text`` that of the parent's,
        renamed.
    """
    return _Binder(mine, call, theirs, word, my_text, their_text).result()


class _Binder:
    def __init__(
        self,
        mine: Function,
        call: ast.Call,
        theirs: Function,
        word: Callable[[str], str],
        my_text: Callable[[ast.expr], str],
        their_text: Callable[[ast.expr], str],
    ) -> None:
        self.mine, self.call = mine, call
        self.my_text, self.their_text = my_text, their_text
        self.signature = Signature(theirs, word)
        nodes = [node for statement in theirs.body for node in nodes_within(statement)]
        self.used = {word(node.id) for node in nodes if isinstance(node, ast.Name)}
        # A name that an inner scope binds too, or that an f-string contains, is not renamed.
        self.fixed = {word(node.arg) for node in nodes if isinstance(node, ast.arg)}
        for node in nodes:
            if isinstance(node, (ast.comprehension, ast.JoinedStr, ast.Global, ast.Nonlocal)):
                self.fixed |= {word(n.id) for n in nodes_within(node) if isinstance(n, ast.Name)}
        self.parameters = {
            node.arg for node in nodes_within(mine.args) if isinstance(node, ast.arg)
        }
        self.bound = self.parameters | {
            node.id
            for statement in mine.body
            if statement.lineno < call.lineno
            for node in nodes_within(statement)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        # `**super_kwargs` stands for the parent's parameters, less those that are keyword-only.
        self.has_super_kwargs = getattr(mine.args.kwarg, "arg", "") == _SUPER_KWARGS
        if self.has_super_kwargs:
            self.bound |= {*self.signature.positional, self.signature.keyword_rest}
        self.renames: dict[str, str] = {}
        self.values: dict[str, str] = {}

    def result(self) -> Bindings:
        """The bindings."""
        if self._passes_everything_on():
            return Bindings({}, {}, takes_over=True)
        changes = list(self.signature.changes(self.call))
        for change in changes:
            if change.kind == "changed" and change.value is not None:
                self._bind(change.name, change.value)
        self._bind_defaults()
        self._bind_keywords(changes)
        return Bindings(self.renames, self.values)

    def _bind(self, name: str, value: ast.expr) -> None:
        if name not in self.used:
            return
        if (
            isinstance(value, ast.Name)
            and value.id in self.parameters
            and name not in self.bound | self.fixed
            and value.id not in self.used
            and value.id not in self.renames.values()
        ):
            self.renames[name] = value.id
        else:
            self.values[name] = self.my_text(value)

    def _bind_keywords(self, changes: list[Change]) -> None:
        """The parent's `**kwargs`: what no other parameter takes."""
        name = self.signature.keyword_rest
        passed = [
            keyword
            for keyword in self.call.keywords
            if keyword.arg not in self.signature.keywords
            and not (self.has_super_kwargs and getattr(keyword.value, "id", "") == _SUPER_KWARGS)
        ]
        if not name or name not in self.used:
            return
        if len(passed) == 1 and passed[0].arg is None and isinstance(passed[0].value, ast.Name):
            if passed[0].value.id != name:
                self._bind(name, passed[0].value)
        elif any(change.kind == "collected" and change.name == name for change in changes):
            parts = [
                f"**{self.my_text(keyword.value)}"
                if keyword.arg is None
                else f'"{keyword.arg}": {self.my_text(keyword.value)}'
                for keyword in passed
            ]
            self.values[name] = f"{{{', '.join(parts)}}}"
        elif not passed and name not in self.bound:
            self.values[name] = "{}"

    def _bind_defaults(self) -> None:
        """Parameters that are not passed, and that the override does not have."""
        if any(isinstance(value, ast.Starred) for value in self.call.args):
            return
        passed = {*self.signature.positional[: len(self.call.args) - _passes_self(self.call)]}
        passed.update(keyword.arg for keyword in self.call.keywords if keyword.arg)
        own = self.mine.args.kwarg.arg if self.mine.args.kwarg else ""
        hands_on = not self.has_super_kwargs and any(
            keyword.arg is None and getattr(keyword.value, "id", "") == own
            for keyword in self.call.keywords
        )
        for name, default in self.signature.defaults.items():
            if name in passed or name in self.bound or name not in self.used:
                continue
            text = self.their_text(default)
            self.values[name] = f'{own}.pop("{name}", {text})' if own and hands_on else text

    def _passes_everything_on(self) -> bool:
        """Whether the override is `m(self, *args, **kwargs)` and uses these for the call alone."""
        arguments, call = self.mine.args, self.call
        if arguments.vararg is None or arguments.kwonlyargs or len(call.args) != 1:
            return False
        if len(arguments.posonlyargs) + len(arguments.args) > 1:
            return False
        (first,) = call.args
        rest = [keyword for keyword in call.keywords if keyword.arg is None]
        names = {arguments.vararg.arg, *([arguments.kwarg.arg] if arguments.kwarg else [])}
        passed = [first.value if isinstance(first, ast.Starred) else None]
        passed += [keyword.value for keyword in rest]
        if len(rest) != len(call.keywords) or {getattr(v, "id", "") for v in passed} != names:
            return False
        uses = [
            node
            for statement in self.mine.body
            for node in nodes_within(statement)
            if isinstance(node, ast.Name) and node.id in names
        ]
        return len(uses) == len(names)


def with_renamed_names(text: str, renames: Mapping[str, str]) -> str:
    """A statement of a method's body, with its indent, in which names are exchanged.

    Attributes and keywords of calls keep their names.
    """
    places = [
        (node.lineno - 2, node.col_offset, node.id)
        for node in nodes_within(ast.parse(f"if 1:\n{text}"))
        if isinstance(node, ast.Name) and node.id in renames
    ]
    lines = [line.encode() for line in text.split("\n")]
    for line, column, name in sorted(places, reverse=True):
        rest = lines[line][column + len(name.encode()) :]
        lines[line] = lines[line][:column] + renames[name].encode() + rest
    return b"\n".join(lines).decode()
