"""The rules around stand-ins for `gpu_bench` and nvidia-smi, which report how they were run."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import time
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from pants.backend.python.util_rules import python_sources
from pants.core.goals import package as package_goal
from pants.core.goals import test as test_goal
from pants.core.goals.test import Test, TestDebugAdapterRequest, TestDebugRequest
from pants.core.util_rules import archive
from pants.core.util_rules.partitions import Partitions
from pants.engine.addresses import Address, Addresses
from pants.engine.fs import Digest
from pants.engine.rules import QueryRule
from pants.engine.target import Dependencies, DependenciesRequest
from pants.testutil.rule_runner import GoalRuleResult, mock_console
from pants.util.docutil import bin_name
from pants.util.logging import LogLevel

from rules_transformers.gpu_benchmark import register
from rules_transformers.gpu_benchmark.field_set import GpuBenchmarkFieldSet
from rules_transformers.gpu_benchmark.goals import gpu_baseline
from rules_transformers.gpu_benchmark.goals.gpu_baseline import GpuBaseline
from rules_transformers.gpu_benchmark.goals.test import GpuBenchmarkTestRequest
from rules_transformers.observability import callback
from rules_transformers.observability.callback import ProcessesCallback
from rules_transformers.testutil import gpu_bench_stand_in
from rules_transformers.testutil.stand_in_tools import (
    ENVIRONMENT,
    OPTIONS,
    SERVES_GROUPS,
    make_rule_runner,
    process_count,
    start_over,
)
from rules_transformers.testutil.tiny_models_stand_in import SERVES_FIXTURE_GROUPS
from rules_transformers.util_rules.atomic_write import write_atomically

_TINY_MODELS = (
    SERVES_FIXTURE_GROUPS
    + """
import json
import pathlib
import sys

(fixture,) = json.loads(pathlib.Path(sys.argv[2]).read_text())["fixtures"]
directory = pathlib.Path(sys.argv[4]) / fixture["path"]
directory.mkdir(parents=True)
(directory / "fixture.json").write_text("{}")
"""
)

_MODULAR_CONVERTER = (
    SERVES_GROUPS
    + """
import json
import pathlib
import sys

command, option, *_ = sys.argv[1:]
request = json.loads(pathlib.Path(option.partition("=")[2]).read_text())
for modular in request["modulars"]:
    generated = modular["path"].replace("modular_", "modeling_")
    if command == "outline":
        entries = [{"path": modular["path"], "outputs": [{"path": generated}]}]
        print(json.dumps({"modulars": entries}))
    else:
        output = pathlib.Path(request["output_dir"]) / generated
        output.parent.mkdir(parents=True)
        output.write_text(pathlib.Path(modular["path"]).read_text())
