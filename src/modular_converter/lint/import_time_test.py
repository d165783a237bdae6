"""Which names a definition needs when its module is imported."""

from __future__ import annotations

import textwrap

import pytest

from modular_converter.lint.import_time import names_at_import


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("class A(B, metaclass=C):\n    x = D\n    def f(self):\n        return e\n", "B C D"),
        ("class A:\n    x = 1\n    y = x\n    z = later\n    later = 2\n", "later"),
        ("class A:\n    x = 1\n    y = [x for _ in range(x)]\n", "range x"),
        ("class A:\n    y = [[a + b for a in b] for b in c]\n", "c"),
        ("class A:\n    y = {k: v for k, v in c if d}\n", "c d"),
        ("class A:\n    for i in c:\n        y = i\n    z = i\n", "c"),
        ("class A:\n    import os\n    from x import y as z\n    w = os, z\n", ""),
        ("class A:\n    with c as d:\n        y = d\n", "c"),
        ("class A:\n    try:\n        x = 1\n    except E as e:\n        x = e\n", "E"),
        ("class A:\n    match c:\n        case [B(), *rest]:\n            x = rest\n", "c B"),
        ("class A:\n    x += 1\n", "x"),
        ("class A:\n    x: B = c\n    y: x\n", "B c"),
        ("class A:\n    class B(C):\n        x = D\n    y = B\n", "C D"),
        ("class A:\n    @b\n    def f(self, x: C = d, *, y=e) -> F: ...\n", "b C d e F"),
        ("class A:\n    x = lambda y=b: y + c\n", "b"),
        ("class A:\n    x = (y := b)\n    z = y\n", "b"),
        ("X = X + y\n", "X y"),
        ("def f(x: A = b, *c: D, **e: F) -> G:\n    return h\n", "A b D F G"),
    ],
)
def test_names(text: str, names: str) -> None:
    assert names_at_import(textwrap.dedent(text)) == frozenset(names.split())


def test_deferred_annotations() -> None:
    text = "class A:\n    x: B = c\n    def f(self, y: D) -> E: ...\n"
    assert names_at_import(text, annotations=False) == {"c"}


def test_what_cannot_be_parsed_needs_nothing() -> None:
    assert names_at_import("class A(:\n") == frozenset()
