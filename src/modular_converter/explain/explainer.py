"""Explaining lines and classes of generated files, back to files written by hand."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable

from modular_converter.conversion import Setting
from modular_converter.diagnostics import ConversionError, error
from modular_converter.explain.alignment import significant
from modular_converter.explain.explanation import (
    AppliedRename,
    Explanation,
    ItemExplanation,
    Kind,
    Part,
    SourceLine,
)
from modular_converter.explain.generated_file import GeneratedFile, make, modular_of
from modular_converter.explain.imports import matching
from modular_converter.explain.items import named_items
from modular_converter.explain.trace import BANNER, LineTrail, Trail, rename
from modular_converter.modular_file import Place
from modular_converter.renaming import Renamer

_GUARDED = ("is_torch_available", "is_torchvision_available")


class Explainer:
    """Explains generated files. ``locate`` gives the place of a modular file."""

    def __init__(self, setting: Setting, locate: Callable[[str], Place]) -> None:
        self.setting = setting
        self.locate = locate
        self._files: dict[str, GeneratedFile | None] = {}
        self._problems: dict[str, str] = {}
        self._explained: dict[tuple[str, int], Explanation] = {}

    def file(self, path: str) -> GeneratedFile | None:
        """The generated file at an absolute path; None when it is not generated.

        Raises ConversionError when its modular cannot be converted.
        """
        if path not in self._files:
            found = modular_of(path, self.setting.sources)
            self._files[path] = (
                make(path, found[1], self.locate(found[0]), self.setting) if found else None
            )
        return self._files[path]

    def line(self, file: GeneratedFile, line: int) -> Explanation:
        """Where a line (from 1) of the fresh text comes from."""
        key = (file.path, line)
        known = self._explained.get(key)
        if known is None:
            known = self._explained[key] = self._explain(file, line)
        return known

    def _explain(self, file: GeneratedFile, line: int) -> Explanation:
        text = file.lines[line - 1]
        if line in file.imported_names:
            return self._import(file, line)
        if line in file.import_block_lines:
            return self._import_block(file, line)
        if not text.strip():
            return self._blank(file, line)
        trail = file.trails.get(line)
        if trail is None:
            return self._unmatched(file, line)
        if trail.trails == (BANNER,):
            return Explanation(
                file.label, line, text, "", "banner",
                note="the notice that the converter puts above every generated file",
            )
        kind = _kind(trail)
        return Explanation(
            file.label, line, text, file.items.get(line, ""), kind,
            self._source_lines(file, trail.trails),
            note="put together by the converter" if kind == "adapted" else "",
        )

    def _source_lines(self, file: GeneratedFile, trails: Iterable[Trail]) -> tuple[SourceLine, ...]:
        return tuple(
            self._source_line(file, trail.path, trail.line, trail.renamers) for trail in trails
        )

    def _source_line(
        self,
        file: GeneratedFile,
        path: str,
        line: int,
        renamers: tuple[Renamer, ...],
        names: tuple[str, ...] = (),
        *,
        is_followed: bool = True,
    ) -> SourceLine:
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
        modular = parent.sources.label(parent.conversion.place.path)
        if fresh is None:
            return None, f"the file is stale: {modular} no longer generates this line"
        note = f"the file is stale; this line of it is as {modular} generates it"
        return self.line(parent, fresh), note if parent.is_stale else ""

    def _import(self, file: GeneratedFile, line: int) -> Explanation:
        found: dict[tuple[str, int], tuple[list[str], Renamer | None]] = {}
        made: list[str] = []
        for bound, module in file.imported_names[line]:
            stems_from = matching(file.bindings, bound, module)
            for binding in stems_from:
                names, _ = found.setdefault((binding.path, binding.line), ([], binding.renamer))
                names.append(bound)
            if not stems_from:
                made.append(bound)
        # Most files import the same names: following them all would lead through every ancestor.
        lines = tuple(
            self._source_line(
                file, path, number, (renamer,) if renamer else (), tuple(names),
                is_followed=position == 0,
            )
            for position, ((path, number), (names, renamer)) in enumerate(found.items())
        )
        note = "kept because the file uses it; the first import of a name wins" if lines else ""
        if made:
            guards = [name for name in made if name in _GUARDED]
            others = [name for name in made if name not in _GUARDED]
            notes = [note] if note else []
            if guards:
                notes.append(f"{', '.join(guards)} added by the converter to guard torch imports")
            if others:
                notes.append(
                    f"{', '.join(others)} imported by the converter: it stands in another "
                    "generated file of the model"
                )
            note = "; ".join(notes)
        return Explanation(
            file.label, line, file.lines[line - 1], "", "import" if lines else "converter",
            lines, note,
        )

    def _import_block(self, file: GeneratedFile, line: int) -> Explanation:
        block = file.import_block_lines[line]
        condition = significant(ast.unparse(block.test))
        text = file.lines[line - 1]
        for heading in file.headings:
            if text.strip() and significant(heading.condition) == condition:
                renamers = (heading.renamer,) if heading.renamer else ()
                source = self._source_line(file, heading.path, heading.line, renamers)
                return Explanation(
                    file.label, line, text, "", "import", (source,),
                    "a condition under which names are imported",
                )
        if not text.strip():
            return Explanation(file.label, line, text, "", "blank", (), _BLANK)
        return Explanation(
            file.label, line, text, "", "converter", (),
            "the converter guards imports of torch and torchvision in this type of file",
        )

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
                    0 < each <= len(source.source.lines) and not source.line(each).strip()
                    for each in between
                ):
                    line_there = self._source_line(file, trail.path, beside, trail.renamers)
                    return Explanation(file.label, line, text, item, "blank", (line_there,))
        return Explanation(file.label, line, text, item, "blank", (), _BLANK)

    def _unmatched(self, file: GeneratedFile, line: int) -> Explanation:
        """A line without a word of the unformatted text: a kept comment, or the formatter's."""
        text = file.lines[line - 1]
        if line <= file.imports_end:
            for label, index in file.indexes.items():
                renamer = file.conversion.parents.get(file.path_of[label])
                renamers = (renamer,) if renamer else ()
                for unit in index.imports:
                    for number in range(unit.lead, unit.first):
                        if rename(index.source.lines[number], renamers).strip() == text.strip():
                            source = self._source_line(file, label, number + 1, renamers)
                            return Explanation(
                                file.label, line, text, "", "import", (source,),
                                "a comment above an import that is kept",
                            )
        before = max((each for each in file.trails if each < line), default=0)
        trails = file.trails[before].trails[-1:] if before else ()
        sources = self._source_lines(file, trails) if trails != (BANNER,) else ()
        return Explanation(
            file.label, line, text, file.items.get(line, ""),
            "adapted" if sources else "converter", sources,
            "written by the formatter, in the statement that the source line belongs to",
        )

    def item(self, file: GeneratedFile, name: str) -> ItemExplanation:
        """Where a class, function or method of the fresh text comes from, by dotted name.

        Raises ConversionError when there is none of that name.
        """
        items = named_items(file.tree)
        if name not in items:
            last = name.rpartition(".")[2]
            near = [each for each in items if each.rpartition(".")[2].lower() == last.lower()]
            raise error(
                "no-such-item", file.label, f"the file defines no class or function `{name}`",
                hint=f"it defines {', '.join(near)}" if near
                else "give a class as `Class`, a method as `Class.method`",
            )
        first, definition, last_line = items[name]
        parts: list[Part] = []
        renames: dict[AppliedRename, None] = {}
        for number in range(first, last_line + 1):
            explained = self.line(file, number)
            for source in explained.sources:
                renames.update(dict.fromkeys(source.renames))
            _extend(parts, number, explained)
        return ItemExplanation(
            name, file.label, first, last_line, self.line(file, definition),
            tuple(renames), tuple(parts),
        )


