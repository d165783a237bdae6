"""What changed between releases of transformers, as named profiles."""

from __future__ import annotations

from dataclasses import dataclass, replace

_SUFFIXES = {
    "Config": "configuration",
    "Tokenizer": "tokenization",
    "Processor": "processing",
    "ProcessorKwargs": "processing",
    "VideosKwargs": "processing",
    "ImagesKwargs": "processing",
    "TextKwargs": "processing",
    "ImageProcessor": "image_processing",
    "ImageProcessorKwargs": "image_processing",
    "ImageProcessorPil": "image_processing_pil",
    "VideoProcessor": "video_processing",
    "VideoProcessorInitKwargs": "video_processing",
    "FeatureExtractor": "feature_extraction",
}


@dataclass(frozen=True)
class Profile:
    """The rules of one family of releases."""

    name: str
    since: tuple[int, int]
    suffixes: dict[str, str]
    ruff_target: str
    ruff_extra_rules: tuple[str, ...]
    ruff_external: tuple[str, ...]
    ruff_preview: bool
    # A marker decorator that means "no decorators here" and is not written out.
    no_inherit_decorator: bool
    # A module-level `__getattr__` is written to the files that its keys belong to.
    module_getattr: bool
    attribute_hides_method: bool
    protects_kernel_names: bool
    guarded_types: tuple[str, ...]
    del_drops_annotated: bool
    switches_suffix_bases: bool
    pil_ignores_outputs: bool
    # An override decorated by nothing but `deprecate_kwarg` keeps the parent's other decorators.
    deprecations_keep_decorators: bool


PROFILE_5_8 = Profile(
    name="5.8",
    since=(0, 0),
    suffixes=_SUFFIXES,
    ruff_target="py310",
    ruff_extra_rules=(),
    ruff_external=(),
    ruff_preview=False,
    no_inherit_decorator=False,
    module_getattr=False,
    attribute_hides_method=False,
    protects_kernel_names=False,
    guarded_types=("image_processing_pil",),
    del_drops_annotated=False,
    switches_suffix_bases=False,
    pil_ignores_outputs=False,
    deprecations_keep_decorators=False,
)

PROFILE_5_10 = replace(PROFILE_5_8, name="5.10", since=(5, 9), no_inherit_decorator=True)

PROFILE_5_15 = replace(
    PROFILE_5_10,
    name="5.15",
    since=(5, 13),
    protects_kernel_names=True,
    guarded_types=("image_processing_pil", "feature_extraction"),
    pil_ignores_outputs=True,
)

PROFILE_5_23 = Profile(
    name="5.23",
    since=(5, 16),
    suffixes={**_SUFFIXES, "VideoProcessorKwargs": "video_processing"},
    ruff_target="py311",
    ruff_extra_rules=("PLW1514",),
    ruff_external=("NC",),
    ruff_preview=True,
    no_inherit_decorator=True,
    module_getattr=True,
    attribute_hides_method=True,
    protects_kernel_names=True,
    guarded_types=("image_processing_pil", "feature_extraction"),
    del_drops_annotated=True,
    switches_suffix_bases=True,
    pil_ignores_outputs=True,
    deprecations_keep_decorators=False,
)

PROFILE_5_24 = replace(PROFILE_5_23, name="5.24", since=(5, 24), deprecations_keep_decorators=True)

PROFILES = (PROFILE_5_8, PROFILE_5_10, PROFILE_5_15, PROFILE_5_23, PROFILE_5_24)


def names() -> tuple[str, ...]:
    """The names of all profiles, oldest first."""
    return tuple(profile.name for profile in PROFILES)


def listed_names() -> str:
    """The names of all profiles for a message."""
    return ", ".join(names())


def named(name: str) -> Profile:
    """The profile with this name. Raises KeyError."""
    return {profile.name: profile for profile in PROFILES}[name]


def for_version(version: str | None) -> Profile:
    """The newest profile that is not newer than ``version``; the newest one without a version."""
    if version is None:
        return PROFILES[-1]
    parts = version.split(".")
    try:
        release = (int(parts[0]), int(parts[1]))
    except (ValueError, IndexError):
        return PROFILES[-1]
    fitting = [profile for profile in PROFILES if profile.since <= release]
    return fitting[-1] if fitting else PROFILES[0]
