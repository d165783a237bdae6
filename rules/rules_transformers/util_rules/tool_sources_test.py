from __future__ import annotations

from pathlib import Path
from typing import Any

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
    "tool/stage/__init__.py": "",
    "tool/stage/testing.py": "",
    "tool/stage/part.py": "",
    "tool/stage/part_test.py": "",
    "tool/stage/deep/data.json": "{}\n",
    "tool/stage/page.html.jinja": "",
    "tool/schemas/request.schema.json": "{}\n",
    "tool/notes.md": "",
    "toolkit/__init__.py": "",
    "toolkit/paths.py": "",
    "toolkit/paths_test.py": "",
    "other/__init__.py": "",
}
_TOOL = {
    "tool/__init__.py",
    "tool/main.py",
    "tool/schemas/request.schema.json",
    "tool/stage/__init__.py",
    "tool/stage/deep/data.json",
    "tool/stage/page.html.jinja",
    "tool/stage/part.py",
    "tool/stage/testing.py",
}


@pytest.fixture
def rule_runner() -> RuleRunner:
    return RuleRunner(
        rules=[*tool_sources.rules(), QueryRule(ToolSources, [ToolSourcesRequest])],
    )


@pytest.fixture(params=["workspace", "wheel"])
def sources(
    request: Any,
    rule_runner: RuleRunner,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> RuleRunner:
    """A runner that finds the files in its workspace, or where the wheel has them."""
    if request.param == "workspace":
        rule_runner.write_files({f"lib/{path}": content for path, content in _FILES.items()})
        rule_runner.set_options(["--rules-transformers-tools-path=lib"])
    else:
        for path, content in _FILES.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(content)
        monkeypatch.setattr(tool_sources, "WHEEL_DIR", tmp_path)
    return rule_runner


def _contents(rule_runner: RuleRunner, *parts: str) -> dict[str, bytes]:
    sources = rule_runner.request(ToolSources, [ToolSourcesRequest(parts)])
    contents = rule_runner.request(DigestContents, [sources.digest])
    return {file.path: file.content for file in contents}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("tool",), _TOOL),
        (("tool", "toolkit"), {*_TOOL, "toolkit/__init__.py", "toolkit/paths.py"}),
        (("tool/main.py",), {"tool/__init__.py", "tool/main.py"}),
        (
            ("tool/stage/part.py",),
            {"tool/__init__.py", "tool/stage/__init__.py", "tool/stage/part.py"},
        ),
        (("tool/stage",), {"tool/__init__.py", *(path for path in _TOOL if "/stage/" in path)}),
        (
            ("tool/stage/deep",),
            {"tool/__init__.py", "tool/stage/__init__.py", "tool/stage/deep/data.json"},
        ),
    ],
    ids=str,
)
def test_parts_without_tests(
    sources: RuleRunner, parts: tuple[str, ...], expected: set[str]
) -> None:
    assert _contents(sources, *parts) == {path: _FILES[path].encode() for path in expected}


def test_missing_sources_are_an_error(rule_runner: RuleRunner) -> None:
    with pytest.raises(ExecutionError, match=r"No source of the tools in .*_tools"):
        _contents(rule_runner, "tool")
    rule_runner.set_options(["--rules-transformers-tools-path=lib"])
    with pytest.raises(ExecutionError, match=r"tools_path"):
        _contents(rule_runner, "tool")