_BLANK = "a blank line of the formatter"


def _kind(trail: LineTrail) -> Kind:
    if trail.node is None:
        return "header"
    if trail.node.kind == "export":
        return "export"
    return "copied" if trail.is_copy else "adapted"


def _extend(parts: list[Part], number: int, explained: Explanation) -> None:
    """Adds a line to the parts of an item; a blank line goes with the line above it."""
    source = explained.sources[0] if explained.sources else None
    previous = parts[-1] if parts else None
    if previous is not None and explained.kind == "blank" and source is None:
        parts[-1] = Part(previous.first, number, previous.kind, previous.source,
                         previous.last_source_line)
        return
    if previous is not None and _same_kind(previous.kind, explained.kind):
        before = previous.source
        if source is None and before is None:
            parts[-1] = Part(previous.first, number, previous.kind, None, 0)
            return
        if source is not None and before is not None and _follows(before, previous, source):
            parts[-1] = Part(previous.first, number, previous.kind, before,
                             max(source.line, previous.last_source_line))
            return
    last_source_line = max((s.line for s in explained.sources if source and s.path == source.path),
                           default=0)
    parts.append(Part(number, number, explained.kind, source, last_source_line))


def _same_kind(one: Kind, other: Kind) -> bool:
    return one == other or "blank" in (one, other)


def _follows(before: SourceLine, part: Part, source: SourceLine) -> bool:
    return (
        source.path == before.path
        and source.renames == before.renames
        and part.last_source_line <= source.line <= part.last_source_line + 1
    )


def applied(renamers: Iterable[Renamer]) -> tuple[AppliedRename, ...]:
    """The renames of model names that a text went through, those that change nothing left out."""
    found = []
    for position, renamer in enumerate(renamers):
        old, new = renamer.description
        if old != new:
            scope = "strings and comments" if position else "everything"
            found.append(AppliedRename(old, new, scope))  # type: ignore[arg-type]
    return tuple(found)


def _renamed_words(old: str, new: str) -> tuple[tuple[str, str], ...]:
    """The words of a line that renaming changed, each once."""
    before, after = significant(old), significant(new)
    if len(before) != len(after):
        return ((old.strip(), new.strip()),) if old != new else ()
    return tuple(dict.fromkeys((a, b) for a, b in zip(before, after) if a != b))


