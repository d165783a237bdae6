"""Writing one method of a merged class."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from modular_converter.conventions.profiles import Profile
from modular_converter.merge.arguments import Bindings, bindings, with_renamed_names
from modular_converter.merge.decorators import inherited_decorators, kept_decorators
from modular_converter.merge.docstrings import merged_docstring
from modular_converter.merge.nodes import Fragment, Origin, Rename
from modular_converter.merge.super_calls import (
    BodyStatement,
    ClassRecords,
    body_statements,
    is_docstring,
    merge_bodies,
    with_super_calls,
)
from modular_converter.syntax.definitions import FunctionParts, split_function, split_parameters
from modular_converter.syntax.source import Source
from modular_converter.syntax.statements import Statement
from modular_converter.syntax.tokens import code_only, identifiers
from modular_converter.syntax.unread_bodies import body_line

_INDENT = "    "
_BODY = "        "
_ONE_LINE_DEF = re.compile(r"def .*\(.*\).*:.*")
_RAISE = re.compile(r"    raise.*Error\(.*")
_BEFORE_PARAMETERS = re.compile(r"(?:\s|#[^\n]*\n)*")
# A docstring with the lines above it, from the line below a header.
_OPENING_DOCSTRING = re.compile(
    r'((?:[ \t]*(?:#[^\n]*)?\n)*)( {8}[rRuU]?"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""\n)', re.DOTALL
)
# What may be a docstring, or a statement that is not written as it stands.
_NEEDS_READING = re.compile(r'"""|\bsuper\b|\bdel\b')
_PARAMETER = re.compile(r"(\*{0,2})\s*(\w*)")


@dataclass(frozen=True, eq=False)
class Method:
    """A method as it stands in a file, with the renaming of its text."""

    source: Source
    parsed: Statement
    rename: Callable[[str], str]
    renames: tuple[Rename, ...]

    @cached_property
    def parts(self) -> FunctionParts:
        """Its pieces."""
        return split_function(self.source, self.parsed.node, _INDENT)  # type: ignore[arg-type]

    def mentions(self, text: str) -> bool:
        """Whether a text of one line occurs in it."""
        return self.source.mentions(self.parsed.node, text)

    def body(self, parts: FunctionParts) -> list[BodyStatement]:
        """Its statements, renamed."""
        return body_statements(self.source, parts.statements, _BODY, self.rename, self.renames)

    def docstrings(self, parts: FunctionParts) -> list[BodyStatement]:
        """Those of its statements that are docstrings, renamed."""
        if not self.mentions('"""'):
            return []
        if body_line(self.parsed.node) is not None:
            lead = parts.head.end + 1
            opening = _OPENING_DOCSTRING.match(text := self.source.block(lead, self.parsed.last))
            if opening is not None and '"""' not in text[opening.end() :]:
                above, docstring = map(self.rename, opening.groups())
                return [BodyStatement(above, docstring, self.origin(lead), is_docstring=True)]
        statements = [
            statement
            for statement in parts.statements
            if statement.is_single and is_docstring(self.source, statement.node)
        ]
        return body_statements(self.source, statements, _BODY, self.rename, self.renames)

    def origin(self, line: int) -> Origin:
        """The place of a line (from 0) of its file."""
        return Origin(self.source.label, self.source.first_line + line + 1, self.renames)


def deletes_method(source: Source, parsed: Statement) -> bool:
    """Whether a modular method says that the parent's is to be left out.

    It is a matter of layout, as in transformers' converter (5.0 to 5.24), which matches the text:
    one blank line, an undecorated one-line ``def``, and on the next line a ``raise`` of a call to
    something that ends in ``Error``.
    """
    if source.block(parsed.lead, parsed.first - 1) != "\n":
        return False
    lines = source.lines
    definition = lines[parsed.first].removeprefix(_INDENT)
    following = lines[parsed.first + 1] if parsed.first < parsed.last else ""
    return bool(
        _ONE_LINE_DEF.fullmatch(definition) and _RAISE.match(following.removeprefix(_INDENT))
    )


