"""Which class and which config a request means."""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Mapping
from typing import Any

from gpu_bench.core.errors import MeasuringFailed
from gpu_bench.request.fields import ModelSource, Request
from toolkit import os_errors
from toolkit.errors import InputError
from toolkit.newer_syntax import OPTION_OF_RESOLVES, newer_syntax_behind
from toolkit.suggestions import did_you_mean

# Auto classes of models that generate text, the usual first.
_AUTO_CLASSES = (
    "AutoModelForCausalLM",
    "AutoModelForImageTextToText",
    "AutoModelForSeq2SeqLM",
)
_TEXT_SUFFIXES = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")


def model_and_config(request: Request) -> tuple[type[Any], Any]:
    """The model class and its config object, for a model with random weights.

    Raises InputError for names that do not exist, MeasuringFailed if the module raises.
    """
    if request.model.module is not None:
        model_class = class_of_module(request.model, request.model.architecture)
        return model_class, _config(model_class.config_class, request.config)
    config_class = _config_class(str(request.model.model_type))
    config = _config(config_class, request.config)
    return class_for(config, request.model.architecture), config


def class_for(config: Any, architecture: str | None) -> type[Any]:
    """The class of the installed transformers that generates text for a config."""
    import transformers

    if architecture is not None:
        named = getattr(transformers, architecture, None)
        if not isinstance(named, type):
            known = [name for name in dir(transformers) if name.endswith(_TEXT_SUFFIXES)]
            raise InputError(
                f"transformers {transformers.__version__} has no class {architecture}",
                hint=did_you_mean(architecture, known),
            )
        return _generating(named)
    for name in _AUTO_CLASSES:
        mapping = getattr(getattr(transformers, name, None), "_model_mapping", {})
        # Mappings are lazy: `get` of a missing key is the only question that all versions answer.
        classes: Any = mapping.get(type(config), None)
        if classes is not None:
            model_class: type[Any] = classes[0] if isinstance(classes, tuple) else classes
            return model_class
    raise InputError(
        f"{type(config).__name__} has no model that generates text",
        hint="name one in `model.architecture`",
    )


def _generating(model_class: type[Any]) -> type[Any]:
    can_generate = getattr(model_class, "can_generate", None)
    if can_generate is None or not can_generate():
        raise InputError(
            f"{model_class.__name__} does not generate text",
            hint="choose a class with a language modelling head, e.g. one named ...ForCausalLM",
        )
    return model_class


def _config_class(model_type: str) -> type[Any]:
    import transformers
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    if model_type not in CONFIG_MAPPING:
        raise InputError(
            f"transformers {transformers.__version__} has no model type {model_type}",
            hint=did_you_mean(model_type, CONFIG_MAPPING.keys()),
        )
    config_class: type[Any] = CONFIG_MAPPING[model_type]
    return config_class


def _config(config_class: type[Any], values: Mapping[str, Any] | None) -> Any:
    try:
        if values is None:
            return config_class()
        return config_class.from_dict(dict(values))
    except Exception as error:
        # Config classes check their fields in ways of their own, with errors of any type.
        raise InputError(
            f"`config` does not suit {config_class.__name__}: {error}",
            hint="give the fields of the model's config.json",
        ) from error


def class_of_module(source: ModelSource, architecture: str | None) -> type[Any]:
    """The class of the source's module that generates text, or the one that is named.

    Raises InputError for names that do not exist, MeasuringFailed if the module raises.
    """
    module = _imported(str(source.module), source.root or ".")
    own = {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__
    }
    if architecture is not None:
        if architecture not in own:
            raise InputError(
                f"{source.module} has no class {architecture}",
                hint=did_you_mean(architecture, own),
            )
        return _generating(own[architecture])
    for suffix in _TEXT_SUFFIXES:
        candidates = [name for name in own if name.endswith(suffix)]
        if len(candidates) == 1:
            return _generating(own[candidates[0]])
        if candidates:
            raise InputError(
                f"{source.module} has several models that generate text: {', '.join(candidates)}",
                hint="name one in `model.architecture`",
            )
    raise InputError(
        f"{source.module} has no model that generates text",
        hint="name its class in `model.architecture`",
    )


def _imported(name: str, root: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
            raise InputError(
                f"{name} imports {error.name}, which is not there",
                hint="add it to the benchmark's dependencies",
            ) from None
        raise InputError(
            f"there is no module {name} below {root}",
            hint="`model.root` is the directory that the module's first package lies in",
        ) from None
    except Exception as error:
        os_errors.raise_lack(error)
        newer = newer_syntax_behind(error)
        if newer is not None:
            syntax, place = newer
            raise InputError(
                f"{name} cannot be imported: {syntax.problem}",
                place=place,
                hint=syntax.hint(OPTION_OF_RESOLVES),
            ) from None
        last = traceback.extract_tb(error.__traceback__)[-1]
        raise MeasuringFailed(
            f"{name} cannot be imported: {type(error).__name__}: {error}",
            place=f"{last.filename}:{last.lineno}",
        ) from error
