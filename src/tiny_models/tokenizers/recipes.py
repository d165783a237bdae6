"""How the tokenizer of a model type is written, as data: decided once, carried out anywhere.

Deciding reads config classes, and importing those costs an import of torch; carrying a recipe out
needs the tokenizer class only. So a recipe can be kept, for as long as the library's release and
the choices stay the same.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tiny_models.problems import InputProblem, MissingRequirement, unknown
from tiny_models.tokenizers.chat_templates import ChatStyle, placeholders, style_of, template_text
from tiny_models.tokenizers.config_fields import (
    REPEATED_TOKENS,
    SYNONYMS,
    WORDS_OF_FIELDS,
    TokenField,
    token_fields,
)
from tiny_models.tokenizers.entries import (
    CLASS_ENTRIES,
    FAMILY_TOKENS,
    OTHER_CODES,
    UNNAMED_TOKENS,
    Entry,
    family_entry,
    holds_chats,
)
from tiny_models.tokenizers.options import TokenizerOptions
from tiny_models.tokenizers.processor_tokens import (
    STANDARD,
    expected_tokens,
    source_of,
    takes_tokenizer,
)

GENERAL_CLASS = "TokenizersBackend"
# An id that a config has by default is kept when it is among the first ones.
_FIRST_IDS = 16


@dataclass(frozen=True)
class Recipe:
    """What `writing.write` needs.

    ``special_tokens`` are texts by attribute, None for an attribute that is to stay unset;
    ``named_tokens`` are attributes beyond the standard ones; ``preferred_ids`` are ids by
    attribute; ``config_fields`` has the attribute or the text that each config field stands for.
    """

    model_type: str
    tokenizer_class: str
    family: str | None
    size: int
    special_tokens: Mapping[str, str | None] = field(default_factory=dict)
    named_tokens: Mapping[str, str] = field(default_factory=dict)
    extra_tokens: tuple[str, ...] = ()
    plain_tokens: tuple[str, ...] = ()
    first_tokens: tuple[str, ...] = ()
    preferred_ids: Mapping[str, int] = field(default_factory=dict)
    config_fields: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    chat_template: str | None = None
    # Recipes of sub-directories, for a class that consists of several tokenizers.
    parts: Mapping[str, Recipe] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values, from which `from_json` makes an equal recipe."""
        parts = {name: part.to_json() for name, part in self.parts.items()}
        lists = {name: [*getattr(self, name)] for name in _TUPLES}
        return {**asdict(self), **lists, "parts": parts}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Recipe:
        """The recipe that `to_json` wrote."""
        parts = {name: cls.from_json(part) for name, part in values["parts"].items()}
        tuples = {name: tuple(values[name]) for name in _TUPLES}
        return cls(**{**values, **tuples, "parts": parts})


_TUPLES = ("extra_tokens", "plain_tokens", "first_tokens")
# The tokenizers of a composite class, by sub-directory, and the model types they are made for.
_PARTS = {"RagTokenizer": {"question_encoder_tokenizer": "dpr", "generator_tokenizer": "bart"}}


def has_tokenizer(model_type: str, config_class: type | None = None) -> bool:
    """Whether models of a type read or write text, so that a fixture needs a tokenizer."""
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING_NAMES

    if model_type in _class_names():
        return True
    if re.fullmatch(OTHER_CODES, model_type):
        return False
    if _has_text(config_class or _config_class(model_type)):
        return True
    name = PROCESSOR_MAPPING_NAMES.get(model_type)
    source = _processor_source(name)
    return source is not None and name is not None and takes_tokenizer(source, name)


