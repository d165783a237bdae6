"""Templates of the families, as TRL's wheel has them, and ours beside them."""

from __future__ import annotations

from functools import cache
from importlib.metadata import files
from pathlib import Path
from typing import Any

import pytest

from tiny_models.core.errors import MissingRequirement
from tiny_models.tokenizers.options import TokenizerOptions
from tiny_models.tokenizers.packaged_templates import _of_family, packaged_template
from tiny_models.tokenizers.recipes import recipe_for
from tiny_models.tokenizers.write import make
from toolkit.errors import InputError

_SYSTEM = {"role": "system", "content": "be good"}
_USER = {"role": "user", "content": "hello"}
_ANSWER = {"role": "assistant", "content": "hello world"}
_AGAIN = {"role": "user", "content": "again"}


def _call(name: str, content: str = "", **extra: str) -> dict[str, Any]:
    function = {"name": name, "arguments": {"a": 1, "b": "two"}}
    calls = [{"type": "function", "function": function}]
    return {"role": "assistant", "content": content, "tool_calls": calls, **extra}


_RESULT = {"role": "tool", "content": "2"}
_TURNS = [[_SYSTEM, _USER], [_SYSTEM, _USER, _ANSWER, _AGAIN]]
_WITHOUT_SYSTEM = [[_USER], [_USER, _ANSWER, _AGAIN, _ANSWER, _USER]]
_TOOLS = [
    [_SYSTEM, _USER, _call("add"), _RESULT],
    [_SYSTEM, _USER, _call("add", "let me see"), _RESULT, _RESULT, _ANSWER, _AGAIN],
]
_THOUGHT = {"role": "assistant", "content": "hello world", "reasoning_content": "hm"}
_THINKING = [
    [_SYSTEM, _USER, _THOUGHT, _AGAIN],
    [_SYSTEM, _USER, {"role": "assistant", "content": "<think>\nhm\n</think>\n\nyes"}, _AGAIN],
    [_SYSTEM, _USER, _call("add", reasoning_content="hm"), _RESULT],
]
# What is said about each family: its model type, the file in the wheel, and conversations.
_FAMILIES = [
    ("qwen2", "qwen2_5", [*_TURNS, *_TOOLS]),
    ("qwen3", "qwen3", [*_TURNS, *_WITHOUT_SYSTEM, *_TOOLS, *_THINKING]),
    ("gpt_oss", "gptoss", [*_TURNS, *_WITHOUT_SYSTEM, *_TOOLS]),
    ("llama", "llama3", [*_TURNS, *_WITHOUT_SYSTEM]),
    ("gemma", "gemma", _WITHOUT_SYSTEM),
    ("gemma3_text", "gemma3", [*_TURNS, *_WITHOUT_SYSTEM]),
    ("phi3", "phi3", [*_TURNS, *_WITHOUT_SYSTEM]),
    ("cohere", "cohere", [*_TURNS, *_WITHOUT_SYSTEM]),
]


@cache
def _tokenizer(model_type: str, template: str | None) -> Any:
    return make(recipe_for(model_type, TokenizerOptions(chat_template=template)), Path("unused"))


def _rendered(model_type: str, template: str | None, messages: Any, **options: Any) -> str:
    tokenizer = _tokenizer(model_type, template)
    text = str(tokenizer.apply_chat_template(messages, tokenize=False, **options))
    # The family's first turn of all says who the model is, on which day.
    return text.partition("<|end|>")[2] if model_type == "gpt_oss" else text


@pytest.mark.parametrize(("model_type", "name", "conversations"), _FAMILIES)
def test_ours_renders_as_the_family(model_type: str, name: str, conversations: Any) -> None:
    for messages in conversations:
        ours, theirs = (
            _rendered(model_type, template, messages, add_generation_prompt=True)
            for template in (None, f"from:trl/{name}")
        )
        assert ours == theirs


