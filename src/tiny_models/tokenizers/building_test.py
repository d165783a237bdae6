from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiny_models import tokenizers
from tiny_models.core.errors import MissingRequirement
from tiny_models.repository.contents import contents
from tiny_models.tokenizers.options import TokenizerOptions
from tiny_models.tokenizers.recipes import Recipe, recipe_for
from tiny_models.tokenizers.write import write
from toolkit.errors import InputError

TEXT = "Hello world, the house of 23 men"


def load(directory: Path, model_type: str) -> Any:
    from transformers import AutoTokenizer

    (directory / "config.json").write_text(json.dumps({"model_type": model_type}))
    return AutoTokenizer.from_pretrained(directory, local_files_only=True)


@lru_cache(maxsize=1)
def byte_level() -> Any:
    from tiny_models.tokenizers.write import make

    return make(recipe_for("qwen2", TokenizerOptions()), Path("unused"))


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_byte_level_gives_every_text_back(text: str) -> None:
    import unicodedata

    tokenizer = byte_level()
    ids = tokenizer(text, split_special_tokens=True)["input_ids"]
    assert all(0 <= token_id < len(tokenizer) for token_id in ids)
    # The class normalizes.
    assert tokenizer.decode(ids) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("family", tokenizers.FAMILIES)
def test_each_family_by_name(family: str, tmp_path: Path) -> None:
    vocabulary = tokenizers.build("llama", {"family": family}, tmp_path)
    assert vocabulary is not None
    tokenizer = load(tmp_path, "llama")
    ids = tokenizer(TEXT)["input_ids"]
    assert max(ids) < vocabulary.size == len(tokenizer)
    assert tokenizer.unk_token_id is None or tokenizer.unk_token_id not in ids
    assert 300 <= vocabulary.size <= 1000 or family in ("character", "word_level")
    again = tmp_path.with_name("again")
    tokenizer.save_pretrained(again)
    assert contents(again) == contents(tmp_path)


@pytest.mark.parametrize(
    ("model_type", "class_name", "expected"),
    [
        ("bert", "BertTokenizer", {"pad_token_id": 0}),
        ("roberta", "RobertaTokenizer", {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}),
        ("t5", "T5Tokenizer", {"pad_token_id": 0, "eos_token_id": 1}),
        ("mistral", "TokenizersBackend", {"bos_token_id": 1, "eos_token_id": 2}),
        ("bart", "RobertaTokenizer", {"decoder_start_token_id": 2, "forced_eos_token_id": 2}),
        ("clip", "CLIPTokenizer", {}),
        ("albert", "AlbertTokenizer", {}),
        ("gemma3", "GemmaTokenizer", {"pad_token_id": 0}),
        ("byt5", "ByT5Tokenizer", {"pad_token_id": 0, "eos_token_id": 1}),
        ("wav2vec2", "Wav2Vec2CTCTokenizer", {"pad_token_id": 0}),
        ("voxtral", "TokenizersBackend", {"audio_token_id": 24}),
    ],
)
def test_ids_are_those_that_configs_expect(
    model_type: str, class_name: str, expected: dict[str, int], tmp_path: Path
) -> None:
    vocabulary = tokenizers.build(model_type, {}, tmp_path)
    assert vocabulary is not None
    assert vocabulary.special_ids.items() >= expected.items()
    tokenizer = load(tmp_path, model_type)
    assert type(tokenizer).__name__ == class_name
    assert tokenizer.pad_token_id == vocabulary.special_ids["pad_token_id"]


def test_tokens_of_images_have_ids_for_config_and_processor(tmp_path: Path) -> None:
    vocabulary = tokenizers.build("qwen2_vl", {}, tmp_path)
    assert vocabulary is not None
    tokenizer = load(tmp_path, "qwen2_vl")
    names = ("image_token_id", "video_token_id", "vision_start_token_id", "vision_end_token_id")
    ids = [vocabulary.special_ids[name] for name in names]
    assert len(set(ids)) == len(names)
    assert [getattr(tokenizer, name) for name in names] == ids


def test_a_field_that_is_called_an_index_has_its_role_too(tmp_path: Path) -> None:
    vocabulary = tokenizers.build("llava", {}, tmp_path)
    assert vocabulary is not None
    ids = vocabulary.special_ids
    assert ids["image_token_index"] == ids["image_token_id"]


