"""Generates with continuous batching: every row is a request of its own, all given at once."""

from __future__ import annotations

import dataclasses
import inspect
import json
import math
import statistics
import time
from collections.abc import Sequence
from contextlib import nullcontext
from itertools import pairwise
from typing import Any

from gpu_bench.core.errors import CompileFailed, MeasuringFailed, MissingPackage, OutOfMemory
from gpu_bench.device.memory import PhasePeaks
from gpu_bench.device.timing import Sample
from gpu_bench.device.torch_device import Device, Peaks
from gpu_bench.measure.generation import (
    PlainGenerator,
    compile_config,
    compiled_frames,
    generation_config,
)
from gpu_bench.measure.outputs import Captured
from gpu_bench.models.loading import Loaded
from gpu_bench.request.fields import Request
from toolkit.errors import InputError

# No end token: the manager takes None for "ask the model's config".
_NO_END = -1
# Tokens of a block, where it is not said elsewhere: what the versions concerned have by default.
_BLOCK_SIZE = 32
# Fields of a request, by what transformers calls them.
_SWITCHES = {"cuda_graphs": "use_cuda_graph", "async_batching": "use_async_batching"}


class ContinuousGenerator:
    """A manager that lives as long as the process, as in a server; its start is in the first run.

    Blocks are not shared between requests, and the cache holds what the requests need rather than
    what the device has free, so that memory can be compared between runs.
    """

    def __init__(
        self, request: Request, loaded: Loaded, rows: Sequence[Sequence[int]], device: Device
    ) -> None:
        self._request = request
        self._loaded = loaded
        self._rows = [list(row) for row in rows]
        self._device = device
        self._manager: Any = None
        self._config: Any = None

    def measure(self) -> tuple[Sample, list[list[int]]]:
        """See :class:`gpu_bench.measure.generation.Generator`."""
        self._device.synchronize()
        if self._manager is None:
            started = time.perf_counter_ns()
            self._start()
            _, submitted, results = self._run()
        else:
            started, submitted, results = self._run()
        self._device.synchronize()
        end_to_end = time.perf_counter_ns() - started
        stamps = [[round(timestamp * 1e9) for timestamp in result.timestamps] for result in results]
        return sample(started, end_to_end, stamps, submitted), self._tokens(results)

    def capture(self) -> Captured:
        """Tokens only; continuous batching does not show its logits, see :meth:`finish`."""
        return Captured(self._tokens(self._run()[2]), [], [])

    def memory(self) -> dict[str, Peaks]:
        """Peaks of a whole run, as `decode`: requests are not in one phase at one time."""
        phases = PhasePeaks(self._device)
        self._run()
        return phases.by_name()

    def finish(self) -> Captured:
        """Stops the manager; then one token of each row by plain `generate`, to see its logits.

        Raises NotFinite as a plain run would.
        """
        self._stop()
        once = dataclasses.replace(
            self._request, continuous_batching=False, compile_mode=None, num_tokens=1
        )
        return PlainGenerator(once, self._loaded, self._rows, self._device).capture()

    def chosen(self) -> dict[str, Any]:
        """See :class:`gpu_bench.measure.generation.Generator`."""
        if self._config is None:
            return {}
        graphs = getattr(self._config, "use_cuda_graph", None)
        batching = getattr(self._config, "use_async_batching", None)
        # For the paths of any length and of decoding.
        used = {
            "cuda_graphs": list(graphs) if isinstance(graphs, tuple) else graphs,
            "async_batching": batching,
        }
        for name, value in (("cuda_graphs", graphs), ("async_batching", batching)):
            wanted = getattr(self._request, name)
            values = set(value) if isinstance(value, tuple) else {value}
            if wanted is not None and values != {wanted}:
                raise InputError(
                    f"continuous batching used `{name}` {json.dumps(used[name])}, not "
                    f"{json.dumps(wanted)}",
                    hint=f"omit `{name}`, or change what it depends on, such as "
                    "`attn_implementation` or `compile_mode`",
                )
        return used

    def check_compiled(self) -> None:
        """Raises CompileFailed if a compile mode is asked for and nothing was compiled."""
        if self._request.compile_mode is not None and not compiled_frames():
            raise CompileFailed(
                "continuous batching of this version of transformers did not compile the model",
                hint="set `compile_mode` to null, or upgrade transformers",
            )

    def _start(self) -> None:
        make = getattr(self._loaded.model, "init_continuous_batching", None)
        if make is None:
            raise _too_old("has no continuous batching")
        accepted = inspect.signature(make).parameters
        settings = self._generation_config()
        options: dict[str, Any] = {"generation_config": settings}
        if "continuous_batching_config" in accepted:
            options["continuous_batching_config"] = self._batching_config()
        else:
            # Versions before 5.3 have these in the generation config and among the arguments.
            settings.block_size = _BLOCK_SIZE
            settings.num_blocks = self._blocks(_BLOCK_SIZE)
            if self._request.compile_mode is not None:
                settings.compile_config = compile_config(self._request)
        if "allow_block_sharing" in accepted:
            options["allow_block_sharing"] = False
        if "workload_hints" in accepted:
            options["workload_hints"] = self._hints()
        manager = make(**options)
        # The manager has a copy of its own, in which it fills in what was left open.
        self._config = getattr(manager, "continuous_batching_config", None)
        if "record_timestamps" not in inspect.signature(manager.add_request).parameters:
            raise _too_old("does not time the tokens of continuous batching")
        if "continuous_batching_config" in accepted and hasattr(manager, "warmup"):
            manager.warmup()
        manager.start()
        self._manager = manager

    def _generation_config(self) -> Any:
        plain = dataclasses.replace(self._request, compile_mode=None)
        settings = generation_config(plain, self._loaded.pad_token_id)
        settings.disable_compile = None
        settings.eos_token_id = _NO_END
        # There is no end token to keep away, and a processor more would be timed.
        settings.min_new_tokens = None
        return settings

    def _batching_config(self) -> Any:
        from transformers import ContinuousBatchingConfig

        known = {declared.name for declared in dataclasses.fields(ContinuousBatchingConfig)}
        page = ContinuousBatchingConfig().page_size if "page_size" in known else _BLOCK_SIZE
        size = {} if "page_size" in known else {"block_size": _BLOCK_SIZE}
        wanted: dict[str, Any] = {
            **size,
            "num_blocks": self._blocks(page),
            "allow_block_sharing": False,
            # Otherwise sdpa and eager would be measured as flash attention where that is there.
            "auto_switch_to_flash": False,
            "seed": self._request.seed,
        }
        for name, key in _SWITCHES.items():
            value = getattr(self._request, name)
            if value is not None and key not in known:
                raise _too_old(f"has no `{name}` of continuous batching")
            if value is not None:
                wanted[key] = value
        if self._request.compile_mode is not None:
            for path in ("varlen_compile_config", "decode_compile_config"):
                wanted[path] = compile_config(self._request)
        return ContinuousBatchingConfig(
            **{key: value for key, value in wanted.items() if key in known}
        )

    def _blocks(self, page: int) -> int:
        request = self._request
        per_sequence = math.ceil((request.sequence_length + request.num_tokens) / page) + 1
        # The scheduler keeps a margin free before it admits a request.
        return math.ceil(per_sequence * self._in_progress * 1.25) + 2

    @property
    def _in_progress(self) -> int:
        """Requests in progress at once, at most."""
        return self._request.concurrency or self._request.batch_size

    def _hints(self) -> Any:
        from transformers.generation.continuous_batching.initialization import WorkloadHints

        return WorkloadHints(
            max_prompt_length=self._request.sequence_length,
            max_generated_length=self._request.num_tokens,
            num_requests=self._in_progress,
        )

    def _run(self) -> tuple[int, list[int], list[Any]]:
        """Start and submissions on the host's clock, and results, in order of the rows."""
        manager = self._manager
        waiting = list(reversed(self._rows))
        submitted: dict[str, int] = {}

        def submit() -> None:
            at = time.perf_counter_ns()
            name = manager.add_request(
                waiting.pop(), max_new_tokens=self._request.num_tokens, record_timestamps=True
            )
            submitted[name] = at

        # Held, so that the first request is not alone in the first batch by chance.
        held = manager.pause() if hasattr(manager, "pause") else nullcontext()
        with held:
            started = time.perf_counter_ns()
            for _ in range(self._in_progress):
                submit()
        results: dict[str, Any] = {}
        while len(results) < len(self._rows):
            result = manager.get_result(timeout=1)
            if result is None:
                if not manager.is_running():
                    raise MeasuringFailed(
                        "continuous batching stopped before all requests were done",
                        hint="log.txt in the output directory says why",
                    )
                continue
            if getattr(result, "error", None):
                raise _request_failed(str(result.error))
            if result.is_finished():
                results[result.request_id] = result
                if waiting:
                    submit()
        return started, list(submitted.values()), [results[name] for name in submitted]

    def _tokens(self, results: Sequence[Any]) -> list[list[int]]:
        rows = [list(result.generated_tokens) for result in results]
        for row in rows:
            if len(row) != self._request.num_tokens:
                raise MeasuringFailed(
                    f"continuous batching made {len(row)} tokens, expected "
                    f"{self._request.num_tokens}"
                )
        return rows

    def _stop(self) -> None:
        if self._manager is not None:
            self._manager.stop(block=True)
            self._manager = None


