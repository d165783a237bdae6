"""The config that shrinking begins with: a public checkpoint's in place of the class's defaults."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tiny_models.config import rope
from tiny_models.config.field_rules import KEY_VALUE_HEADS
from tiny_models.config.rope import with_rope_parameters
from tiny_models.families.checkpoints import checkpoint_of

# How attention code repeats the keys and values that several heads share.
_REPEATS = re.compile(r"\b(repeat_kv|num_key_value_groups|enable_gqa)\b")
# Its keys and values are made for each head from one latent vector.
_LATENT = "kv_lora_rank"


def with_reference_values(start: Any, default: Any, given: Mapping[str, Any]) -> Any:
    """A copy of ``start`` with the values of its type's public checkpoint.

    ``given`` are those that the whole model's checkpoint has for it, if it is a part. Values that
    ``start`` has changed from the ``default`` of its class stay. A type without a listed checkpoint
    shares keys and values among heads if its code can: nearly every decoder that is published does,
    while the defaults of its class mostly do not.
    """
    if start is None:
        return None
    checkpoint = checkpoint_of(start.model_type)
    own = dict(checkpoint.values) if checkpoint is not None else _shared_heads(start)
    values = {
        name: value
        for name, value in own.items()
        if default is None or _field(start, name) == _field(default, name)
    }
    values.update(given)
    # Read by its fields alone, so that no check of the class runs on values that do not fit yet.
    result = copy.copy(start)
    for name, value in with_rope_parameters(values, vars(start)).items():
        if name == rope.FIELD:
            vars(result)[name] = rope.merged_rope(vars(start)[name], value)
        elif not isinstance(value, Mapping):
            vars(result)[type(start).attribute_map.get(name, name)] = value
    return result


def values_of_part(model_type: str, name: str) -> Mapping[str, Any]:
    """What the checkpoint of a whole model has for the sub-config ``name``."""
    checkpoint = checkpoint_of(model_type)
    values = None if checkpoint is None else checkpoint.values.get(name)
    return values if isinstance(values, Mapping) else {}


def _field(config: Any, name: str) -> Any:
    values = vars(config)
    if name in rope.FORMER_FIELDS and name not in values:
        return values.get(rope.FIELD)
    return values.get(type(config).attribute_map.get(name, name))


def _shared_heads(start: Any) -> Mapping[str, Any]:
    values = vars(start)
    heads, shared = values.get("num_attention_heads"), values.get("num_key_value_heads")
    if not isinstance(heads, int) or shared not in (heads, None) or heads <= KEY_VALUE_HEADS:
        return {}
    if _LATENT in values or not _is_decoder(start) or not _can_share(type(start)):
        return {}
    return {"num_key_value_heads": KEY_VALUE_HEADS}


def _is_decoder(config: Any) -> bool:
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    return config.model_type in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES or (
        config.model_type.endswith("_text") and "vocab_size" in vars(config)
    )


def _can_share(config_class: type) -> bool:
    """Whether the modeling file beside a config's repeats keys and values, by its source."""
    path = Path(inspect.getfile(config_class))
    return _repeats(str(path.with_name(path.name.replace("configuration_", "modeling_"))))


@cache
def _repeats(path: str) -> bool:
    file = Path(path)
    return file.is_file() and _REPEATS.search(file.read_text(encoding="utf-8")) is not None
