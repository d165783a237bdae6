"""Where in the whole library equal code is, beyond the models that are most like the file."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from parent_finder.core import model_names
from parent_finder.corpus.units import Kind
from parent_finder.modularize.candidates import LEAST_COSINE
from parent_finder.ranking.comparison import Comparison
from parent_finder.ranking.reference_library import ReferenceLibrary, Situation

# Another model's class is worth a try if it spares at least this many lines more.
_LEAST_MORE = 4
# Classes that are tried for one of ours, and files that are tried besides the ranked models'.
_MOST_CLASSES = 2
_MOST_FILES = 14
# A helper of fewer lines is written rather than imported from a file that is not a parent's.
_LEAST_HELPER = 4


@dataclass(frozen=True)
class Relatives:
    """A library as it is seen from one modeling file, None if there is no such file.

    ``ranked`` are the models that are tried in any case, the best first.
    """

    library: ReferenceLibrary
    compared: Comparison | None
    situation: Situation
    ranked: tuple[int, ...]
    roots: tuple[str, ...]

    def further_classes(self) -> list[tuple[str, dict[str, str]]]:
        """Files to try besides those of the ranked models, each with bases by our classes' names.

        Their classes have methods of ours that none of the classes has that are tried anyway. Files
        that may spare the most lines come first.
        """
        if self.compared is None:
            return []
        library, classes = self.library, self.compared.queries["class"].units
        table, owner = library.index.tables["class"], library.by_model["class"].owner
        by_file: dict[str, dict[str, str]] = defaultdict(dict)
        gains: dict[str, int] = defaultdict(int)
        for position, lines in self._spared_lines(self.compared).items():
            cosine = self.compared.cosine["class"][position]
            tried = [
                number
                for number in lines
                if owner[number] in self.ranked and cosine[table.rows[number]] >= LEAST_COSINE
            ]
            known = max((lines[number] for number in tried), default=0)
            others = sorted(
                (number for number in lines if lines[number] >= known + _LEAST_MORE),
                key=lambda c: (
                    -lines[c],
                    library.models[owner[c]] in library.lineage.model_parents,
                    self._rank(int(owner[c])),
                    -round(float(cosine[table.rows[c]]), 4),
                    c,
                ),
            )
            for number in others[:_MOST_CLASSES]:
                path = library.index.paths[table.files[number]]
                by_file[path].setdefault(classes[position].name, table.units[number].name)
                gains[path] += lines[number] - known
        paths = sorted(by_file, key=lambda path: (-gains[path], path))
        return [(path, by_file[path]) for path in paths[:_MOST_FILES]]

    def helper_files(self, texts: Mapping[str, str]) -> dict[str, str]:
        """A file to import each helper function from, by the function's name.

        ``texts`` are the helpers by name; the file must hold the same text, in which a model's own
        name may stand. Few files are preferred to many, and such as inherit from no model to those
        that do.
        """
        chosen: dict[str, str] = {}
        holders = self._helper_holders(texts)
        while holders:
            path = max(holders, key=lambda p: (sum(holders[p].values()), *self._preference(p)))
            contents = self._contents(path)
            chosen |= {
                name: path
                for name in holders.pop(path)
                if any(texts[name] in content for content in contents)
            }
            left = {
                other: {name: lines for name, lines in names.items() if name not in chosen}
                for other, names in holders.items()
            }
            holders = {other: names for other, names in left.items() if names}
        return chosen

    def _helper_holders(self, texts: Mapping[str, str]) -> dict[str, dict[str, int]]:
        """The lines of each helper that a file has, by the file's path and the helper's name."""
        holders: dict[str, dict[str, int]] = defaultdict(dict)
        if self.compared is None:
            return holders
        table = self.library.index.tables["function"]
        for position, numbers in self._equal_units(self.compared, "function"):
            unit = self.compared.queries["function"].units[position]
            if unit.name in texts and unit.lines >= _LEAST_HELPER:
                for number in numbers:
                    path = self.library.index.paths[table.files[number]]
                    holders[path][unit.name] = unit.lines
        return holders

    def _preference(self, path: str) -> tuple[bool, int, int, str]:
        library = self.library
        model = library.index.models[library.index.paths.index(path)]
        number = library.models.index(model)
        is_root = model not in library.lineage.model_parents
        return is_root, -self._rank(number), -int(library.age[number]), path

    def _rank(self, model: int) -> int:
        return self.ranked.index(model) if model in self.ranked else len(self.ranked)

    def _contents(self, path: str) -> tuple[str, ...]:
        """The text of a file, and the same with our model's name in place of its own."""
        for root in self.roots:
            full = os.path.join(root, path)
            if os.path.isfile(full):
                with open(full, encoding="utf-8") as file:
                    text = file.read()
                model = model_names.model_of_file(path)
                return text, text.replace(model, self.situation.model)
        return ()

    def _spared_lines(self, compared: Comparison) -> dict[int, dict[int, int]]:
        """The lines of equal methods, by the position of our class and a class's number."""
        tables, query = self.library.index.tables, compared.queries["method"]
        classes, methods = tables["class"], tables["method"]
        places = zip(classes.files.tolist(), classes.numbers.tolist(), strict=True)
        class_at = {place: number for number, place in enumerate(places)}
        positions = {number: n for n, number in enumerate(compared.queries["class"].numbers)}
        spared: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for method, numbers in self._equal_units(compared, "method"):
            unit = query.units[method]
            for number in numbers:
                parent = class_at[int(methods.files[number]), methods.units[number].owner]
                spared[positions[unit.owner]][parent] += unit.lines
        return spared

    def _equal_units(self, compared: Comparison, kind: Kind) -> Iterator[tuple[int, list[int]]]:
        """For each unit of the file, by its position, the allowed ones of its name and code."""
        table, owner = self.library.index.tables[kind], self.library.by_model[kind].owner
        query = compared.queries[kind]
        if not len(table.units):
            return
        digests = table.digests[table.rows]
        for position, (unit, features) in enumerate(zip(query.units, query.features, strict=True)):
            equal = np.flatnonzero((digests == features.digest) & self.situation.allowed[owner])
            yield position, [n for n in equal.tolist() if table.units[n].name == unit.name]
