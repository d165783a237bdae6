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
    """A logits processor that keeps two logits of each step, not the whole vocabulary."""

    def __init__(self) -> None:
        self._margins: list[Any] = []
        self._finite: list[Any] = []
        self._top: Any = None

    def __call__(self, input_ids: Any, scores: Any) -> Any:  # noqa: ARG002 - transformers passes it
        """Notes what is needed of ``scores``, [batch_size, vocabulary], and returns them."""
        count = min(TOP_LOGITS, scores.shape[-1])
        top = scores.float().topk(count, dim=-1).values
        if self._top is None:
            self._top = top[0]
        self._margins.append(top[:, 0] - top[:, 1] if count > 1 else top[:, 0] * 0)
        # -inf is how a model forbids a token; NaN and +inf are never meant.
        self._finite.append(
            ~(scores.isnan() | scores.isposinf()).any() & top[:, 0].isfinite().all()
        )
        return scores

    def captured(self, tokens: list[list[int]]) -> Captured:
        """What was seen. Raises NotFinite if a step had NaN or infinite logits."""
        check_finite([bool(finite) for finite in self._finite])
        steps = [margin.tolist() for margin in self._margins]
        margins = [[_short(step[row]) for step in steps] for row in range(len(tokens))]
        return Captured(tokens, margins, [_short(logit) for logit in self._top.tolist()])


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
