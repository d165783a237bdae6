"""Whether the parts of a fixture load, and agree with the model and with each other."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from tiny_models.core.errors import CheckFailed
from tiny_models.vocabulary.token_ids import parts
from toolkit import os_errors

# Common letters and marks, so that a tokenizer with a vocabulary has tokens for them.
_SENTENCE = "the model reads a text of 12 words, and writes another one."
_ROLES = ("bos_token_id", "eos_token_id", "pad_token_id")
_PROCESSOR, _PARTS = "processor_config.json", "preprocessor_config.json"
_PROCESSOR_FILES = {
    _PROCESSOR: "AutoProcessor",
    _PARTS: "AutoProcessor",
    "video_preprocessor_config.json": "AutoVideoProcessor",
}
_PART_KEYS = {
    "feature_extractor_type": "AutoFeatureExtractor",
    "image_processor_type": "AutoImageProcessor",
}
_CONVERSATIONS: tuple[list[dict[str, Any]], ...] = (
    [{"role": "user", "content": "a question"}],
    [{"role": "user", "content": [{"type": "text", "text": "a question"}]}],
)


def require_agreement(directory: str, model: Any) -> dict[str, Any]:
    """Loads tokenizer, template, processors and generation config, and compares ids and sizes.

    Parts of a processor are loaded by themselves where the processor itself has no file: it may be
    left out. Returns what was loaded, by its part, with the packages that others need. Raises
    CheckFailed.
    """
    record: dict[str, Any] = {}
    generation = _generation_config(directory)
    size = _vocabulary_size(model)
    for name, config in (("config.json", model.config), ("generation_config.json", generation)):
        if config is not None and size is not None:
            _require_ids_below(size, config.to_dict(), os.path.join(directory, name))
    if _has_any(directory, ("tokenizer_config.json", "tokenizer.json")):
        tokenizer = _loaded("AutoTokenizer", directory, record)
        if tokenizer is not None:
            _require_tokenizer(directory, tokenizer, size)
            _require_same_roles(directory, tokenizer, (model.config, generation))
            _require_template(directory, tokenizer)
    for name, auto_class in _PROCESSOR_FILES.items():
        path = os.path.join(directory, name)
        if os.path.exists(path):
            alone = name == _PARTS and not _has_any(directory, (_PROCESSOR,))
            for part_class in _classes_alone(path) if alone else [auto_class]:
                _loaded(part_class, directory, record)
    return record


def _classes_alone(path: str) -> list[str]:
    """The Auto classes of the parts that a file has."""
    with open(path, encoding="utf-8") as file:
        values = json.load(file)
    return [auto_class for key, auto_class in _PART_KEYS.items() if key in values]


def _has_any(directory: str, names: Iterable[str]) -> bool:
    return any(os.path.exists(os.path.join(directory, name)) for name in names)


def _loaded(auto_class: str, directory: str, record: dict[str, Any]) -> Any:
    """What an Auto class gives; None if it needs a package that is not installed."""
    import transformers

    from tiny_models.transformers_api.exceptions import describe

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded = getattr(transformers, auto_class).from_pretrained(
                directory, local_files_only=True, trust_remote_code=False
            )
    except ImportError as problem:
        record[auto_class] = f"not checked: {describe(problem)}"
        return None
    except Exception as problem:  # noqa: BLE001 - any loader's error is the check's
        os_errors.raise_lack(problem)
        # An image processor of which no backend is installed is no ImportError.
        if "could be imported" in str(problem) or "to be installed" in str(problem):
            record[auto_class] = f"not checked: {describe(problem)}"
            return None
        raise CheckFailed(
            f"{auto_class} cannot load it: {describe(problem)}", place=directory
        ) from None
    record[auto_class] = type(loaded).__name__
    return loaded


def _generation_config(directory: str) -> Any:
    import transformers

    from tiny_models.transformers_api.exceptions import describe

    path = os.path.join(directory, "generation_config.json")
    if not os.path.exists(path):
        return None
    try:
        return transformers.GenerationConfig.from_pretrained(directory, local_files_only=True)
    except Exception as problem:  # noqa: BLE001 - any loader's error is the check's
        os_errors.raise_lack(problem)
        raise CheckFailed(f"cannot be loaded: {describe(problem)}", place=path) from None


def _vocabulary_size(model: Any) -> int | None:
    """Rows of the embedding of tokens; None for a model without one."""
    import torch

    try:
        embedding = model.get_input_embeddings()
    except (AttributeError, NotImplementedError):
        return None
    if not isinstance(embedding, torch.nn.Embedding):
        return None
    # A model of speech may embed its text elsewhere, as one that reads texts and writes codes does.
    texts = _text_parts(model.config)
    declared = [size for text in texts for size in _ids(getattr(text, "vocab_size", None))]
    return max([int(embedding.num_embeddings), *declared])


def _ids(value: Any) -> list[int]:
    values = value if isinstance(value, (list, tuple)) else [value]
    return [number for number in values if isinstance(number, int) and not isinstance(number, bool)]


def _require_ids_below(size: int, settings: Mapping[str, Any], path: str) -> None:
    for name, value in settings.items():
        if name.endswith(("_token_id", "_token_ids")) and not name.startswith("_"):
            for number in _ids(value):
                if number >= size:
                    raise CheckFailed(
                        f"says {name} {number}, but the model embeds {size} tokens", place=path
                    )


def _require_tokenizer(directory: str, tokenizer: Any, size: int | None) -> None:
    path = os.path.join(directory, "tokenizer_config.json")
    declared = getattr(tokenizer, "init_kwargs", {}).get("tokenizer_class") or _declared(path)
    if declared is not None and not _exists(declared, tokenizer):
        raise CheckFailed(f"names the tokenizer class {declared}, which does not exist", place=path)
    ids = tokenizer.get_vocab().values()
    largest = max(ids, default=-1)
    if size is not None and largest >= size:
        raise CheckFailed(
            f"the tokenizer has the id {largest}, but the model embeds {size} tokens",
            place=directory,
        )
    # Proteins are written in capitals, and have no small letters.
    texts = (_SENTENCE, _SENTENCE.upper())
    given = [tokenizer.convert_tokens_to_ids(tokenizer.tokenize(text)) for text in texts]
    unknown = getattr(tokenizer, "unk_token_id", None)
    tokens = max(given, key=lambda ids: len(set(ids) - {unknown}))
    if len(set(tokens) - {unknown}) <= 1:
        raise CheckFailed(
            f"the tokenizer gives {len(set(tokens))} different ids for a sentence", place=directory
        )


def _declared(path: str) -> str | None:
    from toolkit import json_text
    from toolkit.input_file import read_text

    if not os.path.exists(path):
        return None
    declared = json_text.parse(read_text(path), path).get("tokenizer_class")
    return declared if isinstance(declared, str) else None


def _exists(declared: str, tokenizer: Any) -> bool:
    """Whether a class is the library's, or that of the tokenizer that was loaded."""
    import transformers

    names = {ancestor.__name__.removesuffix("Fast") for ancestor in type(tokenizer).__mro__}
    bare = declared.removesuffix("Fast")
    return bare in names or any(
        hasattr(transformers, name) for name in (declared, bare, f"{bare}Fast")
    )


