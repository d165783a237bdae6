"""Suppressing warnings: by code for a whole run, and by comments in a modular file.

``# modular: ignore[code, code]`` at the end of a line suppresses warnings reported for that line;
alone on a line above the first statement it suppresses them for the file. Neither reaches a
generated file: the comments are taken out of the text before anything else sees it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from modular_converter.diagnostics.codes import BY_NAME
from modular_converter.diagnostics.record import ConversionError, Diagnostic, error
from modular_converter.syntax.tokens import COMMENT, tokens

_MARK = "modular:"
_IGNORE = re.compile(
    r"[ \t]*#[ \t]*modular:[ \t]*ignore\b[ \t]*(?:\[(?P<codes>[^\]\n]*)\])?[^#\n]*"
)
_LONE = re.compile(r"^[ \t]*#[ \t]*modular:[ \t]*ignore\b[^\n]*\n", re.MULTILINE)


@dataclass(frozen=True)
class IgnoreComment:
    """The codes that a comment names; ``line`` counts from 1 and is 0 for the whole file."""

    codes: frozenset[str]
    line: int = 0

    def suppresses(self, finding: Diagnostic) -> bool:
        """Whether the comment speaks of a finding in its own file."""
        return finding.code in self.codes and self.line in (0, finding.line)


@dataclass(frozen=True)
class Ignores:
    """The ignore comments of a file, and what is wrong with them."""

    comments: tuple[IgnoreComment, ...] = ()
    findings: tuple[Diagnostic, ...] = ()

    def visible(self, findings: Iterable[Diagnostic]) -> list[Diagnostic]:
        """The findings in the file that no comment suppresses."""
        return [
            finding
            for finding in findings
            if finding.severity == "error"
            or not any(comment.suppresses(finding) for comment in self.comments)
        ]


NO_IGNORES = Ignores()


def take_comments(text: str, label: str) -> tuple[str, Ignores]:
    """``text`` without the ignore comments at line ends, and all ignore comments.

    Lines keep their numbers: lone comments stay, and ``without_lone_comments`` drops them from
    the header. Raises ConversionError at a lone comment below the first statement.
    """
    if _MARK not in text or not _IGNORE.search(text):
        return text, Ignores()
    comments: list[IgnoreComment] = []
    findings: list[Diagnostic] = []
    pieces: list[str] = []
    position = 0
    in_header = True
    for kind, start, end in tokens(text):
        if kind is not COMMENT:
            in_header = in_header and not text[start:end].strip()
            continue
        match = _IGNORE.search(text, start, end)
        if match is None:
            continue
        begin = text.rfind("\n", 0, start) + 1
        line = text.count("\n", 0, start) + 1
        place = (label, line, match.start() - begin + 1, text[begin:].split("\n", 1)[0])
        is_lone = not text[begin : match.start()].strip()
        if is_lone and not in_header:
            raise ConversionError([_misplaced(place)])
        names = _codes(match["codes"])
        findings += _unknown(place, names)
        comments.append(IgnoreComment(frozenset(names), 0 if is_lone else line))
        if not is_lone:
            pieces.append(text[position : match.start()].rstrip(" \t"))
            position = match.end()
            if position < end:
                pieces.append("  ")
    pieces.append(text[position:])
    return "".join(pieces), Ignores(tuple(comments), tuple(findings))


def without_lone_comments(header: str) -> str:
    """A file's header without the lines that are ignore comments."""
    return _LONE.sub("", header) if _MARK in header else header


def unignored(
    findings: Iterable[Diagnostic], ignored: Collection[str], *, pedantic: bool
) -> list[Diagnostic]:
    """The findings whose code is not ignored, with ``pedantic`` also those of pedantic codes.

    Errors always are left.
    """
    return [
        finding
        for finding in findings
        if finding.severity == "error"
        or (finding.code not in ignored and (pedantic or not BY_NAME[finding.code].is_pedantic))
    ]


def checked_codes(names: Iterable[str], place: str) -> frozenset[str]:
    """Codes to ignore in a run. Raises ConversionError for one that is not a warning's."""
    codes = frozenset(names)
    for name in sorted(codes):
        code = BY_NAME.get(name)
        if code is None or not code.can_be_ignored:
            problem = "there is no such code" if code is None else "errors cannot be ignored"
            raise error(
                "unknown-code", place, f"`{name}` cannot be ignored: {problem}", hint=_known()
            )
    return codes


def _known() -> str:
    return f"warnings are: {', '.join(n for n, code in BY_NAME.items() if code.can_be_ignored)}"


def _codes(listed: str | None) -> tuple[str, ...]:
    return tuple(name for item in (listed or "").split(",") if (name := item.strip()))


_Place = tuple[str, int, int, str]


def _misplaced(place: _Place) -> Diagnostic:
    label, line, column, excerpt = place
    return Diagnostic(
        "misplaced-ignore",
        "error",
        label,
        line,
        column,
        "an ignore comment alone on its line belongs above the first statement",
        "put it at the end of the line that the warning is reported for",
        excerpt,
    )


def _unknown(place: _Place, names: tuple[str, ...]) -> list[Diagnostic]:
    label, line, column, excerpt = place
    messages = [] if names else ["the ignore comment names no code"]
    for name in names:
        code = BY_NAME.get(name)
        if code is None:
            messages.append(f"the ignore comment names the unknown code `{name}`")
        elif not code.can_be_ignored:
            messages.append(f"the ignore comment names `{name}`, which is an error")
    return [
        Diagnostic("unknown-ignore", "warning", label, line, column, message, _known(), excerpt)
        for message in messages
    ]
