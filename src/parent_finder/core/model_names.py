"""The name of a model in its source, and source with that name taken out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

# What a model's own name becomes. No model is called so.
PLACEHOLDER = "Ⓜ"

_FILE_PREFIX = re.compile(r"^(?:modeling|modular)_")
_CAMEL_PART = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z][a-z]*\d*|[a-z]+\d*|\d+|_")
# Names of models that begin with fewer common letters have nothing to do with each other.
_LEAST_SHARED = 3


def model_of_file(file_name: str) -> str:
    """The lower-case model name that a file name gives: `modeling_qwen3.py` -> `qwen3`."""
    stem = file_name.rpartition("/")[2].removesuffix(".py")
    return _FILE_PREFIX.sub("", stem).lower()


def _squeezed(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def cased_prefix(model: str, class_names: Sequence[str]) -> str:
    """The prefix that a model's classes share: `Qwen3` in `Qwen3Attention`, `Qwen3Model`.

    It is the cased form of `model` where at least half of the classes begin with it, and else
    the longest prefix of whole words that at least half of the classes begin with. Empty when
    there is neither.
    """
    if not class_names:
        return ""
    wanted = _squeezed(model)
    enough = (len(class_names) + 1) // 2
    prefixes: Counter[str] = Counter()
    for name in class_names:
        parts = _CAMEL_PART.findall(name)
        for end in range(1, len(parts)):
            prefixes["".join(parts[:end])] += 1
    same = [p for p in prefixes if _squeezed(p) == wanted and not p.endswith("_")]
    if wanted and sum(_squeezed(name).startswith(wanted) for name in class_names) >= enough:
        return max(same, key=lambda p: (prefixes[p], p), default="")
    if len(class_names) <= 1:
        return ""
    shared = [p for p, count in prefixes.items() if count >= max(enough, 2)]
    return max(shared, key=lambda p: (len(p), p), default="")


def name_pattern(model: str, prefix: str) -> re.Pattern[str] | None:
    """Matches a model's name in any of its spellings; None when there is no name to match."""
    forms = set()
    for name in (model, prefix):
        parts = [re.escape(part) for part in re.split(r"[_-]+", name) if part]
        if parts:
            forms.add("[_-]?".join(parts))
    if not forms:
        return None
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    # `sam` is in `SamModel` and `sam_model`, and not in `same` or `flotsam`.
    return re.compile(rf"(?<![A-Za-z0-9])(?:(?i:{'|'.join(longest_first)}))(?![a-z])")


def without_model_name(text: str, pattern: re.Pattern[str] | None) -> str:
    """The text with the model's name replaced by a placeholder; lines stay where they are."""
    return pattern.sub(PLACEHOLDER, text) if pattern else text


def role_of(class_name: str, pattern: re.Pattern[str] | None) -> str:
    """What a class is for, by its name less the model's: `Attention` of `LlamaAttention`."""
    return without_model_name(class_name, pattern).replace(PLACEHOLDER, "")


def name_affinity(first: str, second: str) -> float:
    """How much two model names share: 0 (nothing) to 1 (the same), by leading characters.

    Families share a beginning: `qwen3_moe` and `qwen3`, `glm4v` and `glm4`.
    """
    first, second = _squeezed(first), _squeezed(second)
    shared = 0
    for a, b in zip(first, second, strict=False):
        if a != b:
            break
        shared += 1
    if shared < _LEAST_SHARED:
        return 0.0
    return 2 * shared / (len(first) + len(second))
