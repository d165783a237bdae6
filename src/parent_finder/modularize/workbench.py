"""Converting drafts and comparing what they give with the originals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from modular_converter.convert.model import convert, converted_nodes
from modular_converter.diagnostics.record import ConversionError
from modular_converter.emit.assembly import OutputFile
from modular_converter.emit.formatter import Formatted, format_all
from modular_converter.library.context import ConversionContext
from modular_converter.library.index import FileIndex, build_index
from modular_converter.library.modular_file import ModularLocation
from modular_converter.merge.nodes import Node
from modular_converter.syntax.source import Source
from parent_finder.modularize.original import Original, pieces_of, without_banner

HEADER = "the lines above the first statement"
"""The name of what stands above the imports."""


@dataclass(frozen=True)
class Verdict:
    """How far what a modular gives is from the originals.

    ``differences`` counts the pieces that differ, 0 when all files are equal; ``names`` are those
    pieces' names by file type. ``outputs`` are the files without their banners. ``problem`` says
    why there are none.
    """

    differences: int
    names: frozenset[tuple[str, str]]
    outputs: Mapping[str, str]
    problem: ConversionError | None = None


@dataclass(eq=False)
class Workbench:
    """Where modulars for some originals are tried. Only what is asked for is ever written."""

    location: ModularLocation
    context: ConversionContext
    originals: tuple[Original, ...]
    _known: dict[str, Verdict] = field(default_factory=dict)

    def convert(self, modular: str) -> dict[str, OutputFile]:
        """The unformatted outputs of a modular text by file type. Raises ConversionError."""
        self.context.sources.put(self.location.path, modular)
        return convert(self.location, self.context, looks_up_names=False).outputs

    def nodes(self, modular: str) -> list[Node]:
        """The unformatted definitions that a modular text gives. Raises ConversionError."""
        self.context.sources.put(self.location.path, modular)
        return converted_nodes(self.location, self.context)

    def formatted(self, texts: Mapping[str, str]) -> dict[str, Formatted]:
        """Formats texts under file names."""
        return format_all(texts, self.context.profile, jobs=1)

    def index(self, text: str) -> FileIndex:
        """Takes a text apart. Raises ConversionError."""
        return build_index(Source(self.location.path, self.location.path, text))

    def judge(self, modular: str) -> Verdict:
        """Converts and formats a modular text and compares with the originals."""
        try:
            outputs = self.convert(modular)
        except ConversionError as problem:
            everything = {(o.file_type, p.name) for o in self.originals for p in o.pieces}
            return Verdict(10 * len(everything) + 10, frozenset(everything), {}, problem)
        except RecursionError:
            return Verdict(10**6, frozenset(), {})
        texts = {self._name(kind): without_banner(output.text) for kind, output in outputs.items()}
        key = "\0".join(f"{name}\0{text}" for name, text in sorted(texts.items()))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._compare(texts, set(outputs))
        return known

    def _name(self, file_type: str) -> str:
        return f"{file_type}_{self.location.model_name}.py"

    def _compare(self, texts: Mapping[str, str], types: set[str]) -> Verdict:
        formatted = {name: done.text for name, done in self.formatted(texts).items()}
        outputs = {kind: formatted[self._name(kind)] for kind in types}
        wanted = {original.file_type: original for original in self.originals}
        differing: set[tuple[str, str]] = set()
        count = 0
        for kind in sorted(wanted.keys() | types):
            if kind in wanted and kind in outputs:
                more = self._differences(wanted[kind], outputs[kind])
            else:
                more = {"the whole file"}
                # No file at all is worse than one in which every piece differs.
                count += len(wanted[kind].pieces) if kind in wanted else 0
            count += len(more)
            differing |= {(kind, name) for name in more}
        return Verdict(count, frozenset(differing), outputs)

    def _differences(self, original: Original, text: str) -> set[str]:
        if text == original.text:
            return set()
        try:
            index = self.index(text)
        except ConversionError:
            return {"the whole file"}
        pieces = pieces_of(index, original.file_type)
        mine = [(piece.name, piece.written) for piece in original.pieces]
        theirs = [(piece.name, piece.written) for piece in pieces]
        names = set() if index.header == original.header else {HEADER}
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, mine, theirs, False).get_opcodes():
            if tag != "equal":
                names.update(name for name, _ in mine[i1:i2])
                names.update(name for name, _ in theirs[j1:j2])
        return names or {"the end"}
