"""Which model types and model classes the installed transformers has, and their near names."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from tiny_models.core.errors import MissingPackage, MissingRequirement
from toolkit.errors import InputError
from toolkit.suggestions import did_you_mean


@dataclass(frozen=True)
class Architecture:
    """A model class of the auto mappings and one model type that it belongs to."""

    name: str
    model_type: str


def _auto_mappings() -> dict[str, dict[str, Any]]:
    from transformers.models.auto import modeling_auto

    pattern = re.compile(r"MODEL_.*NAMES")
    return {
        name: dict(getattr(modeling_auto, name))
        for name in sorted(vars(modeling_auto))
        if pattern.fullmatch(name)
    }


@cache
def pairs() -> tuple[Architecture, ...]:
    """Every (class, model type) of the auto mappings, in their order, without repetition."""
    distinct: dict[Architecture, None] = {}
    for mapping in _auto_mappings().values():
        for model_type, names in mapping.items():
            for name in (names,) if isinstance(names, str) else names:
                distinct.setdefault(Architecture(name, model_type))
    return tuple(distinct)


@cache
def model_types() -> tuple[str, ...]:
    """Every model type with a config, sorted."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    return tuple(sorted(CONFIG_MAPPING_NAMES))


def architectures() -> tuple[Architecture, ...]:
    """Each model class once, sorted by name, with the model type that its config class has.

    A class may be listed under several types (a vision tower under its whole model's); the one
    whose config the class itself names is its own.
    """
    by_name: dict[str, list[str]] = {}
    for pair in pairs():
        by_name.setdefault(pair.name, []).append(pair.model_type)
    return tuple(Architecture(name, _own_type(name, by_name[name])) for name in sorted(by_name))


def _own_type(name: str, types: list[str]) -> str:
    if len(types) > 1:
        for candidate in types:
            try:
                config = model_class(name, candidate).config_class
            except (InputError, MissingPackage):
                continue
            if config is not None and config is config_class(candidate):
                return candidate
    return types[0]


def classes_of(model_type: str) -> tuple[str, ...]:
    """The names of all model classes of a model type, sorted. Raises InputError if unknown."""
    config_class(model_type)
    return tuple(sorted(pair.name for pair in pairs() if pair.model_type == model_type))


def config_class(model_type: str) -> Any:
    """The config class of a model type. Raises InputError, with near names, if unknown."""
    from transformers import CONFIG_MAPPING

    if model_type not in model_types():
        raise InputError(
            f"transformers {version()} has no model type `{model_type}`",
            hint=near(model_type, model_types()),
        )
    return CONFIG_MAPPING[model_type]


def config_of(architecture: str, model_type: str) -> Any:
    """The config class that a model class is made from.

    A part of a whole (the decoder of ``musicgen``) is listed under the whole's model type but
    takes a config of its own.
    """
    whole = config_class(model_type)
    if not architecture:
        return whole
    own = model_class(architecture, model_type).config_class
    return whole if own is None or issubclass(whole, own) or issubclass(own, whole) else own


def model_class(name: str, model_type: str) -> Any:
    """The class of that name. Raises MissingPackage or InputError."""
    import transformers
    from transformers.models.auto.auto_factory import getattribute_from_module
    from transformers.models.auto.configuration_auto import model_type_to_module_name

    module_name = f"transformers.models.{model_type_to_module_name(model_type)}"
    try:
        library_class = getattribute_from_module(importlib.import_module(module_name), name)
    except ValueError:
        library_class = getattr(transformers, name, None)
    if library_class is None:
        raise InputError(
            f"transformers {version()} names `{name}` for {model_type} but does not have it",
            hint="leave this class out",
        )
    backends = type.__getattribute__(library_class, "__dict__").get("_backends")
    if backends:
        raise MissingRequirement(f"`{name}`", backends)
    return library_class


def require_architecture(name: str, model_type: str) -> None:
    """Raises InputError, with near names, where a class does not belong to a model type."""
    names = classes_of(model_type)
    if name not in names:
        others = sorted({pair.model_type for pair in pairs() if pair.name == name})
        hint = f"it belongs to: {', '.join(others)}" if others else near(name, names)
        raise InputError(f"`{name}` is not an architecture of `{model_type}`", hint=hint)


def near(name: str, names: Iterable[str]) -> str:
    """A hint with the names most like a wrong one, or on where to look."""
    return did_you_mean(name, names) or "`python -m tiny_models coverage` lists the known names"


def version() -> str:
    """The version of the installed transformers."""
    import transformers

    return str(transformers.__version__)
