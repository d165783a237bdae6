from __future__ import annotations

from xml.etree import ElementTree

import pytest

from rules_transformers_contract.junit import one_test


def test_a_passed_test_has_its_output_and_time() -> None:
    suite = ElementTree.fromstring(one_test("bench", "a:b", output="all well", seconds=1.5))[0]
    assert (suite.get("name"), suite.get("tests"), suite.get("time")) == ("bench", "1", "1.500")
    assert [suite.get(kind) for kind in ("failures", "errors", "skipped")] == ["0", "0", "0"]
    (case,) = suite
    assert (case.get("classname"), case.get("name")) == ("bench", "a:b")
    assert [child.tag for child in case] == ["system-out"]
    assert case.findtext("system-out") == "all well"


@pytest.mark.parametrize(
    ("outcome", "counter"), [("failure", "failures"), ("error", "errors"), ("skipped", "skipped")]
)
def test_an_outcome_is_counted_and_reported(outcome: str, counter: str) -> None:
    text = "\nslower: by 5 %\nand more\n"
    suite = ElementTree.fromstring(one_test("bench", "a:b", outcome=outcome, text=text))[0]
    assert suite.get(counter) == "1"
    (case,) = suite[0]
    assert (case.tag, case.get("message"), case.text) == (
        outcome,
        "slower: by 5 %",
        text,
    )
    assert "time" not in suite.attrib


def test_a_message_may_be_given_with_a_type() -> None:
    text = one_test("bench", "a:b", outcome="failure", kind="slower", message="m", text="t")
    case = ElementTree.fromstring(text)[0][0][0]
    assert (case.get("type"), case.get("message")) == ("slower", "m")


def test_what_xml_cannot_hold_is_replaced() -> None:
    text = one_test(
        "bench", "a\x00b", outcome="error", text="\x1b[31mred & <blue>", output="\ud800"
    )
    case = ElementTree.fromstring(text.encode())[0][0]
    assert case.get("name") == "a\ufffdb"
    assert case[0].text == "\ufffd[31mred & <blue>"
