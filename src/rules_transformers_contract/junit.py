"""The result of one test as JUnit XML, for programs that collect test results."""

from __future__ import annotations

import re
from xml.etree import ElementTree

# XML 1.0 cannot hold these, escaped or not.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
# The attribute of the suite that counts each outcome.
_COUNTERS = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def one_test(
    suite: str,
    name: str,
    *,
    outcome: str | None = None,
    kind: str | None = None,
    message: str = "",
    text: str = "",
    output: str = "",
    seconds: float | None = None,
) -> str:
    """A report of one test, to be written as UTF-8.

    :param suite: the name of the suite, and of the test's class.
    :param name: of the test.
    :param outcome: `failure`, `error` or `skipped`; None if the test passed.
    :param kind: the type of the failure.
    :param message: one line that says what happened; by default, the first line of `text`.
    :param text: what happened, at length.
    :param output: what the test printed.
    """
    text = _printable(text)
    counts = {counter: str(int(outcome == each)) for each, counter in _COUNTERS.items()}
    times = {} if seconds is None else {"time": f"{seconds:.3f}"}
    root = ElementTree.Element("testsuites")
    parent = ElementTree.SubElement(
        root, "testsuite", {"name": suite, "tests": "1", **counts, **times}
    )
    case = ElementTree.SubElement(
        parent, "testcase", {"classname": suite, "name": _printable(name), **times}
    )
    if outcome is not None:
        first_line = text.strip().splitlines()[0] if text.strip() else ""
        attributes = {"message": _printable(message) or first_line}
        if kind is not None:
            attributes["type"] = kind
        ElementTree.SubElement(case, outcome, attributes).text = text or None
    if output:
        ElementTree.SubElement(case, "system-out").text = _printable(output)
    ElementTree.indent(root)
    return f"{_DECLARATION}\n{ElementTree.tostring(root, encoding='unicode')}\n"


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
