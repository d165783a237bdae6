from __future__ import annotations

import ast

import pytest

from parent_finder.corpus import source_file
from parent_finder.corpus.signatures import without_bodies
from parent_finder.corpus.units import units_of
from toolkit.errors import InputError

MODULE = '''
"""A module.
def not_code(): """
import torch
from x import (
    y,
)

if torch.cuda.is_available():
    def f(a, b="):",
          c=(1, 2)) -> "list[int]":
        """Doc

def still_doc():
"""
        return [
            a,
        ]
# a comment at the margin

else:
    async  def f(): return (
1)

@decorated(
    x=1,
)
class A(y, Generic["T"], z.W[1]):
    """Doc of A."""
    attribute = ("a",
        "b")
    text = """
no
    """

    def g(self): pass

    @property
    def h(
        self,
    ) -> int:
        # comment
        class Inner:
            x = 1
        def inner(): return """
x"""
        return inner() + Inner.x  # last


    other: int = 3
    if True:
        def k(self):
            for x in y:

                yield x
            # trailing comment
        z = f"{1:>{2}} def q():"

def last(x): # comment: here
    return x'''


def test_units_are_those_of_the_whole_text() -> None:
    shortened = without_bodies(MODULE)
    assert shortened is not None
    assert shortened.count("\n") == MODULE.count("\n")
    assert "return [" not in shortened
    assert "yield" not in shortened
    whole = units_of(ast.parse(MODULE), MODULE, "a")
    assert units_of(ast.parse(shortened), MODULE, "a") == whole
    assert [unit.name for unit in whole[0]] == ["f", "f", "A", "g", "h", "k", "last"]


@pytest.mark.parametrize(
    "body",
    [
        "    x = f(\n1,\n    )\n    return x",
        "    x = 1 + \\\n2\n    return x",
        "\tif x:\n\t    y\n        # tab\n\treturn 1",
        "    return [\n]",
        '    return "a" \\\n"b"',
    ],
)
def test_where_indentation_misleads_the_whole_text_is_parsed(body: str) -> None:
    text = f"def f(x):\n{body}\nclass B:\n    def g(self):\n        return 1\n"
    tree = source_file.parse_signatures(text, "modeling_a.py")
    assert units_of(tree, text, "a") == units_of(ast.parse(text), text, "a")


def test_errors_have_their_place() -> None:
    with pytest.raises(InputError) as caught:
        source_file.parse_signatures("def f():\n    return 1\nclass (:\n", "modeling_a.py")
    assert caught.value.place == "modeling_a.py:3:7"
