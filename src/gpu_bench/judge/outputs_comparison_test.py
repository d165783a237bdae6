from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gpu_bench.judge.outputs_comparison import compare_outputs
from gpu_bench.results.measurement import Measurement
from gpu_bench.results.reader import Output
from toolkit.errors import InputError

BASE = Output("0" * 64, ((1, 2, 3), (1, 2, 3)), ((1.0, 0.1, 1.0),) * 2, (8.0, 7.9), True)


def compare(
    measure: Callable[..., Measurement], new: Any, base: Any = BASE, dtype: Any = "bfloat16"
) -> Any:
    first = measure(1).first
    request = {**first.request, "dtype": dtype}
    sides = [
        Measurement((replace(first, output=output, request=request),)) for output in (base, new)
    ]
    return compare_outputs(*sides)


def test_equal_tokens_are_equal_whether_rows_are_given_once_or_not(
    measure: Callable[..., Measurement],
) -> None:
    assert compare(measure, BASE).verdict == "equal"
    once = replace(BASE, tokens=BASE.tokens[:1], margins=BASE.margins[:1])
    assert compare(measure, once).verdict == "equal"
    assert compare(measure, BASE, once).verdict == "equal"


def test_a_near_tie_is_excused_and_named(measure: Callable[..., Measurement]) -> None:
    comparison = compare(measure, replace(BASE, tokens=((1, 2, 3), (1, 9, 7))))
    assert comparison.verdict == "near_tie"
    assert "prompt 1, token 1: 2 became 9, a near tie in bfloat16" in comparison.reason
    assert comparison.divergence.margin == 0.1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"tokens": ((1, 2, 3), (1, 2, 4))}, "the best logits were 1 apart, more than 0.25"),
        ({"tokens": ((1, 9, 3),), "top_logits": (8.2, 7.9)}, "differ by 0.2, more than 0.128"),
        ({"tokens": ((1, 9, 3),), "top_logits": ()}, "no logits were recorded"),
        ({"tokens": ((1, 9, 3),), "margins": ()}, "no logits were recorded"),
        # Sure of the other token.
        ({"tokens": ((1, 9, 3),), "margins": ((1.0, 2.0, 1.0),)}, "were 2 apart"),
        # One prompt's near tie does not excuse another's error.
        ({"tokens": ((1, 9, 3), (1, 2, 4))}, "prompt 1, token 2: 3 became 4"),
    ],
)
def test_what_is_no_near_tie_is_wrong(
    measure: Callable[..., Measurement], change: Any, reason: Any
) -> None:
    comparison = compare(measure, replace(BASE, **change))
    assert comparison.verdict == "different"
    assert reason in comparison.reason


def test_the_tolerance_depends_on_the_dtype(measure: Callable[..., Measurement]) -> None:
    new = replace(BASE, tokens=((1, 9, 3),))
    assert compare(measure, new, dtype="float16").verdict == "different"
    assert compare(measure, new, dtype="float8").verdict == "different"


def test_what_varies_from_run_to_run_is_not_decided(measure: Callable[..., Measurement]) -> None:
    unstable = replace(BASE, stable=False)
    assert compare(measure, unstable).verdict == "undecided"
    assert compare(measure, unstable, unstable).verdict == "equal"
    wrong = replace(BASE, tokens=((7, 7, 7),))
    assert compare(measure, wrong, unstable).verdict == "undecided"
    assert compare(measure, replace(wrong, stable=False)).verdict == "different"
    assert compare(measure, None).verdict == "undecided"


def test_another_number_of_tokens_is_wrong_input(measure: Callable[..., Measurement]) -> None:
    with pytest.raises(InputError, match=r"\[3\] in base, \[2\] in new"):
        compare(measure, replace(BASE, tokens=((1, 2),), margins=((1.0, 0.1),)))
