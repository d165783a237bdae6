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
from functools import cache
from pathlib import Path
from typing import Any

from tiny_models.core.errors import MissingRequirement, unknown
from tiny_models.tokenizers.chat_templates import ChatStyle, placeholders, style_of, template_text
from tiny_models.tokenizers.config_fields import TokenField, token_fields
from tiny_models.tokenizers.options import TokenizerOptions
from tiny_models.tokenizers.own import OwnText
from tiny_models.tokenizers.packaged_templates import PREFIX, packaged_template
from tiny_models.tokenizers.processor_tokens import STANDARD, takes_tokenizer
from tiny_models.tokenizers.quirks import (
    CLASS_ENTRIES,
    FAMILY_TOKENS,
    OTHER_CODES,
    UNNAMED_TOKENS,
    Entry,
    family_entry,
    holds_chats,
)
from tiny_models.tokenizers.token_names import (
    config_fields,
    named_tokens,
    preferred_ids,
    processor_source,
    processor_tokens,
)
from toolkit.errors import InputError

GENERAL_CLASS = "TokenizersBackend"


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
        fields: dict[str, Any] = dict(values)
        fields.update((name, tuple(values[name])) for name in _TUPLES)
        fields["parts"] = {name: cls.from_json(part) for name, part in values["parts"].items()}
        return cls(**fields)


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
    source = processor_source(name)
    return source is not None and name is not None and takes_tokenizer(source, name)


def recipe_for(
    model_type: str,
    options: TokenizerOptions,
    config_class: type | None = None,
    own: OwnText | None = None,
) -> Recipe:
    """The recipe for a model type; raises InputError.

    ``config_class`` is needed for a type that the library does not know, and ``own`` describes a
    model of a repository.
    """
    # By the type of the text part, the library knows how a new composite type writes.
    text_type = model_type if own is None else own.model_type
    class_name = (own and own.tokenizer_class) or _class_name(text_type)
    config_class = config_class or _config_class(model_type)
    if class_name in _PARTS:
        parts = {place: recipe_for(part, options) for place, part in _PARTS[class_name].items()}
        return Recipe(model_type, class_name, None, options.vocabulary_size, parts=parts)
    class_name, entry = _entry_of(class_name, text_type, options.family)
    fields = _fields(model_type, config_class, own)
    expected = processor_tokens(model_type) if own is None else own.processor_tokens
    named = named_tokens(fields, entry, expected)
    media = placeholders(text_type, named)
    style = _chat_style(text_type, config_class, sees=bool(media))
    conversation = _conversation(text_type, style, options.chat_template, media)
    held = config_fields(fields, named)
    extra = list(dict.fromkeys([*entry.extra_tokens, *conversation.markers]))
    plain = (*entry.plain_tokens, *conversation.plain_tokens)
    if class_name == "WhisperTokenizer":
        extra, plain = _whisper_tokens()
        if "decoder_start_token_id" in held:
            held["decoder_start_token_id"] = _WHISPER_START
    if re.fullmatch(UNNAMED_TOKENS, model_type):
        extra.extend(named.values())
        held = {name: named.get(token, token) for name, token in held.items()}
        named = {}
    standard = {name: text for name, text in entry.special_tokens.items() if name in STANDARD}
    return Recipe(
        model_type=model_type,
        tokenizer_class=class_name,
        family=entry.family,
        size=options.vocabulary_size,
        special_tokens={**standard, **conversation.special_tokens},
        named_tokens=named,
        extra_tokens=tuple(extra),
        plain_tokens=plain,
        first_tokens=entry.first_pieces if class_name == GENERAL_CLASS else (),
        preferred_ids=preferred_ids(fields),
        config_fields=held,
        settings={**conversation.settings, **entry.settings},
        chat_template=conversation.template,
    )


def _entry_of(class_name: str, model_type: str, family: str | None) -> tuple[str, Entry]:
    """A class with what is special about it; another class for another ``family`` than its own."""
    if class_name == GENERAL_CLASS:
        entry = family_entry(model_type)
    else:
        entry = CLASS_ENTRIES.get(class_name, Entry("the class says it itself"))
    if family is None or family == entry.family:
        return class_name, entry
    return _other_family(model_type, class_name, family, entry)


