"""`./pants publish` of a real fixture, with the real client, to a hub on this machine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.workspace import PANTS_VERSIONS, REPOSITORY, Run, Workspace
from tests.model_hub.content import ModelHub
from tests.model_hub.server import serving

_TOKEN = "hf_secretOfTheTests"
_REPO = "team/tiny-qwen2"
_RESOLVE = """
    [python.resolves]
    ml = "ml.lock"
    """
_BUILD = """\
    tiny_fixture(
        name="tiny",
        model_type="qwen2",
        architectures=["Qwen2ForCausalLM"],
        seed={seed},
        publish_to="team/tiny-qwen2",
        resolve="ml",
    )

    tiny_fixture(
        name="kept",
        model_type="qwen2",
        architectures=["Qwen2Model"],
        resolve="ml",
    )
    """


@pytest.fixture(scope="module", params=PANTS_VERSIONS)
def workspace(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    made = Workspace(
        tmp_path_factory.mktemp("workspace"),
        _RESOLVE,
        backend="tiny_fixtures",
        default_resolve="ml",
        pants_version=request.param,
        tools=("modular_converter", "tiny_models"),
    )
    lock = (REPOSITORY / "3rdparty/python/ml-cpu.lock").read_text()
    made.write({"ml.lock": lock, "m/BUILD": _BUILD.format(seed=0)})
    yield made
    made.stop()


@pytest.fixture
def hub() -> Iterator[ModelHub]:
    with serving(ModelHub({_TOKEN: {"team"}})) as running:
        yield running


def _publish(workspace: Workspace, hub: ModelHub, *options: str, token: str = _TOKEN) -> Run:
    return workspace.pants(*options, "m::", HF_ENDPOINT=hub.endpoint, HF_TOKEN=token)


def test_publish(workspace: Workspace, hub: ModelHub, tmp_path: Path) -> None:
    dry = _publish(workspace, hub, "--tiny-fixture-publish-dry-run", "publish")
    assert dry.exit_code == 0, dry.stderr
    assert f"would create the repository {_REPO}\n" in dry.stdout
    assert "published to team/tiny-qwen2 (dry run, nothing written)." in dry.stderr
    assert hub.repositories == {}

    report = tmp_path / "report.json"
    # Pants' client writes all variables to its debug log when it calls a daemon, and a daemon of
    # 2.18.0a0 keeps the level that it was started with.
    debug = ("--no-pantsd", "--level=debug", "--keep-sandboxes=always")
    first = _publish(workspace, hub, *debug, "publish", f"--output={report}")
    assert first.exit_code == 0, first.stderr
    revision = hub.repositories[_REPO].branches["main"][-1].oid
    assert first.stdout.endswith(f"published: {_REPO}@{revision}\n")
    assert list(hub.repositories) == [_REPO]
    assert hub.messages(_REPO) == ["initial commit", "Publish m:tiny"]
    (entry,) = json.loads(report.read_text())
    assert entry == {
        "publisher": "huggingface_hub",
        "target": "m:tiny",
        "names": ["m:tiny"],
        "repository": _REPO,
        "endpoint": hub.endpoint,
        "dry_run": False,
        "published": True,
        "exit_code": 0,
        "status": f"published to {_REPO}",
    }
    # What was packaged is what the hub has.
    packaged = workspace.pants("package", "m:tiny")
    assert packaged.exit_code == 0, packaged.stderr
    for path in (workspace.root / "dist/m/tiny").iterdir():
        assert hub.files(_REPO)[path.name] == path.read_bytes()

    _require_secret(workspace, first)

    again = _publish(workspace, hub, "publish")
    assert again.stdout == f"unchanged: {_REPO}@{revision}\n"

    workspace.write({"m/BUILD": _BUILD.format(seed=1)})
    changed = _publish(workspace, hub, "publish")
    assert re.findall(r"^(?:add|change|delete) \S+", changed.stdout, re.MULTILINE) == [
        "change README.md",
        "change fixture.json",
        "change model.safetensors",
    ]
    assert len(hub.messages(_REPO)) == 3


def _require_secret(workspace: Workspace, run: Run) -> None:
    """No log has the token, nor has any sandbox: the inputs of all that is cached."""
    assert "Execute InteractiveProcess" in run.stderr
    assert _TOKEN not in run.stdout + run.stderr
    logs = [path for path in workspace.root.rglob(".pants.d/**/*") if path.is_file()]
    sandboxes = set(map(Path, re.findall(r"process execution dir (\S+) for", run.stderr)))
    assert logs and sandboxes
    scripts = [sandbox / "__run.sh" for sandbox in sandboxes]
    for path in (*logs, *(script for script in scripts if script.exists())):
        assert _TOKEN.encode() not in path.read_bytes(), path


def test_a_wrong_token_and_no_publish_to(workspace: Workspace, hub: ModelHub) -> None:
    refused = _publish(workspace, hub, "publish", token="hf_wrong")
    assert refused.exit_code == 3
    assert f"{_REPO}: error: {hub.endpoint} does not accept the token" in refused.stderr
    assert "hf_wrong" not in refused.stderr
    kept = workspace.pants("publish", "m:kept", HF_ENDPOINT=hub.endpoint, HF_TOKEN=_TOKEN)
    assert kept.exit_code == 0
    assert "No applicable files or targets matched" in kept.stderr
    assert hub.repositories == {}
