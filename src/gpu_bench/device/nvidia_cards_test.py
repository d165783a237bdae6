from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from gpu_bench.core.errors import NoAccelerator
from gpu_bench.device import nvidia_cards
from gpu_bench.device.fingerprint import fingerprint
from gpu_bench.device.identity import check_device, from_json, to_json
from gpu_bench.device.nvidia import Nvidia
from gpu_bench.device.nvidia_cards import chosen, nvml_cards
from gpu_bench.testing.machines import MACHINE, MACHINES, Machine
from rules_transformers_contract.cuda_device import (
    SMI_LISTING_ARGUMENTS,
    SMI_TABLE_ARGUMENTS,
    Card,
    smi_cards,
)
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
    assert chosen(CARDS, variables)[0].uuid.startswith("GPU-22222222")
    assert chosen(CARDS, {})[0].uuid.startswith("MIG-aaaaaaaa")


def test_hidden_cards_are_no_cards() -> None:
    with pytest.raises(NoAccelerator, match="hides all of 2"):
        chosen(CARDS, {"CUDA_VISIBLE_DEVICES": ""})


def test_an_unknown_device_is_a_mistake() -> None:
    with pytest.raises(InputError) as caught:
        chosen(CARDS, {"CUDA_VISIBLE_DEVICES": "7"})
    assert "names 7" in caught.value.message
    assert "GPU-22222222" in caught.value.hint


def test_without_a_card_there_is_a_way_out() -> None:
    with pytest.raises(NoAccelerator) as caught:
        chosen([], {})
    assert caught.value.exit_code == 3
    assert "cpu" in caught.value.hint


def both_ways(machine: Machine) -> tuple[list[Card], list[Card]]:
    by_tool = smi_cards(machine.smi(SMI_TABLE_ARGUMENTS), machine.smi(SMI_LISTING_ARGUMENTS))
    return nvml_cards(machine.nvml()), by_tool


def test_there_are_machines_enough() -> None:
    assert len(MACHINES) >= 15


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_nvml_and_the_tool_describe_a_machine_alike(machine: Machine) -> None:
    by_nvml, by_tool = both_ways(machine)
    if machine.name == "divided, without a slice":
        # The tool's table does not say that a card is divided.
        assert (by_nvml, len(by_tool)) == ([], 1)
        return
    # The listing does not say how much memory a part has.
    sizeless = [replace(card, memory=0) if card.parent_uuid else card for card in by_nvml]
    assert sizeless == by_tool


VARIABLES = (
    {},
    {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"},
    *(
        {"CUDA_VISIBLE_DEVICES": visible, **order}
        for visible in ("0", "1", "3", "7", "1,0", " 1 ", "", "-1", "GPU-0000", "gpu-0000001")
        for order in ({}, {"CUDA_DEVICE_ORDER": "PCI_BUS_ID"})
    ),
)


def names(machine: Machine) -> Iterator[str]:
    """Each UUID of a machine, whole and cut, as it is written and in lower case."""
    for card in machine.cards:
        for uuid in (card.uuid, *(part.uuid for part in card.slices)):
            yield from (uuid, uuid.lower(), uuid[:12], uuid[:6])


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_the_chosen_device_is_the_one_that_cuda_shows_first(machine: Machine) -> None:
    cards = nvml_cards(machine.nvml())
    for variables in (*VARIABLES, *({"CUDA_VISIBLE_DEVICES": name} for name in names(machine))):
        devices = machine.cuda(variables).devices
        try:
            (card,) = chosen(cards, variables)
        except (NoAccelerator, InputError):
            assert devices == (), variables
            continue
        assert devices, variables
        assert card.uuid[4:].lower() == devices[0].uuid, variables
        check_device(card, devices[0])
        # As the measuring process is started.
        (alone, *_) = machine.cuda({"CUDA_VISIBLE_DEVICES": card.uuid}).devices
        check_device(card, alone)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_several_devices_are_those_that_cuda_shows_first(machine: Machine) -> None:
    cards = nvml_cards(machine.nvml())
    for variables in (*VARIABLES, {"CUDA_VISIBLE_DEVICES": "2,0,-1"}):
        devices = machine.cuda(variables).devices
        try:
            both = chosen(cards, variables, 2)
        except (NoAccelerator, InputError):
            is_divided = any("MIG" in device.name for device in devices[:2])
            assert len(devices) < 2 or is_divided, variables
            continue
        alone = machine.cuda(Nvidia().visibility(both, variables)).devices
        assert len(alone) == 2
        for card, device, own in zip(both, devices[:2], alone, strict=True):
            check_device(card, device)
            assert own == device


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({}, "9 devices are needed, but this machine has 8"),
        ({"CUDA_VISIBLE_DEVICES": "3,4"}, '9 devices are needed, but CUDA_VISIBLE_DEVICES="3,4"'),
        ({"CUDA_VISIBLE_DEVICES": "3,4,3"}, "twice"),
        ({"CUDA_VISIBLE_DEVICES": "3,9"}, "names 9, which is none of the devices here"),
    ],
)
def test_more_ranks_than_cards_are_refused(variables: dict[str, str], problem: str) -> None:
    cards = nvml_cards(MACHINE["eight H200"].nvml())
    with pytest.raises((NoAccelerator, InputError)) as caught:
        chosen(cards, variables, 9)
    assert problem in caught.value.message
    assert caught.value.hint


