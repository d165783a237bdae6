"""Groups of requests: each is served as if it were alone."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from rules_transformers_contract import stored_outcomes
from tiny_models.cli import group
from tiny_models.runtime.forks import Ended, run_in_fork

_SOURCES = Path(__file__).parents[2]


def _request(name: str, **fields: Any) -> dict[str, Any]:
    fixture = {"address": f"m:{name}", "path": f"m/{name}", "seed": 0, **fields}
    return {"schema": 1, "fixtures": [fixture]}


_BERT = {"model_type": "bert", "architectures": ["BertModel"], "tokenizer": "none"}


def _start(
    *arguments: str, cwd: Path, options: Sequence[str] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *options, "-m", "tiny_models", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(_SOURCES), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def _files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.*")}


_MODEL = """\
import torch
from transformers import PretrainedConfig, PreTrainedModel

from lib.shared import SIZE


class OwnConfig(PretrainedConfig):
    model_type = "own"

    def __init__(self, width=SIZE, **kwargs):
        self.width = width
        super().__init__(**kwargs)


class OwnModel(PreTrainedModel):
    config_class = OwnConfig

    def __init__(self, config):
        super().__init__(config)
        self.layer = torch.nn.Linear(config.width, config.width)
        self.post_init()

    def _init_weights(self, module):
        pass

    def forward(self, inputs_embeds):
        return self.layer(inputs_embeds)


