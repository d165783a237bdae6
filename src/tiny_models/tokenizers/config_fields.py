"""Config fields that hold ids of the vocabulary, and the tokens that they stand for."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

_FIELD = re.compile(r"^(?P<name>[a-z0-9_]+_token)_(id|index)$")

# Fields that hold ids of another vocabulary than the tokenizer's, by model type or for all.
_OTHER_VOCABULARIES = (
    (r".*", r"codebook_.*|tts_codec_.*|t2u_.*", "ids of codec codes and of units, not of text"),
    (r"kyutai_speech_to_text", r"audio_.*", "ids of codec codes"),
    (r"moshi.*|mimi|dia.*|higgs_audio_v2_tokenizer", r"audio_.*", "ids of codec codes"),
    (r"qwen2_5_omni_talker|qwen3_omni_moe_talker.*", r"tts_.*", "ids of codec codes"),
    (r"csm_depth_decoder_model|moshi_depth", r".*", "reads codec codes only"),
)

# Fields whose token a class of the family calls by another name, or that name a plain word.
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "image_start_token": ("start_image_token", "img_start_token", "start_of_image_token"),
    "image_end_token": ("end_image_token", "img_end_token", "end_of_image_token"),
    "vision_start_token": ("vision_bos_token",),
    "vision_end_token": ("vision_eos_token",),
    "audio_start_token": ("audio_bos_token",),
    "audio_end_token": ("audio_eos_token",),
    "boi_token": ("start_of_image_token", "image_start_token"),
    "eoi_token": ("end_of_image_token", "image_end_token"),
}
# What a processor repeats for an image, where that is another token than the text has.
REPEATED_TOKENS: Mapping[str, tuple[str, ...]] = {
    "image_token": ("img_patch_token", "context_image_token"),
}
WORDS_OF_FIELDS: Mapping[str, str] = {
    "user_token": "user",
    "system_token": "system",
    "assistant_token": "assistant",
    "im_start_token": "<|im_start|>",
    "im_end_token": "<|im_end|>",
}


@dataclasses.dataclass(frozen=True)
class TokenField:
    """A config field, the token attribute it stands for, and the id that it has by default."""

    name: str
    attribute: str
    default: int | None


def token_fields(model_type: str, config_class: type) -> tuple[TokenField, ...]:
    """The fields of a config class and of its sub-configs; the outermost default of each counts."""
    by_name: dict[str, TokenField] = {}
    roles = other_names(config_class)
    for owner, field in _fields(model_type, config_class):
        match = _FIELD.match(field.name) or _FIELD.match(roles.get(field.name, ""))
        if match is None or field.name in by_name or _elsewhere(owner, field.name):
            continue
        default = field.default if isinstance(field.default, int) else None
        by_name[field.name] = TokenField(field.name, match["name"], default)
    return tuple(by_name.values())


def other_names(config_class: Any) -> dict[str, str]:
    """The first other name of each field that a config class has one for."""
    names: dict[str, str] = {}
    for other, name in getattr(config_class, "attribute_map", {}).items():
        names.setdefault(name, other)
    return names


def _fields(model_type: str, config_class: type) -> Iterator[tuple[str, dataclasses.Field[Any]]]:
    if dataclasses.is_dataclass(config_class):
        for field in dataclasses.fields(config_class):
            yield model_type, field
    sub_configs: Mapping[str, type] = getattr(config_class, "sub_configs", {})
    for sub_class in sub_configs.values():
        sub_type = getattr(sub_class, "model_type", "")
        # The general config class of the library stands for any type, and has no fields.
        if sub_type:
            yield from _fields(sub_type, sub_class)


def _elsewhere(model_type: str, field_name: str) -> bool:
    return any(
        re.fullmatch(types, model_type) and re.fullmatch(fields, field_name)
        for types, fields, _reason in _OTHER_VOCABULARIES
    )
