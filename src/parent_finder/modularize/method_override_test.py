from __future__ import annotations

import ast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modular_converter.conventions.profiles import named
from modular_converter.library.index import build_index
from modular_converter.merge.super_calls import (
    BodyStatement,
    ClassRecords,
    body_statements,
    merge_bodies,
)
from modular_converter.syntax.source import Source
from parent_finder.modularize.class_text import Member, class_text
from parent_finder.modularize.method_override import merged_from, overrides

BODY = "        "


def method(text: str, name: str = "__init__") -> Member:
    source = Source("x.py", "x.py", "class A(nn.Module):\n" + text)
    return class_text(build_index(source).classes["A"]).methods[name]


def body(lines: list[str]) -> list[BodyStatement]:
    text = "    def __init__(self):\n" + "".join(f"{BODY}{line}\n" for line in lines)
    one = method(text)
    return body_statements(one.source, one.function.statements, BODY)


# Of several assignments to one target the converter keeps the last: such bodies are not its own.
bodies = st.lists(
    st.builds("self.{} = {}".format, st.sampled_from("abcd"), st.integers(0, 3)),
    min_size=1,
    unique_by=lambda line: str(line)[: len("self.a")],
)


# One that is added between two that change has no place before the call.
@example(
    ["self.c = 0", "self.a = 0", "self.d = 1", "self.b = 3"],
    ["self.c = 1", "self.d = 0", "self.b = 3"],
)
@given(bodies, bodies)
def test_what_is_found_merges_into_the_body(mine: list[str], theirs: list[str]) -> None:
    start = ["super().__init__()"]
    found = merged_from(body(start + mine), body(start + theirs))
    if found is not None:
        before, after = ([one.text.strip() for one in part] for part in found)
        parent = body(start + theirs)
        # Statements are written and read again, as the converter reads them.
        added = body(after) if after else []
        merged = merge_bodies(
            body(before) if before else [], parent, added, ClassRecords(), named("5.23")
        )
        assert [one.text.strip() for one in merged] == start + mine


@given(bodies)
def test_one_value_that_changes_is_found(theirs: list[str]) -> None:
    mine = [*theirs[:-1], theirs[-1].replace(" = ", " = 1")]
    found = merged_from(body(["super().__init__()", *mine]), body(["super().__init__()", *theirs]))
    if len(theirs) > 1:
        assert found is not None
        assert [one.text.strip() for one in found[1]] == mine[-1:]


PARENT = """\
    def __init__(self, config, layer_idx):
        super().__init__()
        self.scale = config.scale
        self.proj = nn.Linear(config.size, config.size)
        self.post_init()
"""


@pytest.mark.parametrize(
    ("changed", "written"),
    [
        # A replaced assignment.
        (PARENT.replace("config.scale", "1.0"), ["self.scale = 1.0"]),
        # One that is gone.
        (PARENT.replace("        self.scale = config.scale\n", ""), ["del self.scale"]),
        # Statements that are added at the end, before what the converter keeps last.
        (
            PARENT.replace(
                "        self.post", "        self.extra = layer_idx\n        self.post"
            ),
            ["self.extra = layer_idx"],
        ),
    ],
)
def test_init_is_written_as_what_changes(changed: str, written: list[str]) -> None:
    short = overrides(method(changed), method(PARENT), "nn.Module").short[0]
    lines = [line.strip() for line in short.splitlines()]
    assert lines == [
        "def __init__(self, config, layer_idx):",
        "super().__init__(config, layer_idx)",
        *written,
    ]


def test_names_of_the_parents_body_are_not_used_outside_of_it() -> None:
    theirs = "    def f(self, x):\n        y = x + 1\n        return y\n"
    mine = "    def f(self, x):\n        z = y = x + 1\n        y = y + z\n        return y\n"
    assert overrides(method(mine, "f"), method(theirs, "f"), "nn.Module").short == ()


def test_an_equal_docstring_is_left_out_and_a_missing_one_cannot_be() -> None:
    doc = '        """What it does."""\n'
    theirs = f"    def f(self):\n{doc}        return 1\n"
    changed = overrides(
        method(f"    def f(self):\n{doc}        return 2\n", "f"), method(theirs, "f"), ""
    )
    assert changed.whole == "    def f(self):\n        return 2\n"
    assert doc in changed.verbatim
    bare = overrides(method("    def f(self):\n        return 2\n", "f"), method(theirs, "f"), "")
    assert bare.whole is None


def test_a_docstring_alone_leaves_signature_and_body_to_the_parent() -> None:
    theirs = (
        "    def forward(\n        self,\n        a: int,\n        b: int,\n    ) -> int:\n"
        '        """Old."""\n        c = a + b\n        return c\n'
    )
    mine = theirs.replace("Old", "New")
    assert overrides(method(mine, "forward"), method(theirs, "forward"), "").short[0] == (
        '    def forward(self, **super_kwargs) -> int:\n        """New."""\n'
        "        return super().forward(**super_kwargs)\n"
    )


def test_a_whole_body_names_the_base_that_the_converter_would_replace() -> None:
    mine = (
        "    def __init__(self, config):\n        super().__init__()\n        self.x = f(config)\n"
    )
    whole = overrides(method(mine), method(PARENT), "nn.Module").whole
    assert whole is not None
    assert "        nn.Module.__init__(self)\n" in whole
    ast.parse("class A:\n" + whole)
