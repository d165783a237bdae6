"""Vocabulary files of the tokenizer classes that are written in Python, by kind of file."""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Mapping
from typing import Any

from tiny_models.tokenizers.pieces import (
    METASPACE,
    Notation,
    listed_pieces,
    merge_pieces,
    scored_pieces,
)
from tiny_models.tokenizers.sentencepiece_file import ControlPieces, model_bytes
from tiny_models.tokenizers.words import CHARACTERS

# A file's parameter in the class's `vocab_files_names` -> its content.
Files = Mapping[str, bytes]

_AMINO_ACIDS = "LAGVSERTIDPKQNFYMHWCXBUZO"
_METASPACE = Notation(word_start=METASPACE)
_FAIRSEQ = ControlPieces(("<s>", "<pad>", "</s>", "<unk>"), padding="<pad>")
_SUFFIXED = Notation(word_end="</w>")


def files_of(kind: str, tokens: Mapping[str, str], size: int) -> Files:
    """The files of a kind; ``tokens`` has the special tokens' texts by attribute."""
    return _WRITERS[kind](tokens, size)


def _none(tokens: Mapping[str, str], size: int) -> Files:
    return {}


def _sentencepiece(tokens: Mapping[str, str], size: int) -> Files:
    return {"vocab_file": _model(size)}


def _sentencepiece_t5(tokens: Mapping[str, str], size: int) -> Files:
    control = ControlPieces(("<pad>", "</s>", "<unk>"), beginning=None, padding="<pad>")
    return {"vocab_file": _model(size, control)}


def _sentencepiece_gpt(tokens: Mapping[str, str], size: int) -> Files:
    control = ControlPieces(
        ("<pad>", "<unk>", "<|endoftext|>", "<s>"), end="<|endoftext|>", padding="<pad>"
    )
    return {"vocab_file": _model(size, control)}


def _sentencepiece_characters(tokens: Mapping[str, str], size: int) -> Files:
    scored = ((piece, -float(rank)) for rank, piece in enumerate((METASPACE, *CHARACTERS)))
    return {"vocab_file": model_bytes(_FAIRSEQ, scored)}


def _bartpho(tokens: Mapping[str, str], size: int) -> Files:
    pieces = [piece for piece, _score in scored_pieces(_METASPACE, size)]
    return {
        "vocab_file": _model(size),
        "monolingual_vocab_file": _lines(f"{piece} 1" for piece in pieces),
    }


def _m2m(tokens: Mapping[str, str], size: int) -> Files:
    return {"vocab_file": _json(_beside_model(tokens, size)), "spm_file": _model(size)}


def _marian(tokens: Mapping[str, str], size: int) -> Files:
    model = _model(size, ControlPieces(("<unk>", "<s>", "</s>")))
    vocabulary = _beside_model({"eos_token": "</s>", "unk_token": "<unk>"}, size)
    vocabulary["<pad>"] = len(vocabulary)
    return {"source_spm": model, "target_spm": model, "vocab": _json(vocabulary)}


def _suffix_merges(tokens: Mapping[str, str], size: int) -> Files:
    """Pieces end in ``</w>`` at a word's end; each merge has a count, which no class reads."""
    made = merge_pieces(_SUFFIXED, size)
    return {
        "vocab_file": _json(_numbered([*dict.fromkeys(tokens.values()), *made.pieces])),
        "merges_file": _lines(f"{left} {right} 1" for left, right in made.merges),
    }


def _fsmt(tokens: Mapping[str, str], size: int) -> Files:
    files = _suffix_merges(tokens, size)
    vocabulary = files["vocab_file"]
    return {
        "src_vocab_file": vocabulary,
        "tgt_vocab_file": vocabulary,
        "merges_file": files["merges_file"],
    }


def _joined_merges(tokens: Mapping[str, str], size: int) -> Files:
    """Pieces end in ``@@`` inside a word; the merges have ``</w>`` at its end, and a header."""
    made = merge_pieces(_SUFFIXED, size)
    return {
        "vocab_file": _json(_numbered([*dict.fromkeys(tokens.values()), *_joined(made.pieces)])),
        "merges_file": _merge_lines(made.merges),
    }


def _counted_merges(tokens: Mapping[str, str], size: int) -> Files:
    """As `_joined_merges`, but lines of pieces and of merges, each with a count."""
    made = merge_pieces(_SUFFIXED, size)
    return {
        "vocab_file": _lines(f"{piece} 1" for piece in _joined(made.pieces)),
        "merges_file": _lines(f"{left} {right} 1" for left, right in made.merges),
    }


def _byte_merges(tokens: Mapping[str, str], size: int) -> Files:
    made = merge_pieces(Notation(byte_level=True), size)
    # The class writes a space as a token of its own.
    first = [*dict.fromkeys(tokens.values()), "[SPACE]"]
    return {
        "vocab_file": _json(_numbered([*first, *made.pieces])),
        "merges_file": _merge_lines(made.merges),
    }


