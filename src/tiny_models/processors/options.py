"""What may be asked of processors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from toolkit.errors import InputError


@dataclass(frozen=True)
class ProcessorOptions:
    """Whether to write processors, and values of their fields in place of the fitted ones.

    ``from_checkpoint`` is a directory whose processor settings are taken where the tiny model
    leaves them free.
    """

    enabled: bool = True
    overrides: Mapping[str, Any] = field(default_factory=dict)
    from_checkpoint: Path | None = None

    @classmethod
    def parse(
        cls, value: bool | Mapping[str, Any] | None, from_checkpoint: Path | str | None = None
    ) -> ProcessorOptions:
        """`True`, `False` or a mapping of fields; raises InputError for anything else."""
        checkpoint = None if from_checkpoint is None else Path(from_checkpoint)
        if value is None or isinstance(value, bool):
            return cls(enabled=value is not False, from_checkpoint=checkpoint)
        if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
            return cls(overrides=dict(value), from_checkpoint=checkpoint)
        raise InputError(
            f"processors must be true, false or a mapping of fields to values, found {value!r}"
        )
