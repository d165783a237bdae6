"""What differs between releases of transformers: switches, and their values for each release."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

# Of classes whose name, without the model's, ends so. The longest fitting one counts.
_SUFFIXES = {
    "Config": "configuration",
    "Tokenizer": "tokenization",
    "Processor": "processing",
    "ProcessorKwargs": "processing",
    "VideosKwargs": "processing",
    "ImagesKwargs": "processing",
    "TextKwargs": "processing",
    "ImageProcessor": "image_processing",
    "VideoProcessor": "video_processing",
    "VideoProcessorInitKwargs": "video_processing",
    "FeatureExtractor": "feature_extraction",
}


def _switch(summary: str, *choices: Any) -> Any:
    """A switch of a profile; without ``choices`` it is on or off."""
    return field(metadata={"summary": summary, "choices": choices or (False, True)})


@dataclass(frozen=True)
class Profile:
    """The rules of one family of releases: ``since`` is the first of them.

    All other fields are switches, which are found by trying them on the files of a release.
    """

    name: str
    since: tuple[int, int]
    python: str = _switch(
        "the oldest Python that the formatter writes for", "py39", "py310", "py311"
    )
    lints_old_syntax: str = _switch(
        "what the formatter modernizes: nothing, `List[int]` and the like, or all that is old",
        "nothing",
        "generics",
        "all",
    )
    lints_simplifications: bool = _switch("the formatter simplifies, as in `x.get(key, None)`")
    lints_encodings: bool = _switch("the formatter adds `encoding=` to calls of `open`")
    fast_image_processors: bool = _switch(
        "`...ImageProcessorFast` goes to image_processing_<model>_fast.py"
    )
    pil_image_processors: bool = _switch(
        "`...ImageProcessorPil` goes to image_processing_pil_<model>.py"
    )
    image_processor_kwargs: bool = _switch(
        "`...ImageProcessorKwargs` belongs to the image processor, not to the model"
    )
    video_processor_kwargs: bool = _switch(
        "`...VideoProcessorKwargs` belongs to the video processor, not to the processor"
    )
    pil_copies: bool = _switch(
        "what a PIL file would import from the model's torch file is copied into it"
    )
    pil_copies_before_assignments: bool = _switch(
        "such a copy goes before the assignment, too, that has its position in the PIL file"
    )
    pil_keeps_parents_kwargs: bool = _switch(
        "a PIL file defines the `...ImageProcessorKwargs` that its parent defines"
    )
    pil_ignores_outputs: bool = _switch(
        "names from `image_processing_..._outputs` modules stay imports of PIL files"
    )
    guards_pil: bool = _switch("PIL files import torch and torchvision where they are available")
    guards_feature_extraction: bool = _switch("so do feature extraction files")
    no_inherit_decorator: bool = _switch(
        "`@no_inherit_decorator` means that no decorator is inherited, and is not written"
    )
    module_getattr: bool = _switch(
        "a module-level `__getattr__` is split over the files that its keys belong to"
    )
    attribute_hides_method: bool = _switch(
        "an attribute of the modular class replaces the parent's method of that name"
    )
    protects_kernel_names: bool = _switch(
        "names of functions from a kernel hub and of packages keep their spelling"
    )
    del_drops_annotated: bool = _switch("`del self.x` also drops `self.x: T = ...`")
    switches_suffix_bases: bool = _switch(
        "an extra base takes the place of the parent's base whose whole name ends its own"
    )
    super_init_first: bool = _switch(
        "a merged `__init__` calls `super().__init__` first, even if the parent's does so later"
    )
    own_bases_become_super: bool = _switch(
        "of all bases, those that the modular class names become `super()` where a method is "
        "called on them, also on `Base()`"
    )
    looks_into_own_classes: bool = _switch(
        "a class brings in what the modular file's own classes need in the parent's file"
    )
    finds_parents_below_models: bool = _switch(
        "`...models.x.modeling_x` names a parent, as `..x.modeling_x` does"
    )
    docstrings: str = _switch(
        "what describes no arguments in the docstring of an override stands alone, or is joined "
        "with the parent's docstring",
        "own",
        "appended",
        "merged",
    )
    keeps_returns: bool = _switch("an override keeps the parent's annotation of what it returns")
    keeps_module_bases: bool = _switch("a base that is named through its module stays a base")
    drops_deletions: bool = _switch("methods of merged classes lose their `del` statements")
    adds_bases: bool = _switch("extra bases are added to the parent's, not only exchanged")
    deprecations_keep_decorators: bool = _switch(
        "an override decorated by nothing but `deprecate_kwarg` keeps the other decorators"
    )

    @cached_property
    def suffixes(self) -> Mapping[str, str]:
        """The file type of classes by the end of their names."""
        suffixes = dict(_SUFFIXES)
        if self.fast_image_processors:
            suffixes["ImageProcessorFast"] = "image_processing_fast"
            for kind in ("", "Init", "Preprocess"):
                suffixes[f"FastImageProcessor{kind}Kwargs"] = "image_processing_fast"
        if self.pil_image_processors:
            suffixes["ImageProcessorPil"] = "image_processing_pil"
        if self.image_processor_kwargs:
            suffixes["ImageProcessorKwargs"] = "image_processing"
        if self.video_processor_kwargs:
            suffixes["VideoProcessorKwargs"] = "video_processing"
        return suffixes

    @property
    def guarded_types(self) -> tuple[str, ...]:
        """The file types whose imports of torch and torchvision are conditional."""
        types = {
            "image_processing_pil": self.guards_pil,
            "feature_extraction": self.guards_feature_extraction,
        }
        return tuple(file_type for file_type, is_guarded in types.items() if is_guarded)


def switches() -> dict[str, dataclasses.Field[Any]]:
    """The fields of a profile that are switches, by name."""
    return {
        switch.name: switch
        for switch in dataclasses.fields(Profile)
        if "choices" in switch.metadata
    }


_OLDEST = Profile(
    name="4.49",
    since=(0, 0),
    python="py39",
    lints_old_syntax="nothing",
    lints_simplifications=False,
    lints_encodings=False,
    fast_image_processors=True,
    pil_image_processors=True,
    image_processor_kwargs=True,
    video_processor_kwargs=False,
    pil_copies=False,
    pil_copies_before_assignments=False,
    pil_keeps_parents_kwargs=False,
    pil_ignores_outputs=False,
    guards_pil=True,
    guards_feature_extraction=False,
    no_inherit_decorator=False,
    module_getattr=False,
    attribute_hides_method=False,
    protects_kernel_names=False,
    del_drops_annotated=False,
    switches_suffix_bases=False,
    super_init_first=True,
    own_bases_become_super=True,
    looks_into_own_classes=True,
    finds_parents_below_models=False,
    docstrings="appended",
    keeps_returns=True,
    keeps_module_bases=True,
    drops_deletions=True,
    adds_bases=False,
    deprecations_keep_decorators=False,
)

# The releases whose generated files were compared whole; the newest is the last one.
TESTED = (
    "4.51.3",
    "4.52.4",
    "4.53.3",
    "4.54.1",
    "4.55.4",
    "4.56.2",
    "4.57.6",
    "5.0.0",
    "5.1.0",
    "5.2.0",
    "5.3.0",
    "5.4.0",
    "5.5.4",
    "5.6.2",
    "5.7.0",
    "5.8.1",
    "5.9.0",
    "5.10.4",
    "5.11.0",
    "5.12.1",
    "5.13.1",
    "5.14.1",
    "5.15.1",
    "5.16.1",
    "5.17.0",
    "5.18.0",
    "5.19.0",
    "5.20.2",
    "5.21.1",
    "5.22.2",
    "5.23.0",
    "5.24.0",
)

# What each family of releases changes, oldest first: its name, its first release, the switches.
_CHANGES: tuple[tuple[str, tuple[int, int], Mapping[str, bool | str]], ...] = (
    ("4.51", (4, 51), {"keeps_returns": False}),
    ("4.52", (4, 52), {"docstrings": "merged"}),
    ("4.53", (4, 53), {"lints_old_syntax": "generics"}),
    ("4.55", (4, 54), {"docstrings": "own", "keeps_module_bases": False}),
    (
        "4.56",
        (4, 56),
        {
            "lints_simplifications": True,
            "own_bases_become_super": False,
            "looks_into_own_classes": False,
            "finds_parents_below_models": True,
            "drops_deletions": False,
        },
    ),
    ("4.57", (4, 57), {"lints_old_syntax": "all"}),
    ("5.0", (5, 0), {"python": "py310", "super_init_first": False}),
    ("5.4", (5, 1), {"adds_bases": True}),
    (
        "5.5",
        (5, 5),
        {
            "pil_copies": True,
            "pil_copies_before_assignments": True,
            "pil_keeps_parents_kwargs": True,
            "fast_image_processors": False,
        },
    ),
    (
        "5.8",
        (5, 6),
        {"pil_copies_before_assignments": False, "pil_keeps_parents_kwargs": False},
    ),
    ("5.10", (5, 9), {"no_inherit_decorator": True}),
    ("5.13", (5, 13), {"pil_ignores_outputs": True}),
    ("5.15", (5, 15), {"protects_kernel_names": True, "guards_feature_extraction": True}),
    (
        "5.16",
        (5, 16),
        {
            "python": "py311",
            "lints_encodings": True,
            "module_getattr": True,
            "attribute_hides_method": True,
            "del_drops_annotated": True,
            "switches_suffix_bases": True,
        },
    ),
    ("5.23", (5, 18), {"video_processor_kwargs": True}),
    ("5.24", (5, 24), {"deprecations_keep_decorators": True}),
)


def _profiles() -> tuple[Profile, ...]:
    profiles = [_OLDEST]
    for name, since, changes in _CHANGES:
        values: dict[str, Any] = {"name": name, "since": since, **changes}
        profiles.append(replace(profiles[-1], **values))
    return tuple(profiles)


PROFILES = _profiles()


def names() -> tuple[str, ...]:
    """The names of all profiles, oldest first."""
    return tuple(profile.name for profile in PROFILES)


def listed_names() -> str:
    """The names of all profiles for a message."""
    return ", ".join(names())


def named(name: str) -> Profile:
    """The profile with this name. Raises KeyError."""
    return {profile.name: profile for profile in PROFILES}[name]


def release_of(version: str | None) -> tuple[int, int] | None:
    """Major and minor number of a version; None when it has none."""
    parts = (version or "").split(".")
    try:
        return int(parts[0]), int(parts[1])
    except (ValueError, IndexError):
        return None


def is_tested(version: str) -> bool:
    """Whether a release of the same minor version was compared whole."""
    return release_of(version) in {release_of(tested) for tested in TESTED}


def for_version(version: str | None) -> Profile:
    """The newest profile that is not newer than ``version``; the newest one without a version."""
    release = release_of(version)
    if release is None:
        return PROFILES[-1]
    fitting = [profile for profile in PROFILES if profile.since <= release]
    return fitting[-1] if fitting else PROFILES[0]
