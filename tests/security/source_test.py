"""What the tools' and the rules' source must not contain, wherever it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest


def _source_below(directory: str) -> list[Path]:
    return sorted(p for p in Path(directory).rglob("*.py") if not p.name.endswith("_test.py"))


_TOOLS = _source_below("src")
_RULES = _source_below("rules/rules_transformers")
_RUN_CODE_WHEN_READ = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
# It evaluates the condition at which a class of a module that was imported has raised.
_EVALUATES = Path("src/tiny_models/fitting/conditions.py")
_SECRETS = {"HF_TOKEN", "HF_TOKEN_PATH", "HUGGING_FACE_HUB_TOKEN"}


def _nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path)))


def _calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in _nodes(path):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def _keywords(call: ast.Call) -> dict[str | None, str]:
    return {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}


def test_there_is_source_to_look_at() -> None:
    names = {path.parts[1] for path in _TOOLS}
    assert names >= {"gpu_bench", "modular_converter", "parent_finder", "tiny_models"}
    assert len(_RULES) > 50


@pytest.mark.parametrize("path", [*_TOOLS, *_RULES], ids=str)
def test_no_code_of_others_is_run(path: Path) -> None:
    for node in _nodes(path):
        if isinstance(node, ast.Import):
            imported = {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported = {(node.module or "").partition(".")[0]}
        else:
            continue
        assert not imported & _RUN_CODE_WHEN_READ, f"{path}:{node.lineno}"
    for name, call in _calls(path):
        place, keywords = f"{path}:{call.lineno}", _keywords(call)
        assert name not in {"exec", "os.system", "torch.load"}, place
        assert name != "eval" or path == _EVALUATES, place
        assert keywords.get("trust_remote_code", "False") == "False", place
        assert keywords.get("shell", "False") == "False", place
        if name in {"np.load", "numpy.load"}:
            assert keywords.get("allow_pickle") == "False", place
        if re.search(r"(model_class|Model\w*)\.from_pretrained$", name):
            assert keywords.get("use_safetensors") == "True", place
        # Left out, it makes the library ask the user.
        if re.search(r"[aA]uto\S*\.from_(pretrained|config)$", name):
            assert keywords.get("trust_remote_code") == "False", place
        assert keywords.get("weights_only", "True") == "True", place
        assert name not in {"extractall", "shutil.unpack_archive"}, place
        assert not name.endswith((".extractall", ".extract")), place


_TEMPORARY = [
    path
    for path in _TOOLS
    if path.parts[1] != "toolkit" and not {"testing", "evaluation"} & set(path.parts)
]


@pytest.mark.parametrize("path", _TEMPORARY, ids=str)
def test_temporary_files_are_those_that_a_later_run_removes(path: Path) -> None:
    for name, call in _calls(path):
        assert not name.startswith("tempfile."), f"{path}:{call.lineno}"


# One rule describes the processes of all tools, and leaves out what names a network unless the
# request says otherwise; `tool_process_integration_test.py` tests it. `session.py` runs a user's
# command, in the user's environment; the accelerator is found, and Git is asked, without Python.
_DESCRIBE_PROCESSES = {
    "tool_process.py": {"Get(VenvPex)", "Process"},
    "session.py": {"Get(VenvPex)"},
    "accelerator.py": {"Process"},
    "revision.py": {"Process"},
}
_MAY_USE_THE_NETWORK = {
    "publish.py": "True",
    # Of a model hub's repository, pinned to a commit.
    "measure.py": "downloads",
}
_PROCESSES = {"Process", "PexProcess", "VenvPexProcess"}


def _described(path: Path) -> set[str]:
    """How the source of rules describes processes of its own."""
    described = set()
    for name, call in _calls(path):
        if name in _PROCESSES:
            described.add(name)
        if name == "Get" and call.args and ast.unparse(call.args[0]) == "VenvPex":
            described.add("Get(VenvPex)")
    return described


def test_one_rule_describes_the_processes_of_the_tools() -> None:
    described = {path.name: _described(path) for path in _RULES if _described(path)}
    assert described == _DESCRIBE_PROCESSES


def test_few_processes_may_use_a_network() -> None:
    processes = {
        (path.name, _keywords(call).get("network"))
        for path in _RULES
        for name, call in _calls(path)
        if name == "ToolProcess"
    }
    assert len(processes) > 7
    assert {(name, value) for name, value in processes if value is not None} == set(
        _MAY_USE_THE_NETWORK.items()
    )


@pytest.mark.parametrize("path", _RULES, ids=str)
def test_only_publishing_knows_of_tokens(path: Path) -> None:
    strings = {node.value for node in _nodes(path) if isinstance(node, ast.Constant)}
    assert path.name == "publish.py" or not strings & _SECRETS
