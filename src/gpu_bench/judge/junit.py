"""A verdict as JUnit XML, for what gathers test results."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from gpu_bench.judge import verdict, verdict_writer
from gpu_bench.judge.verdict import Verdict

# Everything that XML 1.0 has no way to write.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml(found: Verdict, seconds: float) -> str:
    """One test case. Slower and wrong output fail it; what is undecided is skipped, not passed."""
    failed = found.verdict in (verdict.SLOWER, verdict.WRONG_OUTPUT)
    skipped = found.verdict in (verdict.INCONCLUSIVE, verdict.NO_BASELINE)
    counts = {
        "tests": "1",
        "failures": str(int(failed)),
        "errors": "0",
        "skipped": str(int(skipped)),
        "time": f"{seconds:.3f}",
    }
    address = _UNWRITABLE.sub("�", found.address)
    suites = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(suites, "testsuite", name="gpu_bench", **counts)
    case = ElementTree.SubElement(
        suite, "testcase", classname="gpu_bench", name=address, time=counts["time"]
    )
    text = _UNWRITABLE.sub("�", verdict_writer.as_text(found))
    name = found.verdict.replace("_", " ")
    message = _UNWRITABLE.sub("�", f"{name}: {found.reason}")
    if failed:
        failure = ElementTree.SubElement(case, "failure", type=found.verdict, message=message)
        failure.text = text
    elif skipped:
        ElementTree.SubElement(case, "skipped", message=message)
    ElementTree.SubElement(case, "system-out").text = text
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=False) + "\n"
