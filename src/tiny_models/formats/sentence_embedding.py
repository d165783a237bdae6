"""The files by which sentence-transformers makes embeddings of a model's hidden states."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from toolkit.errors import InputError

_POOLING = "1_Pooling"


def write_sentence_embedding(model: Any, directory: Path) -> None:
    """Writes modules for the model, the mean of its last hidden states, and length 1.

    Raises InputError for a model whose tokenizer is not there, or without a width.
    """
    config = model.config.get_text_config()
    width = getattr(config, "hidden_size", None)
    if not isinstance(width, int) or not (directory / "tokenizer_config.json").is_file():
        lacks = "tokenizer" if isinstance(width, int) else "`hidden_size`"
        raise InputError(
            f"{type(model).__name__} has no {lacks}, which embeddings of sentences need",
            hint="leave `sentence-embedding` out of `formats`",
        )
    settings = json.loads((directory / "tokenizer_config.json").read_bytes())
    kinds = [("", "Transformer"), (_POOLING, "Pooling"), ("2_Normalize", "Normalize")]
    modules = [
        {
            "idx": number,
            "name": str(number),
            "path": path,
            "type": f"sentence_transformers.models.{kind}",
        }
        for number, (path, kind) in enumerate(kinds)
    ]
    _write(directory / "modules.json", modules)
    length = {"max_seq_length": settings.get("model_max_length"), "do_lower_case": False}
    _write(directory / "sentence_bert_config.json", length)
    _write(
        directory / "config_sentence_transformers.json",
        {"prompts": {}, "default_prompt_name": None, "similarity_fn_name": "cosine"},
    )
    (directory / _POOLING).mkdir()
    _write(
        directory / _POOLING / "config.json",
        {
            "word_embedding_dimension": width,
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
            "pooling_mode_max_tokens": False,
            "include_prompt": True,
        },
    )


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
