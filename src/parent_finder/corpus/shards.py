"""What is known of one file of a library, cached by the file's content."""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from parent_finder.core import array_store
from parent_finder.corpus import parentage, source_file
from parent_finder.corpus.library_files import LibraryFile
from parent_finder.corpus.parentage import Origins, Parentage
from parent_finder.corpus.units import CodeUnit
from toolkit.errors import InputError, ToolError

# Part of every cache key: a new number for every change of what is counted or how it is stored.
FORMAT = 5


@dataclass(frozen=True)
class Shard:
    """The units of a modeling file with their features, or the origins of a modular file.

    Features of unit `i` are at ``offsets[i]`` to ``offsets[i + 1]`` in ``hashes`` and ``counts``.
    """

    path: str
    model: str
    units: tuple[CodeUnit, ...]
    origins: Origins
    digests: npt.NDArray[np.uint64]
    sizes: npt.NDArray[np.int32]
    offsets: npt.NDArray[np.int64]
    hashes: npt.NDArray[np.uint32]
    counts: npt.NDArray[np.uint8]


def key(file: LibraryFile) -> str:
    """The cache key of a file: its content, its path and the format."""
    text = f"{FORMAT}\0{file.path}\0{file.digest}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def load_or_read(file: LibraryFile, directory: str | None) -> tuple[Shard, bool]:
    """A file's shard, and whether the file had to be read for it.

    A file that is not valid Python gives an empty shard, unless only bodies of its functions are
    invalid: a broken model in the library must not stop a question about another one. Without a
    directory nothing is cached.
    """
    path = os.path.join(directory, "shards", f"{key(file)}.npz") if directory else ""
    shard = _load(path) if path else None
    if shard:
        return shard, False
    shard = _read(file)
    if path:
        # A cache that cannot be written costs time, and changes no answer.
        with contextlib.suppress(ToolError):
            _save(path, shard)
    return shard, True


def _read(file: LibraryFile) -> Shard:
    origins = Origins()
    source = None
    try:
        if file.is_modular:
            origins = parentage.of_modular(file.content, file.path)
        else:
            source = source_file.read_candidate(file.content, file.path)
            origins = parentage.of_standalone(file.content)
    except InputError:
        pass
    units = source.units if source else ()
    features = source.features if source else ()
    lengths = [len(feature.hashes) for feature in features]
    return Shard(
        path=file.path,
        model=file.model,
        units=tuple(units),
        origins=origins,
        digests=np.array([feature.digest for feature in features], dtype=np.uint64),
        sizes=np.array([feature.size for feature in features], dtype=np.int32),
        offsets=np.cumsum([0, *lengths], dtype=np.int64),
        hashes=np.concatenate([np.empty(0, np.uint32), *(feature.hashes for feature in features)]),
        counts=np.concatenate([np.empty(0, np.uint8), *(feature.counts for feature in features)]),
    )


_ARRAYS = ("digests", "sizes", "offsets", "hashes", "counts")


def _save(path: str, shard: Shard) -> None:
    header = {
        "path": shard.path,
        "model": shard.model,
        "units": [vars(unit) for unit in shard.units],
        "origins": asdict(shard.origins),
    }
    array_store.save(path, header, {name: getattr(shard, name) for name in _ARRAYS})


def _load(path: str) -> Shard | None:
    loaded = array_store.load(path)
    if loaded is None:
        return None
    header, arrays = loaded
    try:
        units = tuple(unit_from_json(unit) for unit in header["units"])
        origins = origins_from_json(header["origins"])
        shard = Shard(header["path"], header["model"], units, origins, **arrays)
    except (KeyError, TypeError):
        return None
    return shard if len(shard.digests) == len(units) else None


def unit_from_json(record: dict[str, Any]) -> CodeUnit:
    """A unit from the JSON form of its fields. Raises KeyError, TypeError."""
    attributes = tuple((name, lines, check) for name, lines, check in record["attributes"])
    fields: dict[str, Any] = {**record, "bases": tuple(record["bases"]), "attributes": attributes}
    return CodeUnit(**fields)


def origins_from_json(content: dict[str, Any]) -> Origins:
    """Origins from the JSON form that `dataclasses.asdict` gives. Raises KeyError, TypeError."""
    parents = tuple(Parentage(**parent) for parent in content["parents"])
    return Origins(parents, tuple(content["paths"]))
