"""The vocabulary in a config: its size and the ids of special tokens, in sub-configs too."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from typing import Any

from tiny_models.vocabulary.vocabulary import Vocabulary

_ID_FIELD = re.compile(r".*_(token_id|token_index|token_ids)|(pad|bos|eos|sep|cls|mask)_id")
# Ids of these roles in configs that spell them otherwise.
_ALIASES = {
    "image_token_index": "image_token_id",
    "video_token_index": "video_token_id",
    "audio_token_index": "audio_token_id",
    "boi_token_index": "boi_token_id",
    "eoi_token_index": "eoi_token_id",
}


def set_vocabulary(config: Any, vocabulary: Vocabulary, skip: frozenset[str] = frozenset()) -> None:
    """Writes the size and the ids where the config, or a part of it, has such fields."""
    for part in parts(config):
        sized = isinstance(vars(part).get("vocab_size"), int) and "vocab_size" not in skip
        if sized and not _is_codec(part):
            part.vocab_size = vocabulary.size
            if vars(part).get("vocab_size_per_layer_input"):
                # A second table of embeddings, read by the same ids.
                part.vocab_size_per_layer_input = vocabulary.size
        for name in id_fields(part):
            role = _ALIASES.get(name, name)
            if name in skip:
                continue
            if role in vocabulary.special_ids:
                setattr(part, name, vocabulary.special_ids[role])
            elif sized and _outside(vars(part).get(name), vocabulary.size):
                _unset(part, name, vocabulary)


def _unset(part: Any, name: str, vocabulary: Vocabulary) -> None:
    """Leaves an id open, or where the class insists on one, gives it a special id that exists."""
    from huggingface_hub.errors import StrictDataclassError

    try:
        setattr(part, name, None)
    except StrictDataclassError:
        ids = vocabulary.special_ids
        setattr(part, name, ids.get("bos_token_id", min(ids.values(), default=0)))


def _outside(value: Any, size: int) -> bool:
    return type(value) is int and not 0 <= value < size


def _is_codec(part: Any) -> bool:
    """Whether a part's vocabulary is one of sound codes, which a tokenizer does not make."""
    fields = vars(part)
    return "codebook_size" in fields or (
        "num_codebooks" in fields and "audio_vocab_size" not in fields
    )


def id_fields(config: Any) -> Iterable[str]:
    """The names of a config's fields that hold token ids."""
    return [each.name for each in dataclasses.fields(config) if _ID_FIELD.fullmatch(each.name)]


def parts(config: Any) -> Iterable[Any]:
    """A config and all its sub-configs, outermost first."""
    yield config
    for value in vars(config).values():
        if hasattr(type(value), "sub_configs_defaults"):
            yield from parts(value)


def default_vocabulary(config: Any) -> Vocabulary | None:
    """Consistent ids for a config that no tokenizer comes with; None if it has no vocabulary.

    Common ids keep their place at the beginning; the many roles of multimodal models get ids
    from the end of the vocabulary, one each.
    """
    text = config.get_text_config(decoder=True)
    size = vars(text).get("vocab_size") or vars(config).get("vocab_size")
    if not isinstance(size, int) or size < 8:
        return None
    return Vocabulary(size, _default_ids(config, size))


def _default_ids(config: Any, size: int) -> dict[str, int]:
    common = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "sep_token_id": 3}
    ids: dict[str, int] = {}
    taken = size
    for part in parts(config):
        for name in id_fields(part):
            value = vars(part).get(name)
            role = _ALIASES.get(name, name)
            unset = value is None and (role == "pad_token_id" or role in _ALIASES.values())
            if role in ids or not (unset or type(value) is int):
                continue
            if value is not None and 0 <= value < min(8, size):
                ids[role] = value
            elif role in common:
                ids[role] = common[role]
            else:
                taken -= 1
                ids[role] = max(taken, 0)
    return ids
