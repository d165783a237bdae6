"""The fields of a config and of its parts, by class."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from tiny_models.config.shrink import Adjustments
from tiny_models.vocabulary.token_ids import parts


def field_values(config: Any) -> dict[str, Any]:
    """The fields of one config, without those of its parts."""
    names = (declared.name for declared in dataclasses.fields(type(config)))
    mapped = type(config).attribute_map
    return {name: vars(config).get(mapped.get(name, name)) for name in names}


def is_config(value: Any) -> bool:
    """Whether a value is a config of transformers 5."""
    return hasattr(type(value), "sub_configs_defaults")


def default_parts(config_class: Any) -> Iterator[Any]:
    """Configs with all defaults, of a class and of its parts; those that cannot be are left out."""
    try:
        yield from parts(config_class())
    except Exception:  # noqa: BLE001 - a class may raise anything
        # A class may refuse its own defaults; its parts are made one by one.
        for spec in config_class.sub_configs_defaults.values():
            if hasattr(spec.config_class, "sub_configs_defaults"):
                yield from default_parts(spec.config_class)


def adjusted(before: Adjustments, class_name: str, field: str, value: Any) -> Adjustments:
    """The adjustments with one more."""
    return {**before, class_name: {**before.get(class_name, {}), field: value}}
