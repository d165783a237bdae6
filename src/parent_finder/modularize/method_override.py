"""The shortest ways to write a method that overrides a parent's, longest last.

The converter puts the parent's body in the place of `super().method(...)`. Statements after that
call are added at the end, or replace the parent's assignment to the same target; `del` drops the
parent's assignment. That is read backwards here: from both bodies to the statements to write.
"""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from modular_converter.merge.super_calls import BodyStatement, body_statements
from parent_finder.modularize.class_text import Member

_BODY = "        "
_CALL = re.compile(r"(super\(\)\.\w+\()[^\n]*(\)\n)")
_INIT = "super().__init__("
_POST_INIT = "self.post_init("


@dataclass(frozen=True)
class Overrides:
    """Texts of a method, without blank lines above, that should make the parent's into ours.

    ``short`` use the parent's body, the shortest first; ``whole`` repeats the body and leaves out
    what is inherited beside it; ``verbatim`` leaves out nothing. ``whole`` may be missing.
    """

    short: tuple[str, ...]
    whole: str | None
    verbatim: str


def overrides(mine: Member, theirs: Member, base: str) -> Overrides:
    """The ways to write ``mine`` in a child whose parent has ``theirs``.

    ``base`` is the first base of the class that is to result. That a text converts to ``mine`` is
    likely and not certain: a conversion must prove it.
    """
    own, other = mine.function, theirs.function
    docstring, body = _parts(mine)
    their_docstring, their_body = _parts(theirs)
    whole_body = _text([_without_super(statement, mine.name, base) for statement in body])
    verbatim = "".join(own.head.decorators) + _signature(mine) + docstring + whole_body
    if their_docstring and not docstring:
        return Overrides((), None, verbatim)
    decorators = _decorators(mine, theirs)
    repeated = "" if docstring == their_docstring else docstring
    head = decorators + _signature(mine) + repeated
    calls = _super_bodies(mine, body, their_body, base)
    short = [head + call for call in calls]
    same_signature = own.head.arguments == other.head.arguments and not own.is_async
    if same_signature and own.head.returns == other.head.returns and _takes_only_positional(mine):
        returns = f" -> {own.head.returns}" if own.head.returns else ""
        used = {name for call in calls for name in _names_in(call.replace(_call(method=mine), ""))}
        brief = f"{decorators}    def {mine.name}(self, **super_kwargs){returns}:\n{repeated}"
        if _signature(mine).count("\n") > 1 and used.isdisjoint(_parameters(mine) - {"self"}):
            short += [brief + _CALL.sub(r"\1**super_kwargs\2", call, count=1) for call in calls]
    whole = head + whole_body
    short = [text for text in short if text.count("\n") < whole.count("\n")]
    ordered = sorted(short, key=lambda text: text.count("\n"))
    return Overrides(tuple(ordered), whole, verbatim)


def _names_in(body: str) -> set[str]:
    return set(re.findall(r"(?<![.\w])[^\W\d]\w*", body))


def _without_super(statement: BodyStatement, method: str, base: str) -> BodyStatement:
    """The statement with a call that the converter would put the parent's body for written out."""
    if statement.calls_super != method:
        return statement
    call = re.compile(rf"super\([^()]*\)\.{method}\((\s*\))?")
    text = call.sub(
        lambda found: f"{base}.{method}(self" + (")" if found.group(1) else ", "),
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
    return plain and len(arguments.args) > 2


def _super_bodies(
    method: Member, mine: list[BodyStatement], theirs: list[BodyStatement], base: str
) -> list[str]:
    """Bodies with a `super()` call that give ``mine``; none when there is no such body."""
    found = merged_from(mine, theirs)
    if found is None:
        return []
    before, after = found
    call = _call(method)
    if not after and theirs and theirs[-1].text.lstrip().startswith("return"):
        call = f"return {call}"
    if not _makes_sense(method, theirs, [*before, *after]):
        return []
    before = [_without_super(statement, method.name, base) for statement in before]
    return [f"{_text(before)}{_BODY}{call}\n{_text(after)}"]


def _makes_sense(method: Member, theirs: list[BodyStatement], written: list[BodyStatement]) -> bool:
    """Whether statements around a `super()` call mean what they say when read as Python.

    A converter would also take them with names that only exist inside of the parent's method.
    """
    parents_own = _stored(theirs)
    own = _stored(written)
    tree = ast.parse(textwrap.dedent(_text(written)))
    loaded = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    if (loaded & parents_own) - own - _parameters(method):
        return False
    targets = [one.target or one.deletes or "" for one in written if one.target or one.deletes]
    replaced = {their.target or their.annotated_target for their in theirs}
    return all("." in target for target in targets if target in replaced)


def _stored(body: list[BodyStatement]) -> set[str]:
    return {
        node.id
        for node in ast.walk(ast.parse(textwrap.dedent(_text(body))))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _parameters(method: Member) -> set[str]:
    node = method.statement.node
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    return {one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)}


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


def merged_from(
    mine: list[BodyStatement], theirs: list[BodyStatement]
) -> tuple[list[BodyStatement], list[BodyStatement]] | None:
    """What to write before and after the `super()` call to make ``theirs`` into ``mine``.

    None when no such statements exist, or when nothing of the parent's body would be used.
    """
    mine, theirs = list(mine), list(theirs)
    both = [_without_init(mine), _without_init(theirs)]
    if all(rest is not None for rest in both):
        mine, theirs = both  # type: ignore[assignment]
    if mine and theirs and _POST_INIT in mine[-1].text and _POST_INIT in theirs[-1].text:
        mine, theirs = mine[:-1], theirs[:-1]
    if not theirs:
        return (mine, []) if mine and all(both) else None
    matcher = SequenceMatcher(None, [_key(s) for s in theirs], [_key(s) for s in mine], False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    if not blocks:
        return None
    before: list[BodyStatement] = []
    after: list[BodyStatement] = []
    deleted: dict[str, None] = {}
    replaced: list[BodyStatement] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            continue
        added = mine[j1:j2]
        for statement in theirs[i1:i2]:
            target = statement.target or statement.annotated_target
            if target is None:
                return None
            location = next((n for n, one in enumerate(added) if one.target == target), None)
            if location is None:
                deleted[target] = None
            elif location == 0 or (i1 == 0 and not replaced):
                before += added[:location]
                replaced.append(added[location])
                added = added[location + 1 :]
            else:
                return None
        if not added:
            continue
        if i2 == len(theirs):
            after += added
        elif i1 == 0 and not replaced:
            before += added
        else:
            return None
    kept = {statement.target for statement in mine}
    if not kept.isdisjoint(deleted):
        return None
    deletions = [
        BodyStatement("", f"{_BODY}del {target}\n", statement.origin)
        for target in deleted
        for statement in theirs[:1]
    ]
    return before, [*replaced, *deletions, *after]


def _key(statement: BodyStatement) -> str:
    return statement.lead.strip("\n") + statement.text


def _without_init(body: list[BodyStatement]) -> list[BodyStatement] | None:
    if body and body[0].text.lstrip().startswith(_INIT):
        return body[1:]
    return None
