"""What a config needs from a tokenizer: how many tokens there are and which ids are special."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Vocabulary:
    """The size of a vocabulary and its special ids.

    ``special_ids`` maps roles, named like the fields of a config (``pad_token_id``,
    ``eos_token_id``, ``image_token_id``, ``boi_token_id``, ...), to ids in ``range(size)``.

    Raises ValueError if an id lies outside the vocabulary.
    """

    size: int
    special_ids: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Checks the ids, and makes them read-only."""
        if self.size < 1:
            raise ValueError(f"a vocabulary needs at least one token, found size {self.size}")
        for role, index in self.special_ids.items():
            if not 0 <= index < self.size:
                raise ValueError(f"{role} is {index}, outside a vocabulary of {self.size}")
        object.__setattr__(self, "special_ids", MappingProxyType(dict(self.special_ids)))