__all__ = ["OwnModel"]
"""


def _own(directory: Path, shared: str | None) -> None:
    """The sources of a model of a repository; without `shared`, it cannot be imported."""
    (directory / "lib").mkdir(parents=True)
    (directory / "lib/modeling_own.py").write_text(_MODEL)
    if shared is not None:
        (directory / "lib/shared.py").write_text(shared)
    source = {"module": "lib.modeling_own", "root": "."}
    request = _request("own", source=source, checks=[], tokenizer="none", processors=False)
    (directory / "request.json").write_text(json.dumps(request))


def test_members_are_built_as_if_alone(tmp_path: Path) -> None:
    _own(tmp_path / "first", "SIZE = 4\n")
    # What its neighbours have is not there for it.
    _own(tmp_path / "lacking", None)
    # Another file of the same name.
    _own(tmp_path / "other", "SIZE = 6\n")
    for name, fields in {
        "bert": _BERT,
        "wrong": {"model_type": "lama", "architectures": ["X"]},
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "request.json").write_text(json.dumps(_request(name, **fields)))
    members = ["first", "lacking", "other", "bert", "wrong"]
    options = ("--request=request.json", "--output=out")
    done = _start("group", *options, "--results=results.json", *members, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    results = json.loads((tmp_path / "results.json").read_text())["members"]
    assert [result["exit_code"] for result in results] == [0, 2, 0, 0, 2]
    assert "lib.shared" in results[1]["messages"]
    for name, result in zip(members, results, strict=True):
        alone = _start("build", "request.json", "--output=alone", cwd=tmp_path / name)
        assert alone.returncode == result["exit_code"]
        assert _files(tmp_path / name / "out") == _files(tmp_path / name / "alone"), name
    sizes = {
        name: json.loads((tmp_path / name / "out/m/own/OwnModel/config.json").read_text())["width"]
        for name in ("first", "other")
    }
    assert sizes["first"] != sizes["other"] or sizes == {"first": 4, "other": 6}


def test_files_of_several_members_may_lie_elsewhere(tmp_path: Path) -> None:
    for name in ("first", "other"):
        _own(tmp_path / name, None)
    for number in range(2):
        (tmp_path / f"shared/{number}/lib").mkdir(parents=True)
        (tmp_path / f"shared/{number}/lib/shared.py").write_text(f"SIZE = {4 + 2 * number}\n")
    lists = [{f"shared/{number}": ["lib/shared.py"]} for number in range(2)]
    (tmp_path / "shared.json").write_text(json.dumps({"schema": 1, "members": lists}))
    options = ("--request=request.json", "--output=out", "--results=results.json")
    done = _start("group", *options, "--shared=shared.json", "first", "other", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "results.json").read_text())["members"]
    assert [result["exit_code"] for result in results] == [0, 0], results
    for name, size in {"first": 4, "other": 6}.items():
        config = next((tmp_path / name / "out").rglob("config.json"))
        assert json.loads(config.read_text())["width"] == size


def _lacking(name: str) -> dict[str, Any]:
    return _request(name, model_type="timm_wrapper", architectures=["TimmWrapperModel"])


def test_only_what_is_not_stored_is_built(tmp_path: Path) -> None:
    requests = {
        "bert": _request("bert", **_BERT),
        "other": _request("other", **_BERT),
        "wrong": _request("wrong", model_type="lama", architectures=["X"]),
        "lacking": _lacking("lacking"),
    }
    arguments = ("group", "--request=request.json", "--output=out", "--results=results.json")

    def group_of(keys: str, directory: str, **more: Any) -> tuple[list[int], dict[str, bytes], str]:
        """Exit codes, files and standard error of a group in a new directory."""
        root = tmp_path / directory
        for name, request in requests.items():
            (root / name).mkdir(parents=True)
            (root / name / "request.json").write_text(json.dumps(request))
        (tmp_path / "store").mkdir(exist_ok=True)
        (root / stored_outcomes.DIRECTORY).symlink_to(tmp_path / "store")
        environment = {stored_outcomes.VARIABLE: keys}
        done = _start(*arguments, *requests, cwd=root, **environment, **more)
        assert done.returncode == 0, done.stderr
        files = {
            f"{name}/{path}": content
            for name in requests
            for path, content in _files(root / name / "out").items()
        }
        results = json.loads((root / "results.json").read_text())["members"]
        return [result["exit_code"] for result in results], files, done.stderr

    built = group_of("a b c d", "built")
    # What failed is tried again.
    assert len([path for path in (tmp_path / "store").rglob("*") if path.is_file()]) == 2
    requests["other"] = _request("other", **_BERT | {"seed": 1})
    changed = group_of("a B c d", "changed")
    assert changed[0] == built[0] == [0, 0, 2, 3]
    different = {path for path in built[1] if built[1][path] != changed[1][path]}
    assert {"other/m/other/model.safetensors"} <= different
    assert {path.partition("/")[0] for path in different} == {"other"}
    del requests["wrong"], requests["lacking"]
    # Everything is stored by now.
    quick = group_of("a B", "quick", options=("-X", "importtime"))
    assert quick[1] == changed[1]
    assert "toolkit.outcome_store" in quick[2]
    assert not [line for line in quick[2].splitlines() if line.endswith(" torch")]


def test_a_single_fixture_imports_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preloaded: list[object] = []
    ended = Ended(0, "")
    monkeypatch.setattr(group, "preload", preloaded.append)
    monkeypatch.setattr(group, "_fork", lambda *arguments: ended)
    options = argparse.Namespace(request="request.json", output="out")
    assert list(group._build(options, [tmp_path])) == [ended]
    assert preloaded == []
    assert list(group._build(options, [tmp_path, tmp_path])) == [ended, ended]
    assert len(preloaded) == 1


def test_sources_in_the_place_of_a_package_are_used(tmp_path: Path) -> None:
    for name in ("plain", "shadowing"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "request.json").write_text(json.dumps(_request(name, **_BERT)))
    (tmp_path / "shadowing/transformers").mkdir()
    (tmp_path / "shadowing/transformers/__init__.py").write_text("raise OSError('the own one')\n")
    options = ("--request=request.json", "--output=out", "--results=results.json")
    done = _start("group", *options, "plain", "shadowing", cwd=tmp_path)
    results = json.loads((tmp_path / "results.json").read_text())["members"]
    assert results[0]["exit_code"] == 0, done.stderr
    assert results[1]["exit_code"] != 0
    assert "the own one" in results[1]["messages"]


def test_what_one_lacks_does_not_fail_the_others(tmp_path: Path) -> None:
    for name, request in {"bert": _request("bert", **_BERT), "lacking": _lacking("m")}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "request.json").write_text(json.dumps(request))
    options = ("--request=request.json", "--output=out", "--results=results.json")
    assert _start("group", *options, "bert", "lacking", cwd=tmp_path).returncode == 0
    results = json.loads((tmp_path / "results.json").read_text())["members"]
    assert [result["exit_code"] for result in results] == [0, 3]
    # A build system is not to keep this: there is nothing else in it.
    assert _start("group", *options, "lacking", cwd=tmp_path).returncode == 3


@pytest.mark.parametrize("text", ["{", "[]", '{"fixtures": [{"source": 1}]}'])
def test_a_wrong_request_is_its_members(tmp_path: Path, text: str) -> None:
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong/request.json").write_text(text)
    options = ("--request=request.json", "--output=out", "--results=results.json")
    assert _start("group", *options, "wrong", cwd=tmp_path).returncode == 0
    (result,) = json.loads((tmp_path / "results.json").read_text())["members"]
    assert result["exit_code"] == 2
    assert "request.json" in result["messages"]


def test_what_a_request_has_itself_is_not_imported_before(monkeypatch: pytest.MonkeyPatch) -> None:
    imported: list[str] = []
    monkeypatch.setattr("tiny_models.cli.group.import_if_possible", imported.append)
    group.preload({"transformers", "scipy"})
    assert "torch" in imported
    assert not [name for name in imported if name.startswith(("transformers", "scipy"))]
    group.preload(())
    assert "transformers" in imported


def test_a_fork_ends_as_its_function_does(tmp_path: Path) -> None:
    def fail() -> int:
        print("so", file=sys.stderr)
        raise KeyError("why")

    def kill() -> int:
        os.kill(os.getpid(), 9)
        return 0

    (tmp_path / "in").mkdir()
    log = tmp_path / "log"
    here = os.getcwd()
    assert run_in_fork(lambda: 3, tmp_path / "in", log).exit_code == 3
    failed = run_in_fork(fail, tmp_path / "in", log)
    assert failed.exit_code == 1
    assert "so" in failed.messages
    assert "KeyError: 'why'" in failed.messages
    assert run_in_fork(kill, tmp_path / "in", log).exit_code == -9
    assert os.getcwd() == here
