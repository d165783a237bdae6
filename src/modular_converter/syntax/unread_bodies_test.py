"""Trees with unread bodies are, once read, those of Python's parser."""

from __future__ import annotations

import ast
import gc
import weakref

import pytest

from modular_converter.syntax.source import Source

TEXT = '''\
"""Doc
string."""

import torch

X = """
    class NotOne:
"""


@decorated(
    "a",
)
class First(Base, metaclass=Meta):  # why
    """Of the first."""


class Second(
    Base,
):
    """Text

def not_a_function():
    """

    def method(self, value=":"):
        return [
            value,
        ]  # the end

    # A comment of the class.


# A comment below.
async def third(
    a: int, b: str = "):",
) -> None:
    await a


def fourth(): return 1


class WithInner:
    class Inner:
        pass


def importing():
    from a import b

    return b


if torch:

    class Conditional:
        pass


class Last:
    x = f"{torch!r:>{X}}"
'''


def _late(text: str) -> Source:
    return Source("a.py", "a.py", text, reads_late=True)


def _unread(source: Source) -> list[str]:
    return [node.name for node in source.tree.body if "_read" in node.__dict__]  # type: ignore[attr-defined]


def test_the_tree_is_that_of_the_parser() -> None:
    source = _late(TEXT)
    assert _unread(source) == ["Second", "third", "Last"]
    whole = ast.dump(ast.parse(TEXT), include_attributes=True)
    assert ast.dump(source.tree, include_attributes=True) == whole
    at_once = _late(TEXT)
    at_once.read_bodies()
    assert not _unread(at_once)
    assert ast.dump(at_once.tree, include_attributes=True) == whole


def test_ends_are_known_before_bodies_are_read() -> None:
    source = _late(TEXT)
    ends = [node.end_lineno for node in source.tree.body]
    assert _unread(source) == ["Second", "third", "Last"]
    assert ends == [node.end_lineno for node in ast.parse(TEXT).body]


@pytest.mark.parametrize(
    "text",
    [
        "class A:\n  def f(self):\n    return 1\n",
        "class A:\n\tx = 1\n",
        "class A:\n        x = 1\n        y = 2\n",
        "class A:\n    x = 1 + \\\n2\n",
        "class A:\n    x = (\n1,\n)\n",
        'class A:\n    x = """\n""".strip()\n',
        "def f(a={1:\n2}):\n    return a\n",
        "class A:\n    x = [\n        1,\n]\n\n\nclass B:\n    y = 1\n",
        "class A: x = 1; y = 2\n",
        "x = 1; y = 2\n\n\nclass A:\n    pass\n",
        "try:\n    x = 1\nexcept A:\n    pass\nelse:\n    pass\n\n\nclass A:\n    y = 1\n",
        "class A:\n    x = 1\n    # end\n# outside\n\n",
        "class A:\n    'é'\n    x = 'é'  # é\n",
    ],
)
def test_unusual_texts(text: str) -> None:
    tree = _late(text).tree
    whole = ast.parse(text)
    assert [node.end_lineno for node in tree.body] == [node.end_lineno for node in whole.body]
    assert ast.dump(tree, include_attributes=True) == ast.dump(whole, include_attributes=True)


METHODS = '''\
import torch


class First:
    """Docs

    def not_a_method(self):
    """

    size = 1

    @property
    def plain(self):
        return """
    def neither(self):
        pass
"""

    # Above.
    async def of_several_lines(
        self,
        a=(1, "):"),
    ) -> dict[str, int]:
        x = [
            a,
        ]

        return x  # a comment

    def inline(self): return 1

    def importing(self):
        from a import b

        return b

    if torch:
        def conditional(self):
            return 1

    def ends_in_a_string(self):
        return "#1"

    def last(self):
        """Docs."""
        return ("é",
        )

    # The end.


class Second:
    def method(self):
        del self.x; self.y = 1;


class Third:
    def method(self):
        return 1

    def __init__(self):
        super().__init__()
'''


def _unread_methods(source: Source) -> list[str]:
    return [
        member.name
        for node in source.tree.body
        for member in getattr(node, "body", ())
        if "_read" in member.__dict__
    ]


def test_methods_are_read_one_by_one() -> None:
    source, whole = _late(METHODS), ast.parse(METHODS)
    assert _unread(source) == ["Third"]
    unread = ["plain", "of_several_lines", "last", "method", "__init__"]
    assert _unread_methods(source) == unread
    assert not _unread(source)
    for node, other in zip(source.tree.body, whole.body, strict=True):
        members = zip(getattr(node, "body", ()), getattr(other, "body", ()), strict=True)
        for mine, theirs in [(node, other), *members]:
            places = ("lineno", "end_lineno", "col_offset", "end_col_offset")
            assert [getattr(mine, name) for name in places] == [
                getattr(theirs, name) for name in places
            ]
    assert _unread_methods(source) == unread
    dump = ast.dump(whole, include_attributes=True)
    assert ast.dump(source.tree, include_attributes=True) == dump
    at_once = _late(METHODS)
    assert _unread_methods(at_once)
    at_once.read_bodies()
    assert not _unread_methods(at_once)
    assert ast.dump(at_once.tree, include_attributes=True) == dump


def test_no_tree_refers_to_itself() -> None:
    """Conversions look for no circles: what is in one would never be freed."""
    gc.disable()
    try:
        source = _late(TEXT)
        tree = weakref.ref(source.tree.body[-1])
        assert _unread(source)
        del source
        assert tree() is None
    finally:
        gc.enable()
