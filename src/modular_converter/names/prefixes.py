"""Choosing the one new model name that a parent file is renamed to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


def common_suffix(first: str, second: str) -> str:
    """The longest common character suffix; empty when it is the whole of either string.

    Characters are compared and not words, as in transformers' converter (5.0 to 5.24).
    """
    size = 0
    while size < min(len(first), len(second)) and first[-1 - size] == second[-1 - size]:
        size += 1
    if size in (0, len(first), len(second)):
        return ""
    return first[-size:]


@dataclass(frozen=True)
class PrefixChoice:
    """The chosen cased prefix, the others that were asked for, and whether it was overruled."""

    cased: str
    others: tuple[str, ...] = ()
    collides_with: str = ""


def prefix_of(class_name: str, base: str, cased_model: str, cased_old: str) -> str:
    """The prefix that one modular class asks for."""
    suffix = common_suffix(class_name, base)
    if suffix[:1].isupper():
        prefix = class_name.replace(suffix, "")
        if len(prefix) < len(cased_model) and cased_model in class_name:
            prefix = cased_model
        return prefix
    if class_name.replace(cased_model, "") == base:
        return cased_model + cased_old
    return cased_model


def choose_prefix(
    pairs: Iterable[tuple[str, str]], cased_model: str, cased_old: str, parent_text: str
) -> PrefixChoice:
    """The prefix for a parent file from its (modular class, base) pairs in source order.

    The most frequent one counts, of several the model's own, else the last; one that would collide
    gives way. These are the choices of transformers' converter (5.0 to 5.24).
    """
    counts = Counter(prefix_of(name, base, cased_model, cased_old) for name, base in pairs)
    if not counts:
        return PrefixChoice(cased_model)
    most = max(counts.values())
    tied = [prefix for prefix, count in counts.items() if count == most]
    chosen = cased_model if cased_model in tied else tied[-1]
    others = tuple(prefix for prefix in counts if prefix != chosen)
    if chosen != cased_model:
        collision = chosen.replace(cased_model, cased_old)
        if f"\nclass {collision}" in f"\n{parent_text}":
            return PrefixChoice(cased_model, others, f"class {collision}")
    return PrefixChoice(chosen, others)
