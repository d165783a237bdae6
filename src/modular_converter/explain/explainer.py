"""Explaining lines and classes of generated files, back to files written by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from modular_converter.diagnostics.record import ConversionError
from modular_converter.explain.alignment import significant
from modular_converter.explain.explanation import (
    AppliedRename,
    Explanation,
    Kind,
    SourceLine,
)
from modular_converter.explain.generated_file import GeneratedFile, make, modular_of
from modular_converter.explain.import_lines import (
    explain_block_line,
    explain_import,
    explain_import_comment,
)
from modular_converter.explain.trace import BANNER, LineTrail, Trail
from modular_converter.library.context import ConversionContext
from modular_converter.library.modular_file import ModularLocation
from modular_converter.names.renamer import Renamer


class Explainer:
    """Explains generated files. ``locate`` gives the place of a modular file."""

    def __init__(
        self, context: ConversionContext, locate: Callable[[str], ModularLocation]
    ) -> None:
        self.context = context
        self.locate = locate
        self._files: dict[str, GeneratedFile | None] = {}
        self._problems: dict[str, str] = {}
        self._explained: dict[tuple[str, int], Explanation] = {}
        self._open: set[tuple[str, int]] = set()

    def file(self, path: str) -> GeneratedFile | None:
        """The generated file at an absolute path; None when it is not generated.

        Raises ConversionError when its modular cannot be converted.
        """
        if path not in self._files:
            modular = modular_of(path, self.context.sources)
            self._files[path] = (
                make(path, modular[1], self.locate(modular[0]), self.context) if modular else None
            )
        return self._files[path]

    def line(self, file: GeneratedFile, line: int) -> Explanation:
        """Where a line (from 1) of the fresh text comes from."""
        key = (file.path, line)
        known = self._explained.get(key)
        if known is None:
            self._open.add(key)
            known = self._explained[key] = self._explain(file, line)
            self._open.discard(key)
        return known

    def _explain(self, file: GeneratedFile, line: int) -> Explanation:
        text = file.lines[line - 1]
        if line in file.imported_names:
            return explain_import(file, line, self.source_line)
        if line in file.import_block_lines and text.strip():
            return explain_block_line(file, line, self.source_line)
        if not text.strip():
            return self._blank(file, line)
        trail = file.trails.get(line)
        if trail is None:
            return self._unmatched(file, line)
        if trail.trails == (BANNER,):
            return Explanation(
                file.label,
                line,
                text,
                "",
                "banner",
                note="the notice that the converter puts above every generated file",
            )
        kind = _kind(trail, text, file)
        return Explanation(
            file.label,
            line,
            text,
            file.items.get(line, ""),
            kind,
            self._source_lines(file, trail.trails),
            note="put together by the converter" if kind == "adapted" else "",
        )

    def _source_lines(self, file: GeneratedFile, trails: Iterable[Trail]) -> tuple[SourceLine, ...]:
        return tuple(
            self.source_line(file, trail.path, trail.line, trail.renamers) for trail in trails
        )

    def source_line(
        self,
        file: GeneratedFile,
        path: str,
        line: int,
        renamers: tuple[Renamer, ...],
        names: tuple[str, ...] = (),
        *,
        is_followed: bool = True,
    ) -> SourceLine:
        """A line of the modular or of a parent of a file, followed through its generations."""
        text = file.texts[path].line(line)
        further, note = self._further(file.path_of[path], line) if is_followed else (None, "")
        return SourceLine(
            path=path,
            line=line,
            text=text,
            item=file.texts[path].items.get(line, ""),
            renames=applied(renamers),
            words=_renamed_words(text, file.texts[path].renamed_line(line, renamers)),
            names=names,
            generated_from=further,
            note=note,
        )

    def _further(self, path: str, line: int) -> tuple[Explanation | None, str]:
        """The explanation of a source line in a file that is generated itself."""
        if path in self._problems:
            return None, self._problems[path]
        try:
            parent = self.file(path)
        except ConversionError as problem:
            first = problem.diagnostics[0]
            self._problems[path] = (
                f"the modular file beside it cannot be converted: {first.path}:{first.line}: "
                f"{first.message}"
            )
            return None, self._problems[path]
        if parent is None:
            return None, ""
        fresh = parent.fresh_line(line)
        modular = parent.sources.label(parent.conversion.location.path)
        if (parent.path, fresh) in self._open:
            return None, "the modular files inherit from each other in a cycle"
        if fresh is None:
            return None, f"the file is stale: {modular} no longer generates this line"
        note = f"the file is stale; this line of it is as {modular} generates it"
        return self.line(parent, fresh), note if parent.is_stale else ""

    def _blank(self, file: GeneratedFile, line: int) -> Explanation:
        """A blank line is that beside its neighbour's source line, if there is one."""
        text = file.lines[line - 1]
        item = file.items.get(line, "")
        if line > file.imports_end:
            for step in (-1, 1):
                number = line + step
                distance = step
                while 0 < number <= len(file.lines) and not file.lines[number - 1].strip():
                    number += step
                    distance += step
                neighbour = file.trails.get(number)
                if neighbour is None or neighbour.trails == (BANNER,):
                    continue
                trail = neighbour.trails[-1 if step < 0 else 0]
                beside = trail.line - distance
                source = file.texts[trail.path]
                between = range(min(beside, trail.line - step), max(beside, trail.line - step) + 1)
                if all(
                    0 < place <= len(source.source.lines) and not source.line(place).strip()
                    for place in between
                ):
                    line_there = self.source_line(file, trail.path, beside, trail.renamers)
                    return Explanation(file.label, line, text, item, "blank", (line_there,))
        return Explanation(file.label, line, text, item, "blank", (), _BLANK)

    def _unmatched(self, file: GeneratedFile, line: int) -> Explanation:
        """A line without a word of the unformatted text: a kept comment, or the formatter's."""
        text = file.lines[line - 1]
        if line <= file.imports_end:
            explained = explain_import_comment(file, line, self.source_line)
            if explained is not None:
                return explained
        before = max((number for number in file.trails if number < line), default=0)
        trails = file.trails[before].trails[-1:] if before else ()
        sources = self._source_lines(file, trails) if trails != (BANNER,) else ()
        return Explanation(
            file.label,
            line,
            text,
            file.items.get(line, ""),
            "adapted" if sources else "converter",
            sources,
            "written by the formatter, in the statement that the source line belongs to",
        )


