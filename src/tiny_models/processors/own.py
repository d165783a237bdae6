"""The classes that prepare the inputs of a repository's own model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tiny_models.core.errors import MissingRequirement
from tiny_models.processors.classes import (
    ProcessorClasses,
    classes_of,
    find_class,
    missing_requirements,
    requirement_of,
)
from tiny_models.processors.sizing import AUDIO_PARTS, VISION_PARTS
from tiny_models.repository.auto_registration import (
    AUTO_CLASSES,
    FILES,
    MappedAway,
    Unavailable,
    is_own,
    main_config,
    model_name,
    registered,
)
from toolkit.errors import InputError, ToolError

# What a class says that it takes -> who prepares it.
_ROLES = {"image": "image_processor", "video": "video_processor", "audio": "feature_extractor"}
# For the model of a part, whose class repeats what the whole model takes.
_ROLES_OF_INPUTS = {
    "pixel_values": "image_processor",
    "pixel_values_videos": "video_processor",
    "input_features": "feature_extractor",
    "input_values": "feature_extractor",
}
_PARTS: Mapping[str, re.Pattern[str]] = {
    "image_processor": VISION_PARTS,
    "video_processor": VISION_PARTS,
    "feature_extractor": AUDIO_PARTS,
}


class NoKnownClass(InputError):
    """Nothing says which class prepares one of the inputs of a repository's own model."""

    def __init__(self, role: str, module: str, config_class: Any) -> None:
        file = f"{FILES[role][0].format(model_name(module))}.py"
        super().__init__(
            f"no {role.replace('_', ' ')} is known for {config_class.model_type}",
            hint=f"let its modular file define one, which is then in {file}, or register one:"
            f" {AUTO_CLASSES[role]}.register({config_class.__name__}, ...);"
            " `processors=False` says that there is none",
        )


@dataclass(frozen=True)
class OwnProcessors:
    """The classes by role, and why others that the model's inputs call for are not there."""

    classes: ProcessorClasses
    lacking: Mapping[str, ToolError] = field(default_factory=dict)


def own_processors(
    model_class: Any, config: Any, unavailable: Iterable[Unavailable] = ()
) -> OwnProcessors:
    """The classes for a model that `own_classes.register_model` has been called for.

    ``unavailable`` is what that returned: nothing else takes the place of such a class.

    Of each role, the first of: what is registered for its config; what its processor names in an
    attribute such as `image_processor_class`; the parts of the installed processor that its own
    extends; what belongs to the config's vision or audio part.
    """
    module = model_class.__module__
    main = main_config(module, type(config))
    whole = main is type(config)
    lacking: dict[str, ToolError] = {}

    def look_up(role: str, config_class: type = main) -> type | None:
        try:
            return registered(role, config_class)
        except MappedAway as problem:
            lacking[role] = problem
            return None

    processor = look_up("processor") if whole else None
    wanted = _wanted(model_class, processor, whole=whole)
    for absent in unavailable:
        # Of two backends, one may do.
        if (whole or absent.role in wanted) and look_up(absent.role) is None:
            packages = requirement_of(absent.problem) or [
                absent.problem.name or str(absent.problem)
            ]
            lacking.setdefault(absent.role, MissingRequirement(absent.module, packages))
    class_names: dict[str, str] = {}
    for role in _PARTS:
        own = look_up(role) if whole or role in wanted else None
        name = None if own is None else own.__name__
        if name is None and role in wanted and role not in lacking:
            name = _named(processor, role) or _of_ancestors(processor, role)
            name = name or _of_parts(config, role, look_up)
        if name is not None:
            class_names[role] = name
        elif role in wanted:
            lacking.setdefault(role, NoKnownClass(role, module, main))
    if processor is None and whole and _joins_text(model_class):
        lacking.setdefault("processor", NoKnownClass("processor", module, main))
    name = None if processor is None else processor.__name__
    return OwnProcessors(ProcessorClasses(processor=name, **class_names), lacking)


def _wanted(model_class: Any, processor: Any | None, *, whole: bool) -> list[str]:
    if processor is not None:
        mapped = {"audio_processor": "feature_extractor"}
        attributes = [mapped.get(attribute, attribute) for attribute in processor.get_attributes()]
        return [role for role in attributes if role in _PARTS]
    if not whole:
        return _inputs_of_part(model_class)
    return [role for kind, role in _ROLES.items() if kind in _modalities(model_class)]


def _modalities(model_class: Any) -> tuple[str, ...]:
    modalities = getattr(model_class, "input_modalities", None) or "text"
    return (modalities,) if isinstance(modalities, str) else tuple(map(str, modalities))


def _joins_text(model_class: Any) -> bool:
    """Whether a model takes text and something else, which one class has to bring together."""
    modalities = _modalities(model_class)
    return "text" in modalities and any(kind in modalities for kind in _ROLES)


def _inputs_of_part(model_class: Any) -> list[str]:
    role = _ROLES_OF_INPUTS.get(model_class.main_input_name)
    return [] if role is None else [role]


def _named(processor: type | None, role: str) -> str | None:
    """What a processor's attribute names for a role, unless it leaves it to an Auto class."""
    names = getattr(processor, f"{role}_class", None)
    names = (names,) if isinstance(names, str) else names or ()
    # The library has a second class of each image processor, for where torchvision is missing.
    wanted = [spelling for name in names if name for spelling in (name, f"{name}Pil")]
    classes = {name: find_class(name) for name in wanted if not name.startswith("Auto")}
    known = {name: candidate for name, candidate in classes.items() if candidate is not None}
    usable = (name for name, candidate in known.items() if not missing_requirements(candidate))
    return next(usable, next(iter(known), None))


def _of_ancestors(processor: type | None, role: str) -> str | None:
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING_NAMES

    for ancestor in processor.__mro__ if processor is not None else ():
        for model_type, name in PROCESSOR_MAPPING_NAMES.items():
            if name == ancestor.__name__ and not is_own(ancestor):
                class_name: str | None = getattr(classes_of(model_type), role)
                if class_name is not None:
                    return class_name
    return None


def _of_parts(config: Any, role: str, look_up: Callable[[str, type], type | None]) -> str | None:
    from transformers.models.auto.configuration_auto import model_type_to_module_name

    for part in _parts(config, _PARTS[role]):
        if is_own(type(part)):
            own = look_up(role, type(part))
            if own is not None:
                return own.__name__
            continue
        for model_type in (part.model_type, model_type_to_module_name(part.model_type)):
            class_name: str | None = getattr(classes_of(model_type), role)
            if class_name is not None:
                return class_name
    return None


def _parts(config: Any, names: re.Pattern[str]) -> Iterator[Any]:
    for name, value in vars(config).items():
        if hasattr(type(value), "sub_configs_defaults"):
            if names.fullmatch(name):
                yield value
            yield from _parts(value, names)
