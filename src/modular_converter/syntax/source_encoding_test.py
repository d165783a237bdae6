"""What a file declares as its encoding need not be one."""

from __future__ import annotations

import pytest

from modular_converter.diagnostics.record import ConversionError
from modular_converter.syntax.source import decode


@pytest.mark.parametrize("name", ["hex", "rot13", "no-such", "idna", "undefined", "punycode"])
def test_a_declared_encoding_that_cannot_be_used_is_an_error(name: str) -> None:
    data = f"# coding: {name}\n# \u00e9 {'x' * 70}\nx = '..a'\n".encode()
    with pytest.raises(ConversionError) as caught:
        decode(data, "modular_x.py")
    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.path) == ("unreadable-source", "modular_x.py")
    assert finding.hint


def test_a_byte_that_does_not_fit_is_located() -> None:
    with pytest.raises(ConversionError) as caught:
        decode(b"x = 1\ny = '\xff'\n", "modular_x.py")
    assert caught.value.diagnostics[0].line == 2


def test_declared_encodings_line_ends_and_marks_are_read() -> None:
    assert decode(b"# coding: latin-1\r\nx = '\xe9'\r", "") == "# coding: latin-1\nx = 'é'\n"
    assert decode(b"\xef\xbb\xbfx = 1\n", "") == "x = 1\n"
