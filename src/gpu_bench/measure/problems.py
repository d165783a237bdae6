"""Turns what models, torch and CUDA raise into problems that a result can name."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Any

from gpu_bench.core.errors import (
    KINDS,
    CompileFailed,
    MeasuringFailed,
    OutOfMemory,
    kind_of,
)
from gpu_bench.measure.error_messages import MEANINGS, OF_THE_DEVICE, code_hint, meaning
from toolkit.errors import ToolError

OUT_OF_MEMORY = MEANINGS[0]
_COMPILER_PACKAGES = ("torch._dynamo", "torch._inductor", "torch.fx.experimental", "triton")


def problem_of(error: BaseException) -> ToolError:
    """The problem that an exception of a measuring process means."""
    if isinstance(error, ToolError):
        return error
    text = _text(error)
    names = {kind.__name__ for raised in _chain(error) for kind in type(raised).__mro__}
    if isinstance(error, MemoryError) or "OutOfMemoryError" in names:
        return OutOfMemory(OUT_OF_MEMORY.message.format(text), hint=OUT_OF_MEMORY.hint)
    cause = meaning(text)
    if cause is not None:
        return cause.error(cause.message.format(text), place=_place(error), hint=cause.hint)
    if any(_module(raised).startswith(_COMPILER_PACKAGES) for raised in _chain(error)):
        return CompileFailed(
            f"torch.compile failed: {text}",
            place=_place(error),
            hint="set `compile_mode` to null to measure the model without it",
        )
    hint = code_hint(text) or "run the model alone with the same config to see the whole traceback"
    if OF_THE_DEVICE.search(text) or "AcceleratorError" in names:
        return MeasuringFailed(
            f"the model failed on the device: {text}", place=_place(error), hint=hint
        )
    return MeasuringFailed(
        f"the model raised {type(error).__name__}: {text}", place=_place(error), hint=hint
    )


def to_json(problem: ToolError) -> dict[str, Any]:
    """A problem as it travels from the measuring process to its parent."""
    values = {"kind": kind_of(problem), "message": problem.message, "hint": problem.hint}
    return {**values, "place": problem.place}


def from_json(values: dict[str, Any]) -> ToolError:
    """The problem that `to_json` wrote."""
    return KINDS[values["kind"]](values["message"], place=values["place"], hint=values["hint"])


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _module(error: BaseException) -> str:
    return type(error).__module__ or ""


def _text(error: BaseException) -> str:
    """The message in one line: what follows the first paragraph is advice to developers."""
    paragraph = str(error).strip().split("\n\n")[0]
    text = " ".join(paragraph.split())
    return text[:500] or type(error).__name__


def _place(error: BaseException) -> str:
    """Where it was raised, if that is neither in torch nor in transformers: the user's model."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not any(f"/{name}/" in frame.filename for name in ("torch", "transformers", "gpu_bench"))
        and not frame.filename.startswith("<")
    ]
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
