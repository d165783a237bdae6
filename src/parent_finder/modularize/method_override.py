"""The ways to write a method that overrides a parent's, the shortest first."""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass, replace
from functools import lru_cache

from modular_converter.merge.super_calls import BodyStatement, body_statements
from parent_finder.modularize.class_text import Member
from parent_finder.modularize.merged_body import Written, merged_from

_BODY = "        "
# The parameters, `self` included, from which on `**super_kwargs` is shorter to read.
_ENOUGH_PARAMETERS = 3
_CALL = re.compile(r"(super\(\)\.\w+\()[^\n]*(\)\n)")


@dataclass(frozen=True)
class Overrides:
    """Texts of a method, without blank lines above, that should make the parent's into ours.

    ``short`` use the parent's body, the shortest first, and so do ``strict``, which also keep our
    blank lines; ``whole`` repeats the body and leaves out what is inherited beside it;
    ``verbatim`` leaves out nothing. ``whole`` may be missing.
    """

    short: tuple[str, ...]
    strict: tuple[str, ...]
    whole: str | None
    verbatim: str


@lru_cache(maxsize=4096)
def overrides(mine: Member, theirs: Member, base: str) -> Overrides:
    """The ways to write ``mine`` in a child whose parent has ``theirs``.

    ``base`` is the first base of the class that is to result. That a text converts to ``mine`` is
    likely and not certain: a conversion must prove it.
    """
    own = mine.function
    docstring, body = _parts(mine)
    their_docstring, their_body = _parts(theirs)
    whole_body = _text([_without_super(statement, mine.name, base) for statement in body])
    verbatim = "".join(own.head.decorators) + _signature(mine) + docstring + whole_body
    if their_docstring and not docstring:
        return Overrides((), (), None, verbatim)
    repeated = "" if docstring == their_docstring else docstring
    decorators = _decorators(mine, theirs)
    whole = decorators + _signature(mine) + repeated + whole_body

    def with_calls(*, strict: bool) -> tuple[str, ...]:
        call = _super_body(mine, body, their_body, base, strict=strict)
        if call is None:
            return ()
        texts = [decorators + _signature(mine) + repeated + call]
        if _may_be_brief(mine, theirs, call):
            returns = f" -> {own.head.returns}" if own.head.returns else ""
            brief = f"{decorators}    def {mine.name}(self, **super_kwargs){returns}:\n{repeated}"
            texts.insert(0, brief + _CALL.sub(r"\1**super_kwargs\2", call, count=1))
        return tuple(text for text in texts if text.count("\n") < whole.count("\n"))

    return Overrides(with_calls(strict=False), with_calls(strict=True), whole, verbatim)


def without_super(method: Member, base: str) -> str:
    """A method that the parent does not have, with calls of its own name's `super()` written out.

    The converter would look for the parent's body to put in their place.
    """
    docstring, body = _parts(method)
    written = _text([_without_super(statement, method.name, base) for statement in body])
    return "".join(method.function.head.decorators) + _signature(method) + docstring + written


def _may_be_brief(mine: Member, theirs: Member, call: str) -> bool:
    """Whether `**super_kwargs` may stand for the parent's parameters: they are ours, and unused."""
    own, other = mine.function, theirs.function
    if own.head.arguments != other.head.arguments or own.is_async:
        return False
    if _signature(mine).count("\n") == 1 or not _takes_only_positional(mine):
        return False
    used = _names_in(call.replace(_call(mine), ""))
    return used.isdisjoint(_parameters(mine) - {"self"})


def _names_in(body: str) -> set[str]:
    return set(re.findall(r"(?<![.\w])[^\W\d]\w*", body))


def _without_super(statement: BodyStatement, method: str, base: str) -> BodyStatement:
    """The statement with a call that the converter would put the parent's body for written out."""
    if statement.calls_super != method:
        return statement
    call = re.compile(rf"super\([^()]*\)\.{method}\((\s*\))?")
    text = call.sub(
        lambda match: f"{base}.{method}(self" + (")" if match.group(1) else ", "),
        statement.text,
        count=1,
    )
    return replace(statement, text=text)


def _text(body: list[BodyStatement]) -> str:
    return "".join(statement.lead + statement.text for statement in body)


