"""Training with tools: TRL recognises a family by the text of its chat template."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer
from trl.chat_template_utils import add_response_schema, supports_tool_calling

NAMES = [f"tiny-random/tools-{name}" for name in ("gpt_oss", "llama", "qwen2", "qwen3")]
QUESTION = {"role": "user", "content": "what is 2 + 3?"}


def add(a: int, b: int) -> int:
    """Adds two numbers.

    Args:
        a: The first.
        b: The second.
    """
    return a + b


@pytest.mark.parametrize("name", NAMES)
def test_a_call_is_read_back_as_it_was_written(name: str) -> None:
    tokenizer: Any = AutoTokenizer.from_pretrained(name)
    assert supports_tool_calling(tokenizer)
    call = {"type": "function", "function": {"name": "add", "arguments": {"a": 2, "b": 3}}}
    turns = [QUESTION, {"role": "assistant", "content": "", "tool_calls": [call]}]
    prompt, whole = (
        tokenizer.apply_chat_template(messages, tools=[add], return_dict=False, **options)
        for messages, options in ((turns[:1], {"add_generation_prompt": True}), (turns, {}))
    )
    assert whole[: len(prompt)] == prompt
    reader = add_response_schema(tokenizer)
    parsed = reader.parse_response(whole[len(prompt) :], prefix=prompt)
    assert parsed["tool_calls"] == [call]


@pytest.mark.parametrize("name", NAMES)
def test_policy_gradient_step_with_tools(name: str, tmp_path: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(name)
    before = {key: value.clone() for key, value in model.named_parameters()}
    lengths: list[int] = []

    def reward(completion_ids: list[list[int]], **_: Any) -> list[float]:
        lengths.extend(map(len, completion_ids))
        return [float(ids[0]) for ids in completion_ids]

    trainer = GRPOTrainer(
        model=model,
        reward_funcs=reward,
        tools=[add],
        args=GRPOConfig(
            output_dir=str(tmp_path),
            max_steps=1,
            per_device_train_batch_size=4,
            num_generations=4,
            max_completion_length=4,
            learning_rate=1e-3,
            seed=0,
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            report_to="none",
            save_strategy="no",
            logging_steps=1,
            disable_tqdm=True,
        ),
        train_dataset=Dataset.from_list([{"prompt": [QUESTION]}]),
        processing_class=AutoTokenizer.from_pretrained(name),
    )
    trainer.train()
    log = trainer.state.log_history[0]
    assert len(lengths) == 4
    assert log["tools/call_frequency"] == 0
    assert log["grad_norm"] > 0
    assert any(not value.equal(before[key]) for key, value in model.named_parameters())
