"""Shrinking a tokenizer's vocabulary, as functions on the content of a `tokenizer.json`."""

from __future__ import annotations

import copy
import re
import string
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tiny_models.tokenizers.pieces import METASPACE
from toolkit.errors import InputError

_BYTE_PIECE = re.compile(r"<0x[0-9A-F]{2}>")
# Tokens that stand for nothing yet.
_RESERVED = re.compile(
    r".*(reserved|unused|placeholder)_?(special_)?(token)?_?\d+.*", re.IGNORECASE
)
# What most texts are spelled with; the first stands for a space.
_COMMON = frozenset(METASPACE + string.digits + string.ascii_letters + string.punctuation)


def shrink(
    serialized: Mapping[str, Any], size: int, wanted: Collection[str] = ()
) -> dict[str, Any]:
    """A consistent tokenizer with at most ``size`` pieces, and the special tokens besides.

    Pieces keep their order, so that of any two kept ones the same has the smaller id. Special
    tokens stay, but for reserved ones that are not ``wanted``. Raises InputError.
    """
    result = copy.deepcopy(dict(serialized))
    model = result.get("model")
    if not isinstance(model, dict) or not isinstance(result.get("added_tokens"), list):
        raise InputError("tokenizer.json: expected a model and added_tokens")
    added = [
        token
        for token in result["added_tokens"]
        if token["content"] in wanted or not _RESERVED.fullmatch(token["content"])
    ]
    texts = {token["content"] for token in added} | set(wanted)
    kind = model.get("type") or ("Unigram" if isinstance(model.get("vocab"), list) else "BPE")
    if kind == "Unigram":
        ids = _shrink_unigram(model, size, texts)
    elif kind == "BPE":
        ids = _shrink_bpe(model, size, texts)
    elif kind in ("WordPiece", "WordLevel"):
        ids = _shrink_list(model, size, texts)
    else:
        raise InputError(f"tokenizer.json: unknown kind of model: {kind}")
    for token in sorted(added, key=_token_id):
        token["id"] = ids.setdefault(token["content"], len(ids))
    result["added_tokens"] = sorted(added, key=_token_id)
    if result.get("post_processor") is not None:
        result["post_processor"] = _renumbered(result["post_processor"], ids)
    padding = result.get("padding")
    if isinstance(padding, dict) and padding.get("pad_token") in ids:
        padding["pad_id"] = ids[padding["pad_token"]]
    return result


def shrink_lines(lines: list[str], size: int, special: Collection[str]) -> list[str]:
    """The lines of a `vocab.txt` to keep, in their order: as `shrink` chooses them."""
    model = {
        "vocab": {piece: number for number, piece in enumerate(lines)},
        "continuing_subword_prefix": "##",
    }
    _shrink_list(model, size, special)
    return list(model["vocab"])


def shrink_merges(
    vocabulary: Mapping[str, int], merges: list[str], size: int, special: Collection[str]
) -> tuple[dict[str, int], list[str]]:
    """A `vocab.json` and the lines of merges beside it: as `shrink` chooses them."""
    lines = {tuple(line.split()[:2]): line for line in merges}
    model: dict[str, Any] = {"vocab": dict(vocabulary), "merges": list(lines)}
    _shrink_bpe(model, size, special)
    return model["vocab"], [lines[left, right] for left, right in model["merges"]]


def _token_id(token: Mapping[str, Any]) -> int:
    return int(token["id"])


def _shrink_bpe(model: dict[str, Any], size: int, texts: Collection[str]) -> dict[str, int]:
    vocabulary: dict[str, int] = model["vocab"]
    order = sorted(vocabulary, key=lambda piece: vocabulary[piece])
    merges = [_merge(merge) for merge in model["merges"]]
    made = {left + _joined(model, right) for left, right in merges}
    kept = dict.fromkeys(piece for piece in order if piece in texts)
    if model.get("unk_token"):
        kept.setdefault(model["unk_token"])
    special = len(kept)
    alphabet = [piece for piece in order if piece not in made and piece not in kept]
    kept.update(dict.fromkeys(_alphabet(alphabet, size)))
    kept_merges = []
    for left, right in merges:
        result = left + _joined(model, right)
        if left in kept and right in kept and result in vocabulary:
            if result not in kept:
                if len(kept) - special >= size:
                    continue
                kept[result] = None
            kept_merges.append([left, right])
    model["merges"] = kept_merges
    model["vocab"] = _numbered(order, kept)
    return dict(model["vocab"])


