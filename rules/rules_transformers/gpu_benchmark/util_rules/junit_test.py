from __future__ import annotations

from xml.etree import ElementTree

from rules_transformers.gpu_benchmark.util_rules import junit


def test_skipped_is_neither_passed_nor_failed() -> None:
    suite = ElementTree.fromstring(junit.skipped("m:b", "no <accelerator>"))[0]
    assert (suite.get("tests"), suite.get("skipped"), suite.get("errors")) == ("1", "1", None)
    (case,) = suite
    assert case.get("name") == "m:b"
    (skipped,) = case
    assert (skipped.tag, skipped.get("message")) == ("skipped", "no <accelerator>")


def test_what_xml_cannot_hold_is_replaced() -> None:
    (error,) = ElementTree.fromstring(junit.failed("m:b", "a\x1b[0m\nb\0"))[0][0]
    assert error.text == "a\N{REPLACEMENT CHARACTER}[0m\nb\N{REPLACEMENT CHARACTER}"
    assert error.get("message") == "a\N{REPLACEMENT CHARACTER}[0m"


def test_an_empty_message() -> None:
    (error,) = ElementTree.fromstring(junit.failed("m:b", ""))[0][0]
    assert error.get("message") == ""
