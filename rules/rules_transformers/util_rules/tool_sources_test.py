from __future__ import annotations

from pathlib import Path

import pytest
from pants.engine.fs import DigestContents
from pants.engine.internals.scheduler import ExecutionError
from pants.engine.rules import QueryRule
from pants.testutil.rule_runner import RuleRunner

from rules_transformers.util_rules import tool_sources
from rules_transformers.util_rules.tool_sources import ToolSources, ToolSourcesRequest

_FILES = {
    "tool/__init__.py": "",
    "tool/main.py": "print()\n",
    "tool/main_test.py": "assert True\n",
    "tool/conftest.py": "",
    "tool/testing/__init__.py": "",
    "tool/testing/made_up.py": "",
    "tool/testing/data/made_up.json": "{}\n",
    "tool/stage/testing.py": "",
    "tool/schemas/request.schema.json": "{}\n",
    "tool/notes.md": "",
    "rules_transformers_contract/__init__.py": "",
    "toolkit/__init__.py": "",
    "toolkit/paths.py": "",
    "toolkit/paths_test.py": "",
    "other/__init__.py": "",
}

_EXPECTED = {
    "__tools/rules_transformers_contract/__init__.py": b"",
    "__tools/tool/__init__.py": b"",
    "__tools/tool/main.py": b"print()\n",
    "__tools/tool/schemas/request.schema.json": b"{}\n",
    "__tools/tool/stage/testing.py": b"",
    "__tools/toolkit/__init__.py": b"",
    "__tools/toolkit/paths.py": b"",
}


@pytest.fixture
def rule_runner() -> RuleRunner:
    return RuleRunner(
        rules=[*tool_sources.rules(), QueryRule(ToolSources, [ToolSourcesRequest])],
    )


def _contents(rule_runner: RuleRunner, name: str) -> dict[str, bytes]:
    sources = rule_runner.request(ToolSources, [ToolSourcesRequest(name)])
    contents = rule_runner.request(DigestContents, [sources.digest])
    return {file.path: file.content for file in contents}


def test_sources_of_this_repository_without_tests(rule_runner: RuleRunner) -> None:
    rule_runner.write_files({f"lib/{path}": content for path, content in _FILES.items()})
    rule_runner.set_options(["--rules-transformers-tools-path=lib"])
    assert _contents(rule_runner, "tool") == _EXPECTED


def test_sources_of_the_wheel_without_tests(
    rule_runner: RuleRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, content in _FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(content)
    monkeypatch.setattr(tool_sources, "WHEEL_DIR", tmp_path)
    assert _contents(rule_runner, "tool") == _EXPECTED


def test_missing_sources_are_an_error(rule_runner: RuleRunner, tmp_path: Path) -> None:
    with pytest.raises(ExecutionError, match=r"No source of the tool `tool` at .*_tools/tool"):
        _contents(rule_runner, "tool")
    rule_runner.set_options(["--rules-transformers-tools-path=lib"])
    with pytest.raises(ExecutionError, match=r"tools_path"):
        _contents(rule_runner, "tool")
