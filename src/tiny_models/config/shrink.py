"""A small, consistent config of any model type."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from tiny_models.config import field_rules, rope
from tiny_models.config.backbones import public_out_indices, with_out_indices
from tiny_models.config.layers import follow_count, select_layers
from tiny_models.config.reference import values_of_part, with_reference_values
from tiny_models.config.related_fields import related_sizes
from tiny_models.config.rope import shrink_rope, with_rope_parameters
from tiny_models.families import families_of
from tiny_models.transformers_api import catalogue
from tiny_models.vocabulary.token_ids import default_vocabulary, set_vocabulary
from tiny_models.vocabulary.vocabulary import Vocabulary
from toolkit.errors import InputError

# About a checkpoint, or set by the model itself.
_DESCRIPTIVE = ("transformers_version", "architectures", "dtype", "id2label", "label2id")

# New values of fields, by the name of the config class that has them.
Adjustments = Mapping[str, Mapping[str, Any]]


def shrink(
    model_type: str,
    *,
    architecture: str = "",
    vocabulary: Vocabulary | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Any:
    """A tiny config of ``model_type``, ready for ``architecture``.

    ``overrides`` replaces fields of the result; mappings are merged into sub-configs.
    Raises InputError if the type is unknown, an override names no field, or the class refuses
    the values.
    """
    return shrink_class(
        catalogue.config_of(architecture, model_type),
        architecture=architecture,
        vocabulary=vocabulary,
        overrides=overrides,
    )


def shrink_class(
    config_class: Any,
    *,
    architecture: str = "",
    vocabulary: Vocabulary | None = None,
    overrides: Mapping[str, Any] | None = None,
    adjustments: Adjustments = MappingProxyType({}),
) -> Any:
    """As :func:`shrink`, for a config class that may come from a generated file.

    ``adjustments`` replace values of the rules, by the name of the config class that has them.
    """
    require_fields(config_class, overrides or {})
    overrides = with_rope_parameters(overrides or {}, field_names(config_class))
    values = tiny_values(config_class, None, architecture, adjustments=adjustments)
    try:
        config = build_config(config_class, merged(values, overrides))
    except Exception as problem:
        if not overrides:
            raise
        raise _refused(config_class, overrides, problem) from None
    vocabulary = vocabulary or default_vocabulary(config)
    if vocabulary is not None:
        set_vocabulary(config, vocabulary, skip=frozenset(overrides))
    return config


def _refused(config_class: Any, overrides: Mapping[str, Any], problem: Exception) -> InputError:
    reason = " ".join(str(problem).split())
    return InputError(
        f"{config_class.__name__} refuses the overrides ({', '.join(sorted(overrides))}): {reason}",
        hint="the other fields have the tiny values; override what must fit together",
    )


def tiny_values(
    config_class: Any,
    given: Any,
    architecture: str,
    checkpoint_values: Mapping[str, Any] = MappingProxyType({}),
    adjustments: Adjustments = MappingProxyType({}),
) -> dict[str, Any]:
    """The fields to pass to a config class: those that differ from its defaults.

    ``given`` is an instance to start from, as a whole model's config has of its parts, and
    ``checkpoint_values`` what the whole model's public checkpoint has for this part.
    Sub-configs come as config objects.
    """
    default = _default_instance(config_class)
    start = with_reference_values(
        given if given is not None else default, default, checkpoint_values
    )
    values: dict[str, Any] = {}
    for name in field_names(config_class):
        if name in _DESCRIPTIVE:
            continue
        before = _value(start, config_class, name)
        if _is_config(before):
            part_values = values_of_part(config_class.model_type, name)
            values[name] = _tiny_part(before, architecture, part_values, adjustments)
            continue
        after = _shrink_field(name, before)
        if after is not before or (
            start is not None and before != _value(default, config_class, name)
        ):
            values[name] = after
    values.update(related_sizes(start))
    values.update(select_layers(start, values, field_names(config_class)))
    values = with_out_indices(start, values)
    for entry in families_of(config_class.model_type, architecture):
        values = merged(values, entry.config)
    return merged(values, adjustments.get(config_class.__name__, {}))


def _tiny_part(
    part: Any, architecture: str, checkpoint_values: Mapping[str, Any], adjustments: Adjustments
) -> Any:
    values = tiny_values(type(part), part, architecture, checkpoint_values, adjustments)
    return build_config(type(part), values)


def _shrink_field(name: str, value: Any) -> Any:
    if name in ("rope_parameters", "rope_scaling") and isinstance(value, Mapping):
        return shrink_rope(value)
    return field_rules.shrink_value(name, value)


def build_config(config_class: Any, values: Mapping[str, Any]) -> Any:
    """An instance from values in which mappings under sub-config fields are overrides."""
    ready: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Overridden):
            base = value.base
            part = dict(_all_values(base))
            replaced = with_rope_parameters(value.overrides, field_names(type(base)))
            ready[name] = build_config(type(base), merged(part, replaced))
        elif isinstance(value, Replaced):
            other = catalogue.config_class(value.model_type)
            ready[name] = build_config(other, merged(tiny_values(other, None, ""), value.overrides))
        else:
            ready[name] = value
    return config_class(**ready)


@dataclasses.dataclass(frozen=True)
class Overridden:
    """A sub-config of which some fields are replaced."""

    base: Any
    overrides: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Replaced:
    """A sub-config of another model type in place of the default one, itself tiny."""

    model_type: str
    overrides: Mapping[str, Any]


def merged(values: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The values with overrides; a mapping goes into a sub-config instead of replacing it."""
    result = dict(values)
    for name, value in overrides.items():
        before = result.get(name)
        if isinstance(value, Mapping) and name.endswith("_config") and "model_type" in value:
            others = {key: setting for key, setting in value.items() if key != "model_type"}
            result[name] = Replaced(value["model_type"], others)
        elif isinstance(value, Mapping) and isinstance(before, Replaced):
            result[name] = Replaced(before.model_type, merged(before.overrides, value))
        elif isinstance(value, Mapping) and _is_config(before):
            result[name] = Overridden(before, value)
        elif isinstance(value, Mapping) and name == rope.FIELD:
            result[name] = rope.merged_rope(before, value)
        elif isinstance(value, Mapping) and isinstance(before, Overridden):
            result[name] = Overridden(before.base, merged(before.overrides, value))
        else:
            result[name] = value
    return result | follow_count(values, result)


