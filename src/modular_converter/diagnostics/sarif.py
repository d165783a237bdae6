"""Findings as a SARIF 2.1.0 log, which editors and CI services read."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from urllib.parse import quote

from modular_converter.diagnostics.codes import CODES, Code
from modular_converter.diagnostics.record import Diagnostic

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_POSITION = {code.name: position for position, code in enumerate(CODES)}


def sarif_log(
    findings: Iterable[Diagnostic],
    exit_code: int,
    failure: str = "",
    renamed: Mapping[str, Collection[str]] | None = None,
) -> str:
    """The text of a log with one run.

    ``failure`` says what the environment lacks, if anything; ``renamed`` is that of a batch.
    """
    invocation: dict[str, object] = {
        "executionSuccessful": exit_code in (0, 1),
        "exitCode": exit_code,
    }
    if failure:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": failure}}
        ]
    log = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {"name": "modular_converter", "rules": [_rule(c) for c in CODES]}
                },
                "invocations": [invocation],
                "columnKind": "unicodeCodePoints",
                "results": [sarif_result(finding) for finding in findings],
                "properties": {
                    "renamed": {
                        path: sorted(made) for path, made in (renamed or {}).items() if made
                    }
                },
            }
        ],
    }
    return json.dumps(log, indent=1) + "\n"


def _rule(code: Code) -> dict[str, object]:
    return {
        "id": code.name,
        "shortDescription": {"text": code.summary},
        "fullDescription": {"text": code.help},
        "help": {"text": code.help},
        "defaultConfiguration": {"level": code.severity},
    }


def sarif_result(finding: Diagnostic) -> dict[str, object]:
    """A finding as an entry of a log's ``results``."""
    hint = f"\nhint: {finding.hint}" if finding.hint else ""
    result: dict[str, object] = {
        "ruleId": finding.code,
        "ruleIndex": _POSITION[finding.code],
        "level": finding.severity,
        "message": {"text": finding.message + hint},
    }
    # What is wrong with an option lies in no file.
    if finding.path and not finding.path.startswith("--"):
        result["locations"] = [{"physicalLocation": _location(finding)}]
    return result


def _location(finding: Diagnostic) -> dict[str, object]:
    artifact: dict[str, object] = {"uri": quote(finding.path, safe="/")}
    if not finding.path.startswith("/"):
        artifact["uriBaseId"] = "%SRCROOT%"
    location: dict[str, object] = {"artifactLocation": artifact}
    if finding.line:
        region: dict[str, object] = {"startLine": finding.line}
        if finding.column:
            region["startColumn"] = finding.column
        if finding.source_line.strip():
            region["snippet"] = {"text": finding.source_line}
        location["region"] = region
    return location