def _decorators(mine: Member, theirs: Member) -> str:
    own, other = mine.function.head.decorators, theirs.function.head.decorators
    if own == other:
        return ""
    return "".join(own) or "    @no_inherit_decorator\n"


def _signature(method: Member) -> str:
    """From `def` to the end of the header's last line."""
    source, parts = method.source, method.function
    return source.block(parts.node.lineno - 1, parts.head.end)


def _parts(method: Member) -> tuple[str, list[BodyStatement]]:
    """The docstring and the other statements, each with what is above it."""
    docstring = ""
    body: list[BodyStatement] = []
    for statement in body_statements(method.source, method.function.statements, _BODY):
        if statement.is_docstring and not body:
            docstring += statement.lead + statement.text
        else:
            body.append(statement)
    return docstring, body


def _takes_only_positional(method: Member) -> bool:
    node = method.statement.node
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    arguments = node.args
    plain = not (arguments.vararg or arguments.kwonlyargs or arguments.posonlyargs)
    return plain and len(arguments.args) >= _ENOUGH_PARAMETERS


def _super_body(
    method: Member,
    mine: list[BodyStatement],
    theirs: list[BodyStatement],
    base: str,
    *,
    strict: bool,
) -> str | None:
    """A body with a `super()` call that gives ``mine``; None if there is none."""
    written = _merged_with_names(method, mine, theirs, strict=strict)
    if written is None:
        return None
    before, after = written
    call = _call(method)
    if theirs and theirs[-1].text.lstrip().startswith("return"):
        if after:
            # Read as Python, the method would return nothing.
            return None
        call = f"return {call}"
    if not _uses_what_it_sets(theirs, [*before, *after]):
        return None
    before = [_without_super(statement, method.name, base) for statement in before]
    return f"{_text(before)}{_BODY}{call}\n{_text(after)}"


def _merged_with_names(
    method: Member, mine: list[BodyStatement], theirs: list[BodyStatement], *, strict: bool
) -> Written | None:
    """Statements around a `super()` call that mean what they say when read as Python.

    A converter would also take them with names that only exist inside of the parent's method:
    these are set again.
    """
    inside = _stored(theirs) - _parameters(method)
    repeated: frozenset[str] = frozenset()
    while (written := merged_from(mine, theirs, strict=strict, repeated=repeated)) is not None:
        statements = [*written[0], *written[1]]
        missing = (_loaded(statements) & inside) - _stored(statements)
        if not missing:
            return written
        if missing <= repeated:
            return None
        repeated |= missing
    return None


def _uses_what_it_sets(theirs: list[BodyStatement], written: list[BodyStatement]) -> bool:
    """Whether no variable is set, or deleted, that only the parent's body reads.

    A linter takes it for unused, unless it is quieted.
    """
    loaded = _loaded(written)
    replaced = {their.target or their.annotated_target for their in theirs}
    return all(
        "." in target or target in loaded or "# noqa" in statement.text
        for statement in written
        if (target := statement.target or statement.deletes or "") in replaced
    )


def _loaded(body: list[BodyStatement]) -> set[str]:
    return _names(body, ast.Load)


def _stored(body: list[BodyStatement]) -> set[str]:
    return _names(body, ast.Store)


def _names(body: list[BodyStatement], context: type[ast.expr_context]) -> set[str]:
    return {
        node.id
        for node in ast.walk(ast.parse(textwrap.dedent(_text(body))))
        if isinstance(node, ast.Name) and isinstance(node.ctx, context)
    }


def _parameters(method: Member) -> set[str]:
    node = method.statement.node
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    return {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}


def _call(method: Member) -> str:
    """`super().name(...)` with the method's own parameters."""
    node = method.statement.node
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    arguments = node.args
    given = [posonlyarg.arg for posonlyarg in (*arguments.posonlyargs, *arguments.args)][1:]
    given += [f"*{arguments.vararg.arg}"] if arguments.vararg else []
    given += [f"{kwonlyarg.arg}={kwonlyarg.arg}" for kwonlyarg in arguments.kwonlyargs]
    given += [f"**{arguments.kwarg.arg}"] if arguments.kwarg else []
    return f"super().{method.name}({', '.join(given)})"
