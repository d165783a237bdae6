"""Located messages for the person who must fix the input, and their rendering."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from toolkit.errors import InputError, ToolError, escaped

Severity = Literal["error", "warning"]


# How much of a longer line is shown.
_EXCERPT = 120


@dataclass(frozen=True)
class Change:
    """A word or address ``old`` of a parent file that renaming made ``new``.

    ``path`` is how messages name the file, ``place`` also says which lines.
    """

    old: str
    new: str
    path: str
    place: str


@dataclass(frozen=True)
class Diagnostic:
    """One finding.

    ``line`` and ``column`` count from 1; 0 means the place is unknown.
    ``source_line`` is the text of that line, shown with a caret.
    ``changes`` is what the message of a finding about renaming lists.
    """

    code: str
    severity: Severity
    path: str
    line: int
    column: int
    message: str
    hint: str = ""
    source_line: str = ""
    changes: tuple[Change, ...] = ()

    def sort_key(self) -> tuple[str, int, int, str]:
        """Order for a report: by place, then code."""
        return (self.path, self.line, self.column, self.code)


class ConversionError(ToolError):
    """Input that cannot be converted, with the findings that say why."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(finding.message for finding in self.diagnostics))

    def __reduce__(self) -> tuple[type[ConversionError], tuple[tuple[Diagnostic, ...]]]:
        """Pickles the findings, of which a worker process reports some."""
        return type(self), (self.diagnostics,)

    def render(self) -> str:
        """The text of all findings."""
        return "\n".join(map(render, self.diagnostics))


_PLACE = re.compile(r"(?P<path>.*?)(?::(?P<line>\d+)(?::(?P<column>\d+))?)?", re.DOTALL)


def refused(code: str, problem: InputError) -> ConversionError:
    """An error of the toolkit as a finding with a code."""
    place = _PLACE.fullmatch(problem.place)
    assert place is not None
    line, column = int(place["line"] or 0), int(place["column"] or 0)
    return error(code, place["path"], problem.message, line=line, column=column, hint=problem.hint)


def error(
    code: str,
    path: str,
    message: str,
    *,
    line: int = 0,
    column: int = 0,
    hint: str = "",
    source_line: str = "",
) -> ConversionError:
    """An exception that carries a single error."""
    return ConversionError(
        [Diagnostic(code, "error", path, line, column, message, hint, source_line)]
    )


def render(diagnostic: Diagnostic) -> str:
    """The text shown to a person: place, message, source excerpt with caret, hint.

    Characters of the input that are not shown, or that steer a terminal, are escaped.
    """
    place = diagnostic.path
    if diagnostic.line:
        place += f":{diagnostic.line}"
        if diagnostic.column:
            place += f":{diagnostic.column}"
    prefix = f"{place}: " if place else ""
    lines = [f"{prefix}{diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}"]
    if diagnostic.source_line.strip() and diagnostic.line:
        gutter = str(diagnostic.line)
        text = diagnostic.source_line.rstrip("\n").expandtabs(4)
        caret = len(diagnostic.source_line[: max(diagnostic.column - 1, 0)].expandtabs(4))
        text, caret = _clipped(text, caret)
        caret = len(escaped(text[:caret]))
        lines.append(f"  {gutter} | {text}")
        if diagnostic.column:
            lines.append(f"  {' ' * len(gutter)} | {' ' * caret}^")
    hint = "; or ".join(filter(None, (diagnostic.hint, _suppression(diagnostic))))
    if hint:
        lines.append(f"hint: {hint}")
    return escaped("\n".join(lines))


def _suppression(diagnostic: Diagnostic) -> str:
    """How to suppress a warning: empty unless it is at a line where a comment may do so."""
    name = diagnostic.path.replace("\\", "/").rpartition("/")[2]
    in_modular_file = name.startswith("modular_") and diagnostic.line > 0
    if diagnostic.severity != "warning" or not in_modular_file:
        return ""
    return f"suppress this with `# modular: ignore[{diagnostic.code}]`"


def _clipped(text: str, caret: int) -> tuple[str, int]:
    """The part of a line around a column, and where the column is in it."""
    if len(text) <= _EXCERPT:
        return text, caret
    start = max(0, min(caret - _EXCERPT // 2, len(text) - _EXCERPT))
    head, tail = "..." if start else "", "..." if start + _EXCERPT < len(text) else ""
    return head + text[start : start + _EXCERPT] + tail, caret - start + len(head)


def as_json(diagnostic: Diagnostic) -> dict[str, object]:
    """The form used in JSON answers."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "path": diagnostic.path,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    }
