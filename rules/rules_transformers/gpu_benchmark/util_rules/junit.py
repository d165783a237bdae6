"""JUnit XML of benchmarks that were not measured, or whose measurement failed."""

from __future__ import annotations

import re
from xml.etree import ElementTree

# What XML 1.0 cannot hold, escaped or not.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def skipped(address: str, reason: str) -> bytes:
    """A report of one test case that was skipped."""
    return _suite(address, "skipped", reason, {"tests": "1", "skipped": "1"})


def failed(address: str, message: str) -> bytes:
    """A report of one test case that could not be measured."""
    return _suite(address, "error", message, {"tests": "1", "errors": "1"})


def _suite(address: str, outcome: str, message: str, counts: dict[str, str]) -> bytes:
    suites = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "gpu_benchmark", **counts})
    case = ElementTree.SubElement(suite, "testcase", classname="gpu_benchmark", name=address)
    text = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", message)
    first_line = text.strip().splitlines()[0] if text.strip() else ""
    ElementTree.SubElement(case, outcome, message=first_line).text = text
    return ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True)
