"""Tokenizer classes, and what an instance without a vocabulary shows of its pieces."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tiny_models.tokenizers.pieces import METASPACE, Notation

_FAMILY_OF_MODEL = {"Unigram": "unigram", "WordPiece": "wordpiece", "WordLevel": "word_level"}


@dataclass(frozen=True)
class ClassPipeline:
    """A class's family, how it writes pieces, and the pieces that it starts with, with scores."""

    family: str
    notation: Notation
    first_pieces: Mapping[str, float]


def class_named(name: str) -> Any:
    """A tokenizer class of the library, or one that a repository has registered."""
    import transformers
    from transformers.models.auto.tokenization_auto import tokenizer_class_from_name

    return getattr(transformers, name, None) or tokenizer_class_from_name(name)


def pipeline_of(tokenizer: Any) -> ClassPipeline:
    """Reads the pipeline of a tokenizer that the `tokenizers` library runs."""
    return read_pipeline(json.loads(tokenizer.backend_tokenizer.to_str()))


def read_pipeline(serialized: Mapping[str, Any]) -> ClassPipeline:
    """Reads a pipeline from the content of a `tokenizer.json`."""
    model = serialized["model"]
    before = json.dumps(
        [serialized.get("normalizer"), serialized.get("pre_tokenizer")], ensure_ascii=False
    )
    byte_level = '"ByteLevel"' in before
    metaspace = not byte_level and ('"Metaspace"' in before or METASPACE in before)
    kind = model["type"]
    notation = Notation(
        word_start=METASPACE if metaspace else "",
        continuation=(model.get("continuing_subword_prefix") or "") if kind == "WordPiece" else "",
        word_end=model.get("end_of_word_suffix") or "",
        byte_level=byte_level,
        byte_fallback=bool(model.get("byte_fallback")),
    )
    if kind == "BPE":
        family = "byte_level_bpe" if byte_level else "bpe_byte_fallback"
    else:
        family = _FAMILY_OF_MODEL[kind]
    vocabulary = model["vocab"]
    if isinstance(vocabulary, dict):
        first = dict.fromkeys(sorted(vocabulary, key=vocabulary.__getitem__), 0.0)
    else:
        first = {}
        for piece, score in vocabulary:
            first.setdefault(piece, score)
    return ClassPipeline(family, notation, first)
