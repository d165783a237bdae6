from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpu_bench.cli.main import main
from gpu_bench.judge import baselines, comparison
from gpu_bench.results.measurement import Measurement
from gpu_bench.results.reader import read_result
from gpu_bench.results.reader_test import JSON, PLACES
from gpu_bench.testing import simulated_file

SCHEMAS = Path(__file__).parents[1] / "schemas"


def schema(name: Any) -> Any:
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text())


VERDICT = jsonschema.Draft202012Validator(schema("verdict"))


def run(capsys: pytest.CaptureFixture[str], *arguments: Any) -> Any:
    code = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


@pytest.mark.parametrize(
    ("delay", "expected", "code"), [(0, "same", 0), (-0.1, "faster", 0), (0.1, "slower", 1)]
)
def test_compare_says_and_writes_the_verdict(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    delay: Any,
    expected: Any,
    code: Any,
) -> None:
    base, new = write("base.json", measure(1)), write("new.json", measure(2, delay=delay))
    target, junit = tmp_path / "out" / "verdict.json", tmp_path / "out" / "junit.xml"
    outcome = run(capsys, "compare", base, new, "--output", target, "--junit-xml", junit)
    assert outcome[0] == code
    assert outcome[1].startswith(f"models/simulated:bench: {expected}\n")
    content = json.loads(target.read_text())
    VERDICT.validate(content)
    assert content["verdict"] == expected
    suite = ElementTree.parse(junit).getroot()[0]
    assert suite.get("failures") == str(int(code == 1))
    assert suite.find("testcase/system-out").text == outcome[1]
    failure = suite.find("testcase/failure")
    assert (failure is not None) == (code == 1)
    if failure is not None:
        assert failure.get("message").startswith("slower: end_to_end: +")
    # Printed instead, and the same each time.
    again = run(capsys, "compare", base, new, "--json")
    assert again == (code, target.read_text(), "")


