"""Explaining the lines of import statements."""

from __future__ import annotations

import ast
from typing import Protocol

from modular_converter.explain.alignment import significant
from modular_converter.explain.explanation import Explanation, SourceLine
from modular_converter.explain.generated_file import GeneratedFile
from modular_converter.explain.imports import Heading, matching
from modular_converter.explain.trace import rename
from modular_converter.names.renamer import Renamer

_GUARDED = ("is_torch_available", "is_torchvision_available")
_KEPT = "kept because the file uses it; the first import of a name wins"


class SourceLineOf(Protocol):
    """Gives a line (from 1) of the modular or of a parent of a file, by its label."""

    def __call__(
        self,
        file: GeneratedFile,
        path: str,
        line: int,
        renamers: tuple[Renamer, ...],
        names: tuple[str, ...] = (),
        *,
        is_followed: bool = True,
    ) -> SourceLine:
        """The line; with ``is_followed``, that of the file that a generated one stems from."""


def explain_import(file: GeneratedFile, line: int, source_line: SourceLineOf) -> Explanation:
    """A line with imported names: every import that each name stems from."""
    lines_of: dict[tuple[str, int], tuple[list[str], Renamer | None]] = {}
    made: list[str] = []
    for bound, module in file.imported_names[line]:
        stems_from = matching(file.bindings, bound, module)
        for binding in stems_from:
            names, _ = lines_of.setdefault((binding.path, binding.line), ([], binding.renamer))
            names.append(bound)
        if not stems_from:
            made.append(bound)
    # Most files import the same names: following them all would lead through every ancestor.
    sources = tuple(
        source_line(
            file,
            path,
            number,
            _renamers(renamer),
            tuple(names),
            is_followed=position == 0,
        )
        for position, ((path, number), (names, renamer)) in enumerate(lines_of.items())
    )
    return Explanation(
        file.label,
        line,
        file.lines[line - 1],
        "",
        "import" if sources else "converter",
        sources,
        "; ".join([*([_KEPT] if sources else []), *_notes_on_made(made)]),
    )


def _renamers(renamer: Renamer | None) -> tuple[Renamer, ...]:
    return () if renamer is None else (renamer,)


def _notes_on_made(names: list[str]) -> list[str]:
    guards = [name for name in names if name in _GUARDED]
    others = [name for name in names if name not in _GUARDED]
    notes = []
    if guards:
        notes.append(f"{', '.join(guards)}: imported by the converter, which guards torch imports")
    if others:
        notes.append(
            f"{', '.join(others)}: imported by the converter from the file of the model that "
            "defines it"
        )
    return notes


def explain_block_line(file: GeneratedFile, line: int, source_line: SourceLineOf) -> Explanation:
    """A line of a conditional import that imports nothing itself: its condition or `else`."""
    text = file.lines[line - 1]
    heading = _heading(file, file.import_block_lines[line])
    if heading is None:
        return Explanation(
            file.label,
            line,
            text,
            "",
            "converter",
            note="the converter guards imports of torch and torchvision in this type of file",
        )
    renamers = _renamers(heading.renamer)
    texts = file.texts[heading.path]
    number = next(
        (
            number
            for number in range(heading.line, heading.last + 1)
            if significant(texts.renamed_line(number, renamers)) == significant(text)
        ),
        heading.line,
    )
    return Explanation(
        file.label,
        line,
        text,
        "",
        "import",
        (source_line(file, heading.path, number, renamers),),
        "part of a conditional import",
    )


def _heading(file: GeneratedFile, block: ast.If) -> Heading | None:
    """The conditional import that a block was taken from: it supplies a name of the block."""
    suppliers: set[tuple[str, int]] = set()
    for line in range(block.lineno, (block.end_lineno or block.lineno) + 1):
        for bound, module in file.imported_names.get(line, ()):
            suppliers.update(
                (binding.path, binding.line)
                for binding in matching(file.bindings, bound, module)[:1]
            )
    condition = significant(ast.unparse(block.test))
    for heading in file.headings:
        if significant(heading.condition) == condition and any(
            path == heading.path and heading.line <= number <= heading.last
            for path, number in suppliers
        ):
            return heading
    return None


def explain_import_comment(
    file: GeneratedFile, line: int, source_line: SourceLineOf
) -> Explanation | None:
    """A comment line among the imports: one that stands above an import of modular or parent."""
    text = file.lines[line - 1]
    for label, index in file.indexes.items():
        renamers = _renamers(file.conversion.parents.get(file.path_of[label]))
        for statement in index.imports:
            for number in range(statement.lead, statement.first):
                if rename(index.source.lines[number], renamers).strip() == text.strip():
                    return Explanation(
                        file.label,
                        line,
                        text,
                        "",
                        "import",
                        (source_line(file, label, number + 1, renamers),),
                        "a comment above an import that is kept",
                    )
    return None
