"""Small entries for the model types that the general rules do not make work, by subject."""

from __future__ import annotations

from tiny_models.families import (
    audio,
    detection,
    language,
    multimodal,
    ocr,
    omni,
    series,
    timm,
    vision,
)
from tiny_models.families.family import Family

FAMILIES: tuple[Family, ...] = (
    *language.FAMILIES,
    *vision.FAMILIES,
    *detection.FAMILIES,
    *ocr.FAMILIES,
    *audio.FAMILIES,
    *multimodal.FAMILIES,
    *omni.FAMILIES,
    *series.FAMILIES,
    *timm.FAMILIES,
)


def families_of(model_type: str, architecture: str = "") -> tuple[Family, ...]:
    """The entries for a model type and class, the more general first."""
    matching = [family for family in FAMILIES if family.concerns(model_type, architecture)]
    return tuple(sorted(matching, key=lambda family: bool(family.architectures)))
