"""Writing the processors of a model type, fitted to its tiny config."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tiny_models.core.errors import LeftOut, MissingRequirement, NotBuilt, unknown
from tiny_models.processors.classes import (
    HIDDEN_VIDEO_PROCESSOR,
    classes_of,
    load_class,
    requirement_of,
)
from tiny_models.processors.options import ProcessorOptions
from tiny_models.processors.own import NoKnownClass, OwnProcessors
from tiny_models.processors.quirks import ENTRIES, WITHOUT_FILES, ProcessorEntry
from tiny_models.processors.settings import checkpoint_settings
from tiny_models.processors.sizing import (
    audio_values,
    image_tokens,
    image_values,
    processor_values,
)
from tiny_models.tokenizers.options import TokenizerOptions
from tiny_models.tokenizers.recipes import recipe_for
from tiny_models.tokenizers.write import forget_loading, make, move_files
from toolkit import os_errors
from toolkit.errors import InputError, ToolError
from toolkit.scratch_directory import scratch_directory

_ROUNDS = 4
_TOKENIZER = re.compile(r".*tokenizer")
_HINT = (
    "it is made of its parts and of defaults, saved, and loaded by the Auto classes;"
    " `processors=False` leaves it out"
)
_AUDIO_ROLES = ("feature_extractor", "audio_processor")


@dataclass(frozen=True)
class Written:
    """The names of the files, and what could not be made for want of packages or of a class."""

    files: tuple[str, ...] = ()
    missing: tuple[LeftOut, ...] = ()


def write(
    model_type: str,
    config: Mapping[str, Any],
    options: ProcessorOptions,
    directory: Path,
    own: OwnProcessors | None = None,
) -> list[str]:
    """Writes the files of a type's processors beside its tokenizer; returns their names.

    ``config`` has the values of the tiny model's config, defaults included. The directory has the
    tokenizer's files already, if the type has a tokenizer; a processor class's own files take the
    place of the tokenizer's, with equal ids. ``own`` has the classes of a model that the library
    does not know. Raises ToolError.
    """
    written = write_available(model_type, config, options, directory, own)
    if written.missing:
        raise written.missing[0].problem
    return list(written.files)


def write_available(
    model_type: str,
    config: Mapping[str, Any],
    options: ProcessorOptions,
    directory: Path,
    own: OwnProcessors | None = None,
    *,
    partial: bool = False,
    no_tokenizer: ToolError | None = None,
) -> Written:
    """As `write`, but reports what is missing; nothing is written then, unless ``partial``.

    With ``partial`` a processor class that cannot be made leaves those of its parts that can.
    ``no_tokenizer`` is why the tokenizer could not be written, if it could not.
    """
    installed = own is None
    own = own or OwnProcessors(classes_of(model_type))
    if not options.enabled:
        return Written()
    if not own.classes:
        if options.overrides and not own.lacking:
            raise InputError(
                f"{model_type} has no processors that {', '.join(options.overrides)} can be set of",
                hint="leave `processors` out",
            )
        return Written(missing=tuple(LeftOut(*lack) for lack in own.lacking.items()))
    name = own.classes.processor or (own.classes.image_processor or "").removesuffix("Pil")
    entry = ENTRIES.get(name, ProcessorEntry(""))
    if no_tokenizer is not None:
        own = replace(own, lacking={**own.lacking, "tokenizer": no_tokenizer})
    maker = _Maker(model_type, config, options, directory, own, entry, installed=installed)
    with scratch_directory(".processor-", directory.parent) as scratch:
        saved = maker.save(scratch, partial=partial)
        if maker.missing and not partial:
            return Written(missing=tuple(maker.missing))
        if not maker.missing:
            maker.check_overrides()
        files: set[str] = set()
        for place in saved:
            _drop_vocabulary(place, directory)
            forget_loading(place)
            paths = [path for path in place.rglob("*") if path.is_file()]
            files.update(path.relative_to(place).as_posix() for path in paths)
            move_files(place, directory)
    return Written(tuple(sorted(files)), tuple(maker.missing))


class _Maker:
    """Makes the parts of one model type's processors, and remembers which fields they have."""

    def __init__(
        self,
        model_type: str,
        config: Mapping[str, Any],
        options: ProcessorOptions,
        directory: Path,
        own: OwnProcessors,
        entry: ProcessorEntry,
        *,
        installed: bool,
    ) -> None:
        self.model_type = model_type
        self.config = config
        self.options = options
        self.directory = directory
        self.classes = own.classes
        self.lacking = own.lacking
        self.installed = installed
        self.entry = entry
        self.fields: set[str] = set()
        self.missing: list[LeftOut] = []
        self.settings = checkpoint_settings(options.from_checkpoint)

    def save(self, scratch: Path, *, partial: bool) -> list[Path]:
        """Saves the processor, and the parts that it does not consist of; returns the places.

        What cannot be made is in `missing` afterwards; without ``partial`` it is the last thing
        that is tried, and a part may lack a class that joins it with others.
        """
        self.missing += [
            LeftOut(role, problem)
            for role, problem in self.lacking.items()
            if role != "tokenizer" and (partial or role != "processor")
        ]
        places: list[Path] = []
        covered: list[str] = []
        complete = partial or not self.missing
        if complete and self.classes.processor is not None and not self.entry.parts_only:
            processor = self._tried("processor", self.classes.processor, scratch, places)
            if processor is not None:
                covered = processor.get_attributes()
            if any(role in covered for role in _AUDIO_ROLES):
                covered = [*covered, *_AUDIO_ROLES]
        for role in ("image_processor", "video_processor", "feature_extractor"):
            name = self._class_of(role)
            wanted = name is not None and role not in covered and name not in WITHOUT_FILES
            if wanted and (partial or not self.missing):
                self._tried(role, name or "", scratch, places)
        return places

    def _tried(self, role: str, class_name: str, scratch: Path, places: list[Path]) -> Any | None:
        try:
            if role == "processor":
                made = self._processor(class_name, scratch)
            else:
                made = self._part(role, class_name)
            places.append(_settled(made, scratch / role))
        except (MissingRequirement, NoKnownClass) as problem:
            left_out = LeftOut(role, problem)
            if left_out not in self.missing:
                self.missing.append(left_out)
        except ImportError as problem:
            packages = requirement_of(problem) or [problem.name or str(problem)]
            subject = f"the {role.replace('_', ' ')} of {self.model_type}"
            self.missing.append(LeftOut(role, MissingRequirement(subject, packages)))
        except Exception as problem:
            # Whatever a class of a repository raises; one of the library has an entry for it.
            if self.installed or isinstance(problem, ToolError):
                raise
            os_errors.raise_lack(problem)
            self.missing.append(LeftOut(role, NotBuilt(class_name, problem, _HINT)))
        else:
            return made
        return None

    def check_overrides(self) -> None:
        """Raises InputError for an override that no part has a field for."""
        for name in self.options.overrides:
            if name not in self.fields:
                raise unknown(f"field of the processors of {self.model_type}", name, self.fields)

    def _processor(self, class_name: str, scratch: Path) -> Any:
        processor_class = load_class(class_name)
        parts: dict[str, Any] = {
            role: self._attribute(role, scratch) for role in processor_class.get_attributes()
        }
        tokenizer = parts.get("tokenizer")
        before = 0 if tokenizer is None else len(tokenizer)
        parameters = inspect.signature(processor_class.__init__).parameters
        free = {name for name in parameters if name not in (*parts, "self", "args", "kwargs")}
        values = {
            **self.entry.settings.get("processor", {}),
            **processor_values(free, self.config),
        }
        values.update(self._overrides(free))
        template = getattr(tokenizer, "chat_template", None)
        if "chat_template" in parameters and template:
            values["chat_template"] = template
        processor = processor_class(**parts, **values)
        if tokenizer is not None and len(tokenizer) != before:
            raise InputError(
                f"{class_name} adds {len(tokenizer) - before} tokens to the tokenizer",
                hint="the tokenizer's recipe has to have them, as an entry of its model type",
            )
        return processor

    def _attribute(self, role: str, scratch: Path) -> Any:
        if role == "tokenizer":
            return self._tokenizer()
        if _TOKENIZER.fullmatch(role):
            made_for = self.entry.tokenizers.get(role, self.model_type)
            place = scratch / role
            place.mkdir()
            return make(recipe_for(made_for, TokenizerOptions(chat_template=False)), place)
        name = self._class_of(role)
        if name is None:
            raise self.lacking.get(
                _mapped(role), InputError(f"no class for the {role} of {self.model_type}")
            )
        return self._part(role, name)

    def _class_of(self, role: str) -> str | None:
        return getattr(self.classes, _mapped(role), None) or self.entry.classes.get(role)

    def _tokenizer(self) -> Any:
        from transformers.models.auto.tokenization_auto import tokenizer_class_from_name

        from tiny_models.repository.checkpoint_files import parsed

        path = self.directory / "tokenizer_config.json"
        if not path.is_file():
            if "tokenizer" in self.lacking:
                raise self.lacking["tokenizer"]
            raise InputError(f"{path}: a processor of {self.model_type} needs a tokenizer")
        name = parsed(path, path.read_bytes())["tokenizer_class"]
        tokenizer_class: Any = tokenizer_class_from_name(name)
        return tokenizer_class.from_pretrained(self.directory)

    def _part(self, role: str, class_name: str) -> Any:
        try:
            part_class = load_class(class_name)
        except MissingRequirement as lack:
            if class_name != HIDDEN_VIDEO_PROCESSOR:
                raise
            # The same for the processor and its part, so that both are named at once.
            subject = f"the video processor of {self.model_type}"
            raise MissingRequirement(subject, lack.packages) from None
        given = self.entry.settings.get(role, {})
        fields = part_class(**given).to_dict()
        fit = audio_values if role in _AUDIO_ROLES else image_values
        taken = {
            name: value
            for name, value in self.settings.get(role, {}).items()
            if name in fields and not name.endswith("_type")
        }
        values = {
            **taken,
            **fit({**_declared(part_class), **fields, **taken}, self.config),
            **given,
        }
        tokens = image_tokens(self.config)
        extra = self.entry.extra_image_tokens
        if role == "image_processor" and extra is not None and tokens is not None:
            values["image_seq_length"] = tokens + extra
            fields["image_seq_length"] = None
        values.update(self._overrides(fields))
        return part_class(**values)

    def _overrides(self, fields: Any) -> dict[str, Any]:
        self.fields.update(name for name in fields if not name.endswith("_type"))
        return {name: value for name, value in self.options.overrides.items() if name in fields}


