"""The sequence of a measuring process, on a tiny model with CUDA's part played by a fake."""

from __future__ import annotations

import time
from typing import Any

import pytest
import torch

from gpu_bench.conftest import FakeCuda, tiny_request
from gpu_bench.core.errors import CompileFailed, MeasuringFailed, NotFinite, TimedOut
from gpu_bench.device.telemetry import Reading
from gpu_bench.device.torch_device import AcceleratorDevice, CpuDevice, Peaks
from gpu_bench.measure.generation import PlainGenerator, compile_config, generation_config
from gpu_bench.measure.procedure import OVERHEAD_PAIRS, Reporter, measure
from gpu_bench.measure.ranks import NoOtherRanks
from gpu_bench.measure.record import ProcessRecord
from gpu_bench.models.loading import load, prompts


class FakeAcceleratorDevice(AcceleratorDevice):
    """Computes on the host, and measures by CUDA's events."""

    def __init__(self, api: Any) -> None:
        super().__init__(api)
        self.torch_name = "cpu"


class Parent:
    """Plays the parent: takes messages, answers with readings."""

    def __init__(self, seconds: Any = 60.0) -> None:
        self.record = ProcessRecord(0, has_sensors=True)
        self.events = []
        self.reporter = Reporter(
            send=self.send,
            watch=lambda on: self.events.append(f"watch {on}"),
            read=self.read,
            deadline=time.monotonic() + seconds,
        )

    def send(self, message: Any) -> None:
        self.events.append(message["event"])
        self.record.take(message)

    def read(self) -> None:
        self.events.append("read")
        self.record.add_reading(
            Reading(time.perf_counter_ns(), 1755, 3201, 400.0, 60), of_last_sample=True
        )


def measured(device: Any, seconds: Any = 60.0, **fields: Any) -> Any:
    parent = Parent(seconds)
    measure(tiny_request(**fields), device, parent.reporter)
    return parent


def test_a_process_measures_on_cudas_clock(fake_cuda: FakeCuda) -> None:
    parent = measured(FakeAcceleratorDevice(fake_cuda))
    record = parent.record
    assert record.stopped_by == "max_samples"
    assert len(record.samples) == 4
    for sample in record.samples:
        assert len(sample["inter_token"]) == 3
        assert 0 < sample["device_time"] <= sample["end_to_end"]
        assert sample["sm_clock"] == 1755
    assert set(record.memory) == {"load", "first_run", "prefill", "decode"}
    assert record.stable
    assert record.output["stable"]
    assert record.overhead is not None
    # Events for each token, the start, the forward pass and the end: made once.
    assert fake_cuda.events == 4 + 3


def test_the_order_keeps_each_figure_clean(fake_cuda: FakeCuda) -> None:
    events = measured(FakeAcceleratorDevice(fake_cuda)).events
    assert events[:4] == ["loaded", "memory", "first_run", "memory"]
    pairs = events[events.index("warmup") + 1 : events.index("overhead")]
    assert pairs[:4] == ["watch False", "watch True", "watch True", "watch False"]
    assert len(pairs) == 2 * OVERHEAD_PAIRS
    sampling = events[events.index("overhead") + 1 :]
    assert sampling == ["watch True", *["sample", "read"] * 4, "watch False", "stopped"]


class TwinRank(NoOtherRanks):
    """Plays a second rank that uses ten bytes more."""

    def memory(self, phase: str, own: Peaks) -> list[Peaks]:
        return [own, Peaks(own.allocated + 10, own.reserved + 10)]


def test_memory_is_summed_over_ranks_and_kept_of_each(fake_cuda: FakeCuda) -> None:
    parent = Parent()
    measure(tiny_request(), FakeAcceleratorDevice(fake_cuda), parent.reporter, TwinRank())
    for peaks in parent.record.memory.values():
        first, second = peaks["devices"]
        assert second["peak_allocated"] == first["peak_allocated"] + 10
        for name in ("peak_allocated", "peak_reserved"):
            assert peaks[name] == first[name] + second[name]


def test_without_telemetry_nothing_is_read() -> None:
    events = measured(CpuDevice(), telemetry=False).events
    assert not {"read", "watch True", "watch False", "overhead"} & set(events)


def test_the_time_limit_ends_the_warm_up() -> None:
    with pytest.raises(TimedOut, match="during the warm-up") as caught:
        measured(CpuDevice(), seconds=0.0)
    assert caught.value.exit_code == 4


def test_the_time_limit_ends_the_sampling_and_the_samples_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parent = Parent(1000)
    calls = {"left": 0}

    def seconds_left(self) -> Any:
        calls["left"] += 1
        return 1000.0 if "warmup" not in parent.events else 0.0

    monkeypatch.setattr(Reporter, "seconds_left", seconds_left)
    with pytest.raises(TimedOut, match="after 1 samples"):
        measure(tiny_request(telemetry=False), CpuDevice(), parent.reporter)
    assert calls["left"] > 0
    assert len(parent.record.samples) == 1
    assert parent.record.stopped_by == "timeout"


def test_a_time_limit_after_the_minimum_is_a_valid_end(monkeypatch: pytest.MonkeyPatch) -> None:
    parent = Parent(1000)
    monkeypatch.setattr(
        Reporter, "seconds_left", lambda self: 1000.0 if len(parent.record.samples) < 3 else 0.0
    )
    measure(tiny_request(telemetry=False), CpuDevice(), parent.reporter)
    assert parent.record.stopped_by == "timeout"
    assert len(parent.record.samples) == 3


