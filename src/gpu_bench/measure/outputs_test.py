from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from gpu_bench.core.errors import NotFinite
from gpu_bench.measure.outputs import LogitsCapture, token_digest

STEPS = [
    torch.tensor([[1.0, 4.0, 2.5], [0.0, -math.inf, 7.0]]),
    torch.tensor([[3.0, 1.0, 2.0], [9.0, 9.0, 0.0]]),
]


def capture(steps: Any) -> Any:
    logits = LogitsCapture()
    for position, scores in enumerate(steps, 7):
        assert logits(torch.zeros(len(scores), position), scores) is scores
    return logits


def test_margins_are_the_best_logit_less_the_second() -> None:
    captured = capture(STEPS).captured([[1, 0], [2, 0]])
    assert captured.margins == [[1.5, 1.0], [7.0, 0.0]]
    assert captured.top_logits == [4.0, 2.5, 1.0]


def test_the_last_look_at_a_position_counts() -> None:
    logits = LogitsCapture()
    proposed = torch.tensor([[math.nan, 9.0, 0.0]])
    # An assistant sees positions first; those after a rejected token come again; the last one is
    # beyond the end.
    for position, scores in [
        *((5, proposed), (6, proposed), (5, STEPS[0][:1]), (6, proposed), (7, proposed)),
        *((6, STEPS[1][:1]), (7, proposed)),
    ]:
        logits(torch.zeros(1, position), scores)
    captured = logits.captured([[1, 0]])
    assert captured.margins == [[1.5, 1.0]]
    assert captured.top_logits == [4.0, 2.5, 1.0]


@pytest.mark.parametrize(("step", "where"), [(0, "after the prompt"), (1, "at token 2")])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_step_that_is_not_finite_is_named(step: Any, where: Any, value: Any) -> None:
    steps = [logits.clone() for logits in STEPS]
    steps[step][1, 0] = value
    with pytest.raises(NotFinite, match=where) as caught:
        capture(steps).captured([[1, 0], [2, 0]])
    assert caught.value.exit_code == 1


def test_a_row_of_forbidden_tokens_only_is_not_finite() -> None:
    with pytest.raises(NotFinite):
        capture([torch.full((1, 3), -math.inf)]).captured([[0]])


def test_the_digest_depends_on_every_token_and_on_the_rows() -> None:
    digests = {
        token_digest(tokens) for tokens in ([[1, 2], [3, 4]], [[1, 2], [3, 5]], [[1, 2, 3, 4]])
    }
    assert len(digests) == 3
