"""What a model's config has to know about its tokenizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Vocabulary:
    """The number of ids, and the ids that config fields such as ``pad_token_id`` hold."""

    size: int
    special_ids: Mapping[str, int] = field(default_factory=dict)
