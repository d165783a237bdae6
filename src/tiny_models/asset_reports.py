"""What became of a model type's tokenizer or processors: rows of a report."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
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


def contents(directory: Path) -> dict[str, bytes]:
    """All files of a directory by their relative paths, but for the model's config."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and path.name != "config.json"
    }


def changed(before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    """The files that saving again has added or changed."""
    return sorted(name for name, content in after.items() if before.get(name) != content)


def first_line(problem: Exception) -> str:
    """What went wrong, in one line."""
    lines = [line for line in str(problem).splitlines() if line.strip()]
    return lines[0].strip() if lines else type(problem).__name__
