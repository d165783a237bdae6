"""Reading a Python source file and cutting it by lines and by syntax nodes."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

from modular_converter.diagnostics.record import ConversionError, Diagnostic, Severity, error
from modular_converter.syntax.unread_bodies import (
    is_unread,
    module_with_unread_bodies,
    read_bodies,
)
from toolkit.newer_syntax import newer_syntax

# The nodes that have a place.
Located = ast.stmt | ast.expr | ast.alias | ast.arg | ast.keyword

_STEP = "    "


@dataclass(frozen=True, eq=False)
class Source:
    r"""A decoded file: ``text`` has ``\n`` line ends and four-space blocks.

    ``label`` is the path shown in messages; lines count from 0 here. ``first_line`` is the line
    of the real file where ``text`` begins (not 0 only for a class taken out of a block). With
    ``reads_late``, a syntax error in a definition is found when its body is read.
    """

    path: str
    label: str
    text: str
    first_line: int = 0
    reads_late: bool = False

    @cached_property
    def lines(self) -> list[str]:
        """Lines without their line ends."""
        return self.text.split("\n")

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree. Raises ConversionError at a syntax error."""
        tree = None
        if self.reads_late:
            tree = module_with_unread_bodies(self.text, self.lines, self._parse)
        return self._parse() if tree is None else tree

    @property
    def _parse(self) -> Callable[[], ast.Module]:
        return partial(parse, self.text, self.label)

    def read_bodies(self) -> None:
        """Reads what the tree lacks. Raises ConversionError at a syntax error."""
        read_bodies(self.tree, self._parse)

    def line_text(self, line: int) -> str:
        """The line with this number, counting from 1; empty when there is none."""
        return self.lines[line - 1] if 0 < line <= len(self.lines) else ""

    def block(self, first: int, last: int) -> str:
        """Lines ``first`` to ``last`` (inclusive), each with a line end."""
        if last < first:
            return ""
        return "\n".join(self.lines[first : last + 1]) + "\n"

    def offset(self, line: int, byte_column: int) -> int:
        """Character column of a byte column that ``ast`` gives for a line (from 1)."""
        text = self.lines[line - 1]
        if text.isascii():
            return byte_column
        return len(text.encode("utf-8")[:byte_column].decode("utf-8"))

    def between(self, start: tuple[int, int], end: tuple[int, int]) -> str:
        """The text from one (line from 1, character column) to another."""
        first, column = start
        last, stop = end
        if first == last:
            return self.lines[first - 1][column:stop]
        middle = self.lines[first : last - 1]
        return "\n".join([self.lines[first - 1][column:], *middle, self.lines[last - 1][:stop]])

    def start_of(self, node: Located) -> tuple[int, int]:
        """(line from 1, character column) where a node begins."""
        return node.lineno, self.offset(node.lineno, node.col_offset)

    def end_of(self, node: Located) -> tuple[int, int]:
        """(line from 1, character column) just after a node."""
        # The parser always sets the end.
        line, column = node.end_lineno, node.end_col_offset
        assert line is not None and column is not None
        return line, self.offset(line, column)

    def slice(self, node: Located) -> str:
        """The text of a node."""
        return self.between(self.start_of(node), self.end_of(node))

    def mentions(self, node: ast.stmt, text: str) -> bool:
        """Whether a text of one line occurs in the lines of a statement, without its decorators."""
        return any(text in line for line in self.lines[node.lineno - 1 : node.end_lineno])

    def diagnostic(
        self,
        code: str,
        message: str,
        node: Located | None = None,
        *,
        hint: str = "",
        severity: Severity = "error",
    ) -> Diagnostic:
        """A finding at a node of this file."""
        line = getattr(node, "lineno", 0)
        column = self.start_of(node)[1] + 1 if node is not None and line else 0
        return Diagnostic(
            code=code,
            severity=severity,
            path=self.label,
            line=line + self.first_line if line else 0,
            column=column,
            message=message,
            hint=hint,
            source_line=self.line_text(line),
        )

    def error(
        self, code: str, message: str, node: Located | None = None, *, hint: str = ""
    ) -> ConversionError:
        """An error at a node of this file."""
        return ConversionError([self.diagnostic(code, message, node, hint=hint)])


