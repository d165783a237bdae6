"""An ONNX graph of a model, exported by torch."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from pathlib import Path
from typing import Any

from tiny_models.core.errors import MissingRequirement, NotBuilt

DIRECTORY = "onnx"
FILE = "model.onnx"
# How many tokens and texts the export sees; both are free in the graph.
_BATCH, _LENGTH = 2, 8


def write_onnx(model: Any, directory: Path) -> None:
    """Writes `onnx/model.onnx`, from ids and a mask to the first output: logits or hidden states.

    Raises MissingRequirement without onnx and onnxscript, NotBuilt if torch cannot export.
    """
    import torch

    class FirstOutput(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            result = self.model(input_ids=input_ids, attention_mask=attention_mask)
            return next(iter(result.values()))

    try:
        import onnx  # pants: no-infer-dep
        import onnxscript  # noqa: F401  # pants: no-infer-dep
    except ImportError:
        raise MissingRequirement("the format `onnx`", ("onnx", "onnxscript")) from None
    ids = torch.arange(_BATCH * _LENGTH).reshape(_BATCH, _LENGTH) % model.config.vocab_size
    sizes = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    caches = getattr(model.config, "use_cache", None)
    path = directory / DIRECTORY / FILE
    path.parent.mkdir()
    try:
        # A cache is not a tensor; the file's own config keeps its value.
        if caches is not None:
            model.config.use_cache = False
        with _quiet():
            torch.onnx.export(
                FirstOutput().eval(),
                (ids, torch.ones_like(ids)),
                str(path),
                input_names=["input_ids", "attention_mask"],
                output_names=["output"],
                dynamic_shapes={"input_ids": sizes, "attention_mask": sizes},
                external_data=False,
                dynamo=True,
            )
    except Exception as problem:  # noqa: BLE001 - an exporter may raise anything
        # Whatever torch's exporter raises for an operation that it does not know.
        raise NotBuilt(
            f"the ONNX graph of {type(model).__name__}",
            problem,
            "leave `onnx` out of `formats`: texts without other inputs can be exported",
        ) from None
    finally:
        if caches is not None:
            model.config.use_cache = caches
    graph = onnx.load(str(path))
    _forget_origins(graph.graph)
    for function in graph.functions:
        _forget_origins(function)
    path.write_bytes(graph.SerializeToString(deterministic=True))


def _forget_origins(graph: Any) -> None:
    """Drops the lines of Python that each part comes from, with their paths on this machine."""
    parts = [graph, *graph.node, *graph.value_info]
    for part in (*parts, *getattr(graph, "initializer", ()), *graph.input, *graph.output):
        for name in ("metadata_props", "doc_string"):
            if not isinstance(part, str):
                part.ClearField(name)


@contextlib.contextmanager
def _quiet() -> Any:
    """Without the exporter's account of its steps."""
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(previous)