def test_inconclusive_is_skipped_in_junit_not_passed(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    base, new = write("b.json", measure(1)), write("n.json", measure(2, delay=0.02))
    junit = tmp_path / "junit.xml"
    code, out, _ = run(capsys, "compare", base, new, "--junit-xml", junit)
    assert code == 4
    assert ", needs about " in out or ", needs more than 100 processes" in out
    suite = ElementTree.parse(junit).getroot()[0]
    assert suite.get("skipped") == "1"
    assert suite.find("testcase/skipped").get("message").startswith("inconclusive: ")


@pytest.mark.parametrize(
    ("delay", "expected"), [(0, "same"), (0.02, "inconclusive"), (0.1, "slower")]
)
def test_exit_zero_is_for_every_verdict_and_no_failure(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    delay: Any,
    expected: Any,
) -> None:
    base, new = write("base.json", measure(1)), write("new.json", measure(2, delay=delay))
    target = tmp_path / "verdict.json"
    compared = run(capsys, "compare", base, new)[1]
    code, out, _ = run(capsys, "compare", base, new, "--exit-zero", "--output", target)
    assert (code, out) == (0, compared)
    assert json.loads(target.read_text())["verdict"] == expected
    code, _, err = run(capsys, "compare", base, new, new, "--exit-zero")
    assert (code, "given twice" in err) == (2, True)


def test_rounds_are_judged_together(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    base = write("base.json", measure(1))
    rounds = [write(f"new{number}.json", measure(number)) for number in (2, 3)]
    code, out, _ = run(capsys, "compare", base, *rounds, "--json")
    assert code == 0
    content = json.loads(out)
    assert content["new"]["rounds"] == 2
    assert content["metrics"][0]["processes"] == {"base": 4, "new": 8}
    code, _, err = run(capsys, "compare", base, rounds[0], rounds[0])
    assert code == 2
    assert "given twice" in err


def test_limits_are_taken_from_the_command_line(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    base, new = write("b.json", measure(1)), write("n.json", measure(2, delay=0.1))
    assert run(capsys, "compare", base, new, "--max-regression=20%")[0] == 0
    assert run(capsys, "compare", base, new, "--max-regression", "1%")[0] == 1
    code, _, err = run(capsys, "compare", base, new, "--max-regression=latency=1%")
    assert code == 2
    assert "there is no metric 'latency'" in err


def test_a_baseline_is_kept_and_found(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    base, new = write("base.json", measure(1)), write("new.json", measure(2))
    kept = tmp_path / "baselines"
    code, out, err = run(capsys, "compare", kept, new)
    assert code == 4
    assert "models/simulated:bench: no baseline" in out
    assert f"`gpu_bench baseline {new} --output {kept}` makes one" in out
    _, out, _ = run(capsys, "compare", kept, new, "--baseline-command=build it")
    assert "`build it` makes one" in out
    code, out, err = run(capsys, "baseline", base, "--output", kept)
    assert (code, err) == (0, "")
    path = Path(out.strip())
    assert path.parent == kept
    content = json.loads(path.read_text())
    jsonschema.Draft202012Validator(schema("result")).validate(content)
    code, with_kept, _ = run(capsys, "compare", kept, new, "--json")
    assert code == 0
    _, with_result, _ = run(capsys, "compare", base, new, "--json")
    assert json.loads(with_kept)["metrics"] == json.loads(with_result)["metrics"]
    # Kept again it is the same file, byte for byte.
    before = path.read_bytes()
    assert run(capsys, "baseline", path, "--output", kept)[0] == 0
    assert path.read_bytes() == before
    assert list(kept.iterdir()) == [path]


def test_a_baseline_may_be_bound_to_its_card(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept = tmp_path / "baselines"
    known = measure(1).first.fingerprint
    first, second = (
        write(f"{card}.json", measure(number), fingerprint={**known, "device_hash": card * 16})
        for number, card in enumerate("ab")
    )
    _, out, _ = run(capsys, "baseline", first, "--output", kept, "--per-card")
    assert out.strip().endswith(".aaaaaaaa.json")
    assert run(capsys, "compare", kept, first, "--per-card")[0] == 0
    assert run(capsys, "compare", kept, second, "--per-card")[0] == 4
    # Without it, one of the very card will do, and else one of all cards.
    assert run(capsys, "compare", kept, first)[0] == 0
    assert run(capsys, "compare", kept, second)[0] == 4


def test_cards_that_measured_one_commit_show_how_much_cards_differ(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = measure(1).first.fingerprint

    def on(card: str, **changes: Any) -> Path:
        fingerprint = {**known, "device_hash": card * 16}
        return write(f"{card}.json", measure(ord(card), **changes), fingerprint=fingerprint)

    new = on("f", delay=0.05)

    def verdict_with(kept: Path, cards: str, *commit: str) -> dict[str, Any]:
        for card in cards:
            arguments = ("baseline", on(card), "--output", kept, "--per-card", *commit)
            assert run(capsys, *arguments)[0] == 0
        assert run(capsys, "baseline", on("a"), "--output", kept, *commit)[0] == 0
        judged: dict[str, Any] = json.loads(run(capsys, "compare", kept, new, "--json")[1])
        jsonschema.Draft202012Validator(schema("verdict")).validate(judged)
        return judged

    alone = verdict_with(tmp_path / "alone", "a", "--commit=" + "1" * 40)
    assert alone["verdict"] == "inconclusive"
    assert "differ by 1.5 % each, as is assumed" in alone["reason"]
    assert alone["base"]["revision"] == {"commit": "1" * 40, "dirty": False}
    # Equal cards: 5 % are more than they differ by.
    assert verdict_with(tmp_path / "many", "abcde", "--commit=" + "1" * 40)["verdict"] == "slower"
    # Of uncommitted code, nobody knows whether it was the same.
    for number, commit in enumerate(((), ("--commit=" + "1" * 40, "--dirty"))):
        judged = verdict_with(tmp_path / f"unknown{number}", "abcde", *commit)
        assert "as is assumed" in judged["reason"]


def test_a_missing_baseline_names_the_devices_that_have_one(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept = tmp_path / "baselines"
    run(capsys, "baseline", write("base.json", measure(1)), "--output", kept)
    fingerprint = {**measure(2).first.fingerprint, "digest": "a" * 64}
    new = write("new.json", measure(2), fingerprint=fingerprint)
    target = tmp_path / "verdict.json"
    code, out, _ = run(capsys, "compare", kept, new, "--output", target)
    assert code == 4
    assert "there is one for Simulated" in out
    content = json.loads(target.read_text())
    VERDICT.validate(content)
    assert (content["verdict"], content["base"]) == ("no_baseline", None)


def test_a_damaged_baseline_of_another_device_decides_nothing(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept = tmp_path / "baselines"
    _, out, _ = run(capsys, "baseline", write("base.json", measure(1)), "--output", kept)
    path = Path(out.strip())
    path.write_text("{")
    fingerprint = {**measure(2).first.fingerprint, "digest": "a" * 64}
    new = write("new.json", measure(2), fingerprint=fingerprint)
    code, out, err = run(capsys, "compare", kept, new)
    assert (code, err) == (4, "")
    assert f"there is one for another device in {path}, which is damaged" in out


def test_a_damaged_or_renamed_baseline_is_named(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept = tmp_path / "baselines"
    new = write("new.json", measure(2))
    _, out, _ = run(capsys, "baseline", write("base.json", measure(1)), "--output", kept)
    path = Path(out.strip())
    text = path.read_text()
    path.write_text(text[:200])
    code, _, err = run(capsys, "compare", kept, new)
    assert code == 2
    assert f"{path}:" in err
    assert "hint: the file is damaged" in err
    path.write_text(text.replace("models/simulated:bench", "models/other:bench"))
    code, _, err = run(capsys, "compare", kept, new)
    assert code == 2
    assert "it is one of models/other:bench" in err
    path.unlink()
    path.mkdir()
    assert run(capsys, "compare", kept, new)[0] == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"throttled": ["thermal"]}, "process 1: throttled by thermal"),
        ({"foreign_processes": 1}, "process 1: 1 foreign process on the device"),
    ],
)
def test_no_baseline_from_a_disturbed_run(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changes: Any,
    reason: Any,
) -> None:
    document = simulated_file.document(measure(1).first)
    document["processes"][1]["telemetry"].update(changes)
    new = write("new.json", measure(1), **document)
    code, out, err = run(capsys, "baseline", new, "--output", tmp_path / "kept")
    assert (code, out) == (1, "")
    assert reason in err
    assert "hint: " in err
    assert not (tmp_path / "kept").exists()


def test_no_baseline_from_what_ended_early(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    problem = {"kind": "timeout", "message": "1800 s are over", "hint": "wait"}
    partial = write("new.json", measure(1), status="partial", problem=problem)
    code, _, err = run(capsys, "baseline", partial, "--output", tmp_path / "kept")
    assert code == 1
    assert "it ended early (timeout: 1800 s are over)" in err


def test_a_weak_baseline_is_kept_with_a_warning(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    new = write("new.json", measure(1, processes=1))
    code, _, err = run(capsys, "baseline", new, "--output", tmp_path / "kept")
    assert code == 0
    assert "warning: measured in 1 process" in err


def test_a_baseline_pools_rounds_and_is_small(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rounds = [write(f"new{number}.json", measure(number)) for number in (1, 2)]
    _, out, _ = run(capsys, "baseline", *rounds, "--output", tmp_path / "kept")
    text = Path(out.strip()).read_text()
    content = json.loads(text)
    assert [process["index"] for process in content["processes"]] == list(range(8))
    assert len(text) < sum(path.stat().st_size for path in rounds) / 3
    assert "times" not in content["processes"][0]["warmup"]
    # A changed sample is one changed line.
    assert text.count("\n") < 8 * 40
    assert sum('"end_to_end"' in line for line in text.splitlines()) == 80


def test_baseline_names_are_apart_and_plain() -> None:
    digest = "ab" * 32
    addresses = [
        "a/b:c",
        "a-b:c",
        "A/b:c",
        "a/b:c@attn=sdpa,batch=1",
        "ä",
        "x" * 300,
        "../..",
        "con",
    ]
    names = [baselines.name(address, digest) for address in addresses]
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        assert len(name) < 130
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-.")
        assert name.endswith(".abababababab.json")
        assert not name.startswith((".", "-"))


def test_what_cannot_be_written_is_named(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    base, new = write("b.json", measure(1)), write("n.json", measure(2))
    code, _, err = run(capsys, "compare", base, new, "--output", base / "verdict.json")
    assert code == 2
    assert "the file cannot be written" in err
    assert "hint: " in err


def test_missing_and_foreign_files_are_named(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    new = write("new.json", measure(2))
    for base in (tmp_path / "none.json", SCHEMAS / "result.schema.json"):
        code, out, err = run(capsys, "compare", base, new)
        assert (code, out) == (2, "")
        assert err.startswith(f"{base}: error: ")
        assert "\nhint: " in err


def test_a_result_without_samples_says_why(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    problem = {"kind": "out_of_memory", "message": "the device is full", "hint": "use less"}
    failed = write("n.json", measure(2), status="failed", problem=problem, processes=[])
    code, _, err = run(capsys, "compare", write("b.json", measure(1)), failed)
    assert code == 2
    assert "no sample in this result: out_of_memory: the device is full\nhint: use less" in err


def test_what_measures_two_revisions_gets_the_verdict(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    base = write("base/result.json", measure(1)).parent
    new = write("new/result.json", measure(2, delay=0.1)).parent
    judged = comparison.compare(base, [new], [])
    assert comparison.show(judged) == judged.exit_code == 1
    assert capsys.readouterr().out.startswith("models/simulated:bench: slower")
    assert json.loads(judged.json())["verdict"] == "slower"
    assert comparison.compare(base, [new], ["50%"]).exit_code == 0


SETTINGS = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@SETTINGS
@given(place=st.sampled_from(PLACES), value=JSON)
def test_no_changed_file_ends_in_a_traceback(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    place: Any,
    value: Any,
) -> None:
    base = measure(1, processes=2)
    document = copy.deepcopy(simulated_file.document(measure(2, processes=2).first))
    owner = document
    for key in place[:-1]:
        owner = owner[key]
    owner[place[-1]] = value
    new = write("new.json", base, **document)
    kept = write("base.json", base)
    junit, target = tmp_path / "junit.xml", tmp_path / "verdict.json"
    code, _, _ = run(capsys, "compare", kept, new, "--junit-xml", junit, "--output", target)
    assert code in (0, 1, 2, 4)
    if code != 2:
        ElementTree.parse(junit)
        VERDICT.validate(json.loads(target.read_text()))
    code, out, _ = run(capsys, "baseline", new, "--output", tmp_path / "kept")
    assert code in (0, 1, 2)
    if code == 0:
        path = Path(out.rstrip("\n"))
        assert path.parent == tmp_path / "kept"
        assert read_result(path).measured


def of_vendor(measurement: Measurement, vendor: str, name: str, digit: str) -> dict[str, Any]:
    known = measurement.first.fingerprint
    accelerator = {**known["accelerator"], "name": name}
    return {**known, "digest": digit * 64, "vendor": vendor, "accelerator": accelerator}


def test_a_baseline_of_another_vendor_is_refused(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    nvidia = of_vendor(measure(1), "NVIDIA", "NVIDIA H200", "a")
    base = write("base.json", measure(1), fingerprint=nvidia)
    amd = of_vendor(measure(2), "AMD", "AMD Instinct MI300X", "b")
    new = write("new.json", measure(2), fingerprint=amd)
    code, _, err = run(capsys, "compare", base, new)
    assert code == 2
    assert 'vendor ("NVIDIA" -> "AMD"), name (' in err


@pytest.mark.parametrize("vendor", ["AMD", "Intel"])
def test_a_verdict_on_a_device_that_was_not_tried_notes_it(
    vendor: str,
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = of_vendor(measure(1), vendor, "Some card", "c")
    missing = {"throttled": "the driver is mute"}
    base = write("base.json", measure(1), fingerprint=made, missing=missing)
    new = write("new.json", measure(2), fingerprint=made)
    note = f"note: not tried on this kind of device ({vendor})\n"
    _, out, _ = run(capsys, "compare", base, new)
    assert note in out
    # The other side was watched for both.
    assert "note: base was not watched for throttling\n" in out
    assert "new was not watched" not in out
    (tmp_path / "baselines").mkdir()
    code, out, _ = run(capsys, "compare", tmp_path / "baselines", new)
    assert (code, note in out) == (4, True)


def test_a_baseline_of_a_device_that_nobody_watched_is_kept_with_a_warning(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    missing = {"foreign_processes": "the driver is mute", "power": "the same"}
    new = write("new.json", measure(1), missing=missing)
    code, _, err = run(capsys, "baseline", new, "--output", tmp_path / "kept")
    assert code == 0
    assert "warning: the device was not watched for other processes, so" in err
    _, _, err = run(capsys, "baseline", write("n.json", measure(1)), "--output", tmp_path / "kept")
    assert "not watched" not in err


def test_a_tried_vendor_needs_no_note(
    measure: Callable[..., Measurement],
    write: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = of_vendor(measure(1), "NVIDIA", "NVIDIA H200", "d")
    base = write("base.json", measure(1), fingerprint=made)
    new = write("new.json", measure(2), fingerprint=made)
    assert "not tried" not in run(capsys, "compare", base, new)[1]