def _all_values(config: Any) -> dict[str, Any]:
    default = _default_instance(type(config))
    values = {
        name: _value(config, type(config), name)
        for name in field_names(type(config))
        if default is None
        or _value(config, type(config), name) != _value(default, type(config), name)
    }
    return public_out_indices(values)


def require_fields(config_class: Any, overrides: Mapping[str, Any]) -> None:
    """Raises InputError, with near names, where an override is not a field of the config."""
    allowed = {*field_names(config_class), *config_class.attribute_map, "num_labels"}
    if rope.FIELD in allowed:
        allowed.update(rope.FORMER_FIELDS)
    for name, value in overrides.items():
        if name not in allowed:
            raise InputError(
                f"`{name}` is not a field of {config_class.__name__}",
                hint=catalogue.near(name, allowed),
            )
        part = config_class.sub_configs_defaults.get(name)
        if isinstance(value, Mapping) and part is not None and "model_type" not in value:
            default = _value(_default_instance(config_class), config_class, name)
            if _is_config(default):
                require_fields(type(default), value)


def field_names(config_class: Any) -> Sequence[str]:
    """The names of a config's fields."""
    return [declared.name for declared in dataclasses.fields(config_class)]


def _default_instance(config_class: Any) -> Any:
    """The config with all defaults; None if the class refuses its own."""
    try:
        return config_class()
    except Exception:  # noqa: BLE001 - a class may refuse its own defaults in any way
        return None


def _value(config: Any, config_class: Any, name: str) -> Any:
    if config is not None:
        return vars(config).get(config_class.attribute_map.get(name, name))
    for declared in dataclasses.fields(config_class):
        if declared.name == name:
            if declared.default is not dataclasses.MISSING:
                return declared.default
            if declared.default_factory is not dataclasses.MISSING:
                return declared.default_factory()
    return None


def _is_config(value: Any) -> bool:
    return hasattr(type(value), "sub_configs_defaults")
