from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from parent_finder.core import array_store
from parent_finder.core.errors import EnvironmentLack, InputError
from parent_finder.corpus import index, library, shards


def equal(one: index.Index, other: index.Index) -> bool:
    if (one.paths, one.models, one.parents) != (other.paths, other.models, other.parents):
        return False
    for kind in index.KINDS:
        a, b = one.tables[kind], other.tables[kind]
        arrays, others = a.matrix.arrays(""), b.matrix.arrays("")
        if tuple(a.units) != tuple(b.units) or not np.array_equal(a.rows, b.rows):
            return False
        if not all(np.array_equal(arrays[name], others[name]) for name in arrays):
            return False
    return True


def test_the_cache_gives_what_reading_gives(root: str, tmp_path: Path) -> None:
    cache = str(tmp_path / "cache")
    fresh = index.open_library(root, cache)
    again = index.open_library(root, cache)
    assert (fresh.files, fresh.files_read) == (5, 5)
    assert again.files_read == 0
    assert equal(fresh.index, again.index)
    assert equal(fresh.index, index.open_library(root, None).index)


def test_an_edited_model_is_the_only_one_read(root: str, tmp_path: Path) -> None:
    cache = str(tmp_path / "cache")
    index.open_library(root, cache)
    edited = Path(root, "transformers/models/vista/modeling_vista.py")
    edited.write_text(edited.read_text() + "\n\nclass VistaHead:\n    size = 3\n")
    opened = index.open_library(root, cache)
    assert opened.files_read == 1
    assert "VistaHead" in [unit.name for unit in opened.index.tables["class"].units]
    assert equal(opened.index, index.open_library(root, None).index)


@pytest.mark.parametrize("damage", ["cut", "empty", "other"])
def test_damaged_cache_files_are_made_again(root: str, tmp_path: Path, damage: str) -> None:
    cache = tmp_path / "cache"
    fresh = index.open_library(root, str(cache))
    for path in [*cache.glob("*.npz"), *cache.glob("shards/*.npz")]:
        content = path.read_bytes()
        if damage == "cut":
            path.write_bytes(content[: len(content) // 2])
        elif damage == "empty":
            path.write_bytes(b"")
        else:
            array_store.save(str(path), {"units": [1]}, {})
    again = index.open_library(root, str(cache))
    assert again.files_read == 5
    assert equal(fresh.index, again.index)


def test_an_index_is_written_whole_or_not_at_all(root: str, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    index.open_library(root, str(cache))
    assert not [name for _, _, names in os.walk(cache) for name in names if name[0] == "."]


def test_old_indexes_go(root: str, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    edited = Path(root, "transformers/models/vista/modeling_vista.py")
    for number in range(6):
        edited.write_text(edited.read_text() + f"\nNUMBER = {number}\n")
        index.open_library(root, str(cache))
    assert len(list(cache.glob("index-*.npz"))) == 4


def test_a_cache_that_cannot_be_written_stops_nothing(root: str, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert index.open_library(root, str(blocked)).files_read == 5


def test_a_broken_model_stops_nothing(root: str) -> None:
    Path(root, "transformers/models/zephyr/modeling_zephyr.py").write_text("class (")
    opened = index.open_library(root, None)
    assert "zephyr" not in opened.index.models


def test_equal_code_has_one_row(root: str) -> None:
    table = index.open_library(root, None).index.tables["class"]
    rows = {unit.name: row for unit, row in zip(table.units, table.rows.tolist(), strict=True)}
    assert rows["LlamaAttention"] == rows["MistralAttention"]
    assert rows["LlamaAttention"] != rows["LlamaModel"]


def test_parents_of_a_modular_file(root: str) -> None:
    parents = index.open_library(root, None).index.parents
    found = parents["transformers/models/mistral/modular_mistral.py"]
    assert [(one.child, one.model, one.parent) for one in found] == [
        ("MistralAttention", "llama", "LlamaAttention"),
        ("MistralModel", "llama", "LlamaModel"),
        ("MistralRMSNorm", "llama", "LlamaRMSNorm"),
    ]


def test_the_key_depends_on_content_and_place() -> None:
    one = library.LibraryFile("a/b.py", "a", b"", "1")
    assert shards.key(one) == shards.key(library.LibraryFile("a/b.py", "a", b"", "1"))
    assert shards.key(one) != shards.key(library.LibraryFile("a/b.py", "a", b"", "2"))
    assert shards.key(one) != shards.key(library.LibraryFile("a/c.py", "a", b"", "1"))


def test_a_directory_without_models(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no transformers/models"):
        library.source_root(str(tmp_path))


def test_no_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EnvironmentLack, match="--source-root"):
        library.source_root(None)
