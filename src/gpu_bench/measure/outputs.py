"""What the model generated, and how sure it was: compared before any time is."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gpu_bench.core.errors import NotFinite

TOP_LOGITS = 16


@dataclass(frozen=True)
class Captured:
    """Tokens [batch_size, num_tokens], the margin of each, and the first prompt's top logits.

    ``margins`` and ``top_logits`` are empty if a run shows no logits.
    """

    tokens: list[list[int]]
    margins: list[list[float]]
    top_logits: list[float]

    @property
    def digest(self) -> str:
        """SHA-256 of the token ids."""
        return token_digest(self.tokens)

    def to_json(self, stable: bool) -> dict[str, Any]:
        """The `output` of a result."""
        return {
            "digest": self.digest,
            "tokens": self.tokens,
            "margins": self.margins,
            "top_logits": self.top_logits,
            "stable": stable,
        }


def token_digest(tokens: Sequence[Sequence[int]]) -> str:
    """SHA-256 of rows of token ids."""
    text = ";".join(",".join(map(str, row)) for row in tokens)
    return hashlib.sha256(text.encode()).hexdigest()


class LogitsCapture:
    """A logits processor that keeps two logits of each step, not the whole vocabulary.

    A position may come again: an assistant sees it first, and after a rejected token the model sees
    it once more. The last time counts.
    """

    def __init__(self) -> None:
        self._margins: dict[int, Any] = {}
        self._finite: dict[int, Any] = {}
        self._first: tuple[int, Any] | None = None

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """Notes what is needed of ``scores``, [batch_size, vocabulary], and returns them."""
        count = min(TOP_LOGITS, scores.shape[-1])
        top = scores.float().topk(count, dim=-1).values
        position = input_ids.shape[-1]
        if self._first is None or position == self._first[0]:
            self._first = position, top[0]
        self._margins[position] = top[:, 0] - top[:, 1] if count > 1 else top[:, 0] * 0
        # -inf is how a model forbids a token; NaN and +inf are never meant.
        self._finite[position] = (
            ~(scores.isnan() | scores.isposinf()).any() & top[:, 0].isfinite().all()
        )
        return scores

    def captured(self, tokens: list[list[int]]) -> Captured:
        """What was seen. Raises NotFinite if a step had NaN or infinite logits."""
        assert self._first is not None
        # What lies beyond the last token was proposed in vain.
        positions = sorted(self._margins)[: len(tokens[0])]
        check_finite([bool(self._finite[position]) for position in positions])
        steps = [self._margins[position].tolist() for position in positions]
        margins = [[_short(step[row]) for step in steps] for row in range(len(tokens))]
        return Captured(tokens, margins, [_short(logit) for logit in self._first[1].tolist()])


def check_finite(steps: Sequence[bool]) -> None:
    """Raises NotFinite that names the first step (0: the prompt) without finite logits."""
    for step, finite in enumerate(steps):
        if not finite:
            where = "after the prompt" if step == 0 else f"at token {step + 1}"
            raise NotFinite(
                f"the logits {where} are not finite (NaN or infinity)",
                hint="times of such a model say nothing; try another dtype or check its code",
            )


def _short(value: float) -> float:
    """Six significant digits: more than bfloat16 and float16 have."""
    return float(f"{value:.6g}") if math.isfinite(value) else 0.0