def _require_same_roles(directory: str, tokenizer: Any, configs: Iterable[Any]) -> None:
    """A special token's id is one of those that the configs have for its role, if they have any."""
    for role in _ROLES:
        own = getattr(tokenizer, role, None)
        theirs = {number for config in configs for number in _ids(_role(config, role))}
        if own is not None and theirs and own not in theirs:
            raise CheckFailed(
                f"the tokenizer's {role} is {own}, the configs say "
                f"{', '.join(map(str, sorted(theirs)))}",
                place=directory,
            )


def _role(config: Any, role: str) -> Any:
    value = getattr(config, role, None)
    if value is None and hasattr(config, "get_text_config"):
        values = (getattr(part, role, None) for part in _text_parts(config))
        value = next((number for number in values if number is not None), None)
    return value


def _text_parts(config: Any) -> list[Any]:
    """The config of the text, or all parts where several read texts, as MusicGen's."""
    try:
        return [config.get_text_config()]
    except ValueError:
        return list(parts(config))


def _require_template(directory: str, tokenizer: Any) -> None:
    from tiny_models.transformers_api.exceptions import describe

    if not getattr(tokenizer, "chat_template", None):
        return
    problem: Exception | None = None
    for conversation in _CONVERSATIONS:
        try:
            if tokenizer.apply_chat_template(conversation, tokenize=False).strip():
                return
        except Exception as error:  # noqa: BLE001 - a template raises what it likes
            problem = problem or error
    reason = "it gives no text" if problem is None else describe(problem)
    raise CheckFailed(f"the chat template renders no conversation: {reason}", place=directory)
