"""Which generator a request means."""

from __future__ import annotations

from gpu_bench.device.torch_device import Device
from gpu_bench.measure.continuous_batching import ContinuousGenerator
from gpu_bench.measure.generation import Generator, PlainGenerator
from gpu_bench.models.loading import Loaded, prompts
from gpu_bench.request.fields import Request


def generator_for(request: Request, loaded: Loaded, device: Device) -> Generator:
    """The generator of a request, with its prompts."""
    make: type[ContinuousGenerator] | type[PlainGenerator]
    make = ContinuousGenerator if request.continuous_batching else PlainGenerator
    return make(request, loaded, prompts(request, loaded), device)
