"""Which processors of the library can be made, loaded and saved again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tiny_models import tokenizers
from tiny_models.core.errors import MissingRequirement
from tiny_models.coverage.asset_report import AssetRow, first_line
from tiny_models.processors.classes import classes_of
from tiny_models.processors.options import ProcessorOptions
from tiny_models.processors.quirks import ENTRIES, WITHOUT_FILES, ProcessorEntry
from tiny_models.processors.write import write
from tiny_models.repository.contents import changed, contents
from toolkit.scratch_directory import scratch_directory

_AUTO_CLASSES = {
    "processor": "AutoProcessor",
    "image_processor": "AutoImageProcessor",
    "video_processor": "AutoVideoProcessor",
    "feature_extractor": "AutoFeatureExtractor",
}
Config = Callable[[str], Mapping[str, Any]]


def report(
    model_types: Iterable[str] | None = None, config_of: Config | None = None
) -> Iterator[AssetRow]:
    """A row for each class that the library maps a model type to; all such types, or those given.

    ``config_of`` gives a type's tiny config; without it the sizes are those of the default one.
    """
    for model_type in all_types() if model_types is None else model_types:
        yield from _rows(model_type, config_of or default_config)


def all_types() -> list[str]:
    """The model types that the library maps to a processor of any kind."""
    from transformers.models.auto.feature_extraction_auto import FEATURE_EXTRACTOR_MAPPING_NAMES
    from transformers.models.auto.image_processing_auto import IMAGE_PROCESSOR_MAPPING_NAMES
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING_NAMES
    from transformers.models.auto.video_processing_auto import VIDEO_PROCESSOR_MAPPING_NAMES

    return list(
        dict.fromkeys(
            [
                *PROCESSOR_MAPPING_NAMES,
                *IMAGE_PROCESSOR_MAPPING_NAMES,
                *FEATURE_EXTRACTOR_MAPPING_NAMES,
                *VIDEO_PROCESSOR_MAPPING_NAMES,
            ]
        )
    )


def default_config(model_type: str) -> Mapping[str, Any]:
    """The values of a type's config as the library makes it; none where it cannot without more."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    try:
        values: Mapping[str, Any] = CONFIG_MAPPING[model_type]().to_dict()
        return values
    except Exception:  # noqa: BLE001 - any class may refuse its own defaults
        # A composite config needs its parts; the processors then have their default sizes.
        return {"model_type": model_type}


def _rows(model_type: str, config_of: Config) -> Iterator[AssetRow]:
    names = {role: name for role, name in asdict(classes_of(model_type)).items() if name}
    entry = ENTRIES.get(names.get("processor", ""), ProcessorEntry(""))

    def row(role: str, status: str, **values: Any) -> AssetRow:
        return AssetRow(model_type, role, names[role], status, **values)

    impossible = {
        role: WITHOUT_FILES[name] for role, name in names.items() if name in WITHOUT_FILES
    }
    if entry.parts_only:
        impossible["processor"] = entry.parts_only
    for role, reason in impossible.items():
        yield row(role, "fails", reason=reason)
    roles = [role for role in names if role not in impossible]
    with scratch_directory("tiny-models-coverage-") as scratch:
        directory = scratch / "made"
        directory.mkdir()
        try:
            tokenizers.build(model_type, {}, directory)
            write(model_type, config_of(model_type), ProcessorOptions(), directory)
            (directory / "config.json").write_text(json.dumps({"model_type": model_type}))
        except MissingRequirement as problem:
            yield from (row(role, "lacks", reason=problem.message) for role in roles)
            return
        except Exception as problem:  # noqa: BLE001 - the report is there to show any cause
            yield from (row(role, "fails", reason=first_line(problem)) for role in roles)
            return
        for role in roles:
            try:
                loaded, differing = _checked(role, names[role], directory)
            except Exception as problem:  # noqa: BLE001 - as above
                yield row(role, "fails", reason=first_line(problem))
                continue
            reason = f"saved again differently: {', '.join(differing)}" if differing else ""
            yield row(role, "built", loaded=loaded, resaved=not differing, reason=reason)


def _checked(role: str, class_name: str, directory: Path) -> tuple[bool, list[str]]:
    import transformers

    auto = getattr(transformers, _AUTO_CLASSES[role])
    thing = auto.from_pretrained(directory, local_files_only=True, trust_remote_code=False)
    again = directory.with_name(f"again-{role}")
    thing.save_pretrained(again)
    before = contents(directory)
    parts = json.loads(before.get("processor_config.json", b"{}"))
    nested = parts.get(role)
    if role == "feature_extractor":
        nested = nested or parts.get("audio_processor")
    if nested is None:
        differing = changed(before, contents(again))
    else:
        # A part of a processor is saved on its own to a file of its own.
        differing = [
            name for name, content in contents(again).items() if json.loads(content) != nested
        ]
    return type(thing) is getattr(transformers, class_name), differing
