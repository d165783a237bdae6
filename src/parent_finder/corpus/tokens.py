"""Python source as a stream of hashed tokens, without what formatting and documentation add."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

_OPAQUE = re.compile(
    r"""\#[^\n]*
      |[rRbBuUfF]{0,2}(?:\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''
        |"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    """,
    re.VERBOSE | re.DOTALL,
)
_TOKEN = re.compile(
    r"""\n
      |[^\W\d]\w*
      |\d(?:[eE][+-]|[\w.])*
      |f?"(?:[^"\\\n]|\\.)*"
      |\*\*=?|//=?|>>=?|<<=?|->|:=|\.\.\.|[-+*/%@&|^=!<>]=|[^\s\w]
    """,
    re.VERBOSE | re.DOTALL,
)
_DOCUMENTATION = re.compile(r"^[ \t]*@\w*docstring\w*", re.MULTILINE)

# Longer literals are messages: that there is one says more than what it says.
_LONGEST_LITERAL = 48


class _TokenHashes(dict[str, int]):
    def __missing__(self, token: str) -> int:
        digest = hashlib.blake2b(token.encode(errors="replace"), digest_size=8).digest()
        value = int.from_bytes(digest, "little")
        # The lowest bit distinguishes words from all else.
        value = value | 1 if token.isidentifier() else value & ~1
        self[token] = value
        return value


_HASHES = _TokenHashes()


def token_hash(token: str) -> int:
    """The stable 64-bit hash of a token: odd for words, even for all else."""
    return _HASHES[token]


_NEWLINE = np.uint64(token_hash("\n"))
_COMMA = np.uint64(token_hash(","))
_CLOSERS = np.array([token_hash(closer) for closer in ")]}"], dtype=np.uint64)


def hashed_tokens(text: str) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """The hashes of a text's tokens, and the line of each (from 1).

    Comments, triple-quoted strings, decorators that only write documentation and trailing commas
    are left out; quote characters are unified and long literals are reduced to their being there.
    The text need not be valid Python.
    """
    plain = _OPAQUE.sub(_opaque, text)
    words = _TOKEN.findall(plain)
    stream = np.fromiter(map(_HASHES.__getitem__, words), dtype=np.uint64, count=len(words))
    breaks = stream == _NEWLINE
    lines = np.cumsum(breaks) + 1
    keep = ~breaks
    documentation = _documentation_lines(plain)
    if documentation:
        keep &= ~np.isin(lines, documentation)
    stream, lines = stream[keep], lines[keep]
    trailing = np.zeros(len(stream), dtype=bool)
    trailing[:-1] = (stream[:-1] == _COMMA) & np.isin(stream[1:], _CLOSERS)
    return stream[~trailing], lines[~trailing]


def _opaque(match: re.Match[str]) -> str:
    """What stands for a comment or a string: as many lines, and for a string its literal."""
    text = match.group()
    if text[0] == "#":
        return ""
    body = text.lstrip("rRbBuUfF")
    if body.startswith(('"""', "'''")):
        return "\n" * text.count("\n")
    mark = "f" if "f" in text[: len(text) - len(body)].lower() else ""
    literal = body[1:-1] if len(body) <= _LONGEST_LITERAL else "…"
    literal = literal.replace('"', "'").replace("\\\n", "").replace("\\", "/")
    return f'{mark}"{literal}"' + "\n" * text.count("\n")


def _documentation_lines(text: str) -> list[int]:
    numbers: list[int] = []
    for match in _DOCUMENTATION.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        depth = 0
        for token in _TOKEN.finditer(text, match.end()):
            if token.group() == "\n":
                numbers.append(line)
                line += 1
                if depth <= 0:
                    break
            elif token.group() in "([{":
                depth += 1
            elif token.group() in ")]}":
                depth -= 1
    return numbers
