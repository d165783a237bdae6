from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from modular_converter.cli.main import main
from modular_converter.conftest import Workspace
from modular_converter.diagnostics.codes import BY_NAME, CODES

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
# What SARIF 2.1.0 requires of the parts that are written here (sections 3.13 to 3.52).
SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/run"}},
    },
    "additionalProperties": False,
    "$defs": {
        "run": {
            "type": "object",
            "required": ["tool", "results"],
            "additionalProperties": False,
            "properties": {
                "tool": {
                    "type": "object",
                    "required": ["driver"],
                    "properties": {
                        "driver": {
                            "type": "object",
                            "required": ["name"],
                            "properties": {
                                "name": {"type": "string"},
                                "rules": {"type": "array", "items": {"$ref": "#/$defs/rule"}},
                            },
                        }
                    },
                },
                "invocations": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["executionSuccessful"],
                        "properties": {
                            "executionSuccessful": {"type": "boolean"},
                            "exitCode": {"type": "integer"},
                            "toolExecutionNotifications": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "required": ["message"],
                                    "properties": {"message": TEXT, "level": LEVEL},
                                },
                            },
                        },
                    },
                },
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
                "properties": {"type": "object"},
            },
        },
        "rule": {
            "type": "object",
            "required": ["id"],
            "additionalProperties": False,
            "properties": {
                "id": {"type": "string"},
                "shortDescription": TEXT,
                "fullDescription": TEXT,
                "help": TEXT,
                "defaultConfiguration": {"type": "object", "properties": {"level": LEVEL}},
            },
        },
        "result": {
            "type": "object",
            "required": ["message"],
            "additionalProperties": False,
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": LEVEL,
                "message": TEXT,
                "locations": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["physicalLocation"],
                        "properties": {
                            "physicalLocation": {
                                "type": "object",
                                "required": ["artifactLocation"],
                                "additionalProperties": False,
                                "properties": {
                                    "artifactLocation": {
                                        "type": "object",
                                        "properties": {
                                            "uri": {"type": "string", "pattern": "^[!-~]+$"},
                                            "uriBaseId": {"type": "string"},
                                        },
                                    },
                                    "region": {
                                        "type": "object",
                                        "required": ["startLine"],
                                        "properties": {
                                            "startLine": {"type": "integer", "minimum": 1},
                                            "startColumn": {"type": "integer", "minimum": 1},
                                            "snippet": TEXT,
                                        },
                                    },
                                },
                            }
                        },
                    },
                },
            },
        },
    },
}
PATH = "transformers/models/new_one/modular_new_one.py"


@pytest.fixture(autouse=True)
def library(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    workspace.modular("size = 1\n\n\nclass A:\n    x = 1\n")
    monkeypatch.chdir(workspace.root)
    return workspace


def run_of(text: str) -> dict[str, Any]:
    log = json.loads(text)
    jsonschema.validate(log, SARIF)
    run: dict[str, Any]
    (run,) = log["runs"]
    for result in run["results"]:
        rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
    return run


def convert(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any]]:
    exit_code = main(["convert", "--json", "--pedantic", "--search-path", ".", *options])
    return exit_code, run_of(capsys.readouterr().out)


def test_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code, run = convert(capsys, PATH)
    assert exit_code == 0
    (result,) = run["results"]
    assert (result["ruleId"], result["level"]) == ("unreached-object", "warning")
    assert "hint: delete it" in result["message"]["text"]
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == PATH
    assert location["region"] == {"startLine": 1, "startColumn": 1, "snippet": {"text": "size = 1"}}
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 0}]
    assert convert(capsys, "--ignore=unreached-object", PATH)[1]["results"] == []


def test_an_error_and_a_bad_option(capsys: pytest.CaptureFixture[str], library: Workspace) -> None:
    library.modular("class A(:\n")
    exit_code, run = convert(capsys, PATH)
    assert exit_code == 2
    assert [result["ruleId"] for result in run["results"]] == ["syntax-error"]
    assert run["invocations"] == [{"executionSuccessful": False, "exitCode": 2}]
    exit_code, run = convert(capsys, "--profile=0.1", PATH)
    assert exit_code == 2
    assert "locations" not in run["results"][0]


def test_stale_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert convert(capsys, PATH)[0] == 0
    generated = PATH.replace("modular_", "modeling_")
    text = Path(generated).read_text()
    Path(generated).write_text(text.replace("x = 1", "x = 2"))
    exit_code, run = convert(capsys, "--check", PATH)
    assert exit_code == 1
    stale = run["results"][-1]
    assert stale["ruleId"] == "stale-file"
    location = stale["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == generated
    assert location["region"]["startLine"] == text[: text.index("x = 1")].count("\n") + 1


def test_a_log_beside_the_messages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "--pedantic", "--sarif", "out/log.sarif", PATH]) == 0
    shown = capsys.readouterr()
    assert "changed transformers/" in shown.out and "warning[unreached-object]" in shown.err
    assert len(run_of(Path("out/log.sarif").read_text())["results"]) == 1


def test_every_code_is_in_the_table_and_used() -> None:
    """Findings are made by functions that take the code as a literal of this form."""
    spelled = re.compile(r"[a-z]+(-[a-z]+)+")
    used = set()
    for path in Path(__file__).parents[1].rglob("*.py"):
        if path.name.endswith("_test.py") or path.name in ("codes.py", "conftest.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and str(node.value) in BY_NAME:
                used.add(str(node.value))
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in ("error", "diagnostic", "Diagnostic") and node.args:
                    code = getattr(node.args[0], "value", None)
                    if isinstance(code, str) and spelled.fullmatch(code):
                        assert code in BY_NAME, f"{path.name}:{node.lineno}"
    assert used == set(BY_NAME)
    assert len(BY_NAME) == len(CODES)


def test_codes_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["codes"]) == 0
    listed = capsys.readouterr().out
    assert all(f"{code.name} ({code.severity}" in listed for code in CODES)
    assert "unreached-object (warning with --pedantic): " in listed
    assert main(["codes", "lost-super"]) == 0
    assert capsys.readouterr().out.startswith("lost-super (warning): ")
    assert main(["codes", "--json"]) == 0
    assert [load["code"] for load in json.loads(capsys.readouterr().out)] == list(BY_NAME)
    assert main(["codes", "lost-supper"]) == 2
    assert "error[unknown-code]" in capsys.readouterr().err
