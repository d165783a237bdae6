"""All units of a library, equal code in one row, with what is needed to compare them."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from parent_finder.core import array_store
from parent_finder.corpus import library_files, shards
from parent_finder.corpus.feature_matrix import FeatureMatrix
from parent_finder.corpus.library_files import LibraryFile
from parent_finder.corpus.parentage import Origins
from parent_finder.corpus.shards import Shard
from parent_finder.corpus.units import CodeUnit, Kind
from toolkit.errors import ToolError

KINDS: tuple[Kind, ...] = ("class", "method", "function")

# Merged indexes of this many different libraries are kept.
_KEPT = 4


@dataclass(frozen=True)
class UnitTable:
    """The units of one kind.

    ``files[i]`` is the file of unit `i`, ``rows[i]`` its row in ``matrix``: units of equal code
    share one. ``numbers[i]`` is the unit's position in its file, ``owners[i]`` that of its class,
    ``sizes`` are in tokens.
    """

    units: tuple[CodeUnit, ...]
    files: npt.NDArray[np.int32]
    numbers: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int32]
    sizes: npt.NDArray[np.int32]
    digests: npt.NDArray[np.uint64]
    matrix: FeatureMatrix


@dataclass(frozen=True)
class Index:
    """A library.

    ``models`` has the model of each of ``paths``, the modeling files. ``origins`` has where files
    come from, by path; it also has the modular files, and lacks files without origins.
    """

    paths: tuple[str, ...]
    models: tuple[str, ...]
    origins: dict[str, Origins]
    tables: dict[str, UnitTable]


@dataclass(frozen=True)
class Opened:
    """An index, and how many files were read for it (the others came from the cache)."""

    index: Index
    files: int
    files_read: int


def open_library(
    root: str,
    cache: str | None,
    announce: Callable[[int], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Opened:
    """The index of the library under a source root, as far as possible from the cache.

    If the cache has no index, ``announce`` is called with the number of files before they are
    read, and ``progress`` with the number of those read and of all.
    """
    files = library_files.files(root)
    path = os.path.join(cache, f"index-{_key(files)}.npz") if cache else ""
    index = load(path) if path else None
    if index:
        return Opened(index, len(files), 0)
    if announce:
        announce(len(files))
    parts = []
    with _no_cycle_collection():
        for number, file in enumerate(files, 1):
            parts.append(shards.load_or_read(file, cache))
            if progress:
                progress(number, len(files))
    index = merge([shard for shard, _ in parts])
    if path:
        # A cache that cannot be written costs time, and changes no answer.
        with contextlib.suppress(ToolError, OSError):
            save(path, index)
            _prune(os.path.dirname(path))
    return Opened(index, len(files), sum(read for _, read in parts))


@contextlib.contextmanager
def _no_cycle_collection() -> Iterator[None]:
    """Spares the search for cycles: syntax trees have none, and a fifth of the time went there."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _key(files: Sequence[LibraryFile]) -> str:
    text = "".join(shards.key(file) for file in files)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _prune(directory: str) -> None:
    names = [name for name in os.listdir(directory) if name.startswith("index-")]
    paths = sorted((os.path.join(directory, name) for name in names), key=os.path.getmtime)
    for path in paths[:-_KEPT]:
        os.unlink(path)


def merge(parts: Sequence[Shard]) -> Index:
    """The index of all files' shards."""
    modeling = [part for part in parts if part.units]
    return Index(
        paths=tuple(part.path for part in modeling),
        models=tuple(part.model for part in modeling),
        origins={part.path: part.origins for part in parts if part.origins != Origins()},
        tables={kind: _table(kind, modeling) for kind in KINDS},
    )


def extended(index: Index, more: Sequence[LibraryFile], cache: str | None) -> Index:
    """The index with more files; one that it has already, by its path, is left out."""
    known = {*index.paths, *index.origins}
    parts = [
        replace(shards.load_or_read(file, cache)[0], model=file.model)
        for file in more
        if file.path not in known
    ]
    modeling = [part for part in parts if part.units]
    if not parts:
        return index
    return Index(
        paths=(*index.paths, *(part.path for part in modeling)),
        models=(*index.models, *(part.model for part in modeling)),
        origins={
            **index.origins,
            **{part.path: part.origins for part in parts if part.origins != Origins()},
        },
        tables={
            kind: _table(kind, modeling, index.tables[kind], len(index.paths)) for kind in KINDS
        },
    )