@pytest.mark.parametrize("model_type", ["qwen3", "gpt_oss"])
@pytest.mark.parametrize("last", [_ANSWER, _THOUGHT])
def test_a_last_answer_keeps_its_thoughts(model_type: str, last: dict[str, str]) -> None:
    answer = (
        {**last, "thinking": last["reasoning_content"]} if "reasoning_content" in last else last
    )
    messages = [_SYSTEM, _USER, _ANSWER, _AGAIN, answer]
    ours, theirs = (_rendered(model_type, name, messages) for name in (None, "from:trl"))
    assert ours == theirs
    assert ("hm" in ours) == (last is _THOUGHT)


def test_thinking_can_be_switched_off() -> None:
    options = {"add_generation_prompt": True, "enable_thinking": False}
    ours, theirs = (_rendered("qwen3", name, [_USER], **options) for name in (None, "from:trl"))
    assert ours == theirs
    assert ours.endswith("<think>\n\n</think>\n\n")


@pytest.mark.parametrize("template", [None, "from:trl"])
@pytest.mark.parametrize(
    ("model_type", "special", "plain"),
    [
        ("qwen2", ["<|im_start|>", "<|im_end|>"], ["<tool_call>"]),
        ("qwen3", ["<|im_start|>"], ["<tool_call>", "</think>", "<tool_response>"]),
        ("gpt_oss", ["<|channel|>", "<|call|>", "<|return|>", "<|message|>"], []),
        ("gemma", ["<start_of_turn>", "<end_of_turn>"], []),
    ],
)
def test_what_a_template_writes_are_tokens(
    template: str | None, model_type: str, special: list[str], plain: list[str]
) -> None:
    tokenizer = _tokenizer(model_type, template)
    for token in [*special, *plain]:
        assert tokenizer.tokenize(f"a {token} b").count(token) == 1
        kept = tokenizer.decode(tokenizer.encode(token), skip_special_tokens=True)
        assert (token in kept) == (token in plain)


def test_every_template_of_the_wheel_can_be_taken() -> None:
    names = [path.name for path in files("trl") or () if path.suffix == ".jinja"]
    assert len(names) > 40
    for name in names:
        if "_training" not in name:
            template = packaged_template(f"from:trl/{name.removesuffix('.jinja')}", "x")
            assert template.markers or "idefics" in name or "smolvlm" in name or "llava" in name, (
                name
            )


@pytest.mark.parametrize(
    ("model_type", "expected"),
    [
        *(("qwen2", "qwen2_5"), ("qwen2_vl", "qwen2_5_vl"), ("qwen2_moe", "qwen2_5")),
        *(("qwen3_moe", "qwen3"), ("qwen3_vl_moe", "qwen3_vl"), ("gpt_oss", "gptoss")),
        *(("gemma2", "gemma"), ("gemma3_text", "gemma3"), ("llama", "llama3"), ("llama4", None)),
        *(("deepseek_v3", "deepseekv3"), ("mistral", None), ("glm4_moe", "glm4moe")),
    ],
)
def test_the_template_of_a_family(model_type: str, expected: str | None) -> None:
    names = {
        path.name.removesuffix(".jinja")
        for path in files("trl") or ()
        if path.suffix == ".jinja" and "_training" not in path.name
    }
    assert _of_family(model_type, names) == expected


def test_what_cannot_be_taken() -> None:
    with pytest.raises(InputError, match="trl has no chat template for mistral") as caught:
        packaged_template("from:trl", "mistral")
    assert 'chat_template="from:trl/cohere"' in str(caught.value.hint)
    with pytest.raises(InputError, match="trl has no chat template `qwen33`") as caught:
        packaged_template("from:trl/qwen33", "qwen3")
    assert "did you mean" in str(caught.value.hint)
    with pytest.raises(InputError, match="numpy has no chat templates"):
        packaged_template("from:numpy", "qwen3")
    with pytest.raises(MissingRequirement, match="needs nowhere"):
        packaged_template("from:nowhere", "qwen3")
