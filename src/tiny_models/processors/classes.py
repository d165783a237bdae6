"""The classes that prepare a model type's inputs, as the library maps them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tiny_models.core.errors import MissingRequirement

# What the library calls a requirement -> the package that is asked for.
_PACKAGES = {"vision": "pillow", "bs4": "beautifulsoup4", "beautiful soup": "beautifulsoup4"}
# The library maps waveforms to a model that reads spectrograms.
_EXTRACTORS = {"wav2vec2-bert": "SeamlessM4TFeatureExtractor"}
_REQUIRES = re.compile(
    r"requires (?:the )?([\w -]+?) library|[Pp]ackage `([\w-]+)` is required", re.IGNORECASE
)
_VIDEO_NAMES = "VIDEO_PROCESSOR_MAPPING_NAMES"
# In place of a class whose name the library hides while torchvision is missing.
HIDDEN_VIDEO_PROCESSOR = "BaseVideoProcessor"


@dataclass(frozen=True)
class ProcessorClasses:
    """Class names by role; None if a model type has no such class."""

    processor: str | None = None
    image_processor: str | None = None
    video_processor: str | None = None
    feature_extractor: str | None = None

    def __bool__(self) -> bool:
        """Whether there is any class."""
        return any(
            (self.processor, self.image_processor, self.video_processor, self.feature_extractor)
        )


def classes_of(model_type: str) -> ProcessorClasses:
    """The classes of a model type; image processors run on torchvision where it is installed."""
    from transformers.models.auto.feature_extraction_auto import FEATURE_EXTRACTOR_MAPPING_NAMES
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING_NAMES

    processor = PROCESSOR_MAPPING_NAMES.get(model_type)
    # A type that shares its processor with another may have that one's parts.
    types = [model_type]
    types += [other for other, name in PROCESSOR_MAPPING_NAMES.items() if name == processor]

    def first(names: Callable[[str], str | None]) -> str | None:
        return next(
            (name for name in map(names, types if processor else [model_type]) if name), None
        )

    extractors = {**FEATURE_EXTRACTOR_MAPPING_NAMES, **_EXTRACTORS}
    return ProcessorClasses(
        processor=processor,
        image_processor=first(_image_processor),
        video_processor=first(_video_processor),
        feature_extractor=first(extractors.get),
    )


def find_class(name: str) -> Any | None:
    """A class of the library, or one that a repository has registered; None if there is none."""
    import transformers
    from transformers.models.auto import (
        feature_extraction_auto,
        image_processing_auto,
        processing_auto,
        video_processing_auto,
    )

    processor_class = getattr(transformers, name, None)
    for look_up in (
        processing_auto.processor_class_from_name,
        image_processing_auto.get_image_processor_class_from_name,
        video_processing_auto.video_processor_class_from_name,
        feature_extraction_auto.feature_extractor_class_from_name,
    ):
        processor_class = look_up(name) if processor_class is None else processor_class
    return processor_class


def load_class(name: str) -> Any:
    """The class that `find_class` finds; raises MissingRequirement for what is not installed."""
    processor_class = find_class(name)
    missing = missing_requirements(processor_class)
    if missing:
        raise MissingRequirement(name, missing)
    return processor_class


def missing_requirements(processor_class: Any) -> list[str]:
    """The packages that a class needs and the environment lacks."""
    from transformers.utils.import_utils import BACKENDS_MAPPING

    return [
        _PACKAGES.get(backend, backend)
        for backend in _backends(processor_class)
        if backend in BACKENDS_MAPPING and not BACKENDS_MAPPING[backend][0]()
    ]


def requirement_of(problem: ImportError) -> list[str]:
    """The packages that the library's complaint names."""
    names = {max(groups).lower() for groups in _REQUIRES.findall(str(problem))}
    return sorted(_PACKAGES.get(name, name) for name in names)


def _backends(processor_class: Any) -> list[str]:
    # A stand-in has them under one name, a class that is decorated under another.
    names = [
        *vars(processor_class).get("_backends", ()),
        *vars(processor_class).get("__backends", ()),
    ]
    return [getattr(name, "package_name", name) for name in names]


def _image_processor(model_type: str) -> str | None:
    from transformers.models.auto.image_processing_auto import IMAGE_PROCESSOR_MAPPING_NAMES
    from transformers.utils import is_torchvision_available

    names: Mapping[str, str | None] = IMAGE_PROCESSOR_MAPPING_NAMES.get(model_type, {})
    order = ("torchvision", "pil") if is_torchvision_available() else ("pil", "torchvision")
    return next((names[backend] for backend in order if names.get(backend)), None)


def _video_processor(model_type: str) -> str | None:
    from transformers.models.auto import auto_mappings, video_processing_auto

    if model_type not in getattr(video_processing_auto, _VIDEO_NAMES):
        return None
    # If torchvision is missing, transformers 5 forgets the names; some releases keep the table that
    # it began with.
    names: Mapping[str, Any] = getattr(video_processing_auto, _VIDEO_NAMES)[model_type]
    if names.get("torchvision"):
        return str(names["torchvision"])
    original = getattr(auto_mappings, _VIDEO_NAMES).get(model_type) or {}
    return original.get("torchvision") or HIDDEN_VIDEO_PROCESSOR
