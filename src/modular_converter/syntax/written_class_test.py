"""Members of a written class are those of the whole class, with their lines."""

from __future__ import annotations

import ast

from modular_converter.syntax.written_class import WrittenClass

TEXT = '''\


# Above.
@decorated(
    "x",
)
class Written(First, second.Base):
    """Doc

    def not_a_member(self):
        return wanted()
    """

    attribute = wanted

    @property
    @other(
        1,
    )
    def first(self):
        return """
    def neither(self):
        wanted
"""

    async def second(self):
        return wanted(self)

    later = 1

    def third(self):
        return 1
'''


def _named(names: list[str], text: str = TEXT) -> list[str]:
    members = WrittenClass(text).members_naming(names)
    return [getattr(member, "name", type(member).__name__) for member in members]


def test_members_are_those_of_the_whole() -> None:
    (whole,) = ast.parse(TEXT).body
    assert isinstance(whole, ast.ClassDef)
    expected = [ast.dump(member, include_attributes=True) for member in whole.body]
    members = WrittenClass(TEXT).members_naming([""])
    parsed = [ast.dump(member, include_attributes=True) for member in members]
    assert [text for text in parsed if text in expected] == expected


def test_only_what_names_a_word_is_parsed() -> None:
    assert _named(["attribute"]) == ["Expr", "Assign", "Pass"]
    assert _named(["later"]) == ["second", "Assign"]
    assert _named(["third", "nowhere"]) == ["third"]
    assert _named(["nowhere"]) == []
    assert "not_a_member" not in _named(["wanted"])


def test_bases() -> None:
    assert [ast.unparse(base) for base in WrittenClass(TEXT).bases] == ["First", "second.Base"]
    assert WrittenClass("class A:\n    x = 1\n").bases == []


def test_a_text_of_another_shape_is_parsed_whole() -> None:
    assert _named(["x"], "class A: x = 1\n") == ["Assign"]
    assert _named(["x"], "class A:\n    def x(self:\n        pass\n") == []
