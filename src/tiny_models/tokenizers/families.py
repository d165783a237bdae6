"""The pipelines of the families, for the library's general tokenizer class."""

from __future__ import annotations

from typing import Any

from tiny_models.tokenizers.pieces import (
    METASPACE,
    Notation,
    byte_pieces,
    listed_pieces,
    merge_pieces,
    scored_pieces,
)
from tiny_models.tokenizers.words import CHARACTERS, FOREIGN_WORDS, WORDS

_SPELLED = Notation(word_start=METASPACE, byte_fallback=True)


def backend(family: str, first: list[str], unknown: str | None, size: int) -> Any:
    """A `tokenizers.Tokenizer` of a family; ``first`` are the tokens that have the first ids.

    ``unknown`` is the token for what no piece covers; families that cover every text need none.
    """
    return _BUILDERS[family](first, unknown, size)


def _byte_level_bpe(first: list[str], unknown: str | None, size: int) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    made = merge_pieces(Notation(byte_level=True), size)
    tokenizer = Tokenizer(models.BPE(vocab=_numbered(first, made.pieces), merges=list(made.merges)))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _bpe_byte_fallback(first: list[str], unknown: str | None, size: int) -> Any:
    from tokenizers import Tokenizer, models

    made = merge_pieces(_SPELLED, size)
    tokenizer = Tokenizer(
        models.BPE(
            vocab=_numbered(first, made.pieces),
            merges=list(made.merges),
            unk_token=unknown,
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    return _spelled_out(tokenizer)


def _character(first: list[str], unknown: str | None, size: int) -> Any:
    from tokenizers import Tokenizer, models

    pieces = (*byte_pieces(), METASPACE, *CHARACTERS)
    tokenizer = Tokenizer(
        models.BPE(
            vocab=_numbered(first, pieces),
            merges=[],
            unk_token=unknown,
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    return _spelled_out(tokenizer)


def _unigram(first: list[str], unknown: str | None, size: int) -> Any:
    from tokenizers import Tokenizer, models

    scores = dict.fromkeys(first, 0.0)
    for piece, score in scored_pieces(_SPELLED, size):
        scores.setdefault(piece, score)
    tokenizer = Tokenizer(
        models.Unigram(
            list(scores.items()),
            unk_id=None if unknown is None else list(scores).index(unknown),
            byte_fallback=True,
        )
    )
    return _spelled_out(tokenizer)


def _wordpiece(first: list[str], unknown: str | None, size: int) -> Any:
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

    pieces = listed_pieces(Notation(continuation="##"), size)
    tokenizer = Tokenizer(models.WordPiece(_numbered(first, pieces), unk_token=unknown or "[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    return tokenizer


def _word_level(first: list[str], unknown: str | None, size: int) -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    words = (*CHARACTERS, *WORDS, *FOREIGN_WORDS)[:size]
    tokenizer = Tokenizer(models.WordLevel(_numbered(first, words), unk_token=unknown or "[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True)]
    )
    return tokenizer


def _spelled_out(tokenizer: Any) -> Any:
    """Spaces as ``▁`` with one before the text, undone by the decoder."""
    from tokenizers import decoders, normalizers

    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend(METASPACE), normalizers.Replace(" ", METASPACE)]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace(METASPACE, " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(content=" ", left=1),
        ]
    )
    return tokenizer


def _numbered(first: list[str], pieces: tuple[str, ...]) -> dict[str, int]:
    return {piece: number for number, piece in enumerate(dict.fromkeys([*first, *pieces]))}


_BUILDERS = {
    "byte_level_bpe": _byte_level_bpe,
    "bpe_byte_fallback": _bpe_byte_fallback,
    "character": _character,
    "unigram": _unigram,
    "wordpiece": _wordpiece,
    "word_level": _word_level,
}
