import pytest

from gpu_bench.conftest import FakeNvml
from gpu_bench.core.errors import NoAccelerator
from gpu_bench.device.discovery import Card, meant, nvml_cards, smi_cards
from gpu_bench.device.fingerprint import fingerprint
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


def test_cards_are_read_from_the_tool():
    whole = [each for each in CARDS if each.parent_uuid is None]
    assert whole[0] == Card(
        index=0,
        uuid="GPU-11111111-aaaa-bbbb-cccc-000000000001",
        name="NVIDIA H200",
        memory=143771 << 20,
        driver="570.86.10",
        compute_capability="9.0",
        max_sm_clock=1980,
        max_memory_clock=3201,
        power_limit=700.0,
    )
    assert (whole[1].max_memory_clock, whole[1].power_limit) == (None, None)


def test_parts_belong_to_their_card():
    parts = [each for each in CARDS if each.parent_uuid]
    assert [each.uuid[:12] for each in parts] == ["MIG-aaaaaaaa", "MIG-bbbbbbbb"]
    assert {each.sensor_uuid for each in parts} == {CARDS[0].uuid}
    assert parts[0].name == "NVIDIA H200 MIG 1g.18gb"


@pytest.mark.parametrize(
    ("visible", "uuid"),
    [
        (None, "GPU-11111111"),
        ("0", "GPU-11111111"),
        ("1", "GPU-22222222"),
        ("1,0", "GPU-22222222"),
        (" 1 ", "GPU-22222222"),
        ("GPU-2222", "GPU-22222222"),
        ("gpu-11111111-AAAA", "GPU-11111111"),
        ("MIG-bbbb", "MIG-bbbbbbbb"),
    ],
)
def test_the_visible_device_is_found(visible, uuid):
    assert meant(CARDS, visible).uuid.startswith(uuid)


@pytest.mark.parametrize("visible", ["", "-1", "NoDevFiles"])
def test_hidden_cards_are_no_cards(visible):
    with pytest.raises(NoAccelerator, match="CUDA_VISIBLE_DEVICES hides all 2"):
        meant(CARDS, visible)


@pytest.mark.parametrize("visible", ["7", "GPU-3", "GPU-", "MIG-", "all"])
def test_an_unknown_or_ambiguous_device_is_refused(visible):
    with pytest.raises(InputError) as caught:
        meant(CARDS, visible)
    assert visible in caught.value.message
    assert "GPU-22222222" in caught.value.hint


def test_without_a_card_there_is_a_way_out():
    with pytest.raises(NoAccelerator) as caught:
        meant([], None)
    assert caught.value.exit_code == 3
    assert "cpu" in caught.value.hint


def test_nvml_and_the_tool_describe_a_card_alike():
    (card, *parts) = nvml_cards(FakeNvml())
    assert card == CARDS[0]
    assert [each.uuid for each in parts] == ["MIG-aaaaaaaa-0000-1111-2222-333333333333"]


def test_the_fingerprint_tells_cards_by_what_they_are_and_not_which():
    first = fingerprint(CARDS[0])
    other = fingerprint(Card(**{**vars(CARDS[0]), "uuid": "GPU-9"}))
    weaker = fingerprint(Card(**{**vars(CARDS[0]), "power_limit": 500.0}))
    assert first["digest"] == other["digest"] != weaker["digest"]
    assert first["device_hash"] != other["device_hash"]
    assert CARDS[0].uuid not in str(first)


def test_the_fingerprint_of_a_processor_is_the_same_twice():
    assert fingerprint(None) == fingerprint(None)
    assert fingerprint(None)["accelerator"]["memory"] > 0
