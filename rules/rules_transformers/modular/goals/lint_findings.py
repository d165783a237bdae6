"""The findings of many conversions: each shown once, and one SARIF report of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pants.engine.fs import EMPTY_DIGEST, CreateDigest, Digest, FileContent
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule

from rules_transformers.modular.util_rules.convert import Report

REPORT_NAME = "modular-converter.sarif"

# What a finding begins with; the lines below it are its excerpt and its hint.
_BEGINNING = re.compile(r"^(?=\S.*?: (?:error|warning)(?:\[|: ))", re.MULTILINE)


@dataclass(frozen=True)
class FindingsReportRequest:
    """Asks for the reports of several conversions as one file."""

    reports: tuple[Report, ...]


@dataclass(frozen=True)
class FindingsReport:
    """A directory with the file `REPORT_NAME`, or nothing if no conversion left a report."""

    digest: Digest


@rule
async def merge_findings(request: FindingsReportRequest) -> FindingsReport:
    if not request.reports:
        return FindingsReport(EMPTY_DIGEST)
    content = (json.dumps(merged_log(request.reports), indent=1) + "\n").encode()
    digest = await Get(Digest, CreateDigest([FileContent(REPORT_NAME, content)]))
    return FindingsReport(digest)


def distinct(messages: Iterable[str]) -> tuple[str, ...]:
    """The findings in the messages of several conversions, each once.

    Models of one modular file have the same, and so have the children of a broken parent.
    """
    findings = (finding.rstrip() for text in messages for finding in _BEGINNING.split(text))
    return tuple(dict.fromkeys(finding for finding in findings if finding))


def merged_log(reports: Sequence[Report]) -> dict[str, Any]:
    """One log with the results of all, each once, under the rules that they share."""
    log: dict[str, Any] = json.loads(reports[0].log)
    (run,) = log["runs"]
    results = {
        json.dumps(result, sort_keys=True): result
        for report in reports
        for result in json.loads(report.results)
    }
    successful = all(report.is_successful for report in reports)
    return {
        **log,
        "runs": [
            {
                **run,
                "invocations": [{"executionSuccessful": successful}],
                "results": list(results.values()),
            }
        ],
    }


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