def _table(
    kind: Kind, parts: Sequence[Shard], before: UnitTable | None = None, first_file: int = 0
) -> UnitTable:
    """The table of some files' units; those of ``before``, if given, come first."""
    units = list(before.units) if before else []
    files = before.files.tolist() if before else []
    numbers = before.numbers.tolist() if before else []
    rows = before.rows.tolist() if before else []
    sizes = before.sizes.tolist() if before else []
    row_of = {digest: row for row, digest in enumerate(before.digests.tolist())} if before else {}
    first_row = len(row_of)
    hashes = [np.empty(0, np.uint32)]
    counts = [np.empty(0, np.uint8)]
    for file, part in enumerate(parts, first_file):
        digests = part.digests.tolist()
        for number, unit in enumerate(part.units):
            if unit.kind != kind:
                continue
            row = row_of.setdefault(digests[number], len(row_of))
            if row == first_row + len(hashes) - 1:
                own = slice(part.offsets[number], part.offsets[number + 1])
                hashes.append(part.hashes[own])
                counts.append(part.counts[own])
            units.append(unit)
            files.append(file)
            numbers.append(number)
            rows.append(row)
            sizes.append(int(part.sizes[number]))
    lengths = np.array([len(row_hashes) for row_hashes in hashes[1:]], dtype=np.int64)
    build = before.matrix.extended if before else FeatureMatrix.build
    return UnitTable(
        units=tuple(units),
        files=np.array(files, dtype=np.int32),
        numbers=np.array(numbers, dtype=np.int32),
        rows=np.array(rows, dtype=np.int32),
        sizes=np.array(sizes, dtype=np.int32),
        digests=np.array(list(row_of), dtype=np.uint64),
        matrix=build(np.concatenate(hashes), np.concatenate(counts), lengths),
    )


_COLUMNS = ("files", "numbers", "rows", "sizes", "digests")


def save(path: str, index: Index) -> None:
    """Writes an index to one file. Raises OSError."""
    header: dict[str, object] = {
        "format": shards.FORMAT,
        "paths": index.paths,
        "models": index.models,
        "origins": {path: asdict(origins) for path, origins in index.origins.items()},
        "units": {k: [_unit_row(u) for u in t.units] for k, t in index.tables.items()},
    }
    arrays: dict[str, Any] = {}
    for kind, table in index.tables.items():
        arrays |= table.matrix.arrays(f"{kind}.matrix.")
        arrays |= {f"{kind}.{name}": getattr(table, name) for name in _COLUMNS}
    array_store.save(path, header, arrays)


def _unit_row(unit: CodeUnit) -> list[object]:
    return [
        *(unit.kind, unit.name, unit.role, unit.owner, unit.first_line, unit.last_line),
        *(unit.bases, unit.attributes),
    ]


def _unit(row: list[Any]) -> CodeUnit:
    kind, name, role, owner, first, last, bases, attributes = row
    described = tuple((attribute, lines, check) for attribute, lines, check in attributes)
    return CodeUnit(kind, name, role, owner, first, last, tuple(bases), described)


def load(path: str) -> Index | None:
    """The index in a file that `save` wrote; None when there is no whole one of this format."""
    loaded = array_store.load(path)
    if loaded is None:
        return None
    header, arrays = loaded
    try:
        if header["format"] != shards.FORMAT:
            return None
        tables: dict[str, UnitTable] = {}
        for kind in KINDS:
            matrix = FeatureMatrix.from_arrays(arrays, f"{kind}.matrix.")
            units = tuple(_unit(row) for row in header["units"][kind])
            columns = {name: arrays[f"{kind}.{name}"] for name in _COLUMNS}
            tables[kind] = UnitTable(units=units, matrix=matrix, **columns)
        origins = {
            path: shards.origins_from_json(content) for path, content in header["origins"].items()
        }
        return Index(tuple(header["paths"]), tuple(header["models"]), origins, tables)
    except (KeyError, TypeError, json.JSONDecodeError):
        return None