def test_whisper_numbers_languages_as_its_class_does(tmp_path: Path) -> None:
    vocabulary = tokenizers.build("whisper", {}, tmp_path)
    assert vocabulary is not None
    tokenizer = load(tmp_path, "whisper")
    tokenizer.set_prefix_tokens(language="french", task="transcribe")
    tokens = tokenizer.convert_ids_to_tokens(tokenizer.prefix_tokens)
    assert tokens == ["<|startoftranscript|>", "<|fr|>", "<|transcribe|>", "<|notimestamps|>"]
    assert tokenizer.decode(tokenizer("hello")["input_ids"], skip_special_tokens=True) == "hello"


def test_a_recipe_survives_json() -> None:
    for model_type in ("qwen2_vl", "rag", "whisper"):
        recipe = recipe_for(model_type, TokenizerOptions())
        assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


def test_types_without_texts() -> None:
    assert tokenizers.build("vit", {}, Path("unused")) is None
    assert tokenizers.build("musicgen_decoder", {}, Path("unused")) is None


def test_a_type_that_the_library_does_not_know() -> None:
    with pytest.raises(InputError) as raised:
        tokenizers.build("qwen22", {}, Path("unused"))
    assert raised.value.hint.startswith("did you mean `qwen2`")


def test_a_family_that_the_auto_class_would_not_load() -> None:
    with pytest.raises(InputError, match="always loaded as Qwen2Tokenizer"):
        recipe_for("qwen2", TokenizerOptions(family="unigram"))
    assert recipe_for("qwen2", TokenizerOptions(family="byte_level_bpe")).family is None


def test_a_missing_package_is_named() -> None:
    with pytest.raises(MissingRequirement) as raised:
        recipe_for("fastspeech2_conformer", TokenizerOptions())
    assert raised.value.packages == ("g2p_en",)
    assert "g2p_en" in raised.value.hint


def test_a_class_that_reads_a_file_of_its_own_repository_is_not_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As the library maps Mistral's types if mistral-common is installed."""
    from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES

    monkeypatch.setitem(TOKENIZER_MAPPING_NAMES, "mistral", "MistralCommonBackend")
    tokenizers.build("mistral", {}, tmp_path)
    written = json.loads((tmp_path / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert written["tokenizer_class"] == "TokenizersBackend"


def test_nothing_is_left_beside_the_files(tmp_path: Path) -> None:
    write(recipe_for("bert", TokenizerOptions()), tmp_path / "made")
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    assert "config.json" not in contents(tmp_path / "made")


# One of each way of making files; the recipes are made here, so that torch is not imported again.
DETERMINISTIC = ("qwen2", "bert", "t5", "gemma", "siglip", "marian", "xlm", "m2m_100", "tapas")
_SCRIPT = """
import hashlib, json, sys
from pathlib import Path
from tiny_models.tokenizers.recipes import Recipe
from tiny_models.tokenizers.write import write
for number, values in enumerate(json.load(sys.stdin)):
    directory = Path(sys.argv[1]) / str(number)
    write(Recipe.from_json(values), directory)
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            print(number, path.name, hashlib.sha256(path.read_bytes()).hexdigest())
"""


def test_bytes_do_not_depend_on_the_process(tmp_path: Path) -> None:
    pytest.importorskip("sentencepiece")
    recipes = [recipe_for(model_type, TokenizerOptions()) for model_type in DETERMINISTIC]
    request = json.dumps([recipe.to_json() for recipe in recipes])

    def digests(name: str, seed: str, threads: str) -> str:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PYTHONHASHSEED": seed,
            "RAYON_NUM_THREADS": threads,
            "TOKENIZERS_PARALLELISM": "true" if threads != "1" else "false",
        }
        command = [sys.executable, "-c", _SCRIPT, str(tmp_path / name)]
        return subprocess.run(
            command, input=request, env=environment, check=True, capture_output=True, text=True
        ).stdout

    first = digests("first", "0", "1")
    assert len(first.splitlines()) > len(DETERMINISTIC)
    assert digests("second", "7", "2") == first
    write(recipes[0], tmp_path / "here")
    for path in (tmp_path / "here").iterdir():
        line = f"0 {path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        assert line in first.splitlines()
