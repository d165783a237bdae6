"""The vocabulary in a config: its size and the ids of special tokens, in sub-configs too."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from typing import Any

from tiny_models.vocabulary.vocabulary import Vocabulary

# A smaller vocabulary has no room for the common ids.
_SMALLEST = 8
_ID_FIELD = re.compile(r".*_(token_id|token_index|token_ids)|(pad|bos|eos|sep|cls|mask)_id")
# Ids of these roles in configs that spell them otherwise.
_ALIASES = {
    "image_token_index": "image_token_id",
    "video_token_index": "video_token_id",
    "audio_token_index": "audio_token_id",
    "boi_token_index": "boi_token_id",
    "eoi_token_index": "eoi_token_id",
}
# What begins and ends a text for tokenizers that have no tokens for just that, as BERT's.
_ENDS = {"bos_token_id": "cls_token_id", "eos_token_id": "sep_token_id"}
# Of models that read and write different vocabularies; the tiny tokenizer has one.
_SIZES = ("decoder_vocab_size", "src_vocab_size", "text_vocab_size", "tgt_vocab_size")


def set_vocabulary(config: Any, vocabulary: Vocabulary, skip: frozenset[str] = frozenset()) -> None:
    """Writes the size and the ids where the config, or a part of it, has such fields."""
    for part in parts(config):
        sized = isinstance(vars(part).get("vocab_size"), int) and "vocab_size" not in skip
        _set_sizes(part, vocabulary.size, skip)
        for name in id_fields(part):
            role = _ALIASES.get(name, name)
            if name in skip or _is_beyond_codes(part, name):
                continue
            if role in vocabulary.special_ids:
                setattr(part, name, vocabulary.special_ids[role])
            elif _stands_for_ends(part, role, vocabulary):
                setattr(part, name, vocabulary.special_ids[_ENDS[role]])
            elif sized and _outside(vars(part).get(name), vocabulary.size):
                _unset(part, name, vocabulary)
            elif sized and _is_list_outside(vars(part).get(name), vocabulary.size):
                # Each of them a token of its own, as far from ordinary ones as ids go.
                last = vocabulary.size - 1
                setattr(part, name, [last - index for index in range(len(vars(part)[name]))])
        _set_padding_beyond_codes(part, skip)
        _set_image_word(part, vocabulary, skip)


def _set_sizes(part: Any, size: int, skip: frozenset[str]) -> None:
    names = [*_SIZES] if _is_codec(part) else ["vocab_size", *_SIZES]
    if "vocab_size" in names and vars(part).get("vocab_size_per_layer_input"):
        # A second table of embeddings, read by the same ids.
        names.append("vocab_size_per_layer_input")
    for name in names:
        if isinstance(vars(part).get(name), int) and name not in skip:
            setattr(part, name, size)


def _set_padding_beyond_codes(part: Any, skip: frozenset[str]) -> None:
    """Where one table has texts and then the codes of each codebook, the next row is padding."""
    name = "audio_pad_token_id"
    if name in vars(part) and "codebook_vocab_size" in vars(part) and name not in skip:
        codes = part.num_codebooks * part.codebook_vocab_size
        setattr(part, name, part.vocab_size + codes)


def _set_image_word(part: Any, vocabulary: Vocabulary, skip: frozenset[str]) -> None:
    """Where a config has words of its vocabulary, the placeholder of an image is one of them."""
    words = vars(part).get("vocabulary_map")
    placeholder = vocabulary.special_ids.get("image_token_id")
    if words and "<image>" in words and placeholder is not None and "vocabulary_map" not in skip:
        part.vocabulary_map = {**words, "<image>": placeholder}
        part.image_token_id = placeholder


def _stands_for_ends(part: Any, role: str, vocabulary: Vocabulary) -> bool:
    """Whether a config names an end of texts that its tokenizer knows under another name."""
    return (
        type(vars(part).get(role)) is int
        and _ENDS.get(role) in vocabulary.special_ids
        and not _is_codec(part)
    )


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


def _is_list_outside(value: Any, size: int) -> bool:
    return isinstance(value, list) and any(_outside(number, size) for number in value)


def _is_codec(part: Any) -> bool:
    """Whether a part's vocabulary is one of sound codes, which a tokenizer does not make."""
    fields = vars(part)
    if "text_vocab_size" in fields:
        return True
    if "audio_token_id" in fields or "codebook_vocab_size" in fields:
        # Texts and sounds are read by one model, and the codes are counted by another field.
        return False
    return "codebook_size" in fields or (
        "num_codebooks" in fields and "audio_vocab_size" not in fields
    )


def _is_beyond_codes(part: Any, name: str) -> bool:
    """Whether an id is the first one after a codec's codes, which pads and begins them."""
    return _is_codec(part) and vars(part).get(name) == vars(part).get("vocab_size", -1)


def id_fields(config: Any) -> Iterable[str]:
    """The names of a config's fields that hold token ids."""
    # A field may be one of ids by another name only.
    others = {name for other, name in config.attribute_map.items() if _ID_FIELD.fullmatch(other)}
    return [
        declared.name
        for declared in dataclasses.fields(config)
        if _ID_FIELD.fullmatch(declared.name) or declared.name in others
    ]


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
    if not isinstance(size, int) or size < _SMALLEST:
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
