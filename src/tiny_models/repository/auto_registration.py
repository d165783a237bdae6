"""Tokenizer and processor classes of a repository's own model, made known to the Auto classes.

They lie beside the model's module, in files that are named as the library names its own. What the
repository registers itself stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tiny_models.core.errors import needs_newer_python
from toolkit.errors import InputError

# Files by role; the model's name stands for the braces.
FILES: Mapping[str, tuple[str, ...]] = {
    "processor": ("processing_{}",),
    "image_processor": (
        "image_processing_{}",
        "image_processing_pil_{}",
        "image_processing_{}_fast",
    ),
    "video_processor": ("video_processing_{}",),
    "feature_extractor": ("feature_extraction_{}",),
    "tokenizer": ("tokenization_{}", "tokenization_{}_fast"),
}
AUTO_CLASSES: Mapping[str, str] = {
    "processor": "AutoProcessor",
    "image_processor": "AutoImageProcessor",
    "video_processor": "AutoVideoProcessor",
    "feature_extractor": "AutoFeatureExtractor",
    "tokenizer": "AutoTokenizer",
}
_BASES = {
    "processor": ("processing_utils", "ProcessorMixin"),
    "image_processor": ("image_processing_utils", "BaseImageProcessor"),
    "video_processor": ("video_processing_utils", "BaseVideoProcessor"),
    "feature_extractor": ("feature_extraction_utils", "FeatureExtractionMixin"),
    "tokenizer": ("tokenization_utils_base", "PreTrainedTokenizerBase"),
}
_MAPPINGS = {
    "processor": ("processing_auto", "PROCESSOR_MAPPING"),
    "image_processor": ("image_processing_auto", "IMAGE_PROCESSOR_MAPPING"),
    "video_processor": ("video_processing_auto", "VIDEO_PROCESSOR_MAPPING"),
    "feature_extractor": ("feature_extraction_auto", "FEATURE_EXTRACTOR_MAPPING"),
    "tokenizer": ("tokenization_auto", "TOKENIZER_MAPPING"),
}
_MODEL_FILE = re.compile(r"(modeling|configuration)_(?P<name>\w+)")
_NOT_FOUND = re.compile(r"Could not find (\w+) (?:neither )?in ")


@dataclass(frozen=True)
class Unavailable:
    """A module that needs a package which is not installed, as ``problem`` says."""

    role: str
    module: str
    problem: ImportError


class MappedAway(InputError):
    """The Auto classes name a class of another model, whose files are not there."""

    def __init__(self, role: str, config_class: type, name: str) -> None:
        super().__init__(
            f"the {role.replace('_', ' ')} of {config_class.__name__} is {name} of another model, "
            "which is not there",
            hint="make the target of the file that defines it a dependency of the fixture: "
            f"{AUTO_CLASSES[role]} finds it by its name, which no import statement shows",
        )


def register_model(module: str, config: Any) -> tuple[Unavailable, ...]:
    """Registers the classes beside a model's module, and beside those of the parts of its config.

    Raises InputError for a file that cannot be imported for another reason than a missing package.
    """
    missing = dict.fromkeys(_register_beside(module, type(config)))
    for part in _parts(config):
        if is_own(type(part)):
            missing.update(dict.fromkeys(_register_beside(type(part).__module__, type(part))))
    return tuple(missing)


def is_own(cls: type) -> bool:
    """Whether a class is none of the installed library's."""
    return cls.__module__.partition(".")[0] != "transformers"


def model_name(module: str) -> str:
    """The name of the model that a module belongs to: `quill` of `models.quill.modeling_quill`."""
    leaf = module.rpartition(".")[2]
    match = _MODEL_FILE.fullmatch(leaf)
    return match["name"] if match else leaf


def main_config(module: str, config_class: Any) -> Any:
    """The config class of the whole model, of which ``config_class`` may be a part.

    It is the one that the classes beside the module are registered for.
    """
    from transformers import PreTrainedConfig

    name = model_name(module)
    if not _beside(module, f"configuration_{name}"):
        return config_class
    exported = _exported(_import(_sibling(module, f"configuration_{name}")))
    configs = [candidate for candidate in exported if issubclass(candidate, PreTrainedConfig)]
    parts = {
        spec.config_class for config in configs for spec in config.sub_configs_defaults.values()
    }
    wholes = [config for config in configs if config not in parts]
    for whole in wholes:
        if whole.model_type.replace("-", "_") == name:
            return whole
    return wholes[0] if config_class in parts and wholes else config_class


