from __future__ import annotations

import pytest

from modular_converter.library.class_places import Place
from modular_converter.library.library_reader import LibraryReader
from modular_converter.library.sources import Sources


def _place(text: str) -> Place:
    """A file that imports a class ``A`` from another one with this text."""
    sources = Sources()
    sources.put("/library/x.py", "from .a import A\n")
    sources.put("/library/a.py", text)
    return Place(sources.index("/library/x.py"), "library", LibraryReader(sources, ["/"]))


def test_bases_are_known_whatever_is_wrong_with_methods() -> None:
    place = _place("class A(B):\n    def f(self):\n        return (\n")
    assert [(name, item is None) for name, item in place.lineage("A")] == [
        ("A", False),
        ("B", True),
    ]
    assert place.inherits("A", "B")


@pytest.mark.parametrize(
    "text", ["class A(B):\n    x = (\n", "class A(B:\n    x = 1\n", "", "A = 1\n"]
)
def test_a_class_that_cannot_be_read_is_not_there(text: str) -> None:
    assert [*_place(text).lineage("A")] == [("A", None)]
