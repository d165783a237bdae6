"""Logits and token probabilities, and those of what is decoded greedily, by beams, by sampling."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.reference_case.conversations import GREETING, token_log_probabilities

NAME = "tiny-random/qwen2-chat"
RECORDED = {"return_dict_in_generate": True, "output_scores": True, "output_logits": True}


@pytest.fixture(scope="module")
def model() -> Any:
    return AutoModelForCausalLM.from_pretrained(NAME).eval()


@pytest.fixture(scope="module")
def prompt() -> Any:
    return AutoTokenizer.from_pretrained(NAME).apply_chat_template(
        GREETING, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )


@torch.no_grad()
def rescored(model: Any, sequences: torch.Tensor, prompt: Any) -> torch.Tensor:
    """The log-probabilities of the new tokens by one forward pass, without a cache."""
    return token_log_probabilities(model, sequences)[:, prompt["input_ids"].shape[1] - 1 :]


@torch.no_grad()
def test_logits_are_log_probabilities_up_to_a_constant(model: Any, prompt: Any) -> None:
    """One finite distribution over the vocabulary for each position; the loss is their mean."""
    token_ids = prompt["input_ids"]
    output = model(token_ids, labels=token_ids)
    assert output.logits.shape == (1, token_ids.shape[1], model.config.vocab_size)
    assert output.logits.isfinite().all()
    torch.testing.assert_close(
        output.logits.softmax(-1).sum(-1), torch.ones_like(token_ids, dtype=torch.float)
    )
    torch.testing.assert_close(output.loss, -token_log_probabilities(model, token_ids).mean())


@torch.no_grad()
def test_logits_of_a_position_depend_on_what_is_before_it_only(model: Any, prompt: Any) -> None:
    token_ids = prompt["input_ids"]
    changed = token_ids.clone()
    changed[0, 9] = (changed[0, 9] + 1) % model.config.vocab_size
    difference = (model(token_ids).logits - model(changed).logits).abs().amax(-1)[0]
    assert (difference[:9] == 0).all()
    assert (difference[9:] > 1e-4).all()


def test_greedy_search_takes_the_likeliest_token(model: Any, prompt: Any) -> None:
    output = model.generate(**prompt, max_new_tokens=10, do_sample=False, **RECORDED)
    new = output.sequences[0, prompt["input_ids"].shape[1] :]
    assert len(new) == len(output.scores)
    for token, scores, logits in zip(new, output.scores, output.logits, strict=True):
        torch.testing.assert_close(scores, logits.float())
        first, second = scores[0].topk(2).values
        assert scores[0, token] == first
        # Far from what rounding could turn round on another machine.
        assert first - second > 1e-3
    scores = model.compute_transition_scores(output.sequences, output.scores, normalize_logits=True)
    expected = rescored(model, output.sequences, prompt)
    torch.testing.assert_close(scores, expected, rtol=0, atol=1e-4)


def test_beam_search_ranks_by_mean_log_probability(model: Any, prompt: Any) -> None:
    """Scores of beams are those of their tokens, and the best one beats greedy search."""
    length, beams = 6, 4
    fixed = {"max_new_tokens": length, "min_new_tokens": length}
    output = model.generate(
        **prompt,
        **fixed,
        do_sample=False,
        num_beams=beams,
        num_return_sequences=beams,
        **RECORDED,
    )
    assert len({tuple(each) for each in output.sequences.tolist()}) == beams
    assert output.sequences_scores.tolist() == sorted(output.sequences_scores, reverse=True)
    scores = model.compute_transition_scores(
        output.sequences, output.scores, output.beam_indices, normalize_logits=False
    )
    expected = rescored(model, output.sequences, prompt)
    torch.testing.assert_close(scores, expected, rtol=0, atol=1e-4)
    torch.testing.assert_close(output.sequences_scores, expected.mean(-1), rtol=0, atol=1e-4)
    greedy = model.generate(**prompt, **fixed, do_sample=False)
    assert expected[0].sum() >= rescored(model, greedy, prompt).sum() - 1e-4


@pytest.mark.parametrize(("temperature", "top_k"), [(1.0, 0), (0.5, 0), (2.0, 5)])
def test_sampling_scores_are_of_the_warped_distribution(
    model: Any, prompt: Any, temperature: float, top_k: int
) -> None:
    torch.manual_seed(0)
    output = model.generate(
        **prompt,
        max_new_tokens=6,
        min_new_tokens=6,
        do_sample=True,
        temperature=temperature,
        top_k=top_k,
        num_return_sequences=8,
        **RECORDED,
    )
    new = output.sequences[:, prompt["input_ids"].shape[1] :]
    assert len({tuple(each) for each in new.tolist()}) > 1
    for position, (scores, logits) in enumerate(zip(output.scores, output.logits, strict=True)):
        possible = scores.isfinite()
        torch.testing.assert_close(scores[possible], (logits / temperature)[possible])
        if top_k:
            assert (possible.sum(-1) == top_k).all()
        assert possible.gather(1, new[:, position, None]).all()
    scores = model.compute_transition_scores(output.sequences, output.scores, normalize_logits=True)
    expected = torch.stack(
        [
            scores.log_softmax(-1).gather(1, new[:, position, None]).squeeze(1)
            for position, scores in enumerate(output.scores)
        ],
        dim=1,
    )
    torch.testing.assert_close(scores, expected)
    with torch.no_grad():
        logits = model(output.sequences).logits[:, prompt["input_ids"].shape[1] - 1 : -1]
    torch.testing.assert_close(torch.stack(output.logits, dim=1), logits, rtol=0, atol=1e-4)


def test_sampled_tokens_are_as_frequent_as_they_are_probable(model: Any, prompt: Any) -> None:
    """2000 draws of a token: each of the likeliest within five standard errors."""
    draws = 2000
    torch.manual_seed(0)
    output = model.generate(
        **prompt,
        max_new_tokens=1,
        do_sample=True,
        temperature=0.25,
        top_k=0,
        top_p=1.0,
        num_return_sequences=draws,
        **RECORDED,
    )
    probabilities = (output.logits[0][0] / 0.25).softmax(-1)
    drawn = output.sequences[:, -1].bincount(minlength=model.config.vocab_size)
    likeliest = probabilities.topk(6).indices
    expected = probabilities[likeliest] * draws
    assert (expected > 50).all()
    deviation = (drawn[likeliest] - expected) / (expected * (1 - probabilities[likeliest])).sqrt()
    assert deviation.abs().max() < 5
