"""Shares of a card's peaks: from the work of a phase and its time, and none for unknown cards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gpu_bench.report.collection import collect
from gpu_bench.report.page import page
from gpu_bench.report.runs import devices
from gpu_bench.report.utilization import sources, utilization
from gpu_bench.results.peaks import read_measured
from gpu_bench.testing.run_factory import MACHINES, MadeUp, write_run
from toolkit.errors import InputError

WORK = {
    "prefill": {"operations": 40e12, "bytes": 20e9},
    "decode": {"operations": 2e12, "bytes": 2400e9},
}


def device_of(
    place: Path, name: str, work: Any = WORK, dtype: str = "bfloat16", **accelerator: Any
) -> Any:
    one = MACHINES["one"]
    machine = {**one, "accelerator": {**one["accelerator"], "name": name, **accelerator}}
    environment = {"python": "3", "transformers": "5", "platform": "x"}
    made_up = MadeUp(
        request={"dtype": dtype},
        changes={
            "fingerprint": machine,
            "environment": {**environment, "model": {"class": "A", "parameters": 1, "work": work}},
        },
    )
    write_run(place / "a", made_up)
    collected = collect([place])
    assert not collected.problems, collected.problems
    (device,) = devices(collected.runs)
    return device


def test_a_phase_has_shares_of_the_datasheets_peaks(tmp_path: Path) -> None:
    device = device_of(tmp_path, "NVIDIA H200")
    prefill, decode = utilization(device.benchmarks[0].latest, {})
    # The made-up run takes 40 ms to the first token, and 0.9525 s from there.
    assert prefill.operations == pytest.approx(1e15, rel=0.01)
    assert prefill.operations_share == pytest.approx(1e15 / 989.5e12, rel=0.01)
    assert decode.bandwidth == pytest.approx(2400e9 / 0.9525, rel=0.01)
    assert decode.bandwidth_share == pytest.approx(0.525, rel=0.01)
    assert sources(device, {}) == "peaks of the NVIDIA H200 Tensor Core GPU datasheet, dense"
    text = page((device,), ())
    assert text.count("GPU datasheet, dense") == 1
    assert "What the device did, and the share of its peak" in text


def test_several_devices_have_the_peaks_of_all(tmp_path: Path) -> None:
    device = device_of(tmp_path, "NVIDIA H200", devices=2)
    prefill, decode = utilization(device.benchmarks[0].latest, {})
    assert prefill.operations_share == pytest.approx(1e15 / (2 * 989.5e12), rel=0.01)
    assert decode.bandwidth_share == pytest.approx(0.525 / 2, rel=0.01)
    assert "2 devices, 80 GiB, driver" in page((device,), ())


def test_devices_of_several_kinds_have_no_shares(tmp_path: Path) -> None:
    others = [{"name": "NVIDIA H100 80GB HBM3", "memory": 80 << 30}]
    device = device_of(tmp_path, "NVIDIA H200", devices=2, others=others)
    for phase in utilization(device.benchmarks[0].latest, {}):
        assert phase.operations_share is phase.bandwidth_share is None
    text = page((device,), ())
    assert "2 devices, also NVIDIA H100 80GB HBM3, 80 GiB" in text


@pytest.mark.parametrize("name", ["NVIDIA H200 MIG 1g.18gb", "NVIDIA Z9000"])
def test_an_unknown_card_has_no_shares_and_the_page_says_so_once(tmp_path: Path, name: Any) -> None:
    device = device_of(tmp_path, name)
    for phase in utilization(device.benchmarks[0].latest, {}):
        assert phase.operations > 0
        assert phase.operations_share is phase.bandwidth_share is None
    assert page((device,), ()).count(f"{name} is not in the table of peaks") == 1


def test_a_dtype_without_a_peak_has_the_share_of_bandwidth_only(tmp_path: Path) -> None:
    prefill, _ = utilization(device_of(tmp_path, "Tesla T4").benchmarks[0].latest, {})
    assert prefill.operations_share is None
    assert prefill.bandwidth_share is not None


def test_work_that_was_not_counted_has_no_row(tmp_path: Path) -> None:
    device = device_of(tmp_path, "NVIDIA H200", None)
    assert utilization(device.benchmarks[0].latest, {}) == ()
    assert sources(device, {}) == ""


def test_damaged_work_is_located() -> None:
    from gpu_bench.results.reader import parse_result
    from gpu_bench.testing.run_factory import document

    content = document(MadeUp())
    content["environment"]["model"] = {"work": {"decode": {"operations": "many", "bytes": 1}}}
    with pytest.raises(InputError, match=r"environment\.model\.work\.decode\.operations"):
        parse_result(content, "result.json")


def peaks_file(path: Path, **changes: Any) -> Path:
    content = {
        "schema": 1,
        "kind": "gpu_bench.peaks",
        "fingerprint": MACHINES["one"],
        "measured_at": "2026-05-06T10:00:00+00:00",
        "operations": {"bfloat16": 2e15},
        "bandwidth": 5e12,
        **changes,
    }
    path.write_text(json.dumps(content))
    return path


def test_a_card_without_a_datasheet_has_shares_of_measured_peaks(tmp_path: Path) -> None:
    device = device_of(tmp_path, "NVIDIA Unheard-of")
    measured = read_measured([peaks_file(tmp_path / "peaks.json")])
    prefill, decode = utilization(device.benchmarks[0].latest, measured)
    assert prefill.operations_share == pytest.approx(0.5, rel=0.01)
    assert decode.bandwidth_share == pytest.approx(2400e9 / 0.9525 / 5e12, rel=0.01)
    assert sources(device, measured) == "peaks of the device, measured on 2026-05-06, dense"
    assert "2026-05-06" in page((device,), (), peaks=measured)
    # Those of another device say nothing.
    others = read_measured([peaks_file(tmp_path / "other.json", fingerprint={"digest": "9" * 64})])
    assert utilization(device.benchmarks[0].latest, others)[0].operations_share is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "gpu_bench.result"}, "not a file of peaks"),
        ({"schema": 2}, "`schema` must be 1"),
        ({"bandwidth": 0}, "`bandwidth` must be a number more than 0"),
        ({"operations": {"float16": "fast"}}, "`operations.float16` must be a number"),
    ],
)
def test_a_file_of_peaks_is_checked(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_measured([peaks_file(tmp_path / "peaks.json", **changes)])