def sample(
    started: int, end_to_end: int, stamps: Sequence[Sequence[int]], submitted: Sequence[int]
) -> Sample:
    """The sample of a run whose requests got their tokens at ``stamps``, host clock, by request.

    The prefill lasts until the last request has its first token, as in a plain batch. Times to
    first tokens count from when each request was ``submitted``.
    """
    prefill_end = max(stamp[0] for stamp in stamps)
    waited = [stamp[0] - at for stamp, at in zip(stamps, submitted, strict=True)]
    return Sample(
        started=started,
        end_to_end=end_to_end,
        time_to_first_token=round(statistics.median(waited)),
        prefill=prefill_end - started,
        decode=max(stamp[-1] for stamp in stamps) - prefill_end,
        inter_token=tuple(b - a for stamp in stamps for a, b in pairwise(stamp)),
        device_time=None,
        requests=tuple(
            (time_to_first, round((stamp[-1] - stamp[0]) / (len(stamp) - 1)))
            for time_to_first, stamp in zip(waited, stamps, strict=True)
        ),
    )


def _request_failed(reason: str) -> Exception:
    if "out of memory" in reason.lower():
        return OutOfMemory(f"continuous batching ran out of memory: {reason}")
    return MeasuringFailed(f"continuous batching failed: {reason}")


def _too_old(what: str) -> MissingPackage:
    import transformers

    return MissingPackage(
        f"transformers {transformers.__version__} {what}",
        hint="install transformers 5 or later, or set `continuous_batching` to false",
    )
