from __future__ import annotations

import pytest
from pants.engine.addresses import Address

from rules_transformers.gpu_benchmark.subsystem import Run
from rules_transformers.gpu_benchmark.util_rules.selection import RequestedBenchmarks, names_the_tag

_BENCH = Address("m", target_name="b")


@pytest.mark.parametrize(
    ("tags", "named"),
    [
        ((), False),
        (("gpu-bench",), True),
        (("+gpu-bench",), True),
        (("slow, gpu-bench",), True),
        (("-gpu-bench",), False),
        (("-slow,gpu-bench",), False),
        (("slow", "gpu-bench"), True),
        (("gpu-benchmarks",), False),
    ],
)
def test_names_the_tag(tags: tuple[str, ...], named: bool) -> None:
    assert names_the_tag(tags) == named


@pytest.mark.parametrize(
    ("literal", "address", "has"),
    [
        (_BENCH, _BENCH, True),
        (Address("m", target_name="c"), _BENCH, False),
        (_BENCH, Address("m", target_name="b", parameters={"batch_size": "1"}), True),
        (Address("m", target_name="b", parameters={"batch_size": "1"}), _BENCH, False),
        (
            Address("m", target_name="b", parameters={"batch_size": "1"}),
            Address("m", target_name="b", parameters={"batch_size": "8"}),
            False,
        ),
    ],
)
def test_an_address_asks_for_its_benchmark(literal: Address, address: Address, has: bool) -> None:
    requested = RequestedBenchmarks(Run.requested, False, frozenset([literal]))
    assert requested.has(address) == has


@pytest.mark.parametrize(("run", "has"), [(Run.always, True), (Run.never, False)])
def test_the_option_decides_first(run: Run, has: bool) -> None:
    assert RequestedBenchmarks(run, not has, frozenset()).has(_BENCH) == has


@pytest.mark.parametrize(
    ("run", "tagged", "literals", "left_out"),
    [
        (Run.requested, False, [], False),
        (Run.requested, True, [], True),
        (Run.requested, True, [_BENCH], False),
        (Run.always, True, [], False),
    ],
)
def test_the_tag_asks_for_no_smoke_test(
    run: Run, tagged: bool, literals: list[Address], left_out: bool
) -> None:
    requested = RequestedBenchmarks(run, tagged, frozenset(literals))
    assert requested.leaves_to_all_tests(_BENCH) == left_out
