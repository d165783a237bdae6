"""A generated file made once more, with the origin of every word of every line."""

from __future__ import annotations

import ast
import difflib
import os
from dataclasses import dataclass
from functools import cached_property

from modular_converter.conventions.file_types import split_name
from modular_converter.convert.model import Conversion, convert
from modular_converter.diagnostics.record import error
from modular_converter.emit.formatter import format_all
from modular_converter.explain.alignment import align, words
from modular_converter.explain.imports import (
    Binding,
    Heading,
    bindings,
    headings,
    import_region,
    names_by_line,
)
from modular_converter.explain.items import items_by_line
from modular_converter.explain.trace import (
    BANNER,
    LineTrail,
    SourceText,
    Tracer,
    Trail,
    Written,
    line_trail,
)
from modular_converter.library.context import ConversionContext
from modular_converter.library.index import FileIndex
from modular_converter.library.modular_file import ModularLocation
from modular_converter.library.sources import Sources

_BANNER_LINES = 6


def modular_of(path: str, sources: Sources) -> tuple[str, str] | None:
    """(modular file, file type) that a generated file is made from; None when it is not one."""
    directory, name = os.path.split(path)
    stem, extension = os.path.splitext(name)
    parts = split_name(stem)
    if parts is None or extension != ".py":
        return None
    file_type, model = parts
    modular = os.path.join(directory, f"modular_{model}.py")
    return (modular, file_type) if sources.exists(modular) else None


@dataclass(frozen=True, eq=False)
class GeneratedFile:
    """One output of a fresh conversion: ``text`` is formatted, ``disk`` what the file holds."""

    path: str
    label: str
    conversion: Conversion
    file_type: str
    text: str
    disk: str | None
    sources: Sources

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the fresh text."""
        return self.text.split("\n")[:-1]

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree of the fresh text."""
        return ast.parse(self.text)

    @cached_property
    def items(self) -> dict[int, str]:
        """The definition that holds each line (from 1)."""
        return items_by_line(self.tree)

    @cached_property
    def is_stale(self) -> bool:
        """Whether the file on disk differs, the path in its banner apart."""
        if self.disk is None:
            return True
        return self.disk.split("\n")[_BANNER_LINES:] != self.text.split("\n")[_BANNER_LINES:]

    @cached_property
    def _fresh_line_of(self) -> dict[int, int]:
        assert self.disk is not None
        matcher = difflib.SequenceMatcher(
            None, self.disk.split("\n"), self.text.split("\n"), autojunk=False
        )
        return {
            block.a + offset + 1: block.b + offset + 1
            for block in matcher.get_matching_blocks()
            for offset in range(block.size)
        }

    def fresh_line(self, line: int) -> int | None:
        """The line of the fresh text that a line of the file on disk is (both from 1)."""
        if not self.is_stale or self.disk is None:
            return line
        return self._fresh_line_of.get(line)

    @cached_property
    def indexes(self) -> dict[str, FileIndex]:
        """The modular and its parents, by label."""
        paths = [self.conversion.location.path, *self.conversion.parents]
        return {self.sources.label(path): self.sources.index(path) for path in paths}

    @cached_property
    def path_of(self) -> dict[str, str]:
        """Absolute paths of the modular and its parents, by label."""
        paths = [self.conversion.location.path, *self.conversion.parents]
        return {self.sources.label(path): path for path in paths}

    @cached_property
    def texts(self) -> dict[str, SourceText]:
        """The text of the modular and its parents, by label."""
        return {label: SourceText(index.source) for label, index in self.indexes.items()}

    @cached_property
    def bindings(self) -> list[Binding]:
        """What the modular and the parents import, in the order in which the first wins."""
        location = self.conversion.location
        bound = list(bindings(self.sources.index(location.path), None, location))
        for path, renamer in self.conversion.parents.items():
            bound += bindings(self.sources.index(path), renamer, location)
        return bound

    @cached_property
    def headings(self) -> list[Heading]:
        """The conditions under which the modular and the parents import."""
        blocks = list(headings(self.sources.index(self.conversion.location.path), None))
        for path, renamer in self.conversion.parents.items():
            blocks += headings(self.sources.index(path), renamer)
        return blocks

    @cached_property
    def _region(self) -> list[ast.stmt]:
        return import_region(self.tree)

    @cached_property
    def imported_names(self) -> dict[int, list[tuple[str, str | None]]]:
        """(bound name, module) by line of the import statements."""
        return names_by_line(self._region)

    @cached_property
    def import_block_lines(self) -> dict[int, ast.If]:
        """The lines of conditional imports."""
        return {
            line: statement
            for statement in self._region
            if isinstance(statement, ast.If)
            for line in range(statement.lineno, statement.end_lineno + 1)  # type: ignore[operator]
        }

    @cached_property
    def imports_end(self) -> int:
        """The last line of the imports; 0 without any."""
        return self._region[-1].end_lineno or 0 if self._region else 0

    @cached_property
    def trails(self) -> dict[int, LineTrail]:
        """Where the lines (from 1) outside of imports come from; some are missing."""
        output = self.conversion.outputs[self.file_type]
        label = self.sources.label(self.conversion.location.path)
        emitted = [
            *(Written(word, BANNER, None) for word in words(output.banner.split("\n"))),
            *(
                Written(word, Trail(label, word.line + 1), None)
                for word in words(output.header.split("\n"))
            ),
            *Tracer(self.texts).nodes(output.nodes),
        ]
        imports = {
            line
            for statement in self._region
            for line in range(statement.lineno, statement.end_lineno + 1)  # type: ignore[operator]
        }
        formatted = [word for word in words(self.lines) if word.line + 1 not in imports]
        matches = align([written.word for written in emitted], formatted)
        by_line: dict[int, list[Written | None]] = {}
        for word, match in zip(formatted, matches, strict=True):
            line = by_line.setdefault(word.line + 1, [])
            # Punctuation that has no counterpart is a matter of layout.
            if match is not None or word.is_significant:
                line.append(emitted[match] if match is not None else None)
        return {line: line_trail(written) for line, written in by_line.items() if any(written)}


def make(
    path: str, file_type: str, location: ModularLocation, context: ConversionContext
) -> GeneratedFile | None:
    """Converts a modular and formats one of its outputs; None when it does not give this file.

    Raises ConversionError when the modular cannot be converted, EnvironmentLack without the
    formatter.
    """
    sources = context.sources
    try:
        conversion = convert(location, context, looks_up_names=False)
    except RecursionError:
        raise error(
            "too-deep",
            sources.label(location.path),
            "the file or a parent of it is nested too deeply to be converted",
            hint="split its deepest expression into several statements",
        ) from None
    output = conversion.outputs.get(file_type)
    if output is None:
        return None
    name = os.path.basename(path)
    done = format_all({name: output.text}, context.profile, 1)[name]
    if done.problem:
        raise error(
            "invalid-output",
            sources.label(location.path),
            f"the text generated for {name} is not valid Python: {done.problem}",
            hint="look for overridden members whose text only makes sense elsewhere",
        )
    disk = sources.text(path) if sources.is_readable(path) else None
    return GeneratedFile(path, sources.label(path), conversion, file_type, done.text, disk, sources)
