"""The tokens that a model type's config and processor name, and what they are called.

A config field holds an id, a processor class reads an attribute of the tokenizer: the names of both
decide which tokens a vocabulary has beside its pieces.
"""

from __future__ import annotations

from collections.abc import Mapping

from tiny_models.tokenizers.config_fields import (
    REPEATED_TOKENS,
    SYNONYMS,
    WORDS_OF_FIELDS,
    TokenField,
)
from tiny_models.tokenizers.processor_tokens import STANDARD, expected_tokens, source_of
from tiny_models.tokenizers.quirks import Entry

# An id that a config has by default is kept when it is among the first ones.
_FIRST_IDS = 16


def named_tokens(
    fields: tuple[TokenField, ...], entry: Entry, expected: Mapping[str, str | None]
) -> dict[str, str]:
    """Token attributes beyond the standard ones: what the processor uses and config fields hold.

    ``expected`` are the former, with the texts that are known.
    """
    named: dict[str, str] = {}
    for attribute, text in expected.items():
        named[attribute] = text or _default_text(attribute)
    for token_field in fields:
        attribute = token_field.attribute
        if attribute in STANDARD or attribute in WORDS_OF_FIELDS or _derived(attribute):
            continue
        others = (*SYNONYMS.get(attribute, ()), *REPEATED_TOKENS.get(attribute, ()))
        if attribute not in named and not any(other in named for other in others):
            named[attribute] = _default_text(attribute)
    return named | {
        attribute: text
        for attribute, text in entry.special_tokens.items()
        if attribute not in STANDARD and text is not None
    }


def preferred_ids(fields: tuple[TokenField, ...]) -> dict[str, int]:
    """The ids that a config has by default, by attribute, as far as a vocabulary can keep them."""
    return {
        token_field.attribute: token_field.default
        for token_field in fields
        if token_field.attribute in STANDARD
        and token_field.default is not None
        and 0 <= token_field.default < _FIRST_IDS
    }


def config_fields(fields: tuple[TokenField, ...], named: Mapping[str, str]) -> dict[str, str]:
    """The attribute, or the text, that each config field of token ids stands for."""
    defaults = {token_field.name: token_field.default for token_field in fields}
    attributes = {f"{attribute}_id": attribute for attribute in (*sorted(STANDARD), *named)}
    for token_field in fields:
        attribute = token_field.attribute
        repeated = [name for name in REPEATED_TOKENS.get(attribute, ()) if name in named]
        if repeated:
            attributes[token_field.name] = attributes[f"{attribute}_id"] = repeated[0]
        elif attribute in WORDS_OF_FIELDS:
            attributes[token_field.name] = WORDS_OF_FIELDS[attribute]
        elif _derived(attribute):
            attributes[token_field.name] = _same_default(token_field, defaults)
        elif attribute in named or attribute in STANDARD:
            attributes[token_field.name] = attribute
        else:
            attributes[token_field.name] = next(
                other for other in SYNONYMS[attribute] if other in named
            )
        # By its role, too, whichever of the two ways the config spells it.
        attributes.setdefault(f"{attribute}_id", attributes[token_field.name])
    return attributes


def processor_source(class_name: str | None) -> str | None:
    """The source of the module that has a processor class of the library."""
    import transformers

    module = getattr(transformers, "_class_to_module", {}).get(class_name)
    return None if module is None else source_of(f"transformers.{module}")


def processor_tokens(model_type: str) -> dict[str, str | None]:
    """The token attributes that the library's processor of a model type uses, and their texts."""
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING_NAMES

    class_name = PROCESSOR_MAPPING_NAMES.get(model_type)
    source = processor_source(class_name)
    if source is None or class_name is None:
        return {}
    return expected_tokens(source, class_name)


def _derived(attribute: str) -> bool:
    return attribute.startswith(("decoder_start_", "forced_")) or attribute == "eod_token"


def _default_text(attribute: str) -> str:
    return f"<|{attribute.removesuffix('_token')}|>"


def _same_default(token_field: TokenField, defaults: Mapping[str, int | None]) -> str:
    """The attribute whose config field has the same id by default."""
    for attribute in ("pad_token", "eos_token", "bos_token"):
        if (
            token_field.default is not None
            and defaults.get(f"{attribute}_id") == token_field.default
        ):
            return attribute
    return _STARTS.get(token_field.attribute, "eos_token")


_STARTS = {"decoder_start_token": "bos_token"}