def _fields(model_type: str, config_class: Any, own: OwnText | None) -> tuple[TokenField, ...]:
    """The config fields that hold ids; of a repository's model with those of its text part."""
    fields = token_fields(model_type, config_class)
    if own is None:
        return fields
    known = {field.name for field in fields}
    others = token_fields(own.model_type, own.config_class)
    return fields + tuple(other for other in others if other.name not in known)


@dataclass(frozen=True)
class _Conversation:
    """What a tokenizer needs to write conversations; nothing for a model that holds none."""

    template: str | None
    markers: tuple[str, ...] = ()
    plain_tokens: tuple[str, ...] = ()
    special_tokens: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


def _conversation(
    model_type: str,
    style: ChatStyle | None,
    template: str | bool | None,
    media: Mapping[str, str],
) -> _Conversation:
    """By the requested ``template``: a text, False for none, a package's, or None for ours."""
    if isinstance(template, str) and template.startswith(PREFIX):
        packaged = packaged_template(template, model_type)
        text: str | None = packaged.text
        tokens = packaged.markers, packaged.plain_tokens
    else:
        text = template if isinstance(template, str) and template else None
        if template is None and style is not None:
            text = template_text(style, media)
        tokens = ((), ()) if style is None else (style.markers, style.plain_tokens)
    if style is None:
        return _Conversation(text, *tokens)
    return _Conversation(text, *tokens, style.special_tokens, {"padding_side": "left"})


def _chat_style(model_type: str, config_class: type, *, sees: bool) -> ChatStyle | None:
    if holds_chats(
        model_type,
        modeling_source(config_class),
        encodes=bool(getattr(config_class, "is_encoder_decoder", False)),
        sees=sees,
    ):
        return style_of(model_type)
    return None


def _other_family(model_type: str, class_name: str, family: str, entry: Entry) -> tuple[str, Entry]:
    """The library's general class with a pipeline of the family, where the type may have it."""
    from transformers.models.auto.tokenization_auto import (
        MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS,
    )

    if class_name != GENERAL_CLASS:
        if entry.family is None and entry.files is None and _family_of(class_name) == family:
            return class_name, entry
        if model_type in MODELS_WITH_INCORRECT_HUB_TOKENIZER_CLASS:
            raise InputError(
                f"a tokenizer of {model_type} is always loaded as {class_name}, whose family is"
                f" {_family_of(class_name)}, not {family}",
                hint="leave the family out, or choose another model type",
            )
    return GENERAL_CLASS, Entry("asked for", family, FAMILY_TOKENS[family], packages=entry.packages)


def _family_of(class_name: str) -> str:
    from tiny_models.tokenizers.class_pipeline import class_named, pipeline_of

    return pipeline_of(class_named(class_name)()).family


_WHISPER_START = "<|startoftranscript|>"


def _whisper_tokens() -> tuple[list[str], tuple[str, ...]]:
    """Special tokens in the order from which the class computes a language's id, and times.

    The class takes what follows the special tokens for times; a second's worth is enough here.
    """
    from transformers.models.whisper.tokenization_whisper import LANGUAGES

    special = [
        _WHISPER_START,
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
    name = names.get(model_type) or GENERAL_CLASS
    # It reads a `tekken.json` of mistral-common. Without that package, or without such a file, the
    # library takes the general class.
    return GENERAL_CLASS if name == "MistralCommonBackend" else name


# The library has no class for a type whose requirement is missing.
_UNLISTED_REQUIREMENTS = {"fastspeech2_conformer": ("g2p_en",)}


def _class_names() -> Mapping[str, str | None]:
    from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES

    names: Mapping[str, str | None] = TOKENIZER_MAPPING_NAMES
    return names


def _config_class(model_type: str) -> Any:
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


def modeling_source(config_class: type) -> str:
    """The text of the modeling files beside a config's class; empty if there are none."""
    module = importlib.import_module(config_class.__module__)
    origin = getattr(module, "__file__", None)
    return "" if origin is None else _modeling_text(str(Path(origin).parent))


@cache
def _modeling_text(folder: str) -> str:
    files = sorted(Path(folder).glob("modeling_*.py"))
    return "".join(file.read_text(encoding="utf-8") for file in files)
