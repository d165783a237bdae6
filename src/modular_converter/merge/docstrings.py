"""Merging the docstrings of a parent and of its override, as up to transformers 4.53.

All of it goes by the text of the two string literals: so it is in transformers' converter.
"""

from __future__ import annotations

import re

_QUOTES = '"""'
_FENCE = "```"
_INDENT = re.compile(r"(?:\"\"\"|'''|```)\n(\s+)")
_ARGUMENTS = re.compile(r"\n\s*Args:\n")
# `name (type): description` over two lines.
_PARAMETER = re.compile(r"\n\s*.*\(.*\):\n\s*\w")
_OPENING_QUOTES = 'r"'


def merged_docstring(theirs: str, mine: str, mode: str) -> str:
    """The literal that stands for a parent's docstring and that of its override.

    A docstring that describes arguments stands for both, unless only the parent's has a heading for
    them. Otherwise an example of the override replaces that of the parent, whose text above stays.
    Without two examples, what the override says follows what the parent says, unless the parent
    says it too.

    :param theirs: the parent's string literal, with its quotes.
    :param mine: that of the override.
    :param mode: what becomes of the text above an example: "appended" to the parent's as it is, or
        "merged" with it, so that nothing is said twice.
    """
    if _ARGUMENTS.search(mine) or (_PARAMETER.search(mine) and not _ARGUMENTS.search(theirs)):
        return mine
    if _FENCE in mine and _FENCE in theirs.partition(_FENCE)[2]:
        return _with_example(mine, theirs, mode)
    if mine in theirs:
        return mine
    if _PARAMETER.search(mine):
        mine = mine.replace("\n    ", "\n        ")
    return theirs.rstrip('"') + "\n" + mine.lstrip(f"{_OPENING_QUOTES}\n")


def _with_example(mine: str, theirs: str, mode: str) -> str:
    """The parent's parts, with the example of the override and what it says above."""
    parts = theirs.split(_FENCE)
    new = mine.lstrip(_OPENING_QUOTES).split(_FENCE)
    indent = _INDENT.search(theirs)
    spaces = " " * len(indent.group(1)) if indent else ""
    prefix, _, above = parts[0].rstrip(" \n").partition(_QUOTES)
    own_above = new[0].rstrip(" \n")
    if mode == "appended":
        start = above + new[0].rstrip(" ").removesuffix("\n")
    elif own_above.startswith(above):
        start = own_above
    elif above.endswith(own_above):
        start = above
    else:
        start = f"{above}\n{own_above}"
    rest = _FENCE.join(parts[2:])
    return f"{prefix}{_QUOTES}{start}\n\n{spaces}{_FENCE}{new[1]}{_FENCE}{rest}"