def _shrink_unigram(model: dict[str, Any], size: int, texts: Collection[str]) -> dict[str, int]:
    pieces: list[list[Any]] = model["vocab"]
    order = [piece for piece, _score in pieces]
    unknown = None if model.get("unk_id") is None else order[model["unk_id"]]
    kept = dict.fromkeys(piece for piece in order if piece in texts or piece == unknown)
    special = len(kept)
    letters = [piece for piece in order if len(piece) == 1 or _BYTE_PIECE.fullmatch(piece)]
    kept.update(dict.fromkeys(_alphabet(letters, size)))
    # Likeliest first; of equals, the one with the smaller id.
    for piece, _score in sorted(pieces, key=lambda entry: -float(entry[1])):
        if len(kept) - special >= size:
            break
        kept.setdefault(piece)
    # A piece that is there twice has the score and the id of the first.
    first = {entry[0]: entry for entry in reversed(pieces) if entry[0] in kept}
    model["vocab"] = [entry for entry in pieces if first.get(entry[0]) is entry]
    ids = {entry[0]: number for number, entry in enumerate(model["vocab"])}
    if unknown is not None:
        model["unk_id"] = ids[unknown]
    return ids


def _shrink_list(model: dict[str, Any], size: int, texts: Collection[str]) -> dict[str, int]:
    vocabulary: dict[str, int] = model["vocab"]
    order = sorted(vocabulary, key=lambda piece: vocabulary[piece])
    prefix = model.get("continuing_subword_prefix") or ""
    kept = dict.fromkeys(
        piece for piece in order if piece in texts or piece == model.get("unk_token")
    )
    special = len(kept)
    letters = [piece for piece in order if len(piece.removeprefix(prefix)) == 1]
    kept.update(dict.fromkeys(_alphabet(letters, size, prefix)))
    for piece in order:
        if len(kept) - special >= size:
            break
        if not _RESERVED.fullmatch(piece):
            kept.setdefault(piece)
    model["vocab"] = _numbered(order, kept)
    return dict(model["vocab"])


def _alphabet(pieces: Iterable[str], size: int, prefix: str = "") -> list[str]:
    """Bytes and ASCII characters, and others up to half of the pieces."""
    pieces = list(pieces)
    if len(pieces) <= size // 2:
        return pieces
    needed = [
        piece
        for piece in pieces
        if _BYTE_PIECE.fullmatch(piece) or piece.removeprefix(prefix)[:1] in _COMMON
    ]
    # Byte-level BPE needs its 256 characters to spell every text.
    room = max(256, size // 2) - len(needed)
    chosen = set(needed)
    others = [piece for piece in pieces if piece not in chosen]
    return [*needed, *others[: max(0, room)]]


def _merge(merge: Any) -> tuple[str, str]:
    left, right = merge.split(" ") if isinstance(merge, str) else merge
    return left, right


def _joined(model: Mapping[str, Any], right: str) -> str:
    return right.removeprefix(model.get("continuing_subword_prefix") or "")


def _numbered(order: Iterable[str], kept: Collection[str]) -> dict[str, int]:
    return {piece: number for number, piece in enumerate(piece for piece in order if piece in kept)}


def _renumbered(processor: Any, ids: Mapping[str, int]) -> Any:
    """A post-processor with the new ids of the tokens that it names."""
    if isinstance(processor, list):
        return [_renumbered(part, ids) for part in processor]
    if not isinstance(processor, dict):
        return processor
    renumbered: dict[str, Any] = {}
    for name, value in processor.items():
        if name in ("sep", "cls") and isinstance(value, list) and len(value) == 2:
            renumbered[name] = [value[0], _id_of(value[0], ids)]
        elif name == "special_tokens" and isinstance(value, dict):
            renumbered[name] = {
                text: {**token, "ids": [_id_of(piece, ids) for piece in token["tokens"]]}
                for text, token in value.items()
            }
        else:
            renumbered[name] = _renumbered(value, ids)
    return renumbered


def _id_of(text: str, ids: Mapping[str, int]) -> int:
    try:
        return ids[text]
    except KeyError:
        raise InputError(
            f"tokenizer.json: the post-processor adds {text}, which is not a token"
        ) from None
