"""Files that the sentencepiece library reads, written from fixed pieces instead of trained."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tiny_models.core.errors import MissingRequirement
from toolkit.errors import InputError


@dataclass(frozen=True)
class ControlPieces:
    """The pieces that begin a model, in the order of their ids; None if a model has none."""

    order: tuple[str, ...]
    unknown: str = "<unk>"
    beginning: str | None = "<s>"
    end: str | None = "</s>"
    padding: str | None = None


def model_bytes(control: ControlPieces, scored: Iterable[tuple[str, float]]) -> bytes:
    """A Unigram model of the control pieces and then the scored ones; raises MissingRequirement."""
    messages = _messages()
    model = messages.ModelProto()
    kinds = messages.ModelProto.SentencePiece
    for piece in control.order:
        kind = kinds.UNKNOWN if piece == control.unknown else kinds.CONTROL
        model.pieces.add(piece=piece, score=0.0, type=kind)
    for piece, score in scored:
        if piece not in control.order:
            model.pieces.add(piece=piece, score=score, type=kinds.NORMAL)
    specification = model.trainer_spec
    specification.model_type = messages.TrainerSpec.UNIGRAM
    specification.vocab_size = len(model.pieces)
    roles = {
        "unk": control.unknown,
        "bos": control.beginning,
        "eos": control.end,
        "pad": control.padding,
    }
    for name, text in roles.items():
        setattr(specification, f"{name}_id", -1 if text is None else control.order.index(text))
        if text is not None:
            setattr(specification, f"{name}_piece", text)
    model.normalizer_spec.name = "identity"
    model.normalizer_spec.add_dummy_prefix = True
    model.normalizer_spec.remove_extra_whitespaces = True
    model.normalizer_spec.escape_whitespaces = True
    return bytes(model.SerializeToString(deterministic=True))


def _messages() -> Any:
    """The generated classes of the file format; raises MissingRequirement."""
    try:
        from sentencepiece import sentencepiece_model_pb2
    except ImportError:
        raise MissingRequirement("a sentencepiece model", ["sentencepiece", "protobuf"]) from None
    return sentencepiece_model_pb2


def shrunk_model(content: bytes, size: int) -> bytes:
    """A model with the pieces of another that matter most, in its order; raises ToolError.

    Control, unknown, user-defined and byte pieces stay, and are not counted.
    """
    messages = _messages()
    model = messages.ModelProto()
    try:
        model.ParseFromString(content)
    except Exception as problem:
        # protobuf's own error, whose class each of its implementations has elsewhere.
        if type(problem).__name__ != "DecodeError":
            raise
        raise InputError("expected a sentencepiece model, found another kind of file") from None
    normal = messages.ModelProto.SentencePiece.NORMAL
    plain = [number for number, piece in enumerate(model.pieces) if piece.type == normal]
    letters = [number for number in plain if len(model.pieces[number].piece) == 1]
    # Likeliest first; a sentencepiece BPE's scores are ranks, so that a piece's parts precede it.
    likely = sorted(plain, key=lambda number: -float(model.pieces[number].score))
    chosen = set([*letters[: size // 2], *likely][:size])
    pieces = [
        piece
        for number, piece in enumerate(model.pieces)
        if piece.type != normal or number in chosen
    ]
    position = {piece.piece: number for number, piece in enumerate(pieces)}
    shrunk = messages.ModelProto()
    shrunk.CopyFrom(model)
    del shrunk.pieces[:]
    shrunk.pieces.extend(pieces)
    specification = shrunk.trainer_spec
    for name in ("unk", "bos", "eos", "pad"):
        old = getattr(specification, f"{name}_id")
        if 0 <= old < len(model.pieces):
            setattr(specification, f"{name}_id", position[model.pieces[old].piece])
    specification.vocab_size = len(pieces)
    return bytes(shrunk.SerializeToString(deterministic=True))
