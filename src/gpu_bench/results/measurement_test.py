from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gpu_bench.results import measurement
from gpu_bench.results.measurement import Measurement, pool
from toolkit.errors import InputError


def result(measure: Callable[..., Measurement], seed: Any, **changes: Any) -> Any:
    return replace(measure(seed).first, document={"seed": seed}, **changes)


def fingerprint(first: Any, **changes: Any) -> Any:
    accelerator = {**first.fingerprint["accelerator"], **changes}
    return {**first.fingerprint, "digest": "6" * 64, "accelerator": accelerator}


def test_rounds_are_pooled(measure: Callable[..., Measurement]) -> None:
    first, second = result(measure, 1), result(measure, 2)
    pooled = pool([first, second])
    assert pooled.processes == first.processes + second.processes
    assert pooled.stable


def test_rounds_that_generate_differently_are_not_stable(
    measure: Callable[..., Measurement],
) -> None:
    first, second = result(measure, 1), result(measure, 2)
    other = replace(second.output, tokens=((1, 2),))
    assert not pool([first, replace(second, output=other)]).stable


def test_the_same_result_does_not_count_twice(measure: Callable[..., Measurement]) -> None:
    with pytest.raises(InputError, match="given twice"):
        pool([result(measure, 1), result(measure, 2), result(measure, 1)])


def test_what_has_no_sample_says_why(measure: Callable[..., Measurement]) -> None:
    problem = {"kind": "out_of_memory", "message": "80 GiB are too few", "hint": "use less"}
    failed = result(measure, 1, status="failed", problem=problem, processes=())
    with pytest.raises(InputError, match="no sample in this result: out_of_memory: 80") as caught:
        pool([failed])
    assert caught.value.hint == "use less"


def test_another_device_is_refused_with_what_differs(measure: Callable[..., Measurement]) -> None:
    first = result(measure, 1)
    other = result(measure, 2, fingerprint=fingerprint(first, driver="570.1"))
    with pytest.raises(InputError, match=r'driver \(null -> "570.1"\)') as caught:
        pool([first, other])
    assert "torch" not in caught.value.message


def test_another_request_is_refused_with_what_differs(measure: Callable[..., Measurement]) -> None:
    first = result(measure, 1)
    other = result(measure, 2, request={**first.request, "batch_size": 8, "dtype": "float16"})
    with pytest.raises(InputError, match=r"batch_size \(1 -> 8\), dtype"):
        measurement.require_same_work(first, other)


def test_what_only_says_how_long_to_measure_may_differ(measure: Callable[..., Measurement]) -> None:
    first = result(measure, 1)
    more = {**first.request, "round": 1, "processes": 9, "min_samples": 20, "address": "b"}
    more["model"] = {**first.request["model"], "root": "elsewhere"}
    pool([first, result(measure, 2, request=more)])


def test_another_way_is_refused_between_rounds_and_noted_between_sides(
    measure: Callable[..., Measurement],
) -> None:
    first = result(measure, 1)
    other = result(measure, 2, request={**first.request, "attn_implementation": "eager"})
    with pytest.raises(InputError, match="attn_implementation"):
        pool([first, other])
    measurement.require_same_work(first, other)
    notes = measurement.notes(Measurement((first,)), Measurement((other,)))
    assert notes == ['the requests differ in attn_implementation (null -> "eager")']


def test_notes_name_what_a_reader_should_know(measure: Callable[..., Measurement]) -> None:
    first = result(measure, 1)
    first = replace(first, fingerprint={**first.fingerprint, "device_hash": "bb"})
    processes = tuple(replace(process, watched=False, settled=False) for process in first.processes)
    other = result(
        measure,
        2,
        address="b:c",
        processes=processes,
        environment={**first.environment, "transformers": "6"},
        fingerprint={**first.fingerprint, "device_hash": "aa"},
    )
    notes = "\n".join(measurement.notes(Measurement((other,)), Measurement((first,))))
    for part in (
        "of b:c",
        "transformers",
        "different cards",
        "base was not watched",
        "warm-up of base",
    ):
        assert part in notes