def decode(data: bytes, label: str) -> str:
    r"""Text of a source file: its declared encoding, ``\n`` line ends, four-space blocks.

    Raises ConversionError when the bytes do not fit the declared encoding.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except SyntaxError as problem:
        raise error(
            "unreadable-source",
            label,
            f"the encoding of the file is unknown: {problem.msg}",
            line=1,
            hint="save the file as UTF-8",
        ) from None
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise error(
            "unreadable-source",
            label,
            f"byte 0x{data[problem.start]:02x} is not valid {problem.encoding}",
            line=line,
            hint="save the file as UTF-8, or declare its encoding in the first line",
        ) from None
    except (LookupError, UnicodeError) as problem:
        # Codecs that are none for text, or that refuse without saying where.
        raise error(
            "unreadable-source",
            label,
            f"the file cannot be decoded as it declares: {problem}",
            line=1,
            hint="save the file as UTF-8",
        ) from None
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\f", "")


def parse(text: str, label: str) -> ast.Module:
    """Parses Python source. Raises ConversionError at a syntax error."""
    if "\0" in text:
        raise _null_byte(text, label)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as problem:
        line = problem.lineno or 0
        lines = text.split("\n")
        message = f"the file is not valid Python: {problem.msg}"
        hint = "fix the syntax error, then convert again"
        newer = newer_syntax(problem)
        if newer is not None:
            message = newer.problem
            hint = newer.hint("`[modular-converter].interpreter_constraints`")
        raise error(
            "syntax-error",
            label,
            message,
            line=line,
            column=problem.offset or 0,
            hint=hint,
            source_line=lines[line - 1] if 0 < line <= len(lines) else "",
        ) from None
    except (RecursionError, MemoryError):
        raise error(
            "too-deep",
            label,
            "an expression is nested too deeply to be read",
            hint="split the expression into several statements",
        ) from None


def _null_byte(text: str, label: str) -> ConversionError:
    """What Python reports without saying where it is."""
    position = text.index("\0")
    start = text.rfind("\n", 0, position) + 1
    return error(
        "syntax-error",
        label,
        "the file is not valid Python: it contains a null byte",
        line=text.count("\n", 0, position) + 1,
        column=position - start + 1,
        hint="remove the null bytes",
        source_line=text[start:].split("\n", 1)[0].replace("\0", "\N{REPLACEMENT CHARACTER}"),
    )


def has_regular_blocks(tree: ast.Module) -> bool:
    """Whether definitions at module and class level have bodies indented by four spaces."""
    for node in tree.body:
        if not _is_regular(node, 4):
            return False
        if isinstance(node, ast.ClassDef) and not is_unread(node):
            for child in node.body:
                if not _is_regular(child, 8):
                    return False
    return True


def _is_regular(node: ast.stmt, column: int) -> bool:
    if is_unread(node):
        return True
    body = getattr(node, "body", None)
    return not body or body[0].col_offset == column or body[0].lineno == node.lineno


def normalized(text: str, label: str) -> str:
    """``text`` with every block indented by four spaces a level.

    The inside of multi-line strings stays.
    """
    parse(text, label)
    try:
        logical, inside = _logical_lines(text)
    except (tokenize.TokenError, SyntaxError):
        return text
    out = []
    depth, indent = 0, ""
    for number, line in enumerate(text.split("\n"), 1):
        depth, indent = logical.get(number, (depth, indent))
        if number not in inside and line.strip() and line.startswith(indent):
            line = _STEP * depth + line[len(indent) :]
        out.append(line)
    return "\n".join(out)


_LAYOUT = (tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER)


def _logical_lines(text: str) -> tuple[dict[int, tuple[int, str]], set[int]]:
    """Depth and indentation of the lines (from 1) that begin a statement or hold a comment.

    The second value are the lines that begin inside a string.
    """
    levels = [""]
    known = {"": 0}
    logical: dict[int, tuple[int, str]] = {}
    inside: set[int] = set()
    comments: list[tuple[int, str]] = []
    begins = True
    string_row = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        row, column = token.start
        kind = tokenize.tok_name[token.type]
        if kind == "STRING":
            inside.update(range(row + 1, token.end[0] + 1))
        elif kind in ("FSTRING_START", "TSTRING_START"):
            string_row = row
        elif kind in ("FSTRING_END", "TSTRING_END"):
            inside.update(range(string_row + 1, row + 1))
        if kind == "INDENT":
            levels.append(token.string)
            known[token.string] = len(levels) - 1
        elif kind == "DEDENT":
            levels.pop()
        elif kind == "COMMENT":
            if begins:
                comments.append((row, token.line[:column]))
        elif token.type not in _LAYOUT and begins:
            logical[row] = (len(levels) - 1, levels[-1])
            for comment, indent in comments:
                while indent not in known:
                    indent = indent[:-1]
                logical[comment] = (known[indent], indent)
            comments = []
            known = {level: depth for depth, level in enumerate(levels)}
            begins = False
        if token.type == tokenize.NEWLINE:
            begins = True
    return logical, inside
