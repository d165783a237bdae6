"""A conversation in several turns, and what a batch of padded conversations gets."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, pipeline

from tests.reference_case.conversations import GREETING, QUESTION

NAME = "tiny-random/qwen2-chat"


@pytest.fixture(scope="module")
def model() -> Any:
    return AutoModelForCausalLM.from_pretrained(NAME).eval()


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(NAME)


def encoded(tokenizer: Any, conversations: Any, **options: Any) -> Any:
    return tokenizer.apply_chat_template(
        conversations, add_generation_prompt=True, return_tensors="pt", return_dict=True, **options
    )


def test_each_answer_becomes_part_of_the_next_prompt(model: Any, tokenizer: Any) -> None:
    """The pipeline answers turn after turn as the template, the model and the tokenizer do."""
    chat = pipeline("text-generation", model=NAME)
    conversation = []
    for question in ("hello", "what is the time?", "why?"):
        conversation = [*conversation, {"role": "user", "content": question}]
        prompt = encoded(tokenizer, conversation)
        generated = model.generate(**prompt, max_new_tokens=6, do_sample=False)
        answer = tokenizer.decode(
            generated[0, prompt["input_ids"].shape[1] :], skip_special_tokens=True
        )
        answers = chat(
            conversation, max_new_tokens=6, do_sample=False, clean_up_tokenization_spaces=False
        )
        assert answers[0]["generated_text"] == [
            *conversation,
            {"role": "assistant", "content": answer},
        ]
        conversation = answers[0]["generated_text"]
    assert [turn["role"] for turn in conversation] == 3 * ["user", "assistant"]
    assert tokenizer.apply_chat_template(conversation, tokenize=False) == "".join(
        f"<|im_start|>{turn['role']}\n{turn['content']}<|im_end|>\n" for turn in conversation
    )


def test_earlier_turns_count(model: Any, tokenizer: Any) -> None:
    """Another system prompt, or another answer before, changes what comes next."""
    reference = model(**encoded(tokenizer, GREETING)).logits[0, -1]
    for turn in (0, 2):
        other = [dict(each) for each in GREETING]
        other[turn]["content"] += " Always."
        changed = model(**encoded(tokenizer, other)).logits[0, -1]
        assert (changed - reference).abs().max() > 1e-3


def test_turn_ends_where_the_model_says_so(model: Any, tokenizer: Any) -> None:
    """The token that ends a turn in the template is the one that ends generation."""
    prompt = encoded(tokenizer, GREETING)
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    answer = model.generate(
        **prompt, max_new_tokens=6, do_sample=False, sequence_bias=[[[end], 100.0]]
    )
    assert answer[0, prompt["input_ids"].shape[1] :].tolist() == [end]


@pytest.mark.parametrize("padding_side", ["left", "right"])
def test_padded_batch_has_the_logits_of_each_conversation_alone(
    model: Any, tokenizer: Any, padding_side: str
) -> None:
    conversations = [QUESTION, GREETING]
    batch = encoded(tokenizer, conversations, padding=True, padding_side=padding_side)
    mask = batch["attention_mask"].bool()
    assert mask[1].all()
    assert not mask[0].all()
    together = model(**batch).logits
    for row, conversation in enumerate(conversations):
        alone = model(**encoded(tokenizer, conversation)).logits[0]
        torch.testing.assert_close(together[row][mask[row]], alone, rtol=0, atol=1e-5)


def test_padded_batch_is_answered_as_each_conversation_alone(model: Any, tokenizer: Any) -> None:
    conversations = [QUESTION, GREETING, GREETING[1:]]
    options = {"max_new_tokens": 8, "do_sample": False}
    batch = encoded(tokenizer, conversations, padding=True)
    together = model.generate(**batch, **options)[:, batch["input_ids"].shape[1] :]
    for row, conversation in enumerate(conversations):
        prompt = encoded(tokenizer, conversation)
        alone = model.generate(**prompt, **options)[0, prompt["input_ids"].shape[1] :]
        assert together[row, : len(alone)].tolist() == alone.tolist()
        assert (together[row, len(alone) :] == tokenizer.pad_token_id).all()
