from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rules_transformers.gpu_benchmark.util_rules.accelerator import Accelerator, chosen_device
from rules_transformers_contract.cuda_device import Card

_FIRST = Card(0, "GPU-aaaa-1", "Card A", 81559 << 20, "550.1", "9.0", 1980, 2619, 700.0)
_SECOND = Card(1, "GPU-bbbb-2", "Card B", 24576 << 20, "550.1", "8.6", 1695, 6251, 150.0)


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({}, "Card A"),
        ({"CUDA_VISIBLE_DEVICES": "1,0"}, "Card B"),
        ({"CUDA_VISIBLE_DEVICES": "GPU-bbbb"}, "Card B"),
    ],
)
def test_the_device_that_cuda_sees_first(variables: dict[str, str], name: str) -> None:
    assert chosen_device((_FIRST, _SECOND), variables).name == name


def test_cuda_counts_in_the_requested_order() -> None:
    cards = (replace(_SECOND, index=0), replace(_FIRST, index=1))
    assert chosen_device(cards, {}).name == "Card A"
    assert chosen_device(cards, {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}).name == "Card B"


@pytest.mark.parametrize("visible", ["", "-1", "2", "GPU-cccc", "NoDevFiles"])
def test_none_if_all_are_hidden(visible: str) -> None:
    accelerator = chosen_device((_FIRST, _SECOND), {"CUDA_VISIBLE_DEVICES": visible})
    assert accelerator.name is None
    assert f'CUDA_VISIBLE_DEVICES="{visible}" ' in accelerator.reason


def test_none_if_there_is_none() -> None:
    assert chosen_device([], {}) == Accelerator(None, reason="no CUDA device was found")


def test_cards_of_one_model_differ_in_their_hash_only() -> None:
    one = chosen_device([_FIRST], {})
    other = chosen_device([replace(_FIRST, uuid="GPU-cccc-1")], {})
    assert one.fingerprint == other.fingerprint
    assert one.device_hash != other.device_hash


@pytest.mark.parametrize(
    "change",
    [
        {"driver": "560.2"},
        {"max_sm_clock": 1410},
        {"memory": 40 << 30},
        {"name": "Card A MIG 1g.18gb"},
        {"power_limit": 500.0},
    ],
    ids=str,
)
def test_drivers_and_limits_are_in_the_fingerprint(change: dict[str, Any]) -> None:
    one = chosen_device([_FIRST], {})
    assert one.fingerprint != chosen_device([replace(_FIRST, **change)], {}).fingerprint
