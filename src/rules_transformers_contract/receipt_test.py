from __future__ import annotations

import pytest

from rules_transformers_contract.receipt import complaint, order, outputs_of, receipt

_ORDER = order("1a", ["out", "log"])
_FILES = {"out/a": "11", "log": "22"}


def test_an_order_names_the_outputs() -> None:
    assert outputs_of(_ORDER) == ("log", "out")


def test_a_receipt_agrees_with_what_was_written() -> None:
    assert complaint(receipt(_ORDER, _FILES), "1a", _FILES) == ""


@pytest.mark.parametrize(
    ("content", "files", "expected"),
    [
        (receipt(order("2b", []), _FILES), _FILES, "is that of other inputs"),
        (receipt(_ORDER, _FILES), {**_FILES, "log": "33"}, "has another `log` than was written"),
        (receipt(_ORDER, _FILES), {"log": "22"}, "has another `out/a` than was written"),
        (receipt(_ORDER, {}), {"log": "22"}, "has another `log` than was written"),
        (b"{", {}, "has a damaged receipt"),
        (b"[]", {}, "has a damaged receipt"),
        (b'{"inputs": "1a", "files": 3}', {}, "has a damaged receipt"),
    ],
)
def test_what_is_wrong(content: bytes, files: dict[str, str], expected: str) -> None:
    assert complaint(content, "1a", files) == expected
