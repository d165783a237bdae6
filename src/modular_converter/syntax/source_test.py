from __future__ import annotations

import ast

import pytest

from modular_converter.diagnostics.record import ConversionError
from modular_converter.syntax.source import Source, decode, has_regular_blocks, normalized
from modular_converter.syntax.statements import split_block


def test_line_ends_and_byte_order_mark_are_normalized() -> None:
    assert decode(b"\xef\xbb\xbfa = 1\r\nb = 2\rc = 3\n", "x.py") == "a = 1\nb = 2\nc = 3\n"


def test_declared_encoding_is_used() -> None:
    assert decode("# coding: latin-1\nx = 'é'\n".encode("latin-1"), "x.py").endswith("'é'\n")


def test_undecodable_bytes_are_located() -> None:
    with pytest.raises(ConversionError) as caught:
        decode(b"a = 1\nb = '\xff'\n", "x.py")
    (finding,) = caught.value.diagnostics
    assert (finding.code, finding.line) == ("unreadable-source", 2)


@pytest.mark.parametrize("step", ["\t", "  ", "   "])
def test_blocks_get_four_spaces(step: str) -> None:
    text = (
        "class A:\n    def f(self):\n        # note\n        if self:\n"
        '            return """\n  kept\n"""\n'
        "        else:\n            return (1,\n                2)\n"
    )
    other = "\n".join(
        line
        if line == "  kept"
        else step * ((len(line) - len(line.lstrip(" "))) // 4) + line.lstrip(" ")
        for line in text.split("\n")
    )
    assert not has_regular_blocks(ast.parse(other))
    result = normalized(other, "x.py")
    assert has_regular_blocks(ast.parse(result))
    assert ast.dump(ast.parse(result)) == ast.dump(ast.parse(text))
    assert "        # note\n        if self:\n" in result


def statements(text: str) -> list[tuple[str, str]]:
    source = Source("x.py", "x.py", text)
    node = source.tree.body[0]
    body, header = (node.body, 0) if isinstance(node, ast.ClassDef) else (source.tree.body, -1)
    indent = "    " if isinstance(node, ast.ClassDef) else ""
    return [
        (
            source.block(statement.lead, statement.first - 1),
            source.block(statement.first, statement.last),
        )
        for statement in split_block(source, body, header, indent)
    ]


def test_comments_after_a_block_belong_to_it_when_indented_like_it() -> None:
    text = (
        "class A:\n    # a\n    x = 1  # b\n\n    def f(self):\n        pass\n"
        "        # end of f\n\n    # above g\n    @one\n    def g(self): pass\n"
    )
    assert statements(text) == [
        ("    # a\n", "    x = 1  # b\n"),
        ("\n", "    def f(self):\n        pass\n        # end of f\n"),
        ("\n    # above g\n", "    @one\n    def g(self): pass\n"),
    ]


def test_statements_of_one_line_are_one_unit() -> None:
    assert statements("a = 1; b = 2\n\nc = 3\n") == [("", "a = 1; b = 2\n"), ("\n", "c = 3\n")]
