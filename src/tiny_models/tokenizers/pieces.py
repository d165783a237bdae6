"""Vocabulary pieces: made from fixed words by fixed rules, for each way of writing pieces."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tiny_models.tokenizers.words import CHARACTERS, FOREIGN_WORDS, WORDS

METASPACE = "▁"


@dataclass(frozen=True)
class Notation:
    """How a tokenizer writes pieces.

    ``word_start`` begins a word's first piece (``▁``), ``continuation`` any later one (``##``),
    ``word_end`` its last (``</w>``); ``byte_level`` writes each byte as one printable character,
    and ``byte_fallback`` has a piece ``<0xNN>`` for each byte.
    """

    word_start: str = ""
    continuation: str = ""
    word_end: str = ""
    byte_level: bool = False
    byte_fallback: bool = False


@dataclass(frozen=True)
class MergePieces:
    """A BPE vocabulary: pieces in the order of their ids, and merges in the order of their rank."""

    pieces: tuple[str, ...]
    merges: tuple[tuple[str, str], ...]


def byte_characters() -> tuple[str, ...]:
    """The printable character of each byte, by byte, as byte-level BPE writes them."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return tuple(chr(byte if byte in printable else next(others)) for byte in range(256))


def byte_pieces() -> tuple[str, ...]:
    """The pieces of byte fallback, by byte."""
    return tuple(f"<0x{byte:02X}>" for byte in range(256))


def merge_pieces(notation: Notation, size: int) -> MergePieces:
    """A BPE vocabulary of at most ``size`` pieces, never fewer than its alphabet."""
    words = [_symbols(word, notation) for word in (*WORDS, *FOREIGN_WORDS)]
    alphabet: dict[str, None] = {}
    if notation.byte_fallback:
        alphabet.update(dict.fromkeys(byte_pieces()))
    if notation.byte_level:
        alphabet.update(dict.fromkeys(sorted(byte_characters())))
        if notation.word_end:
            alphabet.update(
                dict.fromkeys(character + notation.word_end for character in list(alphabet))
            )
    else:
        if notation.word_start:
            alphabet[notation.word_start] = None
        for character in CHARACTERS:
            alphabet[character] = None
            if notation.word_end:
                alphabet[character + notation.word_end] = None
        alphabet.update(dict.fromkeys(symbol for word in words for symbol in word))
    pieces = dict(alphabet)
    merges: dict[tuple[str, str], None] = {}
    for word in words:
        for merge in zip(_prefixes(word), word[1:], strict=False):
            if len(pieces) >= size:
                return MergePieces(tuple(pieces), tuple(merges))
            merges.setdefault(merge)
            pieces.setdefault("".join(merge))
    return MergePieces(tuple(pieces), tuple(merges))


def scored_pieces(notation: Notation, size: int) -> tuple[tuple[str, float], ...]:
    """A Unigram vocabulary: at most ``size`` pieces with log probabilities, likeliest first.

    The probabilities follow a word's rank, as in natural text; a character is less likely than any
    word, so that whole words win over spelling them.
    """
    fallback = [(piece, -20.0) for piece in (byte_pieces() if notation.byte_fallback else ())]
    characters = _characters(notation)
    words = _whole_words(notation)[: max(0, size - len(characters) - len(fallback))]
    return (
        *fallback,
        *((word, _log_probability(rank)) for rank, word in enumerate(words)),
        *((character, _log_probability(1000 + rank)) for rank, character in enumerate(characters)),
    )


def listed_pieces(notation: Notation, size: int) -> tuple[str, ...]:
    """A WordPiece vocabulary of at most ``size`` pieces: characters, then words."""
    starts = [notation.word_start + character for character in CHARACTERS]
    inner = [notation.continuation + character for character in CHARACTERS]
    characters = list(dict.fromkeys([*starts, *inner]))
    endings = [notation.continuation + ending for ending in ("s", "ed", "ing", "er", "ly", "est")]
    pieces = dict.fromkeys([*characters, *endings])
    for word in _whole_words(notation):
        if len(pieces) >= size:
            break
        pieces.setdefault(word)
    return tuple(pieces)


def _symbols(word: str, notation: Notation) -> list[str]:
    if notation.byte_level:
        characters = byte_characters()
        spelled = word if notation.word_end else " " + word
        symbols = [characters[byte] for byte in spelled.encode()]
    else:
        symbols = list(word)
        if notation.word_start:
            symbols.insert(0, notation.word_start)
    if notation.word_end:
        symbols[-1] += notation.word_end
    return symbols


def _prefixes(symbols: list[str]) -> Iterable[str]:
    prefix = ""
    for symbol in symbols:
        prefix += symbol
        yield prefix


def _characters(notation: Notation) -> list[str]:
    start = [notation.word_start] if notation.word_start else []
    return [*start, *CHARACTERS]


def _whole_words(notation: Notation) -> list[str]:
    return list(
        dict.fromkeys(
            notation.word_start + word + notation.word_end
            for word in (*WORDS, *FOREIGN_WORDS)
            if len(notation.word_start + word) > 1
        )
    )


def _log_probability(rank: int) -> float:
    # Exact in binary, so that no platform's logarithm enters the files.
    return -(rank // 16 + 32) / 16