def recipe_for(
    model_type: str, options: TokenizerOptions, config_class: type | None = None
) -> Recipe:
    """The recipe for a model type; raises InputProblem.

    ``config_class`` is needed for a type that the library does not know.
    """
    class_name = _class_name(model_type)
    config_class = config_class or _config_class(model_type)
    if class_name in _PARTS:
        parts = {place: recipe_for(part, options) for place, part in _PARTS[class_name].items()}
        return Recipe(model_type, class_name, None, options.vocabulary_size, parts=parts)
    entry = CLASS_ENTRIES.get(class_name, Entry("the class tells itself"))
    if class_name == GENERAL_CLASS:
        entry = family_entry(model_type)
    if options.family is not None and options.family != entry.family:
        class_name, entry = _other_family(model_type, class_name, options.family, entry)
    fields = token_fields(model_type, config_class)
    named = _named_tokens(model_type, fields, entry)
    media = placeholders(model_type, named)
    style = _chat_style(model_type, config_class, sees=bool(media))
    special = {name: text for name, text in entry.special_tokens.items() if name in STANDARD}
    extra = list(entry.extra_tokens)
    settings = dict(entry.settings)
    template: str | bool | None = None
    if style is not None:
        template = template_text(style, media)
        special.update(style.special_tokens)
        extra.extend(token for token in style.markers if token not in extra)
        settings.setdefault("padding_side", "left")
    if options.chat_template is not None:
        template = options.chat_template
    plain = entry.plain_tokens
    if class_name == "WhisperTokenizer":
        extra, plain = _whisper_tokens()
    config_fields = _config_fields(fields, named)
    if re.fullmatch(UNNAMED_TOKENS, model_type):
        extra.extend(named.values())
        config_fields = {name: named.get(token, token) for name, token in config_fields.items()}
        named = {}
    return Recipe(
        model_type=model_type,
        tokenizer_class=class_name,
        family=entry.family,
        size=options.vocabulary_size,
        special_tokens=special,
        named_tokens=named,
        extra_tokens=tuple(extra),
        plain_tokens=plain,
        first_tokens=entry.first_pieces if class_name == GENERAL_CLASS else (),
        preferred_ids=_preferred_ids(fields),
        config_fields=config_fields,
        settings=settings,
        chat_template=template if isinstance(template, str) and template else None,
    )


def _chat_style(model_type: str, config_class: type, *, sees: bool) -> ChatStyle | None:
    if holds_chats(
        model_type,
        _modeling_source(config_class),
        encodes=bool(getattr(config_class, "is_encoder_decoder", False)),
        sees=sees,
    ):
        return style_of(model_type)
    return None


def _named_tokens(model_type: str, fields: tuple[TokenField, ...], entry: Entry) -> dict[str, str]:
    """Token attributes beyond the standard ones: what the processor uses and config fields hold."""
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING_NAMES

    named: dict[str, str] = {}
    for attribute, text in _processor_tokens(PROCESSOR_MAPPING_NAMES.get(model_type)).items():
        named[attribute] = text or _default_text(attribute)
    for token_field in fields:
        attribute = token_field.attribute
        if attribute in STANDARD or attribute in WORDS_OF_FIELDS or _derived(attribute):
            continue
        others = (*SYNONYMS.get(attribute, ()), *REPEATED_TOKENS.get(attribute, ()))
        if attribute not in named and not any(other in named for other in others):
            named[attribute] = _default_text(attribute)
    for attribute, text in entry.special_tokens.items():
        if attribute not in STANDARD and text is not None:
            named[attribute] = text
    return named


def _processor_tokens(class_name: str | None) -> dict[str, str | None]:
    source = _processor_source(class_name)
    if source is None or class_name is None:
        return {}
    return expected_tokens(source, class_name)


def _derived(attribute: str) -> bool:
    return attribute.startswith(("decoder_start_", "forced_")) or attribute == "eod_token"


def _default_text(attribute: str) -> str:
    return f"<|{attribute.removesuffix('_token')}|>"


def _preferred_ids(fields: tuple[TokenField, ...]) -> dict[str, int]:
    return {
        token_field.attribute: token_field.default
        for token_field in fields
        if token_field.attribute in STANDARD
        and token_field.default is not None
        and 0 <= token_field.default < _FIRST_IDS
    }


