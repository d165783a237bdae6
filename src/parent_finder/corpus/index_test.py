from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from parent_finder.core import array_store
from parent_finder.core.releases import known_releases
from parent_finder.corpus import index, library_files, shards
from parent_finder.ranking.reference_library import ReferenceLibrary
from parent_finder.testing import sample_library
from toolkit.errors import EnvironmentLack, InputError


def equal(first: index.Index, second: index.Index) -> bool:
    if (first.paths, first.models, first.origins) != (second.paths, second.models, second.origins):
        return False
    for kind in index.KINDS:
        a, b = first.tables[kind], second.tables[kind]
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
    origins = index.open_library(root, None).index.origins
    llama = "transformers/models/llama/modeling_llama.py"
    mistral = origins["transformers/models/mistral/modular_mistral.py"]
    assert [(p.child, p.path, p.parent) for p in mistral.parents] == [
        ("MistralAttention", llama, "LlamaAttention"),
        ("MistralModel", llama, "LlamaModel"),
        ("MistralRMSNorm", llama, "LlamaRMSNorm"),
    ]
    assert mistral.paths == (llama,)


def test_the_key_depends_on_content_and_place() -> None:
    file = library_files.LibraryFile("a/b.py", "a", b"", "1")
    assert shards.key(file) == shards.key(library_files.LibraryFile("a/b.py", "a", b"", "1"))
    assert shards.key(file) != shards.key(library_files.LibraryFile("a/b.py", "a", b"", "2"))
    assert shards.key(file) != shards.key(library_files.LibraryFile("a/c.py", "a", b"", "1"))


def test_a_directory_without_models(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no transformers/models"):
        library_files.source_root(str(tmp_path))


def test_no_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EnvironmentLack, match="not installed") as caught:
        library_files.source_root(None)
    assert "--source-root" in caught.value.hint


def _own_models(directory: Path) -> Path:
    """A repository with a child of llama, a child of that child, and a llama of its own."""
    spark = sample_library.renamed(sample_library.LLAMA, "llama", "spark")
    files = {
        "lib/spark/modeling_spark.py": spark
        + "\n\nclass SparkRouter:\n    def route(self): pass\n",
        "lib/spark/modular_spark.py": "from transformers.models.llama.modeling_llama import "
        "LlamaModel\nclass SparkModel(LlamaModel): pass\n",
        "lib/flare/modeling_flare.py": spark.replace("Spark", "Flare"),
        "lib/flare/modular_flare.py": "from ..spark.configuration_spark import SparkConfig\n"
        "class FlareConfig(SparkConfig): pass\n",
        "lib/llama/modeling_llama.py": sample_library.LLAMA,
        "lib/glow/modeling_glow.py": "# Copied from lib.flare.modeling_flare.FlareModel\n"
        "class GlowModel:\n    pass\n",
        ".hidden/modeling_x.py": "class X: pass\n",
        "env/lib/site-packages/hidden/modeling_y.py": "class Y: pass\n",
    }
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text)
    return directory


def test_models_of_a_repository_are_candidates_under_their_own_names(
    root: str, tmp_path: Path
) -> None:
    opened = index.open_library(root, None).index
    place = library_files.MoreModels(str(_own_models(tmp_path / "repository")))
    more = library_files.more_files([place], set(opened.models))
    both = index.extended(opened, more, None)
    own = dict(zip(both.paths, both.models, strict=True))
    assert {path: model for path, model in own.items() if path.startswith("lib/")} == {
        "lib/flare/modeling_flare.py": "flare",
        "lib/glow/modeling_glow.py": "glow",
        "lib/llama/modeling_llama.py": "lib.llama",
        "lib/spark/modeling_spark.py": "spark",
    }
    assert not any("hidden" in path for path in own)


def test_an_extended_index_is_the_one_of_all_files(root: str) -> None:
    files = library_files.files(root)
    part = index.merge([shards.load_or_read(file, None)[0] for file in files[:2]])
    whole = index.open_library(root, None).index
    assert equal(index.extended(part, files, None), whole)


def test_no_descendant_is_a_candidate(root: str, tmp_path: Path) -> None:
    opened = index.open_library(root, None).index
    repository = _own_models(tmp_path / "repository")
    more = library_files.more_files([library_files.MoreModels(str(repository))], set(opened.models))
    library = ReferenceLibrary(index.extended(opened, more, None), known_releases())

    def hidden(model: str, path: str = "") -> set[str]:
        allowed = library.situation_of(model, path).allowed
        return {name for name, yes in zip(library.models, allowed, strict=True) if not yes}

    # By its configuration alone, and by a comment about copied code.
    assert hidden("spark") == {"spark", "flare", "glow"}
    assert hidden("flare") == {"flare", "glow"}
    assert hidden("llama", "lib/llama/modeling_llama.py") == {"lib.llama"}
    assert {"llama", "lib.llama", "mistral", "spark"} <= hidden("llama")
    assert hidden("breeze") == set()


def test_a_place_that_is_no_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such directory"):
        library_files.more_files([library_files.MoreModels(str(tmp_path / "no"))], ())


def test_a_package_without_a_name_that_exists() -> None:
    with pytest.raises(InputError, match="no package") as caught:
        library_files.of_package("no_such_package_here")
    assert caught.value.place == "--library=no_such_package_here"
    place = library_files.of_package("parent_finder.testing")
    assert place.directory == "parent_finder/testing"
    assert os.path.isfile(os.path.join(place.root, place.directory, "sample_library.py"))