"""
)


class _Machine:
    """A workspace on a machine whose accelerator can be changed.

    All tests have one, as finding interpreters again takes most of a test's time; each begins with
    an empty workspace and a driver of its own, so that it measures by itself.

    :param card: what nvidia-smi reports of a card that this test alone has.
    """

    def __init__(self, directory: Path) -> None:
        self.card = ""
        self._tests = 0
        self._bin = directory / "bin"
        self._bin.mkdir()
        self.log = directory / "log"
        self.log.touch()
        self.runner = make_rule_runner(
            register,
            {
                "gpu_bench": gpu_bench_stand_in.program(self.log),
                "tiny_models": _TINY_MODELS,
                "modular_converter": _MODULAR_CONVERTER,
            },
            rules=[
                *archive.rules(),
                *package_goal.rules(),
                *python_sources.rules(),
                *test_goal.rules(),
                QueryRule(Addresses, [DependenciesRequest]),
                QueryRule(Partitions, [GpuBenchmarkTestRequest.PartitionRequest]),
                QueryRule(TestDebugRequest, [GpuBenchmarkTestRequest.Batch]),
                QueryRule(TestDebugAdapterRequest, [GpuBenchmarkTestRequest.Batch]),
            ],
        )

    def begin(self) -> None:
        self._tests += 1
        self.card = f"0, GPU-aaaa, Some Card, 81559, 550.{self._tests}, 9.0, 1980, 2619, 700.00"
        for program in ("nvidia-smi", "amd-smi"):
            (self._bin / program).unlink(missing_ok=True)
        self.log.write_text("")
        start_over(self.runner)

    @property
    def number(self) -> int:
        """Differs from test to test."""
        return self._tests

    def has_amd(self) -> None:
        program = self._bin / "amd-smi"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)

    def has(self, *cards: str) -> None:
        program = self._bin / "nvidia-smi"
        lines = "".join(f"echo '{card}'\n" for card in cards)
        program.write_text(f"#!/bin/sh\n{lines}")
        program.chmod(0o755)

    def writes(self, **files: str) -> None:
        self.runner.write_files(
            {"m/BUILD" if name == "build" else name: dedent(text) for name, text in files.items()}
        )

    def goal(
        self, goal: type, *args: str, options: tuple[str, ...] = (), **env: str
    ) -> GoalRuleResult:
        path = f"{self._bin}:{os.environ['PATH']}"
        return self.runner.run_goal_rule(
            goal,
            global_args=(
                *OPTIONS,
                "--gpu-bench-install-from-resolve=python-default",
                "--gpu-bench-interpreter-constraints=['>=3.9']",
                *options,
            ),
            args=args,
            env={"PATH": path, **env},
            env_inherit=ENVIRONMENT - {"PATH"},
        )

    def test(self, *args: str, options: tuple[str, ...] = (), **env: str) -> GoalRuleResult:
        return self.goal(Test, *args, options=options, **env)

    def ran(self) -> list[str]:
        """What processes of the tool said since the last call."""
        lines = self.log.read_text().splitlines()
        self.log.write_text("")
        return lines

    def file(self, path: str) -> str:
        return Path(self.runner.build_root, path).read_text()


@pytest.fixture(scope="module")
def _machine(tmp_path_factory: pytest.TempPathFactory) -> _Machine:
    return _Machine(tmp_path_factory.mktemp("machine"))


@pytest.fixture
def machine(_machine: _Machine) -> _Machine:
    _machine.begin()
    _machine.writes(build="gpu_benchmark(name='b', model_type='llama')\n")
    return _machine


_TAGGED = ("--tag=gpu-bench",)


def test_measured_once_until_the_device_changes(machine: _Machine) -> None:
    machine.has(machine.card)
    first = machine.test("::", options=_TAGGED)
    assert first.exit_code == 0, first.stderr
    assert "m:b succeeded" in first.stderr
    ran = machine.ran()
    assert ran == ["run begin m:b round 0", "run end m:b round 0", "compare no_baseline None"]
    again = machine.test("::", options=_TAGGED)
    assert "memoized" in again.stderr
    assert machine.ran() == []
    machine.has(machine.card.replace("550.", "560."))
    changed = machine.test("::", options=_TAGGED)
    assert "memoized" not in changed.stderr and "cached" not in changed.stderr
    assert machine.ran() == ran


def test_only_a_change_in_what_measures_measures_again(machine: _Machine) -> None:
    """Of the tool, that is; the sandbox has its folders for measuring and no others."""

    def ran_after_a_change_of(path: str) -> set[str]:
        machine.runner.write_files({f"tools/gpu_bench/{path}": f"# {time.monotonic()}"})
        machine.test("m:b")
        return {line.split()[0] for line in machine.ran()}

    machine.has(machine.card)
    machine.test("m:b")
    assert {line.split()[0] for line in machine.ran()} == {"run", "compare"}
    for other in ("report/templates/style.css.jinja", "cli/report.py", "schemas/x.json"):
        assert ran_after_a_change_of(other) == set()
    assert ran_after_a_change_of("judge/verdict.py") == {"compare"}
    # The stand-in's result is never the same twice, and is compared again.
    assert ran_after_a_change_of("measure/worker.py") == {"run", "compare"}


class _DebuggedRuns:
    """What `-ldebug` says of the processes of each run, with the record that a run leaves."""

    def __init__(self, machine: _Machine, record: Path, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        self._machine = machine
        self._record = record
        self._caplog = caplog

    def test(self, *args: str, options: tuple[str, ...] = (), **env: str) -> dict[str, list[str]]:
        """By description, why each process ran."""
        self._machine.test(*args, options=options, **env)
        workunits = self._machine.runner.scheduler.poll_workunits(LogLevel.DEBUG)
        self._caplog.clear()
        ProcessesCallback(self._record, says_summary=False, explains=True)(
            started_workunits=workunits["started"],
            completed_workunits=workunits["completed"],
            finished=True,
            context=SimpleNamespace(_scheduler=self),  # type: ignore[arg-type]
        )
        said = [r.getMessage() for r in self._caplog.records if r.name == callback.__name__]
        return {
            text.partition(": ")[0]: text.partition("\n  inputs, ")[0].splitlines()[1:]
            for text in said
        }

    def product_request(self, product: type, subjects: list[Any]) -> list[Any]:
        """As the scheduler has it."""
        return [self._machine.runner.request(product, [subject]) for subject in subjects]

    def ensure_directory_digest_persisted(self, digest: Digest) -> None:
        self._machine.runner.scheduler.ensure_directory_digest_persisted(digest)


def test_the_input_that_changed_is_named(
    machine: _Machine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    machine.has(machine.card)
    machine.writes(
        **{
            "m/ckpt/config.json": "{}",
            "m/ckpt/other.json": "{}",
            "build": "gpu_benchmark(name='b', checkpoint='ckpt')\n",
        }
    )
    runs = _DebuggedRuns(machine, tmp_path / "record.json", caplog)
    assert "nothing is known" in runs.test("m:b")["Measure m:b"][0]
    machine.writes(**{"m/ckpt/config.json": '{"changed": true}'})
    assert runs.test("m:b")["Measure m:b"] == ["  changed m/ckpt/config.json"]
    option = ("--gpu-bench-extra-env-vars=['KERNELS_CACHE']",)
    with_kernels = runs.test("m:b", options=option, KERNELS_CACHE="/kernels")
    assert with_kernels["Measure m:b"] == ["  added variable KERNELS_CACHE"]
    machine.has(machine.card.replace("Some Card", "Other Card"))
    other = runs.test("m:b", options=option, KERNELS_CACHE="/kernels")
    assert other["Measure m:b"] == ["  changed __request.json"]


def test_a_further_round_is_not_compared_with_the_first(
    machine: _Machine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    machine.has(machine.card)
    machine.writes(
        **{
            "m/a.json": '{"verdicts": ["inconclusive", "same"]}',
            "build": "gpu_benchmark(name='b', model_type='llama', config='a.json')\n",
        }
    )
    runs = _DebuggedRuns(machine, tmp_path / "record.json", caplog)
    runs.test("m:b")
    option = ("--gpu-bench-extra-env-vars=['KERNELS_CACHE']",)
    because = runs.test("m:b", options=option, KERNELS_CACHE="/kernels")
    assert because["Measure m:b"] == ["  added variable KERNELS_CACHE"]
    assert because["Measure m:b, round 1"] == ["  added variable KERNELS_CACHE"]


def test_force_measures_again(machine: _Machine) -> None:
    machine.has(machine.card)
    for _ in range(2):
        machine.test("--force", "m:b")
        assert machine.ran()[:2] == ["run begin m:b round 0", "run end m:b round 0"]


def test_equal_cards_share_results_unless_told_not_to(machine: _Machine) -> None:
    machine.has(machine.card)
    machine.test("m:b")
    machine.test("m:b", options=("--gpu-bench-share=device",))
    machine.ran()
    machine.has(machine.card.replace("aaaa", "bbbb"))
    machine.test("m:b")
    assert machine.ran() == []
    machine.test("m:b", options=("--gpu-bench-share=device",))
    assert machine.ran() != []


def test_a_baseline_is_shared_like_results(machine: _Machine) -> None:
    machine.has(machine.card)
    machine.test("m:b", options=("--gpu-bench-share=device",))
    assert machine.ran()[-1] == "compare no_baseline None per card"
    result = machine.goal(GpuBaseline, "m:b", options=("--gpu-bench-share=device",))
    assert result.stdout == "written   m/baselines/b/one-card.json\n"


def test_variables_reach_the_process_that_measures(machine: _Machine) -> None:
    machine.has(machine.card)
    allocator = "PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True"
    option = f"--gpu-bench-extra-env-vars={allocator}"
    machine.test("m:b", options=(option,))
    environment = json.loads(machine.file("dist/test/m.b/round0/result.json"))["environment"]
    assert environment["PYTORCH_CUDA_ALLOC_CONF"] == "expandable_segments:True"
    machine.ran()
    machine.test("m:b", options=(option,))
    assert machine.ran() == []
    machine.test("m:b")
    assert machine.ran() != []


def test_measures_only_what_was_asked_for(
    machine: _Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.has(machine.card)
    for _ in range(2):
        caplog.clear()
        result = machine.test("--report", "::")
        assert result.exit_code == 0
        assert "m:b" not in result.stderr
        assert [r.message for r in caplog.records if r.levelno == logging.WARNING] == [
            f"m:b: not requested; `{bin_name()} test m:b` or "
            f"`{bin_name()} --tag=gpu-bench test ::` measures it"
        ]
    assert machine.ran() == []
    (case,) = ElementTree.fromstring(machine.file("dist/test/reports/m.b.xml")).iter("testcase")
    assert [child.tag for child in case] == ["skipped"]
    machine.test("::", options=("--gpu-bench-run=always",))
    assert machine.ran() != []
    machine.test("--force", "m:b", options=("--gpu-bench-run=never", *_TAGGED))
    assert machine.ran() == []


@pytest.mark.parametrize(
    ("tag", "measured"),
    [("--tag=gpu-bench", True), ("--tag=slow,gpu-bench", True), ("--tag=-slow", False)],
)
def test_the_tag_asks_for_benchmarks(machine: _Machine, tag: str, measured: bool) -> None:
    machine.has(machine.card)
    machine.test("::", options=(tag,))
    assert bool(machine.ran()) == measured


def test_without_an_accelerator_it_is_skipped_on_every_run(
    machine: _Machine, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        caplog.clear()
        result = machine.test("--report", "m:b")
        assert result.exit_code == 0
        assert "succeeded" not in result.stderr
        assert "m:b: skipped: no accelerator (no CUDA device was found)" in caplog.text
    required = machine.test("m:b", options=("--gpu-bench-require-accelerator",))
    assert required.exit_code == 3
    # What was not asked for is not required.
    unasked = machine.test("::", options=("--gpu-bench-require-accelerator",))
    assert unasked.exit_code == 0
    machine.has("", machine.card)
    hidden = machine.test("m:b", CUDA_VISIBLE_DEVICES="")
    assert hidden.exit_code == 0
    assert 'CUDA_VISIBLE_DEVICES="" hides all of 1' in caplog.text
    assert machine.ran() == []


@pytest.mark.parametrize(
    ("device", "variable"), [("cuda", "HIP_VISIBLE_DEVICES"), ("xpu", "ZE_AFFINITY_MASK")]
)
def test_torch_names_the_devices_of_amd_and_intel(
    machine: _Machine, caplog: pytest.LogCaptureFixture, device: str, variable: str
) -> None:
    if device == "cuda":
        machine.has_amd()
    else:
        # The driver of another vendor does not count.
        machine.has(machine.card)
    machine.writes(
        build=f"""
        gpu_benchmark(
            name="b", model_type="llama", device="{device}", batch_size={machine.number}
        )
        """
    )

    def ran(visible: str, *options: str) -> list[str]:
        test = machine.test("m:b", options=options, **{variable: visible})
        assert test.exit_code == 0, test.stderr
        return [" ".join(line.split()[:2]) for line in machine.ran()]

    measured = ["run begin", "run end", "compare no_baseline"]
    assert ran("1,2") == [f"fingerprint {device}", *measured]
    result = json.loads(machine.file("dist/test/m.b/round0/result.json"))
    assert result["environment"][variable] == "1,2"
    assert result["request"]["device"] == device
    assert f"Some {device} device" in result["request"]["accelerator"]
    # Nothing but the devices changed.
    assert "run begin" not in ran("1,2")
    assert ran("2,1")[1:] == measured
    caplog.clear()
    assert ran("7") == [f"fingerprint {device}"]
    assert f"m:b: skipped: no accelerator (torch sees no {device} device)" in caplog.text


def test_several_devices_are_named_in_the_request_and_the_key(
    machine: _Machine, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = machine.card, machine.card.replace("0, GPU-aaaa", "1, GPU-bbbb")
    machine.has(first, second)
    machine.writes(
        build="""
        gpu_benchmark(
            name="b",
            model_type="llama",
            tensor_parallel_size=parametrize(t1=1, t2=2, t3=3),
        )
        """
    )

    def measured() -> set[str]:
        assert machine.test("m:b").exit_code == 0
        begun = [line for line in machine.ran() if line.startswith("run begin")]
        return {line.split()[2].rpartition("=")[2] for line in begun}

    assert measured() == {"t1", "t2"}
    assert "skipped: no accelerator (3 devices are needed, but this machine has 2)" in caplog.text
    (path,) = Path(machine.runner.build_root).glob("dist/test/*t2*/round0/result.json")
    result = json.loads(path.read_text())
    assert result["request"]["tensor_parallel_size"] == 2
    assert result["request"]["accelerator"].count("name=Some Card") == 2
    # Only what runs on the second card too depends on it.
    machine.has(first, second.replace("Some Card", "Other Card"))
    assert measured() == {"t2"}
    assert machine.goal(GpuBaseline, "m:b").exit_code == 3
    kept = [line for line in machine.ran() if line.startswith("run begin")]
    assert kept == []


def test_one_at_a_time(machine: _Machine) -> None:
    machine.has(machine.card)
    machine.writes(
        **{
            "m/slow.json": '{"seconds": 0.5}',
            "build": """
            gpu_benchmark(
                name="b",
                model_type="llama",
                config="slow.json",
                batch_size=parametrize(x=1, y=2, z=4),
            )
            """,
        }
    )
    assert machine.test("::", options=_TAGGED).exit_code == 0
    steps = [line.split()[1:3] for line in machine.ran() if line.startswith("run")]
    assert [step[0] for step in steps] == ["begin", "end"] * 3
    assert [begin[1] for begin in steps[::2]] == [end[1] for end in steps[1::2]]
    # One alone is cached by its own inputs, not by those that came before it.
    assert "memoized" in machine.test("m:b@batch_size=z").stderr
    assert machine.ran() == []


def test_a_crash_of_the_comparison_is_not_kept(machine: _Machine) -> None:
    machine.has(machine.card)
    crash = machine.log.with_name("crash")
    crash.touch()
    assert machine.test("m:b").exit_code == 1
    crash.unlink()
    machine.ran()
    # As in a new daemon, which has what is on disk.
    machine.runner.scheduler.scheduler.invalidate_all()
    assert machine.test("m:b").exit_code == 0
    assert machine.ran() == ["compare no_baseline None"]


def test_slower_fails_and_files_are_left(machine: _Machine) -> None:
    machine.has(machine.card)
    machine.writes(
        **{
            "m/c.json": '{"verdicts": ["slower"]}',
            "build": "gpu_benchmark(name='b', model_type='llama', config='c.json',\n"
            "    max_regression={'*': '5%'})\n",
        }
    )
    result = machine.test("--report", "m:b")
    assert result.exit_code == 1
    assert "m:b failed" in result.stderr
    assert machine.ran()[-1] == "compare slower 5%"
    assert json.loads(machine.file("dist/test/m.b/verdict.json"))["verdict"] == "slower"
    assert "result.json" in machine.file("dist/test/m.b/summary.md")
    assert json.loads(machine.file("dist/test/m.b/provenance.json"))["address"] == "m:b"
    request = json.loads(machine.file("dist/test/m.b/round0/result.json"))["request"]
    assert request["accelerator"].startswith("name=Some Card; ")
    assert machine.file("dist/test/reports/m.b.xml") == "<testsuites><slower/></testsuites>"


def test_inconclusive_measures_once_more(
    machine: _Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.has(machine.card)
    machine.writes(
        **{
            "m/a.json": '{"verdicts": ["inconclusive", "same"]}',
            "m/b.json": '{"verdicts": ["inconclusive", "inconclusive"]}',
            "build": """
            gpu_benchmark(name="a", model_type="llama", config="a.json")
            gpu_benchmark(name="b", model_type="llama", config="b.json")
            """,
        }
    )
    result = machine.test("m:a", "m:b")
    assert result.exit_code == 0
    assert machine.ran() == [
        "run begin m:a round 0",
        "run end m:a round 0",
        "compare inconclusive None",
        "run begin m:a round 1",
        "run end m:a round 1",
        "compare same None",
        "run begin m:b round 0",
        "run end m:b round 0",
        "compare inconclusive None",
        "run begin m:b round 1",
        "run end m:b round 1",
        "compare inconclusive None",
    ]
    assert "m:b: why inconclusive" in caplog.text
    assert "m:a: why" not in caplog.text
    strict = machine.test("--report", "m:b", options=("--gpu-bench-strict",))
    assert strict.exit_code == 4
    (case,) = ElementTree.fromstring(machine.file("dist/test/reports/m.b.xml")).iter("testcase")
    assert [child.tag for child in case] == ["error"]
    assert machine.ran() == []


def test_one_that_fails_stops_no_other(machine: _Machine) -> None:
    machine.has(machine.card)
    machine.writes(
        **{
            "m/a.json": '{"fails": 3}',
            "build": """
            gpu_benchmark(name="a", model_type="llama", config="a.json")
            gpu_benchmark(name="b", model_type="llama")
            """,
        }
    )
    result = machine.test("--report", "::", options=_TAGGED)
    assert result.exit_code == 3
    assert "m:b succeeded" in result.stderr
    (case,) = ElementTree.fromstring(machine.file("dist/test/reports/m.a.xml")).iter("testcase")
    (error,) = case
    assert (error.tag, error.text) == ("error", "m:a: error: out of memory")
    assert machine.file("dist/test/m.a/round0/result.json")


def test_a_report_that_lacks_something_stops_nothing(
    machine: _Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.has(machine.card)
    machine.writes(
        **{
            "m/c.json": '{"odd": true, "verdicts": ["same"]}',
            "build": """
            gpu_benchmark(name="a", model_type="llama")
            gpu_benchmark(name="b", model_type="llama", config="c.json")
            """,
        }
    )
    result = machine.test("::", options=_TAGGED)
    assert result.exit_code == 0
    assert "m:a succeeded" in result.stderr
    assert "round0/result.json" in machine.file("dist/test/m.b/summary.md")
    assert "The report on m:b is not complete\nround0/result.json: error: odd" in caplog.text


def test_limits_of_goodput_reach_the_report_and_measure_nothing_again(machine: _Machine) -> None:
    machine.has(machine.card)
    own = "goodput_limits={'per_token': '20ms', 'time_to_first_token': '0.2s'}"
    plain = "gpu_benchmark(name='%s', model_type='llama'%s)\n"
    machine.writes(build=plain % ("a", "") + plain % ("b", f", {own}"))
    assert machine.test("::", options=_TAGGED).exit_code == 0
    measured = machine.log.read_text()
    machine.writes(**{"peaks.json": "{}"})
    option = ("--gpu-bench-goodput-limits=['per_token=9ms']", "--gpu-bench-peaks=['peaks.json']")
    assert machine.test("::", options=(*_TAGGED, *option)).exit_code == 0
    assert machine.log.read_text() == measured
    assert machine.file("dist/test/m.a/summary.md").endswith(
        "goodput-limit=per_token=9ms peaks=peaks.json"
    )
    assert machine.file("dist/test/m.b/summary.md").endswith(
        "goodput-limit=per_token=20ms goodput-limit=time_to_first_token=0.2s peaks=peaks.json"
    )


def test_a_baseline_that_cannot_be_written_stops_no_other(
    machine: _Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has(machine.card)
    machine.writes(
        build="""
        gpu_benchmark(name="a", model_type="llama")
        gpu_benchmark(name="b", model_type="llama")
        """
    )

    def read_only(path: Path, content: bytes) -> None:
        if path.parent.name == "a":
            raise PermissionError(13, "Permission denied")
        write_atomically(path, content)

    monkeypatch.setattr(gpu_baseline, "write_atomically", read_only)
    result = machine.goal(GpuBaseline, "::")
    assert result.exit_code == 3
    assert "m/baselines/a/card.json: error: cannot be written: Permission denied" in result.stderr
    assert result.stdout == "written   m/baselines/b/card.json\n"


def test_one_without_a_result_has_no_report(machine: _Machine) -> None:
    machine.has(machine.card)
    machine.writes(
        **{
            "m/c.json": '{"refuses": true}',
            "build": "gpu_benchmark(name='b', model_type='llama', config='c.json')\n",
        }
    )
    result = machine.test("m:b")
    assert result.exit_code == 2
    assert "m:b failed" in result.stderr
    assert not Path(machine.runner.build_root, "dist/test/m.b/summary.md").exists()


def test_baselines_are_written_by_their_goal_alone(machine: _Machine) -> None:
    assert machine.goal(GpuBaseline, "m:b").exit_code == 3
    machine.has(machine.card)
    machine.test("m:b")
    machine.ran()
    result = machine.goal(GpuBaseline, "m:b")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "written   m/baselines/b/card.json\n"
    assert machine.file("m/baselines/b/card.json") == "a baseline"
    # Neither the goal nor the new baseline measures again.
    machine.test("m:b")
    assert machine.ran() == ["compare same None"]
    assert machine.goal(GpuBaseline, "m:b").stdout.startswith("unchanged ")


def test_no_baseline_from_a_throttled_device(machine: _Machine) -> None:
    machine.has(machine.card)
    machine.writes(
        **{
            "m/c.json": '{"throttled": true}',
            "build": "gpu_benchmark(name='b', model_type='llama', config='c.json')\n",
        }
    )
    result = machine.goal(GpuBaseline, "m:b")
    assert result.exit_code == 1
    assert "the device throttled" in result.stderr
    assert not Path(machine.runner.build_root, "m/baselines").exists()


def test_smoke_tests_run_among_all_tests(
    machine: _Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.writes(build="gpu_benchmark(name='s', model_type='llama', device='cpu')\n")
    result = machine.test("::")
    assert "m:s succeeded" in result.stderr
    assert machine.ran()[-1] == "compare no_baseline None"
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert machine.test("::", options=("--gpu-bench-strict",)).exit_code == 0


def test_a_tag_prepares_nothing_where_nothing_is_measured(machine: _Machine) -> None:
    """Neither a fixture nor an environment, which may be gigabytes."""
    counts = []
    for seed in range(3):
        machine.begin()
        machine.writes(
            build=f"""
            tiny_fixture(name="tiny", model_type="llama", seed={seed})
            gpu_benchmark(name="b", model=":tiny")
            gpu_benchmark(name="s", model=":tiny", device="cpu")
            """
        )
        result = machine.test("--report", "::", options=_TAGGED)
        assert result.exit_code == 0
        counts.append(process_count(machine.runner))
    # The look for an accelerator, by two calls of nvidia-smi. Under load, Pants may cancel one and
    # begin it again, which counts once more.
    assert min(counts) == 2
    for name, reason in [("b", "skipped: no accelerator"), ("s", "not run, as")]:
        report = machine.file(f"dist/test/reports/m.{name}.xml")
        (case,) = ElementTree.fromstring(report).iter("testcase")
        assert [child.get("message", "").startswith(reason) for child in case] == [True]
    assert "m:s succeeded" in machine.test("::").stderr


def test_results_are_shown_under_words(machine: _Machine) -> None:
    machine.test("m:b", options=("--gpu-bench-require-accelerator",))
    workunits = machine.runner.scheduler.poll_workunits(LogLevel.DEBUG)["completed"]
    shown = [unit for unit in workunits if unit["level"] == "ERROR"]
    assert [unit["description"] for unit in shown] == ["Run a GPU benchmark - m:b"]


def test_debugging_runs_in_the_foreground(machine: _Machine) -> None:
    def debug(request_type: type) -> list[tuple[int, tuple[str, ...]]]:
        field_sets = tuple(
            GpuBenchmarkFieldSet.create(machine.runner.get_target(Address("m", target_name=name)))
            for name in "bs"
        )
        partitions = machine.runner.request(
            Partitions, [GpuBenchmarkTestRequest.PartitionRequest(field_sets)]
        )
        runs = []
        for partition in partitions:
            batch = GpuBenchmarkTestRequest.Batch("", partition.elements, partition.metadata)
            request: TestDebugRequest = machine.runner.request(request_type, [batch])
            with mock_console(machine.runner.options_bootstrapper):
                result = machine.runner.run_interactive_process(request.process)
            runs.append((result.exit_code, request.process.process.argv))
        return runs

    machine.writes(
        build="gpu_benchmark(name='b', model_type='llama')\n"
        "gpu_benchmark(name='s', model_type='llama', device='cpu')\n"
    )
    (skipped, skip), (measured, _) = debug(TestDebugRequest)
    assert (skipped, measured) == (0, 0)
    assert any("m:b: not requested" in argument for argument in skip)
    assert machine.ran() == ["run begin m:s round 0", "run end m:s round 0"]
    assert [code for code, _ in debug(TestDebugAdapterRequest)] == [0, 0]
    assert machine.ran() == []


def test_a_checkpoint_reaches_the_sandbox(machine: _Machine) -> None:
    machine.has(machine.card)
    machine.writes(
        **{
            "m/ckpt/config.json": "{}",
            "m/other.txt": "",
            "build": "gpu_benchmark(name='b', checkpoint='ckpt')\n",
        }
    )
    assert machine.test("m:b").exit_code == 0
    result = json.loads(machine.file("dist/test/m.b/round0/result.json"))
    assert result["request"]["model"] == {"checkpoint": "m/ckpt"}
    assert list(result["files"]) == ["m/ckpt/config.json"]
    assert result["environment"]["HF_HUB_OFFLINE"] == "1"


def test_a_broken_config_is_located(machine: _Machine) -> None:
    machine.has(machine.card)
    machine.writes(
        **{
            "m/c.json": '{"a": 1,\n "b" 2}',
            "build": "gpu_benchmark(name='b', model_type='llama', config='c.json')\n",
        }
    )
    assert machine.test("--report", "m:b").exit_code == 2
    assert "m/c.json:2:6: not JSON" in machine.file("dist/test/reports/m.b.xml")


def test_one_that_cannot_be_prepared_stops_no_other(machine: _Machine) -> None:
    machine.has(machine.card)
    machine.writes(
        **{
            "m/c.json": "{",
            "build": "gpu_benchmark(name='a', model_type='llama', config='c.json')\n"
            "gpu_benchmark(name='b', model_type='llama')\n",
        }
    )
    assert machine.test("--report", "m:a", "m:b").exit_code == 2
    assert "m/c.json:1:2: not JSON" in machine.file("dist/test/reports/m.a.xml")
    assert json.loads(machine.file("dist/test/m.b/round0/result.json"))
    baselines = machine.goal(GpuBaseline, "m:a", "m:b")
    assert baselines.exit_code == 2
    assert "m:a: no baseline\n" in baselines.stderr
    assert "m/c.json:1:2: not JSON" in baselines.stderr
    assert baselines.stdout.startswith("written   m/baselines/")


def test_it_depends_on_its_model(machine: _Machine) -> None:
    machine.writes(
        build="gpu_benchmark(name='b', model=':tiny')\n"
        "tiny_fixture(name='tiny', model_type='llama')\n"
    )
    target = machine.runner.get_target(Address("m", target_name="b"))
    dependencies = machine.runner.request(Addresses, [DependenciesRequest(target[Dependencies])])
    assert list(dependencies) == [Address("m", target_name="tiny")]


def test_a_fixture_brings_the_code_of_its_model(machine: _Machine) -> None:
    machine.has(machine.card)
    machine.writes(
        **{
            "m/modular_x.py": "",
            "build": """
            modular_model(name="x", source="modular_x.py")
            tiny_fixture(name="tiny", model=":x", architectures=["X"])
            gpu_benchmark(name="b", model=":tiny")
            """,
        }
    )
    assert machine.test("m:b").exit_code == 0
    result = json.loads(machine.file("dist/test/m.b/round0/result.json"))
    assert result["request"]["model"] == {
        "checkpoint": "m/tiny",
        "module": "m.modeling_x",
        "root": ".",
    }
    assert list(result["files"]) == ["m/modeling_x.py", "m/tiny/fixture.json"]


def test_an_assistant_reaches_the_sandbox(machine: _Machine) -> None:
    machine.has(machine.card)
    machine.writes(
        **{
            "m/draft/config.json": "{}",
            "build": """
            tiny_fixture(name="tiny", model_type="llama")
            tiny_fixture(name="small", model_type="llama")
            gpu_benchmark(name="fixture", model=":tiny", assistant=":small", assistant_tokens=3)
            gpu_benchmark(name="directory", model=":tiny", assistant_checkpoint="draft",
                quantization_config={"quant_method": "fp8", "dequantize": True})
            gpu_benchmark(name="wrong", model=":tiny", assistant=":directory")
            """,
        }
    )
    target = machine.runner.get_target(Address("m", target_name="fixture"))
    dependencies = machine.runner.request(Addresses, [DependenciesRequest(target[Dependencies])])
    assert list(dependencies) == [Address("m", target_name=name) for name in ("small", "tiny")]
    assert machine.test("m:fixture", "m:directory").exit_code == 0
    result = json.loads(machine.file("dist/test/m.fixture/round0/result.json"))
    assert result["request"]["assistant"] == {"checkpoint": "m/small"}
    assert result["request"]["assistant_tokens"] == 3
    assert list(result["files"]) == ["m/small/fixture.json", "m/tiny/fixture.json"]
    result = json.loads(machine.file("dist/test/m.directory/round0/result.json"))
    assert result["request"]["assistant"] == {"checkpoint": "m/draft"}
    assert "m/draft/config.json" in result["files"]
    assert result["request"]["quantization_config"] == {"quant_method": "fp8", "dequantize": True}
    assert machine.test("--report", "m:wrong").exit_code == 2
    expected = "must name a `tiny_fixture`, but m:directory is a `gpu_benchmark`"
    assert expected in machine.file("dist/test/reports/m.wrong.xml")


def test_an_assistant_brings_the_code_of_its_model(machine: _Machine) -> None:
    machine.has(machine.card)
    machine.writes(
        **{
            "m/modular_x.py": "",
            "build": """
            modular_model(name="x", source="modular_x.py")
            tiny_fixture(name="small", model=":x", architectures=["X"])
            gpu_benchmark(name="b", model_type="llama", assistant=":small")
            """,
        }
    )
    assert machine.test("m:b").exit_code == 0
    result = json.loads(machine.file("dist/test/m.b/round0/result.json"))
    assert result["request"]["assistant"] == {
        "checkpoint": "m/small",
        "module": "m.modeling_x",
        "root": ".",
    }
    assert list(result["files"]) == ["m/modeling_x.py", "m/small/fixture.json"]


def _git(machine: _Machine, *arguments: str) -> None:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments]
    subprocess.run(command, cwd=machine.runner.build_root, check=True, capture_output=True)


def _commit(machine: _Machine) -> None:
    _git(machine, "add", "--all")
    _git(machine, "commit", "--quiet", "--message=change")


@pytest.mark.parametrize(("release", "measured"), [("5.23.0", False), ("5.24.0", True)])
def test_what_the_release_of_the_resolve_cannot_measure_is_refused(
    machine: _Machine, release: str, measured: bool
) -> None:
    machine.has(machine.card)
    resolves = f"--python-resolves={{'python-default': 'empty.lock', 'ml': 'ml-{release}.lock'}}"
    pin = {"project_name": "transformers", "version": release}
    lock = {"locked_resolves": [{"locked_requirements": [pin]}]}
    machine.writes(
        **{
            f"ml-{release}.lock": json.dumps(lock),
            "build": """
            gpu_benchmark(
                name="b", model_type="llama", attn_implementation="flex_attention",
                cache_implementation="static", resolve="ml",
            )
            """,
        }
    )
    # Where it is not refused, the environment is prepared, which this lockfile is no good for.
    result = machine.test("--report", "m:b", options=(resolves,))
    assert result.exit_code == 2
    assert machine.ran() == []
    report = machine.file("dist/test/reports/m.b.xml")
    if measured:
        assert "cannot generate with" not in report
    else:
        assert "m:b cannot be measured: transformers 5.23.0 cannot generate with" in report
        assert "hint: use transformers 5.24.0" in report


_INTERLEAVED = ("--gpu-bench-interleave=main",)
_OWN_MODEL = """
modular_model(name="x", source="modular_x.py")
python_sources(name="common", sources=["common.py", "old.py"])
gpu_benchmark(name="b", model=":x")
gpu_benchmark(name="installed", model_type="llama")
"""


def test_two_revisions_are_measured_in_turn(
    machine: _Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.has(machine.card)
    _git(machine, "init", "--quiet", "--initial-branch=main")
    machine.writes(
        **{
            ".gitignore": "/dist/\n/.pants.d/\n/tools/\n",
            "build": _OWN_MODEL,
            "m/modular_x.py": "from m.common import A\nbase = 1\n",
            "m/common.py": "import m.old\nA = 'base'\n",
            "m/old.py": "",
            # A generated file that is not fresh, as it was committed.
            "m/modeling_x.py": "stale\n",
        }
    )
    _commit(machine)
    Path(machine.runner.build_root, "m/old.py").unlink()
    machine.writes(
        **{"m/modular_x.py": "from m.common import A\nnew = 1\n", "m/common.py": "A = 'new'\n"}
    )
    machine.runner.scheduler.invalidate_files({"m/old.py"})
    result = machine.test("m:b", options=_INTERLEAVED)
    assert result.exit_code == 0, result.stderr
    assert machine.ran() == ["run begin m:b round 0", "run end m:b round 0", "compare same None"]
    base, new = (
        json.loads(machine.file(f"dist/test/m.b/{side}/result.json"))["files"]
        for side in ("base", "new")
    )
    assert base["m/modeling_x.py"] == "from m.common import A\nbase = 1\n"
    assert base["m/common.py"] == "import m.old\nA = 'base'\n"
    # It is imported there, and exists no more.
    assert "m/old.py" in base
    assert new == {
        "m/common.py": "A = 'new'\n",
        "m/modeling_x.py": "from m.common import A\nnew = 1\n",
    }
    assert json.loads(machine.file("dist/test/m.b/verdict.json"))["verdict"] == "same"
    machine.test("m:b", options=_INTERLEAVED)
    assert machine.ran() == []
    assert "in turn" not in caplog.text


def test_what_has_no_other_revision_is_compared_with_its_baseline(
    machine: _Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.has(machine.card)
    _git(machine, "init", "--quiet", "--initial-branch=main")
    machine.writes(**{".gitignore": "/dist/\n/.pants.d/\n/tools/\n"})
    _commit(machine)
    machine.writes(**{"build": _OWN_MODEL, "m/modular_x.py": "", "m/common.py": "", "m/old.py": ""})
    for address, options, reason in (
        ("m:b", _INTERLEAVED, "m/modular_x.py does not exist in main"),
        ("m:b", ("--gpu-bench-interleave=none",), "Git knows no commit 'none'"),
        ("m:installed", _INTERLEAVED, "its model has no code of this repository"),
    ):
        caplog.clear()
        assert machine.test(address, options=options).exit_code == 0
        assert machine.ran()[-1:] != ["compare same None"]
        assert f"{address}: not measured in turn with" in caplog.text
        assert reason in caplog.text


def test_the_commit_is_reported(machine: _Machine) -> None:
    def provenance() -> dict[str, Any]:
        assert machine.test("m:b").exit_code == 0
        document: dict[str, Any] = json.loads(machine.file("dist/test/m.b/provenance.json"))
        return document

    machine.has(machine.card)
    _git(machine, "init", "--quiet")
    # A new repository has no commit yet.
    assert (provenance()["commit"], provenance()["dirty"]) == (None, True)
    machine.writes(**{".gitignore": "/dist/\n/.pants.d/\n/tools/\n"})
    _commit(machine)
    committed = provenance()
    assert len(committed["commit"]) == 40
    assert not committed["dirty"]
    assert machine.goal(GpuBaseline, "m:b").exit_code == 0
    assert machine.file("m/baselines/b/card.json") == f"a baseline of {committed['commit']}"
    machine.writes(**{"m/new.txt": ""})
    assert provenance() == {**committed, "dirty": True}