def registered(role: str, config_class: type) -> Any | None:
    """The class that the Auto class of a role gives for a config class, if it gives any.

    Raises MappedAway.
    """
    mapping = _mapping(role)
    if config_class not in mapping:
        return None
    try:
        entry: Any = mapping[config_class]
    except ValueError as problem:
        name = _NOT_FOUND.match(str(problem))
        if name is None:
            raise
        raise MappedAway(role, config_class, name[1]) from None
    if not isinstance(entry, Mapping):
        return entry
    from transformers.utils import is_torchvision_available

    backends = ["torchvision", "pil"] if is_torchvision_available() else ["pil", "torchvision"]
    return next((entry[backend] for backend in (*backends, *entry) if entry.get(backend)), None)


def _register_beside(module: str, config_class: type) -> Iterator[Unavailable]:
    import transformers

    main = main_config(module, config_class)
    for role, patterns in FILES.items():
        if main in _mapping(role):
            continue
        for pattern in patterns:
            leaf = pattern.format(model_name(module))
            if not _beside(module, leaf):
                continue
            try:
                own_class = _class_in(_import(_sibling(module, leaf)), role)
            except ImportError as problem:
                yield Unavailable(role, _sibling(module, leaf), problem)
                continue
            # The Auto classes would take the library's class of that name for it.
            if own_class is not None and not hasattr(transformers, own_class.__name__):
                _register(role, main, own_class)


def _register(role: str, config_class: type, own_class: type) -> None:
    import transformers

    auto = getattr(transformers, AUTO_CLASSES[role])
    if role != "image_processor":
        auto.register(config_class, own_class, exist_ok=True)
        return
    from transformers.image_processing_backends import TorchvisionBackend

    backend = "torchvision" if issubclass(own_class, TorchvisionBackend) else "pil"
    auto.register(config_class, image_processor_classes={backend: own_class}, exist_ok=True)


def _class_in(module: Any, role: str) -> Any | None:
    base = _base(role)
    videos = _base("video_processor")
    for candidate in _exported(module):
        # A video processor is an image processor, too.
        if issubclass(candidate, base) and (
            role == "video_processor" or not issubclass(candidate, videos)
        ):
            return candidate
    return None


def _exported(module: Any) -> list[Any]:
    names = getattr(module, "__all__", None) or sorted(vars(module))
    values = [getattr(module, name, None) for name in names]
    return [
        value for value in values if isinstance(value, type) and value.__module__ == module.__name__
    ]


def _parts(config: Any) -> Iterator[Any]:
    for value in vars(config).values():
        if hasattr(type(value), "sub_configs_defaults"):
            yield value
            yield from _parts(value)


def _beside(module: str, leaf: str) -> bool:
    origin = getattr(import_module(module), "__file__", None)
    return origin is not None and Path(origin).with_name(f"{leaf}.py").is_file()


def _sibling(module: str, leaf: str) -> str:
    package, dot, _ = module.rpartition(".")
    return f"{package}{dot}{leaf}"


def _import(name: str) -> Any:
    try:
        return import_module(name)
    except Exception as problem:
        if isinstance(problem, ImportError) and _lacks_package(problem):
            raise
        newer = needs_newer_python(name, problem)
        if newer is not None:
            raise newer from None
        text = " ".join(str(problem).split())
        raise InputError(
            f"{name} cannot be imported: {type(problem).__name__}: {text}",
            hint="the fixture's tokenizer and processors are made by the classes in it",
        ) from None


def _lacks_package(problem: ImportError) -> bool:
    """Whether a package is missing, not a module or a name in one that is there."""
    if isinstance(problem, ModuleNotFoundError) and problem.name:
        return find_spec(problem.name.partition(".")[0]) is None
    # What asks for a package in words, as the library does, names no module.
    return problem.name is None


def _base(role: str) -> Any:
    module, name = _BASES[role]
    return getattr(import_module(f"transformers.{module}"), name)


def _mapping(role: str) -> Any:
    module, name = _MAPPINGS[role]
    return getattr(import_module(f"transformers.models.auto.{module}"), name)