@dataclass(frozen=True, eq=False)
class MethodMerger:
    """Writes the methods of one class. ``bases`` are names that may be written ``super()``.

    ``corrects`` says that inherited code sees what `super()` passes, in ways that transformers'
    converter does not know.
    """

    bases: frozenset[str]
    profile: Profile
    corrects: bool = False
    records: ClassRecords = field(default_factory=ClassRecords)

    def merged(self, mine: Method, theirs: Method, unravelled: Method | None) -> list[Fragment]:
        """The parent's method overridden by the modular's.

        ``unravelled`` is the parent's method that a call of ``super()`` stands for.
        """
        my_parts, their_parts = mine.parts, theirs.parts
        rename = theirs.rename
        fragments: list[Fragment] = []

        def add(text: str, method: Method, line: int) -> None:
            if text:
                fragments.append(Fragment(text, method.origin(line)))

        parsed = theirs.parsed
        add(rename(theirs.source.block(parsed.lead, parsed.first - 1)), theirs, parsed.lead)
        their_decorators = their_parts.head.decorators
        for position, text in inherited_decorators(my_parts.head, their_parts.head, self.profile):
            above = "".join(their_decorators[:position]).count("\n")
            add(rename(text), theirs, parsed.first + above)
        add(kept_decorators(my_parts.head, self.profile), mine, mine.parsed.first)
        after_decorators = their_parts.head.after_decorators
        definition = their_parts.node.lineno - 1
        add(rename(after_decorators), theirs, definition - after_decorators.count("\n"))

        arguments = my_parts.head.arguments or ""
        their_arguments = rename(their_parts.head.arguments or "")
        if _takes_super_kwargs(arguments):
            arguments = _with_parent_parameters(arguments, their_arguments)
        elif self._takes_over(mine, theirs, unravelled):
            arguments = their_arguments
        arguments = _opening(their_arguments) + arguments[len(_opening(arguments)) :]
        returns = my_parts.head.returns or rename(their_parts.head.returns)
        if self.profile.keeps_returns:
            returns = rename(their_parts.head.returns)
        is_async = my_parts.is_async if self.corrects else their_parts.is_async
        signature = _signature(my_parts, is_async, arguments, returns)
        origins = mine.origin(my_parts.node.lineno - 1), theirs.origin(definition)
        fragments.append(Fragment(signature, *origins))
        if verbatim := self._verbatim(mine):
            verbatim_body, has_docstring = verbatim
            above_it = [] if has_docstring else theirs.docstrings(their_parts)
            return [*fragments, *map(_fragment, above_it), verbatim_body]
        docstrings = theirs.docstrings(their_parts)
        body = mine.body(my_parts)
        if not any(statement.is_docstring for statement in body):
            body = docstrings + body
            offset = len(docstrings)
        else:
            offset = 0
            if self.profile.docstrings != "own" and docstrings:
                number = next(i for i, statement in enumerate(body) if statement.is_docstring)
                text = merged_docstring(
                    docstrings[0].text.strip(), body[number].text.strip(), self.profile.docstrings
                )
                body[number] = replace(
                    body[number], text=f"{_BODY}{text}\n", second=docstrings[0].origin
                )
        fragments += self._body(mine, my_parts, body, offset, unravelled)
        return fragments

    def plain(self, mine: Method, unravelled: Method | None) -> list[Fragment]:
        """A method that the parent lacks, with its calls to bases written as ``super()``."""
        parts = mine.parts
        parsed = mine.parsed
        lead = mine.source.block(parsed.lead, parsed.first - 1)
        decorators = kept_decorators(parts.head, self.profile)
        head = lead + decorators + parts.head.after_decorators
        fragments = [Fragment(head, mine.origin(parsed.lead))] if head else []
        signature = _signature(
            parts, parts.is_async, parts.head.arguments or "", parts.head.returns
        )
        fragments.append(Fragment(signature, mine.origin(parts.node.lineno - 1)))
        if verbatim := self._verbatim(mine):
            return [*fragments, verbatim[0]]
        body = mine.body(parts)
        return fragments + self._body(mine, parts, body, 0, unravelled)

    def _verbatim(self, mine: Method) -> tuple[Fragment, bool] | None:
        """The body of a method that is written as it stands, and if it begins with a docstring.

        None if its statements must be read to know that.
        """
        if body_line(mine.parsed.node) is None:
            return None
        first = mine.parts.head.end + 1
        text = mine.source.block(first, mine.parsed.last)
        opening = _OPENING_DOCSTRING.match(text) if self.profile.docstrings == "own" else None
        if _NEEDS_READING.search(text, opening.end() if opening is not None else 0):
            return None
        if any(f"{base}." in text for base in self.bases):
            return None
        return Fragment(text, mine.origin(first)), opening is not None

    def _body(
        self,
        mine: Method,
        parts: FunctionParts,
        body: list[BodyStatement],
        offset: int,
        unravelled: Method | None,
    ) -> list[Fragment]:
        """The statements of a method; the first ``offset`` of ``body`` are not the modular's."""
        done = body[:offset]
        own = body[offset:]
        for position, statement in enumerate(own):
            if statement.calls_super == parts.head.name:
                if unravelled is None:
                    raise mine.source.error(
                        "no-such-method",
                        f"the parent class has no method `{parts.head.name}` that could replace "
                        f"`super().{parts.head.name}(...)`",
                        parts.statements[position].node,
                        hint="write the body out, or inherit from a parent that defines the method",
                    )
                body = unravelled.body(unravelled.parts)
                following = own[position + 1 :]
                if self.corrects:
                    call = parts.statements[position].node
                    bound = _bindings(mine, call, unravelled)
                    body = _with_renamed_names(body, bound.renames)
                    # Much of what a parent's body reads is often deleted or replaced.
                    merged = merge_bodies([], body, following, self.records, self.profile)
                    used = {name for part in merged for name in identifiers(part.text)}
                    done = done + _assignments(bound, used, mine.origin(call.lineno - 1))
                done = merge_bodies(
                    done, body, following, self.records, self.profile, keeps_reads=self.corrects
                )
                break
            if statement.deletes is not None and self.profile.drops_deletions:
                continue
            done.append(
                with_super_calls(mine.source, parts.statements[position], statement, self.bases)
            )
        fragments = [_fragment(statement) for statement in done]
        last = parts.statements[-1].last
        if mine.parsed.last > last:
            footer = mine.source.block(last + 1, mine.parsed.last)
            fragments.append(Fragment(footer, mine.origin(last + 1)))
        return fragments or [Fragment(f"{_BODY}pass\n", mine.origin(parts.node.lineno - 1))]

    def _takes_over(self, mine: Method, theirs: Method, unravelled: Method | None) -> bool:
        """Whether the override passes everything on to the very method that it overrides."""
        if not self.corrects or unravelled is None or unravelled.parsed is not theirs.parsed:
            return False
        statement = next(
            (
                part
                for part, described in zip(
                    mine.parts.statements, mine.body(mine.parts), strict=True
                )
                if described.calls_super == mine.parts.head.name
            ),
            None,
        )
        return statement is not None and _bindings(mine, statement.node, theirs).takes_over