def _config_fields(fields: tuple[TokenField, ...], named: Mapping[str, str]) -> dict[str, str]:
    defaults = {token_field.name: token_field.default for token_field in fields}
    found = {f"{attribute}_id": attribute for attribute in (*sorted(STANDARD), *named)}
    for token_field in fields:
        attribute = token_field.attribute
        repeated = [name for name in REPEATED_TOKENS.get(attribute, ()) if name in named]
        if repeated:
            found[token_field.name] = found[f"{attribute}_id"] = repeated[0]
        elif attribute in WORDS_OF_FIELDS:
            found[token_field.name] = WORDS_OF_FIELDS[attribute]
        elif _derived(attribute):
            found[token_field.name] = _same_default(token_field, defaults)
        elif attribute in named or attribute in STANDARD:
            found[token_field.name] = attribute
        else:
            found[token_field.name] = next(other for other in SYNONYMS[attribute] if other in named)
        # By its role, too, whichever of the two ways the config spells it.
        found.setdefault(f"{attribute}_id", found[token_field.name])
    return found


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


def _other_family(model_type: str, class_name: str, family: str, entry: Entry) -> tuple[str, Entry]:
    """The library's general class with a pipeline of the family, where the type may have it."""
    from transformers.models.auto.tokenization_auto import (
        MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS,
    )

    if class_name != GENERAL_CLASS:
        if entry.family is None and entry.files is None and _family_of(class_name) == family:
            return class_name, entry
        if model_type in MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS:
            raise InputProblem(
                f"a tokenizer of {model_type} is always loaded as {class_name}, whose family is"
                f" {_family_of(class_name)}, not {family}",
                "leave the family out, or choose another model type",
            )
    return GENERAL_CLASS, Entry("asked for", family, FAMILY_TOKENS[family], packages=entry.packages)


def _family_of(class_name: str) -> str:
    import transformers

    from tiny_models.tokenizers.class_pipeline import pipeline_of

    return pipeline_of(getattr(transformers, class_name)()).family


def _whisper_tokens() -> tuple[list[str], tuple[str, ...]]:
    """Special tokens in the order from which the class computes a language's id, and times.

    The class takes what follows the special tokens for times; a second's worth is enough here.
    """
    from transformers.models.whisper.tokenization_whisper import LANGUAGES

    special = [
        "<|startoftranscript|>",
        *(f"<|{language}|>" for language in LANGUAGES),
        "<|translate|>",
        "<|transcribe|>",
        "<|startoflm|>",
        "<|startofprev|>",
        "<|nospeech|>",
        "<|notimestamps|>",
    ]
    return special, tuple(f"<|{step * 0.02:.2f}|>" for step in range(51))


def _class_name(model_type: str) -> str:
    names = _class_names()
    if model_type in names and names[model_type] is None:
        raise MissingRequirement(
            f"the tokenizer of {model_type}",
            _UNLISTED_REQUIREMENTS.get(model_type, ("sentencepiece", "protobuf")),
        )
    return names.get(model_type) or GENERAL_CLASS


# The library has no class for a type whose requirement is missing.
_UNLISTED_REQUIREMENTS = {"fastspeech2_conformer": ("g2p_en",)}


def _class_names() -> Mapping[str, str | None]:
    from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES

    return TOKENIZER_MAPPING_NAMES


def _config_class(model_type: str) -> type:
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING, CONFIG_MAPPING_NAMES

    if model_type in CONFIG_MAPPING:
        return CONFIG_MAPPING[model_type]
    if model_type in _class_names():
        # A name that the library keeps for tokenizers only has no fields.
        return object
    raise unknown("model type", model_type, CONFIG_MAPPING_NAMES)


def _has_text(config_class: type) -> bool:
    names = getattr(config_class, "__dataclass_fields__", {})
    return "vocab_size" in names or any(
        _has_text(sub) for sub in getattr(config_class, "sub_configs", {}).values()
    )


def _modeling_source(config_class: type) -> str:
    module = importlib.import_module(config_class.__module__)
    origin = getattr(module, "__file__", None)
    if origin is None:
        return ""
    files = sorted(Path(origin).parent.glob("modeling_*.py"))
    return "".join(file.read_text(encoding="utf-8") for file in files)


def _processor_source(class_name: str | None) -> str | None:
    import transformers

    module = getattr(transformers, "_class_to_module", {}).get(class_name)
    return None if module is None else source_of(f"transformers.{module}")
