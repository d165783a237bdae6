"""Writes the further formats that a request names, and tries those that transformers can load."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tiny_models.core.errors import NotBuilt
from tiny_models.formats.gguf_file import FILES, write_gguf
from tiny_models.formats.lora import write_lora
from tiny_models.formats.onnx_graph import write_onnx
from tiny_models.formats.sentence_embedding import write_sentence_embedding
from toolkit.errors import InputError

# By how much outputs may differ from the model's own, as a part of the largest of those.
_TOLERANCE = 1e-4
_TOLERANCE_OF_8_BITS = 0.05
_LENGTH = 8


def write_formats(
    model: Any, directory: Path, formats: Sequence[str], *, seed: int, base: str | None
) -> None:
    """Writes files beside those of a complete model. Raises ToolError.

    ``base`` is the repository id of the fixture, by which an adapter finds its base model.
    """
    writers: Mapping[str, Callable[[], None]] = {
        "lora": lambda: write_lora(model, directory, seed, base),
        "onnx": lambda: write_onnx(model, directory),
        "sentence-embedding": lambda: write_sentence_embedding(model, directory),
        **{name: partial(_write_and_try_gguf, model, directory, name) for name in FILES},
    }
    for name in sorted(formats):
        writers[name]()


def _write_and_try_gguf(model: Any, directory: Path, wanted: str) -> None:
    """Writes the file, and compares outputs of what transformers loads from it."""
    import torch

    write_gguf(model, directory, wanted)
    ids = torch.arange(_LENGTH).reshape(1, _LENGTH) % model.config.vocab_size
    try:
        # A bar for the tensors that are read.
        with contextlib.redirect_stderr(io.StringIO()):
            again = type(model).from_pretrained(
                directory, gguf_file=FILES[wanted], dtype=torch.float32
            )
        with torch.no_grad():
            expected, loaded = (
                next(iter(instance.eval()(input_ids=ids, use_cache=False).values())).float()
                for instance in (model, again)
            )
    except Exception as problem:  # noqa: BLE001 - a reader may raise anything
        # Whatever the library raises for a file that lacks what this config has.
        raise NotBuilt(f"a model from {FILES[wanted]}", problem, _hint(wanted)) from None
    tolerance = _TOLERANCE_OF_8_BITS if wanted == "gguf-q8" else _TOLERANCE
    difference = (expected - loaded).abs().max().item()
    if not difference <= tolerance * expected.abs().max().item():
        raise InputError(
            f"the model that transformers loads from {FILES[wanted]} gives outputs that differ by "
            f"{difference:.2g}, more than {tolerance} of the largest",
            hint=_hint(wanted),
        )


def _hint(wanted: str) -> str:
    return (
        f"leave `{wanted}` out of `formats`, or override in `config` what a GGUF file does not "
        "have, such as `head_dim` or a scaling in `rope_parameters`"
    )
