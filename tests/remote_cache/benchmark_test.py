"""What GPU runners share: fixtures, and measurements of equal devices only.

Stand-ins for the tools and for nvidia-smi show who measured; the rest is real.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from rules_transformers.testutil.tiny_models_stand_in import SERVES_FIXTURE_GROUPS
from tests.end_to_end.workspace import Workspace
from tests.remote_cache.buildgrid import BuildGrid
from tests.remote_cache.guide import CI, with_settings
from tests.remote_cache.machine import Machine, Report

# Each measurement and each fixture is another one, so that it is known again.
_GPU_BENCH = """
import json
import pathlib
import sys
import uuid

command, *arguments = sys.argv[1:]
options = dict(each[2:].partition("=")[::2] for each in arguments if each.startswith("--"))
output = pathlib.Path(options["output"] or arguments[-1])
if command == "run":
    request = json.loads(pathlib.Path(arguments[0]).read_text())
    output.mkdir()
    result = {"measurement": str(uuid.uuid4()), "accelerator": request["accelerator"]}
    (output / "result.json").write_text(json.dumps(result))
elif command == "compare":
    output.write_text(json.dumps({"verdict": "same", "reason": "", "another_round": False}))
    pathlib.Path(options["junit-xml"]).write_text("<testsuites/>")
else:
    assert command == "report"
    output.mkdir()
    (output / "summary.md").write_text("same")
"""
_FILES = 200
_TINY_MODELS = f"""{SERVES_FIXTURE_GROUPS}
import uuid

(fixture,) = json.loads(pathlib.Path(sys.argv[2]).read_text())["fixtures"]
directory = pathlib.Path(sys.argv[4]) / fixture["path"]
directory.mkdir(parents=True)
(directory / "fixture.json").write_text('{{"repo_id": null}}')
for number in range({_FILES}):
    (directory / f"{{number}}.txt").write_text(str(uuid.uuid4()))
"""
_RESOLVES = """
    [python.resolves]
    ml = "empty.lock"

    [gpu-bench]
    install_from_resolve = "ml"
    interpreter_constraints = ["==3.11.*"]
    """
_BUILD = """\
    tiny_fixture(name="tiny", model_type="llama", architectures=["LlamaModel"])
    gpu_benchmark(name="bench", model_type="llama")
    """
_MEASURE = "Measure m:bench"
_BUILD_FIXTURE = "Build m:tiny"


@dataclass(frozen=True)
class _Card:
    uuid: str = "GPU-aaaa"
    driver: str = "550.1"

    def __str__(self) -> str:
        return f"0, {self.uuid}, Some Card, 81559, {self.driver}, 9.0, 1980, 2619, 700.00"


@dataclass(frozen=True)
class _Built:
    """What a runner has at its end."""

    report: Report
    result: dict[str, str]
    fixture: dict[str, str]


def _runner(
    directory: Path, server: BuildGrid, prepared: Machine, card: _Card, *options: str
) -> _Built:
    """A new runner with this card, which tests and packages everything.

    :param prepared: has what Pants unpacks on each machine.
    """
    workspace = Workspace(
        directory / "workspace",
        _RESOLVES,
        backend="gpu_benchmark",
        default_resolve="ml",
        tools=(),
    )
    tools = {"gpu_bench": _GPU_BENCH, "tiny_models": _TINY_MODELS, "modular_converter": ""}
    workspace.write(
        {
            "empty.lock": "",
            "m/BUILD": _BUILD,
            **{f".plugin/src/{name}/__init__.py": "" for name in tools},
            **{f".plugin/src/{name}/__main__.py": program for name, program in tools.items()},
        }
    )
    programs = directory / "bin"
    programs.mkdir()
    (programs / "nvidia-smi").write_text(f"#!/bin/sh\necho '{card}'\n")
    (programs / "nvidia-smi").chmod(0o755)
    machine = Machine(
        directory,
        workspace,
        **with_settings(workspace, server.address, CI),
        PATH=f"{programs}:{os.environ['PATH']}",
        RULES_TRANSFORMERS_TORCH="cpu",
    )
    machine.takes_caches_of(prepared, results=False)
    report = machine.pants_succeeds(*options, "test", "package", "m:bench", "m:tiny")
    fixture = {path.name: path.read_text() for path in (workspace.root / "dist/m/tiny").iterdir()}
    return _Built(
        report, json.loads(workspace.read("dist/test/m.bench/round0/result.json")), fixture
    )


@pytest.fixture(scope="module")
def first(server: BuildGrid, runner: Machine, tmp_path_factory: pytest.TempPathFactory) -> _Built:
    built = _runner(tmp_path_factory.mktemp("first"), server, runner, _Card())
    assert {_MEASURE, _BUILD_FIXTURE} <= set(built.report.finished)
    assert built.report.hits == []
    assert len(built.fixture) == _FILES + 1
    return built


def test_equal_devices_share_everything(
    first: _Built, server: BuildGrid, runner: Machine, tmp_path: Path
) -> None:
    second = _runner(tmp_path, server, runner, _Card(uuid="GPU-bbbb"))
    assert second.report.finished == []
    # The device was not even touched.
    assert {_MEASURE, _BUILD_FIXTURE}.isdisjoint(second.report.started)
    assert set(second.report.hits) == set(first.report.finished)
    assert (second.result, second.fixture) == (first.result, first.fixture)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("card", "options"),
    [
        (_Card(driver="560.2"), ()),
        (_Card(uuid="GPU-bbbb"), ("--gpu-bench-share=device",)),
    ],
)
def test_a_result_of_another_device_is_never_used(
    first: _Built,
    server: BuildGrid,
    runner: Machine,
    tmp_path: Path,
    card: _Card,
    options: tuple[str, ...],
) -> None:
    third = _runner(tmp_path, server, runner, card, *options)
    assert _MEASURE in third.report.finished
    assert _MEASURE not in third.report.hits
    assert third.result["measurement"] != first.result["measurement"]
    assert third.result["accelerator"] != first.result["accelerator"]
    # What depends on no device is shared all the same.
    assert _BUILD_FIXTURE in third.report.hits
    assert third.fixture == first.fixture
