"""What the tokenizer of a repository's own model depends on: text part, classes, processor."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from tiny_models.repository.auto_registration import is_own, main_config, registered
from tiny_models.tokenizers.processor_tokens import expected_tokens
from tiny_models.vocabulary.token_ids import parts


@dataclass(frozen=True)
class OwnText:
    """The text side of a model that the library does not know.

    ``model_type`` is the type whose family the tokenizer is of, the text part's of a composite
    model, and ``config_class`` that part's class. ``tokenizer_class`` is set where the repository
    has one. ``processor_tokens`` are the token attributes that the model's processor uses, with
    their texts where its source has them.
    """

    model_type: str
    config_class: type
    tokenizer_class: str | None
    processor_tokens: Mapping[str, str | None]


def own_text(model_class: Any, config: Any) -> OwnText | None:
    """None for a model without text. `own_classes.register_model` has been called for it."""
    main = main_config(model_class.__module__, type(config))
    processor = registered("processor", main) if main is type(config) else None
    takes = processor is not None and "tokenizer" in processor.get_attributes()
    part = _text_part(config)
    if part is None and not takes:
        return None
    part_class = type(config if part is None else part)
    tokenizer_class = registered("tokenizer", main)
    if tokenizer_class is None and is_own(part_class):
        tokenizer_class = registered("tokenizer", part_class)
    return OwnText(
        _family_type(part_class),
        part_class,
        None if tokenizer_class is None else tokenizer_class.__name__,
        _tokens(processor),
    )


def _text_part(config: Any) -> Any | None:
    """The part with the vocabulary of what the model writes, or else of what it reads."""
    try:
        text = config.get_text_config(decoder=True)
    except ValueError:
        text = config
    for part in (text, *parts(config)):
        if isinstance(vars(part).get("vocab_size"), int):
            return part
    return None


def _family_type(config_class: Any) -> str:
    """The model type by which the library knows a tokenizer, of a part or of its whole model."""
    from transformers.models.auto.configuration_auto import model_type_to_module_name
    from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES

    model_type = str(config_class.model_type)
    if not is_own(config_class) and model_type not in TOKENIZER_MAPPING_NAMES:
        whole = str(model_type_to_module_name(model_type))
        return whole if whole in TOKENIZER_MAPPING_NAMES else model_type
    return model_type


def _tokens(processor: Any | None) -> dict[str, str | None]:
    """Of the class and of those that it extends; its own texts come first."""
    from transformers import ProcessorMixin

    tokens: dict[str, str | None] = {}
    for ancestor in processor.__mro__ if processor is not None else ():
        if ancestor is ProcessorMixin:
            break
        source = inspect.getsource(import_module(ancestor.__module__))
        for attribute, text in expected_tokens(source, ancestor.__name__).items():
            tokens[attribute] = tokens.get(attribute) or text
    return dict(sorted(tokens.items()))
