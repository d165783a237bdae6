"""Which variables a function reads before it assigns them."""

from __future__ import annotations

import ast
import textwrap

import pytest

from modular_converter.lint.unbound_locals import unbound_locals


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("x = f(x)", "x"),
        ("x += 1", "x"),
        ("a = a + 1\nx = a", ""),
        ("del a\nreturn a", "a"),
        ("del a\na = 1\nreturn a", ""),
        ("del x", "x"),
        ("x = 1\ndel x\ndel x", "x"),
        ("if c:\n    del a\nreturn a", ""),
        ("for i in a:\n    x = f(x)\nreturn x", "x"),
        ("for i in a:\n    if i:\n        y = x\n    x = i", ""),
        ("for i in a:\n    y = x if i else None\n    x = i", ""),
        ("while c:\n    x = 1\nreturn x", ""),
        ("if c:\n    x = 1\nreturn x", ""),
        ("y = [x for x in a]\nx = 1", ""),
        ("y = [x for _ in a]\nx = 1", "x"),
        ("y = [(z := i) for i in a]\nreturn z", ""),
        ("y = lambda: x\nx = 1", ""),
        ("def g():\n    return x\nx = 1", ""),
        ("@x\ndef g():\n    pass\nx = 1", "x"),
        ("try:\n    pass\nexcept E as x:\n    f(x)", ""),
        ("import x.y\nf(x)", ""),
        ("with a as x:\n    f(x)", ""),
        ("match a:\n    case {'k': x, **rest}:\n        f(x, rest)", ""),
        ("global x\nx += 1", ""),
        ("x: int\nx = x", "x"),
        ("f(rest, options, key)\nrest = options = key = 1", ""),
        ("f(x := 1, x)", ""),
    ],
)
def test_names(body: str, names: str) -> None:
    text = f"def f(a, /, b, *rest, key, **options):\n{textwrap.indent(body, '    ')}\n"
    found = [(function.name, read.id) for function, read in unbound_locals(ast.parse(text))]
    assert found == [("f", name) for name in names.split()]


def test_methods_and_functions_in_functions() -> None:
    text = "class A:\n    def f(self):\n        def g():\n            x = x\n        x = 1\n"
    assert [read.lineno for _, read in unbound_locals(ast.parse(text))] == [4]
