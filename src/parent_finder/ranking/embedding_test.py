from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parent_finder.corpus import source_file
from parent_finder.ranking import comparison, embedding
from parent_finder.ranking.comparison import Comparison
from parent_finder.ranking.embedding import Encoder, Vectors
from parent_finder.ranking.reference_library import ReferenceLibrary
from parent_finder.testing import sample_library
from toolkit.errors import EnvironmentLack, InputError

NEW = sample_library.renamed(sample_library.LLAMA, "llama", "breeze")


class Letters(Encoder):
    """Stands for a model: it counts letters, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__("letters", "mean", 100, None, None)
        object.__setattr__(self, "asked", [])

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.asked.extend(texts)  # type: ignore[attr-defined]
        counts = [[text.count(letter) for letter in "abcdefgh"] for text in texts]
        vectors = np.array(counts, dtype=np.float32)
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def both(
    library: ReferenceLibrary, root: str, encoder: Encoder, cache: str | None
) -> tuple[Comparison, Comparison]:
    source = source_file.read(NEW.encode(), "modeling_breeze.py")
    plain = comparison.compare(library.index, source)
    situation = library.situation_of("breeze")
    return plain, embedding.combined(library, plain, situation, source, NEW, root, encoder, cache)


def test_equal_code_stays_equal_and_the_rest_is_averaged(
    library: ReferenceLibrary, root: str
) -> None:
    plain, combined = both(library, root, Letters(), None)
    before, after = plain.cosine["class"], combined.cosine["class"]
    assert len(after) == len(before) == 3
    assert np.allclose(after[before > 0.9999], 1, atol=1e-3)
    assert not np.allclose(after, before)
    assert (after[before < 0.9999] < 1).all()


def test_models_are_asked_without_their_names_and_once(
    library: ReferenceLibrary, root: str, tmp_path: Path
) -> None:
    first, second = Letters(), Letters()
    _, once = both(library, root, first, str(tmp_path))
    _, again = both(library, root, second, str(tmp_path))
    asked: list[str] = first.asked  # type: ignore[attr-defined]
    assert asked
    assert not any("Llama" in text or "Breeze" in text for text in asked)
    assert second.asked == []  # type: ignore[attr-defined]
    assert np.array_equal(once.cosine["class"], again.cosine["class"])


def test_without_torch_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.json").write_text("{}")
    missing: Any = None
    monkeypatch.setitem(sys.modules, "torch", missing)
    with pytest.raises(EnvironmentLack, match="needs torch") as caught:
        Encoder.load(str(tmp_path))
    assert caught.value.hint.startswith("pip install torch")


def test_a_directory_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"config\.json is missing"):
        Encoder.load(str(tmp_path))


def test_links_that_leave_a_checkpoint_are_refused(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (tmp_path / "key").write_text("secret")
    (model / "tokenizer.json").symlink_to(tmp_path / "key")
    with pytest.raises(InputError, match="leaves the checkpoint's directory") as caught:
        Encoder.load(str(model))
    assert caught.value.place == str(model / "tokenizer.json")


@pytest.mark.parametrize("name", ["../a.safetensors", "/a.safetensors", "weights.bin"])
def test_an_index_names_safetensors_files_beside_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "config.json").write_text("{}")
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"x": name}}))
    with pytest.raises(InputError, match="not a safetensors file beside it"):
        Encoder.load(str(tmp_path))


@pytest.mark.parametrize("field", ["transformers_weights", "any_other"])
def test_a_config_names_nothing_outside(tmp_path: Path, field: str) -> None:
    (tmp_path / "outside.safetensors").write_bytes(b"")
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text(json.dumps({field: "../outside.safetensors"}))
    with pytest.raises(InputError, match=r"beside it|is not in the directory"):
        Encoder.load(str(model))
