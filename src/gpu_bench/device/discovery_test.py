from __future__ import annotations

import pytest

from gpu_bench.conftest import FakeNvml
from gpu_bench.core.errors import NoAccelerator
from gpu_bench.device.discovery import chosen, nvml_cards
from gpu_bench.device.fingerprint import fingerprint
from rules_transformers_contract.cuda_device import Card, smi_cards
from toolkit.errors import InputError

# As `nvidia-smi` prints for our fields; the second card is one that knows less.
TABLE = """\
0, GPU-11111111-aaaa-bbbb-cccc-000000000001, NVIDIA H200, 143771, 570.86.10, 9.0, 1980, 3201, 700.00
1, GPU-22222222-aaaa-bbbb-cccc-000000000002, Tesla K80, 11441, 470.42.01, 3.7, 875, [N/A], [N/A]
"""
LISTING = """\
GPU 0: NVIDIA H200 (UUID: GPU-11111111-aaaa-bbbb-cccc-000000000001)
  MIG 1g.18gb     Device  0: (UUID: MIG-aaaaaaaa-0000-1111-2222-333333333333)
  MIG 1g.18gb     Device  1: (UUID: MIG-bbbbbbbb-0000-1111-2222-333333333333)
GPU 1: Tesla K80 (UUID: GPU-22222222-aaaa-bbbb-cccc-000000000002)
"""
CARDS = smi_cards(TABLE, LISTING)


def test_the_environment_says_which_card_is_seen() -> None:
    variables = {"CUDA_VISIBLE_DEVICES": "1", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}
    assert chosen(CARDS, variables).uuid.startswith("GPU-22222222")
    assert chosen(CARDS, {}).uuid.startswith("MIG-aaaaaaaa")


def test_hidden_cards_are_no_cards() -> None:
    with pytest.raises(NoAccelerator, match="hides all of 2"):
        chosen(CARDS, {"CUDA_VISIBLE_DEVICES": ""})


def test_an_unknown_device_is_a_mistake() -> None:
    with pytest.raises(InputError) as caught:
        chosen(CARDS, {"CUDA_VISIBLE_DEVICES": "7"})
    assert "begins with 7" in caught.value.message
    assert "GPU-22222222" in caught.value.hint


def test_without_a_card_there_is_a_way_out() -> None:
    with pytest.raises(NoAccelerator) as caught:
        chosen([], {})
    assert caught.value.exit_code == 3
    assert "cpu" in caught.value.hint


def test_nvml_and_the_tool_describe_a_card_alike() -> None:
    (card, *parts) = nvml_cards(FakeNvml())
    assert card == CARDS[0]
    assert [each.uuid for each in parts] == ["MIG-aaaaaaaa-0000-1111-2222-333333333333"]


def test_the_fingerprint_tells_cards_by_what_they_are_and_not_which() -> None:
    first = fingerprint(CARDS[0])
    other = fingerprint(Card(**{**vars(CARDS[0]), "uuid": "GPU-9"}))
    weaker = fingerprint(Card(**{**vars(CARDS[0]), "power_limit": 500.0}))
    assert first["digest"] == other["digest"] != weaker["digest"]
    assert first["device_hash"] != other["device_hash"]
    assert CARDS[0].uuid not in str(first)


def test_the_fingerprint_of_a_processor_is_the_same_twice() -> None:
    assert fingerprint(None) == fingerprint(None)
    assert fingerprint(None)["accelerator"]["memory"] > 0
