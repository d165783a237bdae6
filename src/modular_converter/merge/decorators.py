"""Decorators of modular classes and methods as they are written out."""

from __future__ import annotations

import re

from modular_converter.conventions.profiles import Profile
from modular_converter.syntax.definitions import Head

_MARKER = "no_inherit_decorator"
_DEPRECATION = re.compile(r"^[ \t]*@(?:\w+\.)*deprecate_kwarg\(", re.MULTILINE)


def is_marker(decorator: str, profile: Profile) -> bool:
    """Whether a decorator's text only says that none is inherited."""
    return profile.no_inherit_decorator and decorator.strip().rpartition("@")[2] == _MARKER


def kept_decorators(head: Head, profile: Profile) -> str:
    """The decorators that are written out."""
    return "".join(text for text in head.decorators if not is_marker(text, profile))


def inherited_decorators(mine: Head, theirs: Head, profile: Profile) -> list[tuple[int, str]]:
    """The parent's decorators that an overriding method keeps: position and text of each.

    Decorators of the override replace all of the parent's. From transformers 5.24.0 on,
    `deprecate_kwarg(...)` alone only replaces the parent's own deprecations: the other decorators
    are inherited, and are written above.
    """
    if not mine.decorators:
        return list(enumerate(theirs.decorators))
    if not profile.deprecations_keep_decorators or not all(map(_deprecates, mine.decorators)):
        return []
    return [
        (position, text) for position, text in enumerate(theirs.decorators) if not _deprecates(text)
    ]


def _deprecates(decorator: str) -> bool:
    return _DEPRECATION.search(decorator) is not None
