from __future__ import annotations

from modular_converter.library.index import build_index
from modular_converter.syntax.source import Source
from parent_finder.modularize.child_class import EFFORTS, child_text
from parent_finder.modularize.class_text import ClassText, class_text


def parsed(text: str) -> ClassText:
    return class_text(build_index(Source("x.py", "x.py", text)).classes["A"])


INHERITED = "class A(nn.Module):\n    a = 1\n    b = 2\n"


def test_a_comment_above_a_class_is_written() -> None:
    mine = parsed("import x\n\n\n### The best.\n" + INHERITED.replace("2", "3"))
    assert child_text(mine, parsed(INHERITED), "B", EFFORTS[0]) == (
        "### The best.\nclass A(B):\n    b = 3\n"
    )


def test_a_blank_line_above_the_first_attribute_needs_the_one_before() -> None:
    mine = parsed(INHERITED + "\n    c = 3\n")
    shortest, second = (child_text(mine, parsed(INHERITED), "B", e) for e in EFFORTS[:2])
    assert shortest == "class A(B):\n    c = 3\n"
    assert second == "class A(B):\n    b = 2\n\n    c = 3\n"


def test_a_blank_line_below_a_docstring_stays() -> None:
    mine = parsed('class A(nn.Module):\n    """Ours."""\n\n    a = 1\n    b = 3\n')
    assert child_text(mine, parsed(INHERITED), "B", EFFORTS[0]) == (
        'class A(B):\n    """Ours."""\n\n    a = 1\n    b = 3\n'
    )


def test_no_blank_line_below_a_docstring_comes_of_itself() -> None:
    """The formatter sets one, so the first attribute that has one is written again."""
    mine = parsed('class A(nn.Module):\n    """Ours."""\n\n    a = 1\n    b = 3\n\n    c = 4\n')
    inherited = parsed('class A(nn.Module):\n    """Theirs."""\n\n    a = 1\n    b = 2\n')
    assert child_text(mine, inherited, "B", EFFORTS[0]) == (
        'class A(B):\n    """Ours."""\n\n    a = 1\n    b = 3\n\n    c = 4\n'
    )


def test_a_new_method_that_calls_the_base_names_it_if_need_be() -> None:
    mine = parsed(INHERITED + "\n    def init(self):\n        super().init()\n")
    texts = [child_text(mine, parsed(INHERITED), "B", effort) for effort in EFFORTS]
    assert "super().init()" in str(texts[0])
    assert "nn.Module.init(self)" in str(texts[1])
