"""A fixture that the real builder makes with torch on a server. By hand only."""

from __future__ import annotations

from pathlib import Path

from tests.end_to_end.workspace import REPOSITORY, Workspace
from tests.remote_cache.machine import Machine
from tests.remote_execution.setting import WORKING, machine_of, serving

_RESOLVE = """
    [python.resolves]
    ml = "ml.lock"
    """
_BUILD = """\
    tiny_fixture(name="tiny", model_type="qwen2", architectures=["Qwen2ForCausalLM"])
    """


def _machine(directory: Path) -> Machine:
    workspace = Workspace(
        directory / "workspace",
        _RESOLVE,
        backend="tiny_fixtures",
        default_resolve="ml",
        tools=("modular_converter", "tiny_models"),
    )
    lock = (REPOSITORY / "3rdparty/python/ml-cpu.lock").read_text()
    workspace.write({"ml.lock": lock, "m/BUILD": _BUILD})
    return machine_of(directory, workspace)


def test_a_server_builds_a_fixture_with_torch(tmp_path: Path) -> None:
    with serving(tmp_path, WORKING) as server:
        machine = _machine(tmp_path / "machine")
        report = machine.pants_succeeds(*server.options, "package", "m:tiny")
    executed = report.counters["remote_execution_success"]
    assert executed == report.counters["remote_execution_requests"]
    assert report.counters["local_execution_requests"] == 0
    assert "Build m:tiny" in report.completed
    packaged = machine.workspace.root / "dist/m/tiny"
    assert {"config.json", "model.safetensors"} <= {path.name for path in packaged.iterdir()}