_BLANK = "a blank line of the formatter"


def _kind(trail: LineTrail, text: str, file: GeneratedFile) -> Kind:
    if trail.node is None:
        return "header"
    if trail.node.kind == "export":
        return "export"
    if not trail.is_copy:
        return "adapted"
    expected = significant(text)
    copied = [
        word
        for line in trail.trails
        for word in significant(file.texts[line.path].renamed_line(line.line, line.renamers))
    ]
    starts = range(len(copied) - len(expected) + 1)
    is_run = any(tuple(copied[start : start + len(expected)]) == expected for start in starts)
    return "copied" if is_run else "adapted"


def applied(renamers: Iterable[Renamer]) -> tuple[AppliedRename, ...]:
    """The renames of model names that a text went through, those that change nothing left out."""
    pairs = []
    for position, renamer in enumerate(renamers):
        old, new = renamer.description
        if old != new:
            scope = "strings and comments" if position else "everything"
            pairs.append(AppliedRename(old, new, scope))  # type: ignore[arg-type]
    return tuple(pairs)


def _renamed_words(old: str, new: str) -> tuple[tuple[str, str], ...]:
    """The words of a line that renaming changed, each once."""
    before, after = significant(old), significant(new)
    if len(before) != len(after):
        return ((old.strip(), new.strip()),) if old != new else ()
    return tuple(dict.fromkeys((a, b) for a, b in zip(before, after, strict=True) if a != b))
