"""One training step of each kind with TRL, each against the same quantity computed by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer
from trl import (
    DPOConfig,
    DPOTrainer,
    GRPOConfig,
    GRPOTrainer,
    RewardConfig,
    RewardTrainer,
    RLOOConfig,
    RLOOTrainer,
    SFTConfig,
    SFTTrainer,
)

from tests.reference_case.conversations import token_log_probabilities

CHAT = "tiny-random/qwen2-chat"
REWARD = "tiny-random/qwen2-reward"
QUESTIONS = ["what is the time?", "who is there?"]
ANSWERS = ["it is late", "a friend"]
WORSE_ANSWERS = ["no", "go away from here"]


def user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def assistant(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def one_step(tmp_path: Path, **options: Any) -> dict[str, Any]:
    """What all trainers here get: one step, on the CPU, in full precision, nothing saved."""
    return {
        "output_dir": str(tmp_path),
        "max_steps": 1,
        "per_device_train_batch_size": 2,
        "learning_rate": 1e-3,
        "lr_scheduler_type": "constant",
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": False,
        "disable_tqdm": True,
    } | options


def weights_of(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in model.named_parameters()}


def unchanged(before: dict[str, torch.Tensor], model: torch.nn.Module) -> list[str]:
    """The parameters that a step left alone."""
    return [
        name
        for name, value in model.named_parameters()
        if torch.equal(value.detach(), before[name])
    ]


def first_log(trainer: Any) -> dict[str, float]:
    return trainer.state.log_history[0]


@pytest.fixture
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(CHAT)


@pytest.fixture
def policy() -> Any:
    return AutoModelForCausalLM.from_pretrained(CHAT)


def answer_log_probability(model: Any, tokenizer: Any, question: str, answer: str) -> torch.Tensor:
    """The log-probability of the answer's turn after the question."""
    prompt = tokenizer.apply_chat_template(
        user(question), add_generation_prompt=True, return_tensors="pt", return_dict=True
    )["input_ids"]
    whole = tokenizer.apply_chat_template(
        user(question) + assistant(answer), return_tensors="pt", return_dict=True
    )["input_ids"]
    assert torch.equal(whole[:, : prompt.shape[1]], prompt)
    return token_log_probabilities(model, whole)[0, prompt.shape[1] - 1 :].sum()


def test_supervised_step(policy: Any, tokenizer: Any, tmp_path: Path) -> None:
    """The loss is that of the assistant's tokens alone, and a step lowers it."""

    @torch.no_grad()
    def loss_by_hand() -> float:
        total = tokens = 0
        for question, answer in zip(QUESTIONS, ANSWERS, strict=True):
            batch = tokenizer.apply_chat_template(
                user(question) + assistant(answer),
                return_assistant_tokens_mask=True,
                return_dict=True,
            )
            ids = torch.tensor([batch["input_ids"]])
            counts = torch.tensor(batch["assistant_masks"])[1:]
            total -= (token_log_probabilities(policy.eval(), ids)[0] * counts).sum().item()
            tokens += counts.sum().item()
        return total / tokens

    expected = loss_by_hand()
    before = weights_of(policy)
    rows = [
        {"messages": user(question) + assistant(answer)}
        for question, answer in zip(QUESTIONS, ANSWERS, strict=True)
    ]
    trainer = SFTTrainer(
        model=policy,
        args=SFTConfig(**one_step(tmp_path, assistant_only_loss=True)),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )
    trainer.train()
    assert first_log(trainer)["loss"] == pytest.approx(expected, rel=1e-5)
    assert unchanged(before, policy) == []
    assert loss_by_hand() < expected


def test_preference_step(policy: Any, tokenizer: Any, tmp_path: Path) -> None:
    """The loss begins at ln 2, as policy and reference are one; a step prefers the chosen."""

    @torch.no_grad()
    def preference() -> float:
        pairs = zip(QUESTIONS, ANSWERS, WORSE_ANSWERS, strict=True)
        return sum(
            answer_log_probability(policy.eval(), tokenizer, question, chosen).item()
            - answer_log_probability(policy.eval(), tokenizer, question, rejected).item()
            for question, chosen, rejected in pairs
        )

    preferred_before = preference()
    before = weights_of(policy)
    rows = [
        {"prompt": user(question), "chosen": assistant(chosen), "rejected": assistant(rejected)}
        for question, chosen, rejected in zip(QUESTIONS, ANSWERS, WORSE_ANSWERS, strict=True)
    ]
    trainer = DPOTrainer(
        model=policy,
        ref_model=AutoModelForCausalLM.from_pretrained(CHAT),
        args=DPOConfig(**one_step(tmp_path)),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )
    trainer.train()
    log = first_log(trainer)
    assert log["loss"] == pytest.approx(math.log(2), abs=1e-6)
    assert log["rewards/margins"] == pytest.approx(0, abs=1e-6)
    # The logged figures are means over the pairs.
    assert log["logps/chosen"] - log["logps/rejected"] == pytest.approx(
        preferred_before / 2, abs=1e-3
    )
    assert unchanged(before, policy) == []
    assert preference() > preferred_before


