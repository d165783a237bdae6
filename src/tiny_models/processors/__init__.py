"""Image, video and audio processors, and the classes that join them with a tokenizer.

Importing this package imports none of the heavy libraries.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiny_models.core.errors import LeftOut
from tiny_models.processors.options import ProcessorOptions
from toolkit.errors import ToolError

if TYPE_CHECKING:
    from tiny_models.processors.own import OwnProcessors

__all__ = ["ProcessorOptions", "build", "build_available"]


def build(
    model_type: str,
    config: Any,
    options: ProcessorOptions | bool | Mapping[str, Any] | None,
    directory: Path,
    own: OwnProcessors | None = None,
) -> list[str]:
    """Writes the processors of a model type into the directory that has its tokenizer.

    ``config`` is the tiny model's config, or the mapping that its `to_dict` gives; ``own`` has the
    classes of a type that the library does not know. Returns the names of the files written; none
    for a type without processors. Raises ToolError.
    """
    from tiny_models.processors.write import write

    return write(model_type, _values(config), _options(options), directory, own)


def build_available(
    model_type: str,
    config: Any,
    options: ProcessorOptions | bool | Mapping[str, Any] | None,
    directory: Path,
    own: OwnProcessors | None = None,
    *,
    no_tokenizer: ToolError | None = None,
) -> tuple[list[str], list[LeftOut]]:
    """As `build`, but makes what the environment allows, and says what it does not.

    An image processor, for example, is written even if the class that joins it with others lacks a
    package. ``no_tokenizer`` is why the tokenizer could not be written, if it could not. Raises
    ToolError for anything else that is wrong.
    """
    from tiny_models.processors.write import write_available

    written = write_available(
        model_type,
        _values(config),
        _options(options),
        directory,
        own,
        partial=True,
        no_tokenizer=no_tokenizer,
    )
    return list(written.files), list(written.missing)


def _options(options: ProcessorOptions | bool | Mapping[str, Any] | None) -> ProcessorOptions:
    return options if isinstance(options, ProcessorOptions) else ProcessorOptions.parse(options)


def _values(config: Any) -> Mapping[str, Any]:
    values: Mapping[str, Any] = config if isinstance(config, Mapping) else config.to_dict()
    return values
