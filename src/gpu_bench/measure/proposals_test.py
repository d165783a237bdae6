"""Speculative decoding: the same tokens as without, in fewer steps, and how many were accepted."""

from __future__ import annotations

from typing import Any

import pytest

from gpu_bench.conftest import TINY_CONFIG, tiny_request
from gpu_bench.device.torch_device import CpuDevice
from gpu_bench.measure.generation import PlainGenerator
from gpu_bench.measure.proposals import Proposals
from gpu_bench.models.loading import load, prompts
from toolkit.errors import InputError

# Random weights depend on their names and the seed, so this is the model itself.
ITSELF = {"assistant": {"model_type": "qwen2"}, "assistant_config": TINY_CONFIG}
OTHER = {**ITSELF, "assistant": {"model_type": "llama"}}
SMALLER = {**ITSELF, "assistant_config": {**TINY_CONFIG, "num_hidden_layers": 1}}
LOOKUP = {"prompt_lookup_tokens": 3}


def generator_of(**fields: Any) -> PlainGenerator:
    request = tiny_request(batch_size=1, num_tokens=12, dtype="float32", **fields)
    loaded = load(request, "cpu")
    return PlainGenerator(request, loaded, prompts(request, loaded), CpuDevice())


@pytest.fixture(scope="module")
def plain() -> Any:
    generator = generator_of()
    return generator.measure()[1], generator.capture()


@pytest.mark.parametrize(
    "proposals", [ITSELF, OTHER, SMALLER, LOOKUP], ids=["itself", "other", "smaller", "lookup"]
)
def test_the_tokens_and_their_logits_are_those_without_proposals(
    plain: Any, proposals: dict[str, Any]
) -> None:
    generator = generator_of(**proposals)
    run, tokens = generator.measure()
    captured = generator.capture()
    assert tokens == plain[0] == captured.tokens
    assert captured.margins[0] == pytest.approx(plain[1].margins[0], abs=1e-3)
    assert captured.top_logits == pytest.approx(plain[1].top_logits, abs=1e-3)
    assert len(run.inter_token) == 11
    assert sum(run.inter_token) == run.decode
    assert run.proposed is not None
    assert run.accepted is not None
    assert 0 <= run.accepted <= run.proposed


def test_a_model_that_assists_itself_is_always_right() -> None:
    run, _ = generator_of(**ITSELF, assistant_tokens=5).measure()
    # Two steps of five and one more; then nothing is left to propose.
    assert (run.proposed, run.accepted) == (10, 10)
    # Tokens of one step are there at once.
    assert sum(gap > 0 for gap in run.inter_token) == 1


def test_the_number_of_proposed_tokens_is_the_requests() -> None:
    run, _ = generator_of(**ITSELF, assistant_tokens=2).measure()
    assert (run.proposed, run.accepted) == (8, 8)
    assert sum(gap > 0 for gap in run.inter_token) == 3


def test_counts_follow_the_length_of_the_sequence() -> None:
    proposals = Proposals(10)
    chosen = []
    for checked, kept in [(15, 13), (18, 14), (14, 15)]:
        proposals.checked(checked)
        chosen.append(proposals.chosen(kept))
    assert chosen == [3, 1, 1]
    assert (proposals.proposed, proposals.accepted) == (10, 2)


def test_an_assistant_of_another_vocabulary_is_refused() -> None:
    with pytest.raises(InputError, match="another vocabulary than qwen2: 300 tokens beside 256"):
        generator_of(
            assistant={"model_type": "qwen2"}, assistant_config={**TINY_CONFIG, "vocab_size": 300}
        )


def test_what_is_wrong_with_an_assistant_names_it() -> None:
    with pytest.raises(InputError, match=r"the assistant: .* has no model type quen2"):
        generator_of(assistant={"model_type": "quen2"})


def test_a_model_that_takes_no_proposals_is_refused() -> None:
    config = {"hidden_size": 32, "num_hidden_layers": 1, "vocab_size": 256, "state_size": 4}
    mamba = {"model": {"model_type": "mamba"}, "attn_implementation": "eager", "config": config}
    generator = generator_of(**mamba, **LOOKUP)
    with pytest.raises(InputError, match="MambaForCausalLM takes no proposed tokens"):
        generator.measure()