def test_reward_model_step(tmp_path: Path) -> None:
    """The loss is that of Bradley and Terry, and a step widens the margin."""
    tokenizer = AutoTokenizer.from_pretrained(REWARD)
    model = AutoModelForSequenceClassification.from_pretrained(REWARD)
    assert model.config.num_labels == 1

    @torch.no_grad()
    def margins() -> torch.Tensor:
        def score(question: str, answer: str) -> torch.Tensor:
            batch = tokenizer.apply_chat_template(
                user(question) + assistant(answer), return_tensors="pt", return_dict=True
            )
            return model.eval()(**batch).logits[0, 0]

        pairs = zip(QUESTIONS, ANSWERS, WORSE_ANSWERS, strict=True)
        return torch.stack([score(q, chosen) - score(q, worse) for q, chosen, worse in pairs])

    margins_before = margins()
    before = weights_of(model)
    rows = [
        {
            "chosen": user(question) + assistant(chosen),
            "rejected": user(question) + assistant(rejected),
        }
        for question, chosen, rejected in zip(QUESTIONS, ANSWERS, WORSE_ANSWERS, strict=True)
    ]
    trainer = RewardTrainer(
        model=model,
        args=RewardConfig(**one_step(tmp_path)),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )
    trainer.train()
    log = first_log(trainer)
    expected = -torch.nn.functional.logsigmoid(margins_before).mean().item()
    assert log["loss"] == pytest.approx(expected, rel=1e-5)
    assert log["accuracy"] == pytest.approx((margins_before > 0).float().mean().item())
    assert unchanged(before, model) == []
    assert margins().mean() > margins_before.mean()


class Recorder:
    """A deterministic reward that keeps what it was asked."""

    __name__ = "share_of_vowels"

    def __init__(self) -> None:
        self.prompts: list[Any] = []
        self.completion_ids: list[list[int]] = []
        self.rewards: list[float] = []

    def __call__(
        self, prompts: list[Any], completions: list[Any], completion_ids: Any, **_: Any
    ) -> list[float]:
        texts = [completion[0]["content"] for completion in completions]
        rewards = [sum(each in "aeiou" for each in text) / (1 + len(text)) for text in texts]
        self.prompts += prompts
        self.completion_ids += completion_ids
        self.rewards += rewards
        return rewards


@pytest.mark.parametrize(
    ("trainer_class", "config_class"), [(GRPOTrainer, GRPOConfig), (RLOOTrainer, RLOOConfig)]
)
def test_policy_gradient_step(
    trainer_class: Any, config_class: Any, policy: Any, tokenizer: Any, tmp_path: Path
) -> None:
    """A step makes what was rewarded above its group's mean likelier than the rest."""
    reward = Recorder()

    @torch.no_grad()
    def objective() -> float:
        total = 0.0
        groups = len(reward.rewards) // 4
        for number, reached in enumerate(reward.rewards):
            group = number // 4
            mean = sum(reward.rewards[4 * group : 4 * group + 4]) / 4
            prompt = tokenizer.apply_chat_template(
                reward.prompts[number], add_generation_prompt=True, return_dict=True
            )["input_ids"]
            ids = torch.tensor([prompt + reward.completion_ids[number]])
            log_probabilities = token_log_probabilities(policy.eval(), ids)[0, len(prompt) - 1 :]
            total += (reached - mean) * log_probabilities.sum().item()
        return total / groups

    before = weights_of(policy)
    trainer = trainer_class(
        model=policy,
        reward_funcs=reward,
        args=config_class(
            **one_step(
                tmp_path,
                per_device_train_batch_size=8,
                num_generations=4,
                max_completion_length=12,
                # Completions of one length: so the advantages of a group sum to zero over tokens.
                generation_kwargs={"min_new_tokens": 12},
                beta=0.0,
                seed=0,
            )
        ),
        train_dataset=Dataset.from_list([{"prompt": user(question)} for question in QUESTIONS]),
        processing_class=tokenizer,
    )
    trainer.train()
    log = first_log(trainer)
    assert len(reward.rewards) == 8
    assert reward.prompts == 4 * reward.prompts[:1] + 4 * reward.prompts[4:5]
    assert all(len(ids) == 12 for ids in reward.completion_ids)
    assert log["reward"] == pytest.approx(sum(reward.rewards) / 8)
    assert log["frac_reward_zero_std"] == 0
    assert log["loss"] == pytest.approx(0, abs=1e-5)
    assert log["grad_norm"] > 0
    assert unchanged(before, policy) == []
    after = objective()
    with torch.no_grad():
        for name, value in policy.named_parameters():
            value.copy_(before[name])
    assert after > objective()
