from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tiny_models import tokenizers
from tiny_models.tokenizers.chat_templates import STYLES, placeholders, style_of
from tiny_models.tokenizers.options import TokenizerOptions
from tiny_models.tokenizers.recipes import recipe_for
from tiny_models.tokenizers.write import make

CHAT = [
    {"role": "system", "content": "be good"},
    {"role": "user", "content": "hello"},
    {"role": "assistant", "content": "hello world"},
    {"role": "user", "content": "again"},
]
TOOL = {
    "type": "function",
    "function": {"name": "add", "description": "add", "parameters": {"type": "object"}},
}


@cache
def tokenizer_of(model_type: str) -> Any:
    return make(recipe_for(model_type, TokenizerOptions()), Path("unused"))


def rendered(model_type: str, messages: Any = CHAT, **options: Any) -> str:
    tokenizer = tokenizer_of(model_type)
    return str(tokenizer.apply_chat_template(messages, tokenize=False, **options))


def test_a_conversation_of_qwen2() -> None:
    assert rendered("qwen2", add_generation_prompt=True) == (
        "<|im_start|>system\nbe good<|im_end|>\n"
        "<|im_start|>user\nhello<|im_end|>\n"
        "<|im_start|>assistant\nhello world<|im_end|>\n"
        "<|im_start|>user\nagain<|im_end|>\n"
        "<|im_start|>assistant\n"
    )


def test_the_reference_tokenizer(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    vocabulary = tokenizers.build("qwen2", {}, tmp_path)
    assert vocabulary is not None
    (tmp_path / "config.json").write_text('{"model_type": "qwen2"}')
    tokenizer: Any = AutoTokenizer.from_pretrained(tmp_path)
    assert type(tokenizer).__name__ == "Qwen2Tokenizer"
    assert tokenizer.eos_token == "<|im_end|>"
    assert tokenizer.pad_token_id != tokenizer.eos_token_id
    assert tokenizer.padding_side == "left"
    assert vocabulary.special_ids["eos_token_id"] == tokenizer.eos_token_id
    assert (tmp_path / "chat_template.jinja").is_file()
    batch = tokenizer.apply_chat_template(
        [CHAT, CHAT[:2]], add_generation_prompt=True, padding=True, return_dict=True
    )
    first, second = batch["input_ids"]
    assert len(first) == len(second)
    assert second[0] == tokenizer.pad_token_id
    assert batch["attention_mask"][1][0] == 0


def test_turns_that_the_model_writes_are_marked() -> None:
    tokenizer = tokenizer_of("qwen2")
    result = tokenizer.apply_chat_template(
        CHAT, return_assistant_tokens_mask=True, return_dict=True
    )
    marked = [
        token
        for token, mark in zip(result["input_ids"], result["assistant_masks"], strict=True)
        if mark
    ]
    assert tokenizer.decode(marked) == "hello world<|im_end|>\n"


def test_tools_are_listed_and_called() -> None:
    call = {"function": {"name": "add", "arguments": {"a": 1}}}
    messages = [
        *CHAT[:2],
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "2"},
    ]
    text = rendered("qwen2", messages, tools=[TOOL])
    assert json.dumps(TOOL) in text
    assert text.count("be good") == 1
    assert '<tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call>' in text
    assert "<|im_start|>user\n<tool_response>\n2\n</tool_response><|im_end|>" in text


def test_families_without_tools_say_so() -> None:
    with pytest.raises(Exception, match="has no tools"):
        rendered("gemma", tools=[TOOL])


def test_parts_of_a_message() -> None:
    parts = [{"type": "image"}, {"type": "text", "text": "hello"}]
    messages = [{"role": "user", "content": parts}]
    assert "<|vision_start|><|image_pad|><|vision_end|>hello" in rendered("qwen2_vl", messages)
    with pytest.raises(Exception, match="no content of type image"):
        rendered("qwen2", messages)
    with pytest.raises(Exception, match="unknown role: judge"):
        rendered("qwen2", [{"role": "judge", "content": "no"}])


@pytest.mark.parametrize(
    "model_type",
    ["llama", "mistral", "gemma3", "phi3", "cohere", "glm4", "granite", "deepseek_v3", "olmo2"],
)
def test_each_style_is_written_in_special_tokens(model_type: str) -> None:
    tokenizer = tokenizer_of(model_type)
    ids = tokenizer.apply_chat_template(CHAT, return_dict=False)
    style = style_of(model_type)
    for opening, closing in (style.turns["user"], style.turns["assistant"]):
        for token in style.markers:
            if token in opening + closing:
                assert tokenizer.convert_tokens_to_ids(token) in ids
    # A model learns to stop from what closes its turn.
    assert tokenizer.eos_token in style.turns["assistant"][1]
    assert tokenizer.pad_token_id is not None
    assert tokenizer.decode(ids, skip_special_tokens=True).count("hello world") == 1


def test_styles_end_turns_with_their_own_token() -> None:
    for style in STYLES.values():
        assert style.special_tokens["eos_token"] in style.turns["assistant"][1]


@pytest.mark.parametrize(("given", "expected"), [("{{ 1 }}", "{{ 1 }}"), (False, None), ("", None)])
def test_a_template_of_ones_own(given: str | bool, expected: str | None) -> None:
    recipe = recipe_for("qwen2", TokenizerOptions(chat_template=given))
    assert recipe.chat_template == expected


def test_models_that_do_not_chat() -> None:
    for model_type in ("bert", "gpt2", "t5", "clip", "whisper", "roberta", "paligemma"):
        assert recipe_for(model_type, TokenizerOptions()).chat_template is None


def test_placeholders() -> None:
    tokens = {"image_token": "<i>", "boi_token": "<b>", "vision_start_token": "<v>"}
    assert placeholders("gemma3", tokens) == {"image": "<b>"}
    assert placeholders("x", {"image_token": "<i>"}) == {"image": "<i>"}
    around = {**tokens, "vision_end_token": "</v>"}
    assert placeholders("qwen2_vl", around) == {"image": "<v><i></v>"}
    audio = {"audio_token": "<a>", "audio_bos_token": "<", "audio_eos_token": ">"}
    assert placeholders("qwen2_audio", audio) == {"audio": "<<a>>"}
    assert placeholders("higgs_audio_v2", audio) == {"audio": "<a>"}