def _declared(part_class: Any) -> dict[str, Any]:
    """The settings that a class declares; its `to_dict` leaves out some of them."""
    return {
        name: value
        for ancestor in reversed(part_class.__mro__)
        for name, value in vars(ancestor).items()
        if not name.startswith("_") and isinstance(value, (int, float, list, dict, type(None)))
    }


def _mapped(role: str) -> str:
    return "feature_extractor" if role in _AUDIO_ROLES else role


def _settled(thing: Any, scratch: Path) -> Path:
    """Saves and loads until saving changes nothing; returns the directory with the files."""
    previous = scratch / "round0"
    thing.save_pretrained(previous)
    for number in range(1, _ROUNDS):
        following = scratch / f"round{number}"
        type(thing).from_pretrained(previous).save_pretrained(following)
        if _contents(previous) == _contents(following):
            return following
        previous = following
    return previous


def _drop_vocabulary(place: Path, directory: Path) -> None:
    """Leaves vocabulary files that the tokenizer's recipe wrote as they are.

    A processor saves them as its tokenizer does, and some classes damage them by that.
    """
    for path in place.rglob("*"):
        written = directory / path.relative_to(place)
        if path.is_file() and written.is_file() and path.suffix in (".txt", ".codes"):
            path.unlink()


def _contents(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }
