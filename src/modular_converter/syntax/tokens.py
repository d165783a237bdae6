"""A small lexer that separates code from strings and comments.

Renaming and dependency search only need to know where string literals, comments and the literal
parts of f-strings are. Written here because `tokenize` is many times slower, normalizes line ends,
and before Python 3.12 does not look into f-strings.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from functools import lru_cache

CODE, STRING, COMMENT, FORMAT_TEXT = "code", "string", "comment", "format_text"

# Yields pieces as `tokens` does, and returns the position after the last one.
_Scan = Generator[tuple[str, int, int], None, int]

# Written so that what is between quotes and backslashes is passed over in one step.
STRING_OR_COMMENT = re.compile(
    r"#[^\n]*"
    r'|"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"""'
    r"|'''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*'''"
    r'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"'
    r"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'",
    re.DOTALL,
)
_PREFIX_LETTERS = frozenset("rRbBuUfFtT")
_IDENTIFIER = re.compile(r"\b[^\W\d]\w*")
# Blanks in place of the characters that words do not have.
_WORDS_ALONE = "".join(c if c.isalnum() or c == "_" else " " for c in map(chr, range(128)))
_PUNCTUATION = re.compile(r"[()\[\]{},:]")
_REFERENCE = re.compile(r"(?<![.\w])[^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*")
# A string that may be an annotation: names joined by dots, brackets, commas and bars.
_QUOTED_NAME = re.compile(
    r"""[:>|\[,]\s*(["'])([^\W\d][\w.]*(?:\s*[\[\],|]\s*[\w."']*)*)\1(?=\s*[\],)=:|}\n])"""
)


def _prefix_start(text: str, quote: int, floor: int) -> int:
    start = quote
    while start > floor and quote - start < 2 and text[start - 1] in _PREFIX_LETTERS:
        start -= 1
    if start > floor and (text[start - 1].isalnum() or text[start - 1] == "_"):
        return quote
    return start


def tokens(text: str, position: int = 0) -> Iterator[tuple[str, int, int]]:
    """Yields (kind, start, end) covering ``text`` from a position on, in order.

    f-strings come out as alternating FORMAT_TEXT and the pieces of their replacement
    fields (CODE, STRING, ...), so that expressions inside braces are seen as code.
    """
    search = STRING_OR_COMMENT.search
    while True:
        match = search(text, position)
        if match is None:
            break
        start, end = match.span()
        if text[start] == "#":
            if start > position:
                yield CODE, position, start
            yield COMMENT, start, end
            position = end
            continue
        begin = _prefix_start(text, start, position)
        if begin > position:
            yield CODE, position, begin
        prefix = text[begin:start]
        if "f" in prefix or "F" in prefix:
            end = yield from _format_string(text, begin, start)
        else:
            yield STRING, begin, end
        position = end
    if position < len(text):
        yield CODE, position, len(text)


def _format_string(text: str, begin: int, quote: int) -> _Scan:
    mark = text[quote]
    delimiter = mark * 3 if text.startswith(mark * 3, quote) else mark
    raw = "r" in text[begin:quote].lower()
    position = quote + len(delimiter)
    literal = begin
    size = len(text)
    while position < size:
        char = text[position]
        if text.startswith(delimiter, position):
            end = position + len(delimiter)
            yield FORMAT_TEXT, literal, end
            return end
        if char == "\\" and not raw and text.startswith("N{", position + 1):
            closing = text.find("}", position)
            position = size if closing < 0 else closing + 1
        elif char == "\\" or text.startswith(("{{", "}}"), position):
            position += 2
        elif char == "{":
            yield FORMAT_TEXT, literal, position + 1
            position = yield from _replacement_field(text, position + 1)
            literal = position
        else:
            position += 1
    yield FORMAT_TEXT, literal, size
    return size


def _replacement_field(text: str, start: int) -> _Scan:
    """The inside of ``{...}`` up to, not including, the closing brace."""
    depth = 0
    position = code = start
    size = len(text)
    while position < size:
        char = text[position]
        if char in "\"'":
            match = STRING_OR_COMMENT.match(text, position)
            if match is None:
                position += 1
                continue
            begin = _prefix_start(text, position, code)
            if begin > code:
                yield CODE, code, begin
            if "f" in text[begin:position].lower():
                position = yield from _format_string(text, begin, position)
            else:
                yield STRING, begin, match.end()
                position = match.end()
            code = position
        elif char in "([{":
            depth += 1
            position += 1
        elif char in ")]" or (char == "}" and depth):
            depth -= 1
            position += 1
        elif char == "}":
            break
        elif char == ":" and depth == 0:
            if position > code:
                yield CODE, code, position
            return (yield from _format_spec(text, position))
        else:
            position += 1
    if position > code:
        yield CODE, code, position
    return position


def _format_spec(text: str, start: int) -> _Scan:
    position = literal = start
    while position < len(text) and text[position] not in "}\"'\n":
        if text[position] == "{":
            yield FORMAT_TEXT, literal, position + 1
            position = yield from _replacement_field(text, position + 1)
            literal = position
            if position < len(text):
                position += 1
        else:
            position += 1
    if position > literal:
        yield FORMAT_TEXT, literal, position
    return position


def code_only(text: str) -> str:
    """``text`` with strings, comments and f-string literals replaced by a blank."""
    if '"' not in text and "'" not in text and "#" not in text:
        return text
    pieces = []
    for kind, start, end in tokens(text):
        pieces.append(text[start:end] if kind is CODE else " ")
    return "".join(pieces)


def without_long_strings(text: str) -> str:
    """The text with nothing in strings of several lines, whose lines stay."""
    pieces = []
    position = 0
    for match in STRING_OR_COMMENT.finditer(text):
        start, end = match.span()
        breaks = text.count("\n", start, end)
        if breaks:
            line = text[text.rfind("\n", 0, start) + 1 : start]
            indent = line[: len(line) - len(line.lstrip(" "))]
            pieces.append(f'{text[position:start]}""' + "\n" * breaks + f'{indent}""')
            position = end
    pieces.append(text[position:])
    return "".join(pieces)


def identifiers(text: str) -> frozenset[str]:
    """Every identifier in the code of ``text``, attribute and keyword names included."""
    return identifiers_in(code_only(text))


def identifiers_in(code: str) -> frozenset[str]:
    """The same for a text without strings and comments."""
    if not code.isascii():
        return frozenset(_IDENTIFIER.findall(code))
    return frozenset(filter(str.isidentifier, set(code.translate(_WORDS_ALONE).split())))


def references(text: str, *, quoted: bool = True) -> set[str]:
    """Dotted names that ``text`` may refer to, with ``quoted`` also in quoted annotations.

    A superset of what a scope analysis finds: keyword names and locally bound names are in it.
    """
    names = references_in(code_only(text))
    return names | quoted_names(text) if quoted else names


def references_in(code: str) -> set[str]:
    """The same for a text without strings and comments."""
    return {"".join(name.split()) for name in set(_REFERENCE.findall(code))}


def refers_to(code: str, name: str) -> bool:
    """Whether a text without strings and comments refers to a name without dots."""
    start = code.find(name)
    while start >= 0:
        before, after = code[start - 1 : start], code[start + len(name) : start + len(name) + 1]
        if before != "." and not (_continues_name(before) or _continues_name(after)):
            # What follows a dot and blanks is an attribute, but only of a name.
            if not before.isspace() or not code[:start].rstrip().endswith("."):
                return True
            return name in {reference.partition(".")[0] for reference in references_in(code)}
        start = code.find(name, start + 1)
    return False


def _continues_name(character: str) -> bool:
    """Whether a character, or none, is part of a name."""
    return character.isalnum() or character == "_"


def quoted_names(text: str) -> set[str]:
    """Dotted names in strings that may be annotations."""
    if '"' not in text and "'" not in text:
        return set()
    return {
        name
        for _, annotation in _QUOTED_NAME.findall(text)
        for name in _REFERENCE.findall(annotation)
    }


def punctuation(text: str, position: int = 0) -> Iterator[tuple[str, int]]:
    """The brackets, commas and colons of the code from a position on, each with its offset."""
    for kind, start, end in tokens(text, position):
        if kind is CODE:
            for match in _PUNCTUATION.finditer(text, start, end):
                yield match.group(), match.start()


@lru_cache(maxsize=4096)
def matching_bracket(text: str, opening: int) -> int:
    """Offset of the bracket that closes the one at ``opening``, or -1."""
    depth = 0
    for mark, offset in punctuation(text, opening):
        if mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth -= 1
            if depth == 0:
                return offset
    return -1


def strip_comments(text: str) -> str:
    """``text`` without what follows ``#`` on each line, the ends stripped."""
    return _AFTER_HASH.sub("", text).strip()


_AFTER_HASH = re.compile(r"#.*$", re.MULTILINE)
