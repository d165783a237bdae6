"""Where code of ours is in files that no index holds, such as configurations and processors."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from modular_converter.conventions.file_types import FILE_TYPES
from modular_converter.library.context import ConversionContext
from parent_finder.modularize.original import Original, Piece
from parent_finder.modularize.relatives import Relatives

# A class is worth a try from so many equal lines on; one that it would have to undo counts less.
_LEAST_GAIN = 3
_UNDOING = 0.25
# Classes that are tried for one of ours, and files that are tried.
_MOST_CLASSES = 2
_MOST_FILES = 8
# A helper of fewer lines is written rather than imported from a file that is not a parent's.
_LEAST_HELPER = 4

_MODELS = "transformers/models"
_DEFINITION = re.compile(r"(?:class|(?:async )?def) (\w+)")


@dataclass(frozen=True)
class Lookalikes:
    """The files of a library's models that a model's other files may share code with.

    ``beyond_index`` says whether models without a modeling file count, which no index knows.
    """

    relatives: Relatives
    context: ConversionContext
    beyond_index: bool = True

    def paths(self, file_type: str, *, only_likely: bool = False) -> Iterator[tuple[str, str]]:
        """The path from its source root and the model of each file of a type that may be known.

        Those of the models that are likely parents come first, or alone.
        """
        library, ranked = self.relatives.library, self.relatives.ranked
        modeling = dict(zip(library.index.models, library.index.paths, strict=True))
        allowed = np.flatnonzero(self.relatives.situation.allowed).tolist()
        others = [] if only_likely else allowed
        for number in dict.fromkeys([*ranked, *others]):
            directory, _, name = modeling[library.models[number]].rpartition("/")
            # A directory of transformers may have several modeling files, named after variants.
            model = directory.rpartition("/")[2]
            if not directory.startswith(f"{_MODELS}/"):
                model = name.removesuffix(".py").partition("_")[2]
            path = f"{directory}/{file_type}_{model}.py"
            if self._full(path):
                yield path, model
        if self.beyond_index and not only_likely:
            yield from self._unknown(file_type)

    def _unknown(self, file_type: str) -> Iterator[tuple[str, str]]:
        """The files of transformers' handwritten models that have no modeling file."""
        models = os.path.join(self.relatives.roots[0], _MODELS)
        known = {path.split("/")[-2] for path in self.relatives.library.index.paths}
        for model in sorted({*_listed(models)} - known - {self.relatives.situation.model}):
            path = f"{_MODELS}/{model}/{file_type}_{model}.py"
            # Who a modular file inherits from is only known of the models of the index.
            if self._full(path) and not self._full(f"{_MODELS}/{model}/modular_{model}.py"):
                yield path, model

    def classes(self, original: Original, model: str) -> list[tuple[str, dict[str, str]]]:
        """Files of the type of one of ``model``, each with bases to try by our classes' names.

        Those that spare the most lines come first.
        """
        ours = {
            piece.name: _lines(piece.text, self.context.table.cased(model), model)
            for piece in original.pieces
            if piece.kind == "class"
        }
        found: dict[str, list[tuple[float, int, str, str]]] = defaultdict(list)
        for rank, (path, other) in enumerate(dict(self.paths(original.file_type)).items()):
            theirs = _definitions(self._full(path), self.context.table.cased(other), other)
            for name, own in ours.items():
                for base, lines in theirs.items():
                    shared = len(own & lines)
                    gain = shared - _UNDOING * (len(lines) - shared)
                    if gain >= _LEAST_GAIN:
                        found[name].append((-gain, rank, path, base))
        by_file: dict[str, dict[str, str]] = defaultdict(dict)
        gains: dict[str, float] = defaultdict(float)
        for name, options in found.items():
            for loss, _, path, base in sorted(options)[:_MOST_CLASSES]:
                by_file[path].setdefault(name, base)
                gains[path] -= loss
        paths = sorted(by_file, key=lambda path: -gains[path])
        return [(path, by_file[path]) for path in paths[:_MOST_FILES]]

    def helper_files(self, helpers: Mapping[str, Piece]) -> dict[str, str]:
        """A file to import each helper function from, by its name; it is the same there."""
        wanted = {
            # Without a comment above it that our helper does not have.
            name: "\n" * 3 + piece.written.lstrip("\n")
            for name, piece in helpers.items()
            if piece.lines >= _LEAST_HELPER
        }
        found: dict[str, str] = {}
        for file_type in FILE_TYPES if wanted else ():
            if file_type == "modeling":
                continue
            for path, _ in self.paths(file_type):
                text = _read(self._full(path))
                for name in [name for name, helper in wanted.items() if helper in text]:
                    found[name] = path
                    del wanted[name]
        return found

    def _full(self, path: str) -> str:
        """Where a file is; empty if it is nowhere."""
        places = (os.path.join(root, path) for root in self.relatives.roots)
        return next((place for place in places if os.path.isfile(place)), "")


@lru_cache
def _listed(directory: str) -> list[str]:
    return os.listdir(directory)


@lru_cache(maxsize=4096)
def _read(path: str) -> str:
    # What is no text has nothing in common with ours.
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


@lru_cache(maxsize=4096)
def _definitions(path: str, cased: str, model: str) -> dict[str, frozenset[str]]:
    """The lines of each top-level class of a file."""
    classes: dict[str, list[str]] = {}
    own: list[str] | None = None
    for line in _read(path).split("\n"):
        if match := _DEFINITION.match(line):
            own = classes.setdefault(match[1], []) if line.startswith("class") else None
        elif line[:1].strip() and line[0] not in ")]}":
            own = None
        if own is not None:
            own.append(line)
    return {name: _lines("\n".join(lines), cased, model) for name, lines in classes.items()}


def _lines(text: str, cased: str, model: str) -> frozenset[str]:
    """The lines of a class without the names of its model."""
    anonymous = text.replace(cased, "").replace(model, "")
    return frozenset(stripped for line in anonymous.split("\n") if (stripped := line.strip()))
