"""Counts what is compiled and captured, which a sample should not include."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Compilations:
    """Graphs that torch.compile made, and CUDA graphs that were captured."""

    graphs: int
    captures: int


class CompilationCounter:
    """Counts from its creation on. ``cuda`` is `torch.cuda`, or what acts like it."""

    def __init__(self, cuda: Any) -> None:
        self._captures = 0
        self._last = Compilations(_graphs(), 0)
        graph = getattr(cuda, "CUDAGraph", None)
        if graph is not None:
            self._watch(graph)

    def since_last(self) -> Compilations:
        """What was added since the last call, or since the creation."""
        now = Compilations(_graphs(), self._captures)
        last, self._last = self._last, now
        # A model's code may reset the counters of torch.compile.
        return Compilations(max(now.graphs - last.graphs, 0), now.captures - last.captures)

    def _watch(self, graph: Any) -> None:
        begin = graph.capture_begin

        @functools.wraps(begin)
        def counted(*arguments: Any, **options: Any) -> Any:
            self._captures += 1
            return begin(*arguments, **options)

        graph.capture_begin = counted


def _graphs() -> int:
    utils = sys.modules.get("torch._dynamo.utils")
    return 0 if utils is None else int(utils.counters["stats"]["unique_graphs"])
