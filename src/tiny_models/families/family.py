"""The form of a family's entry: what the general rules cannot know about a model type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

# Makes or changes the inputs of a forward pass: (model, inputs made so far) -> inputs.
Recipe = Callable[[Any, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Family:
    """An entry for one or more model types, with the reason that it is needed.

    ``config`` replaces fields after the general rules; a mapping is merged into a sub-config.
    ``recipe`` completes the inputs. ``architectures`` limits the entry to some classes; a config
    that only some classes need is given that way too.
    """

    model_types: tuple[str, ...]
    reason: str
    config: Mapping[str, Any] = field(default_factory=dict)
    recipe: Recipe | None = None
    architectures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Makes the config read-only."""
        object.__setattr__(self, "config", MappingProxyType(dict(self.config)))

    def concerns(self, model_type: str, architecture: str = "") -> bool:
        """Whether the entry is for this model type and class."""
        if model_type not in self.model_types:
            return False
        return not self.architectures or architecture in self.architectures
