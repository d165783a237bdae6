"""What became of a model type's tokenizer or processors: rows of a report."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class AssetRow:
    """One model type and one kind of class.

    ``kind`` is tokenizer, processor, image_processor, video_processor or feature_extractor;
    ``status`` is built, lacks (a requirement) or fails. ``loaded`` is whether the Auto class gives
    ``class_name``, ``resaved`` whether saving what it gives changes no byte. ``reason`` says why
    not.
    """

    model_type: str
    kind: str
    class_name: str
    status: str
    loaded: bool = False
    resaved: bool = False
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def first_line(problem: Exception) -> str:
    """What went wrong, in one line."""
    lines = [line for line in str(problem).splitlines() if line.strip()]
    return lines[0].strip() if lines else type(problem).__name__
