"""Image, video and audio processors, and the classes that join them with a tokenizer.

Importing this package imports none of the heavy libraries.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tiny_models.processors.options import ProcessorOptions

__all__ = ["ProcessorOptions", "build"]


def build(
    model_type: str,
    config: Any,
    options: ProcessorOptions | bool | Mapping[str, Any] | None,
    directory: Path,
) -> list[str]:
    """Writes the processors of a model type into the directory that has its tokenizer.

    ``config`` is the tiny model's config, or the mapping that its `to_dict` gives. Returns the
    names of the files written; none for a type without processors. Raises Problem.
    """
    from tiny_models.processors.writing import write

    if not isinstance(options, ProcessorOptions):
        options = ProcessorOptions.parse(options)
    values = config if isinstance(config, Mapping) else config.to_dict()
    return write(model_type, values, options, directory)