def _wordpiece_lines(tokens: Mapping[str, str], size: int) -> Files:
    pieces = listed_pieces(Notation(continuation="##"), size)
    return {"vocab_file": _lines(dict.fromkeys([*tokens.values(), *pieces]))}


def _roc_bert(tokens: Mapping[str, str], size: int) -> Files:
    vocabulary = _wordpiece_lines(tokens, size)["vocab_file"]
    pieces = vocabulary.decode().splitlines()
    # How a character looks and sounds: as many classes as the alphabet has letters.
    numbers = {piece: number % len(string.ascii_lowercase) for number, piece in enumerate(pieces)}
    return {
        "vocab_file": vocabulary,
        "word_shape_file": _json(numbers),
        "word_pronunciation_file": _json(numbers),
    }


def _cpm_ant(tokens: Mapping[str, str], size: int) -> Files:
    pieces = listed_pieces(Notation(), size)
    return {"vocab_file": _lines(dict.fromkeys([*tokens.values(), *pieces]))}


def _esm(tokens: Mapping[str, str], size: int) -> Files:
    return {
        "vocab_file": _lines(
            ["<cls>", "<pad>", "<eos>", "<unk>", *_AMINO_ACIDS, ".", "-", "<null_1>", "<mask>"]
        )
    }


def _gpt_neox_japanese(tokens: Mapping[str, str], size: int) -> Files:
    # A comma in a line separates ways of writing one piece.
    pieces = [piece for piece in listed_pieces(Notation(), size) if piece != ","]
    marks = ["<SP>", "<BR>", "<TAB>", "<BLOCK>", "<KIGOU>", "<U2000U2BFF>"]
    scalars = [f"<|byte{byte}|>" for byte in range(256)]
    first = [*dict.fromkeys(tokens.values()), *marks, *scalars]
    emoji = {"emoji": {"😀": "<|emoji1|>"}, "emoji_inv": {"<|emoji1|>": "😀"}}
    return {
        "vocab_file": _lines([*first, "<|emoji1|>", ",", *pieces]),
        "emoji_file": _json(emoji),
    }


def _characters_json(tokens: Mapping[str, str], size: int) -> Files:
    first = list(dict.fromkeys(tokens.values()))
    characters = [*string.digits, *string.ascii_lowercase, " ", "'", "-"]
    return {"vocab_file": _json(_numbered([*first, *characters]))}


def _ctc_json(tokens: Mapping[str, str], size: int) -> Files:
    order = ("pad_token", "bos_token", "eos_token", "unk_token")
    first = [tokens[name] for name in order if name in tokens]
    return {"vocab_file": _json(_numbered([*first, "|", *string.ascii_letters, "'"]))}


def _byte_maps(tokens: Mapping[str, str], size: int) -> Files:
    # One rule each way, on bytes that no UTF-8 text has, so that texts come back as they were.
    return {"vocab_file": _json({"decompose_map": {}, "merge_map": {"f8 f9": "fa fb"}})}


def _model(
    size: int,
    control: ControlPieces = _FAIRSEQ,
) -> bytes:
    return model_bytes(control, scored_pieces(_METASPACE, size))


def _beside_model(tokens: Mapping[str, str], size: int) -> dict[str, int]:
    order = ("bos_token", "pad_token", "eos_token", "unk_token")
    first = [tokens[name] for name in order if name in tokens]
    pieces = [piece for piece, _score in scored_pieces(_METASPACE, size)]
    return _numbered([*first, *pieces])


def _joined(pieces: tuple[str, ...]) -> list[str]:
    return [
        piece.removesuffix("</w>") if piece.endswith("</w>") else f"{piece}@@" for piece in pieces
    ]


def _merge_lines(merges: tuple[tuple[str, str], ...]) -> bytes:
    return _lines(["#version: 0.2", *(f"{left} {right}" for left, right in merges)])


def _numbered(pieces: list[str]) -> dict[str, int]:
    return {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}


def _lines(lines: Any) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


_WRITERS: Mapping[str, Callable[[Mapping[str, str], int], Files]] = {
    "none": _none,
    "sentencepiece": _sentencepiece,
    "sentencepiece_t5": _sentencepiece_t5,
    "sentencepiece_gpt": _sentencepiece_gpt,
    "sentencepiece_characters": _sentencepiece_characters,
    "bartpho": _bartpho,
    "m2m": _m2m,
    "marian": _marian,
    "suffix_merges": _suffix_merges,
    "fsmt": _fsmt,
    "joined_merges": _joined_merges,
    "counted_merges": _counted_merges,
    "byte_merges": _byte_merges,
    "wordpiece_lines": _wordpiece_lines,
    "roc_bert": _roc_bert,
    "cpm_ant": _cpm_ant,
    "esm": _esm,
    "gpt_neox_japanese": _gpt_neox_japanese,
    "characters_json": _characters_json,
    "ctc_json": _ctc_json,
    "byte_maps": _byte_maps,
}
