"""Decorators of modular classes and methods as they are written out."""

from __future__ import annotations

from modular_converter.conventions.profiles import Profile
from modular_converter.syntax.definitions import Head

_MARKER = "no_inherit_decorator"


def is_marker(decorator: str, profile: Profile) -> bool:
    """Whether a decorator's text only says that none is inherited."""
    return profile.no_inherit_decorator and decorator.strip().rpartition("@")[2] == _MARKER


def kept_decorators(head: Head, profile: Profile) -> str:
    """The decorators that are written out."""
    return "".join(text for text in head.decorators if not is_marker(text, profile))