def _fragment(statement: BodyStatement) -> Fragment:
    return Fragment(statement.lead + statement.text, statement.origin, statement.second)


def _bindings(mine: Method, statement: ast.stmt, theirs: Method) -> Bindings:
    call = statement.value  # type: ignore[attr-defined]
    return bindings(
        mine.parts.node,
        call,
        theirs.parts.node,
        theirs.rename,
        mine.source.slice,
        lambda node: theirs.rename(theirs.source.slice(node)),
    )


def _assignments(bound: Bindings, used: set[str], origin: Origin) -> list[BodyStatement]:
    return [BodyStatement("", f"{_BODY}{text}\n", origin) for text in bound.assignments(used)]


def _with_renamed_names(
    body: list[BodyStatement], renames: Mapping[str, str]
) -> list[BodyStatement]:
    if not renames:
        return body
    return [
        replace(
            part,
            text=with_renamed_names(part.text, renames),
            target=renames.get(part.target or "", part.target),
        )
        for part in body
    ]


def _signature(parts: FunctionParts, is_async: bool, arguments: str, returns: str) -> str:
    prefix = "async def" if is_async else "def"
    arrow = f" -> {returns}" if returns else ""
    comment = f"  {parts.head.after_colon}" if parts.head.after_colon else ""
    types = parts.head.type_parameters
    return f"{_INDENT}{prefix} {parts.head.name}{types}({arguments}){arrow}:{comment}\n"


def _opening(arguments: str) -> str:
    """Blanks and comments before the first parameter.

    They stay with the parent's method, as in transformers' converter (5.0 to 5.24).
    """
    match = _BEFORE_PARAMETERS.match(arguments)
    assert match is not None
    return match.group()


def _takes_super_kwargs(arguments: str) -> bool:
    return "super_kwargs" in arguments and any(
        (stars, name) == ("**", "super_kwargs") for stars, name, _, _ in _parameters(arguments)
    )


def _parameters(arguments: str) -> list[tuple[str, str, str, bool]]:
    """(stars, name, text, followed by a comma) of each parameter, `/` and `*` included."""
    pieces = split_parameters(arguments)
    result = []
    for position, text in enumerate(pieces):
        bare = code_only(text).strip()
        if bare:
            match = _PARAMETER.match(bare)
            assert match is not None
            stars, name = match.groups()
            result.append((stars, name, text.strip(" "), position < len(pieces) - 1))
    return result


def _with_parent_parameters(mine: str, theirs: str) -> str:
    """The parameters of a method with ``**super_kwargs``."""
    my_parameters, their_parameters = _parameters(mine), _parameters(theirs)
    positional: dict[str, tuple[str, bool]] = {}
    last: tuple[str, bool] | None = None
    after_star = False
    for stars, name, text, comma in their_parameters:
        if stars == "**":
            last = (text, comma)
        after_star = after_star or stars == "*"
        if name and not stars and not after_star:
            positional[name] = (text, comma)
    keyword_only: list[tuple[str, bool]] = []
    after_star = False
    first = True
    for stars, name, text, comma in my_parameters:
        if stars == "**":
            continue
        after_star = after_star or stars == "*"
        if after_star:
            keyword_only.append((text, comma))
        elif name:
            if not first:
                positional[name] = (text, comma)
            first = False
    listed = [*positional.values(), *keyword_only]
    if last is not None:
        listed.append(last)
    trailing = "," if listed and listed[-1][1] else ""
    return ",".join(text for text, _ in listed) + trailing
