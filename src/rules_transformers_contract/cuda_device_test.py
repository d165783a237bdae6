from __future__ import annotations

import pytest

from rules_transformers_contract.cuda_device import Card, NoDevice, smi_cards, visible_devices

# As `nvidia-smi` prints. A small card, a divided one, and one that knows less of itself.
_TABLE = """\
0, GPU-00000000-aaaa-bbbb-cccc-000000000000, NVIDIA T400, 2048, 570.86.10, 7.5, 2100, 5001, 31.32
1, GPU-11111111-aaaa-bbbb-cccc-000000000001, NVIDIA H200, 143771, 570.86.10, 9.0, 1980, 3201, 700.00
2, GPU-11112222-aaaa-bbbb-cccc-000000000002, Tesla K80, 11441, 470.42.01, 3.7, 875, [N/A], [N/A]
"""
_LISTING = """\
GPU 0: NVIDIA T400 (UUID: GPU-00000000-aaaa-bbbb-cccc-000000000000)
GPU 1: NVIDIA H200 (UUID: GPU-11111111-aaaa-bbbb-cccc-000000000001)
  MIG 1g.18gb     Device  0: (UUID: MIG-aaaaaaaa-0000-1111-2222-333333333333)
  MIG 1g.18gb     Device  1: (UUID: MIG-bbbbbbbb-0000-1111-2222-333333333333)
GPU 2: Tesla K80 (UUID: GPU-11112222-aaaa-bbbb-cccc-000000000002)
"""
_CARDS = smi_cards(_TABLE, _LISTING)
_BY_BUS = "PCI_BUS_ID"


def test_cards_are_read() -> None:
    whole = [card for card in _CARDS if card.parent_uuid is None]
    assert [card.name for card in whole] == ["NVIDIA T400", "NVIDIA H200", "Tesla K80"]
    assert whole[1] == Card(
        index=1,
        uuid="GPU-11111111-aaaa-bbbb-cccc-000000000001",
        name="NVIDIA H200",
        memory=143771 << 20,
        driver="570.86.10",
        compute_capability="9.0",
        max_sm_clock=1980,
        max_memory_clock=3201,
        power_limit=700.0,
    )
    assert (whole[2].max_memory_clock, whole[2].power_limit) == (None, None)


def test_parts_follow_their_card() -> None:
    assert [card.uuid[:8] for card in _CARDS] == [
        *("GPU-0000", "GPU-1111", "MIG-aaaa", "MIG-bbbb", "GPU-1111")
    ]
    part = _CARDS[2]
    assert part.name == "NVIDIA H200 MIG 1g.18gb"
    assert part.sensor_uuid == _CARDS[1].uuid
    assert (part.memory, part.driver) == (0, "570.86.10")


def test_a_card_that_does_not_answer_is_skipped() -> None:
    lost = "Unable to determine the device handle for GPU 0000:3B:00.0: Unknown Error\n"
    assert smi_cards(lost + _TABLE, _LISTING) == _CARDS


@pytest.mark.parametrize(
    ("visible", "order", "uuid"),
    [
        # The fastest card is first, and is divided.
        (None, None, "MIG-aaaa"),
        ("0", None, "MIG-aaaa"),
        ("1", None, "GPU-0000"),
        ("2,0", "FASTEST_FIRST", "GPU-1111222"),
        (None, _BY_BUS, "GPU-0000"),
        ("0", _BY_BUS, "GPU-0000"),
        (" 1 ", _BY_BUS, "MIG-aaaa"),
        ("2", _BY_BUS, "GPU-1111222"),
        ("GPU-11112", None, "GPU-1111222"),
        ("gpu-11112222-AAAA", None, "GPU-1111222"),
        ("GPU-11111111", None, "MIG-aaaa"),
        ("MIG-bbbb", None, "MIG-bbbb"),
    ],
)
def test_the_device_that_is_seen_first(visible: str | None, order: str | None, uuid: str) -> None:
    (card,) = visible_devices(_CARDS, visible, order)
    assert card.uuid.startswith(uuid)


@pytest.mark.parametrize("visible", ["", "-1", "NoDevFiles", "-1,0"])
def test_all_may_be_hidden(visible: str) -> None:
    with pytest.raises(NoDevice) as caught:
        visible_devices(_CARDS, visible, None)
    assert caught.value.message == f'CUDA_VISIBLE_DEVICES="{visible}" hides all of 3'
    assert not caught.value.is_mistake


@pytest.mark.parametrize(
    ("visible", "number"),
    [("7", "none"), ("GPU-3", "none"), ("GPU-1111", "2"), ("MIG-", "2"), ("all", "none")],
)
def test_an_unknown_or_ambiguous_device_is_a_mistake(visible: str, number: str) -> None:
    with pytest.raises(NoDevice) as caught:
        visible_devices(_CARDS, visible, None)
    assert caught.value.is_mistake
    assert f"names {visible}, which is {number} of the devices here" in caught.value.message
    assert "0 (GPU-11111111-" in caught.value.hint
    assert "MIG-bbbbbbbb-" in caught.value.hint


def test_there_may_be_none() -> None:
    with pytest.raises(NoDevice, match="no CUDA device was found") as caught:
        visible_devices([], "0", None)
    assert not caught.value.is_mistake


def test_the_hash_tells_cards_apart_and_hides_the_uuid() -> None:
    assert len({card.device_hash for card in _CARDS}) == len(_CARDS)
    assert "1111" not in smi_cards(_TABLE, "")[1].device_hash
