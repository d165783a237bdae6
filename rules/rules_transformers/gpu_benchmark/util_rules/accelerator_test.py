from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rules_transformers.gpu_benchmark.util_rules.accelerator import Accelerator, chosen_devices
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
    assert chosen_devices((_FIRST, _SECOND), variables).name == name


def test_cuda_counts_in_the_requested_order() -> None:
    cards = (replace(_SECOND, index=0), replace(_FIRST, index=1))
    assert chosen_devices(cards, {}).name == "Card A"
    assert chosen_devices(cards, {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"}).name == "Card B"


@pytest.mark.parametrize("visible", ["", "-1", "2", "GPU-cccc", "NoDevFiles"])
def test_none_if_all_are_hidden(visible: str) -> None:
    accelerator = chosen_devices((_FIRST, _SECOND), {"CUDA_VISIBLE_DEVICES": visible})
    assert accelerator.name is None
    assert f'CUDA_VISIBLE_DEVICES="{visible}" ' in accelerator.reason


def test_none_if_there_is_none() -> None:
    assert chosen_devices([], {}) == Accelerator(None, reason="no CUDA device was found")


def test_several_devices_are_filed_together() -> None:
    cards = (_FIRST, _SECOND)
    both = chosen_devices(cards, {}, 2)
    other = chosen_devices(cards, {"CUDA_VISIBLE_DEVICES": "1,0"}, 2)
    assert (both.name, other.name) == ("Card A", "Card B")
    assert len({both.fingerprint, other.fingerprint, chosen_devices(cards, {}).fingerprint}) == 3
    assert len({both.device_hash, other.device_hash, chosen_devices(cards, {}).device_hash}) == 3
    assert chosen_devices(cards, {}, 3) == Accelerator(
        None, reason="3 devices are needed, but this machine has 2"
    )


def test_cards_of_one_model_differ_in_their_hash_only() -> None:
    one = chosen_devices([_FIRST], {})
    other = chosen_devices([replace(_FIRST, uuid="GPU-cccc-1")], {})
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
    one = chosen_devices([_FIRST], {})
    assert one.fingerprint != chosen_devices([replace(_FIRST, **change)], {}).fingerprint
