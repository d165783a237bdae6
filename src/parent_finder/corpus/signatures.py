"""Source without the bodies of its functions, of which an index needs no syntax tree.

Half of the time of an index went into building and freeing trees, and most of a tree is bodies.
"""

from __future__ import annotations

import re

_STRING_OR_COMMENT = re.compile(
    r"""\#[^\n]*
      |\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''
      |"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'
    """,
    re.VERBOSE | re.DOTALL,
)
# Deeper than any code.
_DEEP = 99
_FUNCTION = re.compile(r"(?:async\s+)?def\b")


def without_bodies(text: str) -> str | None:
    """The text of a module with a name in the last line of each function's body, the rest blank.

    All else keeps its line. A body's lines are recognised by their indentation. Where that
    misleads, between brackets, the result is not valid Python, since the closing bracket is left
    alone. None for a text in which indentation says too little: with tabs, or with lines
    continued by a backslash.
    """
    plain = _STRING_OR_COMMENT.sub(_blank, text)
    if "\\\n" in plain or "\t" in plain or "\f" in plain:
        return None
    lines = text.split("\n")
    bare = plain.split("\n")
    number, count = 0, len(lines)
    while number < count:
        code = bare[number].lstrip(" ")
        if not _FUNCTION.match(code):
            number += 1
            continue
        indentation = len(bare[number]) - len(code)
        number = _after_header(bare, number)
        if not bare[number - 1].rstrip().endswith(":"):
            continue
        first, last = number, 0
        while number < count:
            code = bare[number].lstrip(" ")
            if code and len(bare[number]) - len(code) <= indentation:
                break
            if code:
                last = number
            number += 1
        if last:
            lines[first : last + 1] = [""] * (last - first) + [" " * (indentation + 1) + "_"]
    return "\n".join(lines)


def _after_header(bare: list[str], number: int) -> int:
    """The line after the one that closes the brackets of a definition's first line."""
    depth = 0
    while number < len(bare):
        line = bare[number]
        depth += line.count("(") + line.count("[") + line.count("{")
        depth -= line.count(")") + line.count("]") + line.count("}")
        number += 1
        if depth <= 0:
            break
    return number


def _blank(match: re.Match[str]) -> str:
    """What stands for a comment or string: as many lines, and a mark where a string ends.

    The mark is indented, since a string's lines may begin anywhere.
    """
    token = match.group()
    if token[0] == "#":
        return ""
    breaks = token.count("\n")
    return "\n" * breaks + " " * _DEEP + '""' if breaks else '""'
