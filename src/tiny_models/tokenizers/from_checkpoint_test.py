from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tiny_models import tokenizers
from tiny_models.repository.contents import contents
from toolkit.errors import InputError

TEXT = "the house of 23 étés"


def load(directory: Path, model_type: str) -> Any:
    from transformers import AutoTokenizer

    (directory / "config.json").write_text(json.dumps({"model_type": model_type}))
    return AutoTokenizer.from_pretrained(directory, local_files_only=True)


@pytest.mark.parametrize(
    "model_type",
    ["qwen2", "gpt2", "mistral", "t5", "bert", "xlm-roberta", "siglip", "tapas", "biogpt", "byt5"],
)
def test_a_shrunk_tokenizer_reads_and_writes_as_before(model_type: str, tmp_path: Path) -> None:
    large, small = tmp_path / "large", tmp_path / "small"
    before = tokenizers.build(model_type, {"vocabulary_size": 1000}, large)
    options = {"from_checkpoint": large, "vocabulary_size": 300}
    after = tokenizers.build(model_type, options, small)
    assert before is not None and after is not None
    assert after.size <= before.size
    assert set(after.special_ids) == set(before.special_ids)
    old, new = load(large, model_type), load(small, model_type)
    assert type(new) is type(old)
    ids = new(TEXT)["input_ids"]
    assert max(ids) < after.size
    assert new.decode(ids, skip_special_tokens=True) == old.decode(
        old(TEXT)["input_ids"], skip_special_tokens=True
    )
    # Start and end tokens are where they were.
    for position in (0, -1):
        if old(TEXT)["input_ids"][position] in old.all_special_ids:
            assert new.convert_ids_to_tokens(ids[position]) == old.convert_ids_to_tokens(
                old(TEXT)["input_ids"][position]
            )


def test_the_chat_template_stays_unless_another_is_given(tmp_path: Path) -> None:
    large = tmp_path / "large"
    tokenizers.build("qwen2", {"chat_template": "{{ 'own' }}"}, large)
    tokenizers.build("qwen2", {"from_checkpoint": large}, tmp_path / "kept")
    assert (tmp_path / "kept" / "chat_template.jinja").read_text() == "{{ 'own' }}"
    tokenizers.build("qwen2", {"from_checkpoint": large, "chat_template": False}, tmp_path / "off")
    assert not (tmp_path / "off" / "chat_template.jinja").exists()


def test_tokens_that_the_model_needs_are_added(tmp_path: Path) -> None:
    tokenizers.build("qwen2", {}, tmp_path / "text")
    options = {"from_checkpoint": tmp_path / "text"}
    vocabulary = tokenizers.build("qwen2_vl", options, tmp_path / "small")
    assert vocabulary is not None
    tokenizer = load(tmp_path / "small", "qwen2_vl")
    index = vocabulary.special_ids["image_token_id"]
    assert tokenizer.convert_ids_to_tokens(index) == "<|image_pad|>"
    assert index < vocabulary.size


def test_the_same_bytes_twice(tmp_path: Path) -> None:
    tokenizers.build("t5", {}, tmp_path / "large")
    options = {"from_checkpoint": tmp_path / "large", "vocabulary_size": 300}
    for name in ("one", "two"):
        tokenizers.build("t5", options, tmp_path / name)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_nothing_is_left_of_a_checkpoint_that_cannot_be_shrunk(tmp_path: Path) -> None:
    tokenizers.build("ctrl", {"vocabulary_size": 1000}, tmp_path / "large")
    options = {"from_checkpoint": tmp_path / "large", "vocabulary_size": 300}
    with pytest.raises(InputError, match="cannot be shrunk"):
        tokenizers.build("ctrl", options, tmp_path / "small")
    assert not list((tmp_path / "small").iterdir())
    assert {path.name for path in tmp_path.iterdir()} == {"large", "small"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("tokenizer.json", b"{", r"tokenizer\.json:1:2: no JSON"),
        ("tokenizer.json", b"{}", "no tokenizer that can be loaded"),
        ("tokenizer.json", b"\x80\x04.", "a pickle"),
        ("config.json", b'{"model_type": "bert"}', "no tokenizer found"),
    ],
)
def test_damaged_checkpoints(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    checkpoint = tmp_path / "checkpoint"
    checkpoint.mkdir()
    (checkpoint / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        tokenizers.build("qwen2", {"from_checkpoint": checkpoint}, tmp_path / "small")


def test_a_checkpoint_of_another_type(tmp_path: Path) -> None:
    tokenizers.build("bert", {}, tmp_path / "large")
    (tmp_path / "large" / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(InputError, match="a checkpoint of bert, expected one of t5"):
        tokenizers.build("t5", {"from_checkpoint": tmp_path / "large"}, tmp_path / "small")


def test_a_class_that_reads_another_way_than_the_file_is_refused(tmp_path: Path) -> None:
    """Qwen2's class has a byte-level BPE, whatever the file says, and would read nothing."""
    tokenizers.build("t5", {}, tmp_path / "large")
    with pytest.raises(InputError, match=r"reads 'hello world' as '.*', unlike tokenizer\.json"):
        tokenizers.build("qwen2", {"from_checkpoint": tmp_path / "large"}, tmp_path / "small")
    assert not (tmp_path / "small" / "tokenizer.json").exists()
