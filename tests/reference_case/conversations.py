"""What the tests say to the models, and how they score what comes back."""

from __future__ import annotations

import torch

Conversation = list[dict[str, str]]

GREETING: Conversation = [
    {"role": "system", "content": "You answer briefly."},
    {"role": "user", "content": "hello"},
    {"role": "assistant", "content": "hello, what is it?"},
    {"role": "user", "content": "what is the time?"},
]
QUESTION: Conversation = [{"role": "user", "content": "what is a model?"}]


def token_log_probabilities(
    model: torch.nn.Module, token_ids: torch.Tensor, attention_mask: torch.Tensor | None = None
) -> torch.Tensor:
    """The log-probability of each token but the first, given those before it.

    `token_ids` is (batch, length), the result (batch, length - 1).
    """
    logits = model(token_ids, attention_mask=attention_mask).logits[:, :-1]
    return logits.float().log_softmax(-1).gather(-1, token_ids[:, 1:, None]).squeeze(-1)
