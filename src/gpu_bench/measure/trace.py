"""Writes what one run does on the host and on the device, for a viewer such as Perfetto."""

from __future__ import annotations

import os
from typing import Any

from gpu_bench.measure.generation import Generator

NAME = "trace.json.gz"


def write_trace(generator: Generator, path: str) -> None:
    """Runs once more under torch's profiler, and writes its trace at once."""
    from torch.profiler import profile

    # All activities that this build of torch knows.
    with profile(record_shapes=True) as recorded:
        generator.measure()
    _export(recorded, path)


def _export(recorded: Any, path: str) -> None:
    # By its ending the profiler knows that it should compress.
    directory, name = os.path.split(path)
    part = os.path.join(directory, f".{name}")
    recorded.export_chrome_trace(part)
    os.replace(part, path)
