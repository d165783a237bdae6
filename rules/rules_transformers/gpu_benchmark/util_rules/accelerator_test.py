from __future__ import annotations

import pytest

from rules_transformers.gpu_benchmark.util_rules.accelerator import Accelerator, chosen_device

_LINES = (
    "0, GPU-aaaa-1, Card A, 81559, 550.1, 9.0, 1980, 2619, 700.00",
    "1, GPU-bbbb-2, Card B, 24576, 550.1, 8.6, 1695, 6251, 150.00",
)


@pytest.mark.parametrize(
    "visible, name",
    [
        (None, "Card A"),
        ("0", "Card A"),
        ("1,0", "Card B"),
        ("GPU-bbbb", "Card B"),
        (" 1 ", "Card B"),
    ],
)
def test_the_device_that_cuda_sees_first(visible: str | None, name: str) -> None:
    assert chosen_device(_LINES, visible).name == name


@pytest.mark.parametrize("visible", ["", "-1", "2", "GPU-cccc", "NoDevFiles"])
def test_none_where_all_are_hidden(visible: str) -> None:
    found = chosen_device(_LINES, visible)
    assert found.name is None
    assert f"CUDA_VISIBLE_DEVICES={visible} " in found.reason


def test_none_where_there_is_none() -> None:
    assert chosen_device([], None) == Accelerator(None, reason="no CUDA device was found")


def test_a_slice_of_a_card() -> None:
    found = chosen_device(_LINES[:1], "MIG-1234")
    assert found.name == "Card A MIG-1234"
    assert found.device_hash != chosen_device(_LINES[:1], None).device_hash


def test_cards_of_one_model_differ_in_their_hash_only() -> None:
    one = chosen_device(_LINES, None)
    other = chosen_device([_LINES[0].replace("aaaa", "cccc")], None)
    assert one.fingerprint == other.fingerprint
    assert one.device_hash != other.device_hash


@pytest.mark.parametrize("old, new", [("550.1", "560.2"), ("1980", "1410"), ("700.00", "500.00")])
def test_drivers_and_limits_are_in_the_fingerprint(old: str, new: str) -> None:
    one = chosen_device(_LINES, None)
    assert one.fingerprint != chosen_device([_LINES[0].replace(old, new)], None).fingerprint
