"""Generates with `generate`: greedily, an exact number of tokens, all rows in step."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from gpu_bench.core.errors import CompileFailed, MeasuringFailed
from gpu_bench.device.memory import PhasePeaks
from gpu_bench.device.timing import Marks, Sample, timed
from gpu_bench.device.torch_device import Device, Peaks
from gpu_bench.measure.outputs import Captured, LogitsCapture
from gpu_bench.measure.proposals import Proposals
from gpu_bench.models.loading import Loaded
from gpu_bench.request.fields import DEFAULT_ASSISTANT_TOKENS, Request
from toolkit.errors import InputError


class Generator(Protocol):
    """Runs a configuration: one batch of prompts, an exact number of tokens for each."""

    def measure(self) -> tuple[Sample, list[list[int]]]:
        """One timed run: its times and the tokens, [batch_size, num_tokens]."""

    def capture(self) -> Captured:
        """One run that is not timed: tokens, and the logits that chose them."""

    def memory(self) -> dict[str, Peaks]:
        """One run that is not timed: peaks by phase; empty if the device does not count."""

    def finish(self) -> Captured | None:
        """Ends what runs beside; what only then could be found out about the logits."""

    def check_compiled(self) -> None:
        """Raises CompileFailed if a compile mode is requested and nothing was compiled."""

    def chosen(self) -> dict[str, Any]:
        """What the library chose where the request leaves it open, after the first run.

        Raises InputError if it chose other than the request.
        """


class PlainGenerator:
    """`generate` on one batch. Marks come from hooks that run on the host and copy nothing."""

    def __init__(
        self, request: Request, loaded: Loaded, rows: Sequence[Sequence[int]], device: Device
    ) -> None:
        import torch
        from transformers import GenerationConfig

        self._request = request
        self._model = loaded.model
        self._device = device
        self._prompt = torch.tensor(rows, device=self._model.device)
        self._mask = torch.ones_like(self._prompt)
        self._not_done = torch.zeros(len(rows), dtype=torch.bool, device=self._model.device)
        # A checkpoint's own settings (sampling, penalties, end tokens) would fill what the
        # config below leaves open.
        self._model.generation_config = GenerationConfig()
        self._settings = generation_config(request, loaded.pad_token_id)
        self._assistant = loaded.assistant
        if self._assistant is not None:
            self._assistant.generation_config = assistant_config(request)
        self._on_forward: Callable[[Any], None] | None = None
        self._watch_forward()

    def measure(self) -> tuple[Sample, list[list[int]]]:
        """See :class:`Generator`. The tokens are copied from the device after the end."""
        proposals = self._proposals()
        run, sequences = timed(
            self._device,
            self._request.num_tokens,
            lambda marks: self._generate(marks, proposals=proposals),
        )
        if proposals is not None:
            run = replace(run, proposed=proposals.proposed, accepted=proposals.accepted)
        return run, self._tokens(sequences)

    def capture(self) -> Captured:
        """See :class:`Generator`."""
        logits = LogitsCapture()
        sequences = self._generate(Marks(self._unused_stamps()), [logits], self._proposals())
        return logits.captured(self._tokens(sequences))

    def memory(self) -> dict[str, Peaks]:
        """See :class:`Generator`."""
        phases = PhasePeaks(self._device)
        self._generate(phases, proposals=self._proposals())
        return phases.by_name()

    def finish(self) -> None:
        """Nothing runs beside, and the logits have been seen."""

    def chosen(self) -> dict[str, Any]:
        """See :class:`Generator`; nothing is left open."""
        return {}

    def check_compiled(self) -> None:
        """Raises CompileFailed if a compile mode is asked for and nothing was compiled."""
        if self._request.compile_mode is not None and not compiled_frames():
            raise CompileFailed(
                f"{type(self._model).__name__} was not compiled: its cache is not static, or "
                "transformers does not compile this model",
                hint="set `compile_mode` to null for this model",
            )

    def _proposals(self) -> Proposals | None:
        """Counts of a new run, if tokens are proposed in it."""
        if not self._request.proposes_tokens:
            return None
        # An encoder takes the prompt, and the decoder begins with a token of its own.
        has_encoder = getattr(self._model.config, "is_encoder_decoder", False)
        return Proposals(1 if has_encoder else self._request.sequence_length)

    def _generate(
        self, marks: Any, processors: Sequence[Any] = (), proposals: Proposals | None = None
    ) -> Any:
        from transformers import LogitsProcessorList, StoppingCriteriaList

        def token_chosen(input_ids: Any, scores: Any, **_: Any) -> Any:  # noqa: ARG001 - as called
            marks.token(1 if proposals is None else proposals.chosen(input_ids.shape[-1]))
            return self._not_done

        def forward_begins(input_ids: Any) -> None:
            if proposals is not None:
                proposals.checked(input_ids.shape[-1])
            marks.forward()

        self._on_forward = forward_begins
        try:
            return self._model.generate(
                self._prompt,
                attention_mask=self._mask,
                generation_config=self._settings,
                logits_processor=LogitsProcessorList(processors),
                stopping_criteria=StoppingCriteriaList([token_chosen]),
                **({} if self._assistant is None else {"assistant_model": self._assistant}),
            )
        except ValueError as error:
            if proposals is not None and "assist" in str(error).lower():
                raise InputError(
                    f"{type(self._model).__name__} takes no proposed tokens: {error}",
                    hint="omit the assistant, or `prompt_lookup_tokens`",
                ) from error
            raise
        except AttributeError as error:
            if "BlockMask" in str(error):
                raise _no_static_flex(error) from error
            raise
        finally:
            self._on_forward = None

    def _tokens(self, sequences: Any) -> list[list[int]]:
        tokens: list[list[int]] = sequences[:, -self._request.num_tokens :].tolist()
        return tokens

    def _unused_stamps(self) -> Any:
        return self._device.stamps(self._request.num_tokens + 3)

    def _watch_forward(self) -> None:
        """Lets the host's preparation of the inputs say when the forward pass begins.

        A forward hook would be traced by torch.compile; this method never is.
        """
        prepare = self._model.prepare_inputs_for_generation

        @functools.wraps(prepare)
        def prepared(input_ids: Any, *arguments: Any, **options: Any) -> Any:
            inputs = prepare(input_ids, *arguments, **options)
            if self._on_forward is not None:
                self._on_forward(input_ids)
            return inputs

        self._model.prepare_inputs_for_generation = prepared


def generation_config(request: Request, pad_token_id: int) -> Any:
    """Greedy, exactly ``num_tokens`` tokens, no end token, and the cache that is asked for."""
    from transformers import GenerationConfig

    return GenerationConfig(
        do_sample=False,
        num_beams=1,
        use_cache=True,
        max_new_tokens=request.num_tokens,
        min_new_tokens=request.num_tokens,
        eos_token_id=None,
        pad_token_id=pad_token_id,
        cache_implementation=request.cache if request.cache != "dynamic" else None,
        # With a static cache, `generate` compiles of its own accord.
        disable_compile=request.compile_mode is None,
        prompt_lookup_num_tokens=request.prompt_lookup_tokens,
        **({"compile_config": compile_config(request)} if request.compile_mode else {}),
    )


def assistant_config(request: Request) -> Any:
    """The same number of tokens in each step, however sure the assistant is."""
    from transformers import GenerationConfig

    return GenerationConfig(
        num_assistant_tokens=request.assistant_tokens or DEFAULT_ASSISTANT_TOKENS,
        num_assistant_tokens_schedule="constant",
        assistant_confidence_threshold=0.0,
    )


def compile_config(request: Request) -> Any:
    """What transformers hands to torch.compile."""
    from transformers import CompileConfig

    config = CompileConfig(mode=request.compile_mode)
    if request.device == "cpu":
        # transformers' own switch for tests: it compiles for accelerators only.
        config._compile_all_devices = True
    return config


def compiled_frames() -> int:
    """How many frames this process has compiled."""
    from torch._dynamo.utils import counters

    return int(counters["frames"]["ok"])


def _no_static_flex(error: AttributeError) -> MeasuringFailed:
    import transformers

    return MeasuringFailed(
        f"`generate` of transformers {transformers.__version__} fails with flex_attention and a "
        f"static cache: {error}",
        hint="choose sdpa, or flex_attention with a dynamic cache and no `compile_mode`",
    )
