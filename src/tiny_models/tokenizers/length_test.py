from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tiny_models.cli.main import main
from tiny_models.config.shrink import shrink
from tiny_models.tokenizers.length import limit_length, positions_of


@pytest.mark.parametrize(
    ("model_type", "count"),
    [
        ("bert", 256),
        # Its table has rows for the padding token and those before it, too.
        ("roberta", 254),
        ("gpt2", 256),
        ("qwen2", 256),
        ("clip", 77),
        ("llava", 256),
        ("whisper", 256),
        ("mamba", None),
        ("xlnet", None),
    ],
)
def test_as_many_as_the_model_has_positions(model_type: str, count: int | None) -> None:
    assert positions_of(shrink(model_type)) == count


def test_the_settings_are_written_as_transformers_writes_them(tmp_path: Path) -> None:
    settings = {"b": "ü", "a": 1}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    limit_length(tmp_path, shrink("bert"))
    text = (tmp_path / "tokenizer_config.json").read_text(encoding="utf-8")
    assert text == '{\n  "a": 1,\n  "b": "ü",\n  "model_max_length": 256\n}\n'


@pytest.mark.parametrize("model_type", ["bert", "roberta"])
def test_a_long_text_is_cut_to_what_the_model_takes(model_type: str, tmp_path: Path) -> None:
    from transformers import pipeline

    class_name = {"bert": "Bert", "roberta": "Roberta"}[model_type]
    entry: dict[str, Any] = {
        "address": "m:tiny",
        "path": "tiny",
        "model_type": model_type,
        "architectures": [f"{class_name}ForSequenceClassification"],
    }
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"schema": 1, "fixtures": [entry]}), encoding="utf-8")
    assert main(["build", str(request), "--output", str(tmp_path / "out"), "--quiet"]) == 0
    classify = pipeline("text-classification", str(tmp_path / "out" / "tiny"))
    (answer,) = classify("a long text " * 400, truncation=True)
    assert 0 <= answer["score"] <= 1