def test_parts_of_a_card_are_no_ranks() -> None:
    cards = nvml_cards(MACHINE["two slices of one H200"].nvml())
    parts = ",".join(part.uuid for part in MACHINE["two slices of one H200"].cards[0].slices)
    with pytest.raises(NoAccelerator, match="a process sees one part of a divided card only"):
        chosen(cards, {"CUDA_VISIBLE_DEVICES": parts}, 2)


def test_torch_on_another_device_is_refused() -> None:
    machine = MACHINE["display card before H200"]
    (card,) = chosen(nvml_cards(machine.nvml()), {})
    assert card.name == "NVIDIA H200"
    (other,) = machine.cuda({"CUDA_VISIBLE_DEVICES": machine.cards[0].uuid}).devices
    with pytest.raises(NoAccelerator, match="NVIDIA T400, expected NVIDIA H200") as caught:
        check_device(card, other)
    assert "MiB" in caught.value.message
    assert caught.value.hint


def test_a_slice_is_neither_its_card_nor_another_slice() -> None:
    machine = MACHINE["two slices of one H200"]
    first, second = (
        chosen(nvml_cards(machine.nvml()), {"CUDA_VISIBLE_DEVICES": part.uuid})[0]
        for part in machine.cards[0].slices
    )
    (device,) = machine.cuda({"CUDA_VISIBLE_DEVICES": second.uuid}).devices
    check_device(second, device)
    with pytest.raises(NoAccelerator):
        check_device(first, device)
    # Older drivers give a slice the UUID of its card.
    check_device(second, replace(device, uuid=machine.cards[0].uuid[4:]))
    with pytest.raises(NoAccelerator, match="MiB"):
        check_device(first, replace(device, name=first.name, uuid=machine.cards[0].uuid[4:]))


def test_a_device_of_an_older_torch_has_no_uuid() -> None:
    (card,) = chosen(nvml_cards(MACHINE["one H200"].nvml()), {})
    check_device(card, SimpleNamespace(name="NVIDIA H200", total_memory=card.memory))


def test_a_card_travels_to_the_measuring_process() -> None:
    (card,) = chosen(nvml_cards(MACHINE["two slices of one H200"].nvml()), {})
    assert from_json(json.loads(json.dumps(to_json(card)))) == card
    assert from_json(json.loads(json.dumps(to_json(None)))) is None


def test_a_driver_that_fails_altogether_lists_nothing() -> None:
    nvml = MACHINE["one H200, lost"].nvml()
    assert nvml_cards(nvml) == []
    with pytest.raises(NoAccelerator, match="no CUDA device was found"):
        chosen([], {})


MISMATCH = "Failed to initialize NVML: Driver/library version mismatch"


def test_a_driver_that_does_not_answer_is_quoted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(
        f"#!/bin/sh\necho '{MISMATCH}'\necho 'NVML library version: 580.95'\nexit 18"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(nvidia_cards, "load_nvml", lambda: None)
    with pytest.raises(NoAccelerator) as caught:
        nvidia_cards.cards()
    assert caught.value.message == f"the driver does not answer: {MISMATCH}"
    assert "restart" in caught.value.hint
    # One that lists no card has none.
    program.write_text("#!/bin/sh\nexit 0")
    assert nvidia_cards.cards() == []


def test_the_fingerprint_tells_cards_by_what_they_are_and_not_which() -> None:
    first = fingerprint(CARDS[:1])
    other = fingerprint([replace(CARDS[0], uuid="GPU-9")])
    weaker = fingerprint([replace(CARDS[0], power_limit=500.0)])
    assert first["digest"] == other["digest"] != weaker["digest"]
    assert first["device_hash"] != other["device_hash"]
    assert CARDS[0].uuid not in str(first)


def test_the_fingerprint_of_a_processor_is_the_same_twice() -> None:
    assert fingerprint([]) == fingerprint([])
    assert fingerprint([])["accelerator"]["memory"] > 0


def test_the_fingerprint_of_several_devices_names_their_number_and_kinds() -> None:
    first = fingerprint(CARDS[:1])
    both = fingerprint([CARDS[0], replace(CARDS[0], uuid="GPU-9")], 2)
    assert both["accelerator"] == {**first["accelerator"], "devices": 2}
    assert len({first["digest"], both["digest"], fingerprint(CARDS[:1] * 3, 3)["digest"]}) == 3
    assert both["device_hash"] != first["device_hash"]
    mixed = fingerprint([CARDS[0], replace(CARDS[0], power_limit=500.0)], 2)
    assert [card["power_limit"] for card in mixed["accelerator"]["others"]] == [500.0]
    assert mixed["digest"] != both["digest"]