def test_continuous_batching_gives_the_same_tokens() -> None:
    fields = {"telemetry": False, "dtype": "float32", "batch_size": 3}
    plain = measured(CpuDevice(), **fields).record
    batched = measured(CpuDevice(), continuous_batching=True, **fields).record
    assert batched.output["tokens"] == plain.output["tokens"]
    assert batched.output["margins"] == []
    assert batched.output["top_logits"] == pytest.approx(plain.output["top_logits"], abs=1e-3)
    for sample in batched.samples:
        # Gaps of all requests, pooled.
        assert len(sample["inter_token"]) == 3 * 3
        assert sample["device_time"] is None
        assert 0 < sample["time_to_first_token"] <= sample["prefill"]
        assert sample["prefill"] + sample["decode"] <= sample["end_to_end"]
    assert batched.stable


@pytest.mark.parametrize(("concurrency", "most"), [(2, 2), (None, 5)])
def test_no_more_requests_are_in_progress_than_requested(concurrency: Any, most: Any) -> None:
    fields = {"telemetry": False, "batch_size": 5, "continuous_batching": True}
    record = measured(CpuDevice(), concurrency=concurrency, **fields).record
    for sample in record.samples:
        assert len(sample["requests"]) == 5
        # Of four tokens each, three came after the first.
        taken = [first + 3 * per_token for first, per_token in sample["requests"]]
        in_progress = sum(taken) / sample["end_to_end"]
        assert most / 2 < in_progress <= most + 0.01


def test_continuous_batching_of_a_model_with_nan_is_found() -> None:
    with pytest.raises(NotFinite):
        with_nan(continuous_batching=True)


def test_a_model_with_nan_is_found() -> None:
    with pytest.raises(NotFinite, match="after the prompt"):
        with_nan()


def with_nan(**fields: Any) -> None:
    import gpu_bench.measure.procedure as module

    def damaged(request: Any, device: Any) -> Any:
        loaded = load(request, device)
        with torch.no_grad():
            loaded.model.lm_head.weight[7] = float("nan")
        return loaded

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "load", damaged)
        measured(CpuDevice(), telemetry=False, **fields)


def generator(**fields: Any) -> Any:
    request = tiny_request(**fields)
    loaded = load(request, "cpu")
    return PlainGenerator(request, loaded, prompts(request, loaded), CpuDevice())


def test_a_static_cache_gives_the_same_tokens_as_a_dynamic_one() -> None:
    dynamic = generator(dtype="float32").capture()
    static = generator(dtype="float32", cache_implementation="static").capture()
    assert dynamic.tokens == static.tokens


def test_an_end_token_ends_nothing() -> None:
    plain = generator(num_tokens=8).capture()
    ending = generator(num_tokens=8)
    end = plain.tokens[0][2]
    ending._model.config.eos_token_id = end
    assert ending.capture().tokens == plain.tokens


def test_a_checkpoints_own_settings_do_not_count() -> None:
    plain = generator(num_tokens=8).capture()
    request = tiny_request(num_tokens=8)
    loaded = load(request, "cpu")
    loaded.model.generation_config.do_sample = True
    loaded.model.generation_config.temperature = 9.0
    loaded.model.generation_config.eos_token_id = plain.tokens[0][2]
    again = PlainGenerator(request, loaded, prompts(request, loaded), CpuDevice())
    assert again.capture().tokens == plain.tokens


def test_a_static_cache_is_not_compiled_unless_asked() -> None:
    assert generation_config(tiny_request(cache_implementation="static"), 0).disable_compile
    assert not generation_config(tiny_request(compile_mode="default"), 0).disable_compile


@pytest.mark.parametrize("mode", ["default", "reduce-overhead", "max-autotune"])
def test_a_compile_mode_comes_with_a_static_cache(mode: Any) -> None:
    settings = generation_config(tiny_request(compile_mode=mode), 0)
    assert settings.cache_implementation == "static"
    assert settings.compile_config.mode == mode


def test_only_on_a_processor_is_compiling_forced() -> None:
    assert compile_config(tiny_request(compile_mode="default"))._compile_all_devices
    for_card = tiny_request(compile_mode="default", device="cuda")
    assert not compile_config(for_card)._compile_all_devices


def test_a_model_that_is_not_compiled_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import gpu_bench.measure.generation as module

    monkeypatch.setattr(module, "compiled_frames", lambda: 0)
    with pytest.raises(CompileFailed, match="was not compiled"):
        generator(compile_mode="default").check_compiled()
    generator().check_compiled()


def test_a_model_is_compiled_for_decoding() -> None:
    torch._dynamo.reset()
    torch._dynamo.utils.counters.clear()
    compiled = generator(compile_mode="default", dtype="float32")
    assert compiled.capture().tokens == generator(dtype="float32").capture().tokens
    compiled.check_compiled()


def test_flex_attention_with_a_static_cache_works_or_says_why() -> None:
    flex = generator(attn_implementation="flex_attention", cache_implementation="static")
    outcome: Any
    try:
        outcome = flex.capture().tokens
    except MeasuringFailed as problem:
        outcome = problem
    # The release of transformers decides.
    if isinstance(outcome, MeasuringFailed):
        assert "flex_attention and a static cache" in outcome.message
        assert "sdpa" in outcome.hint
    else:
        assert outcome == generator(cache_implementation="static").capture().tokens
