from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
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
from parent_finder.modularize.class_text import class_text
from parent_finder.modularize.merged_body import merged_from

INDENT = "        "
START = ["super().__init__()"]


def body(lines: list[str]) -> list[BodyStatement]:
    text = "class A:\n    def __init__(self):\n"
    text += "".join(f"{INDENT}{line}\n" if line else "\n" for line in lines)
    method = class_text(build_index(Source("x.py", "x.py", text)).classes["A"]).methods["__init__"]
    return body_statements(method.source, method.function.statements, INDENT)


def written(mine: list[str], theirs: list[str], *, strict: bool = False) -> list[list[str]] | None:
    both = merged_from(body(START + mine), body(START + theirs), strict=strict)
    return both and [[statement.text.strip() for statement in part] for part in both]


def assignments(targets: str) -> Any:
    return st.lists(
        st.builds("{} = {}".format, st.sampled_from(targets.split()), st.integers(0, 3)),
        min_size=1,
    )


# One that is added between two that change has no place before the call.
@example(
    ["self.c = 0", "self.a = 0", "self.d = 1", "self.b = 3"],
    ["self.c = 1", "self.d = 0", "self.b = 3"],
)
@example(["n = 1", "self.a = 0", "n = 1"], ["n = 0", "self.a = 0", "n = 2"])
@settings(deadline=None)
@given(assignments("self.a self.b self.c n"), assignments("self.a self.b self.c n"))
def test_what_is_written_merges_into_the_body(mine: list[str], theirs: list[str]) -> None:
    both = written(mine, theirs)
    if both is None:
        return
    before, after = both
    # Statements are written and read again, as the converter reads them.
    merged = merge_bodies(
        body(before) if before else [],
        body(START + theirs),
        body(after) if after else [],
        ClassRecords(),
        named("5.23"),
    )
    assert [statement.text.strip() for statement in merged] == START + mine


@settings(deadline=None)
@given(
    st.lists(
        st.builds("self.{} = {}".format, st.sampled_from("abcd"), st.integers(0, 3)),
        min_size=2,
        unique_by=lambda line: str(line)[: len("self.a")],
    ),
    st.data(),
)
def test_only_values_that_change_are_written(theirs: list[str], data: st.DataObject) -> None:
    changed: set[int] = data.draw(
        st.sets(st.integers(0, len(theirs) - 1), max_size=len(theirs) - 1)
    )
    mine = [
        line.replace(" = ", " = 1") if number in changed else line
        for number, line in enumerate(theirs)
    ]
    assert written(mine, theirs) == [[], [mine[number] for number in sorted(changed)]]


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        pytest.param(
            ["n = 2", "self.a = 0", "n = 2", "self.b = 0", "self.c = n"],
            ["n = 1", "self.a = 0", "n = 1", "self.b = 0"],
            [[], ["n = 2", "self.c = n"]],
            id="one statement takes the place of each assignment to its target",
        ),
        pytest.param(
            ["self.a = 0", "self.b = 0", "self.c = 0", "self.d = 9"],
            ["self.d = 1", "self.a = 0", "self.b = 0", "self.c = 0"],
            [[], ["del self.d", "self.d = 9"]],
            id="what is deleted may be set again at the end",
        ),
        pytest.param(
            ["x = 1", "self.a = 0", "self.b = 0"],
            ["self.a = 0", "self.b = 0", "f()"],
            None,
            id="what is not an assignment cannot be left out",
        ),
    ],
)
def test_the_fewest_statements_are_written(
    mine: list[str], theirs: list[str], expected: list[list[str]] | None
) -> None:
    assert written(mine, theirs) == expected


def test_strict_repeats_what_differs_by_blank_lines_above() -> None:
    mine, theirs = ["self.a = 0", "self.b = 0"], ["self.a = 0", "", "self.b = 0"]
    assert written(mine, theirs) == [[], []]
    assert written(mine, theirs, strict=True) == [[], ["self.b = 0"]]


def test_another_call_of_the_parents_init_cannot_be_merged() -> None:
    rest = ["self.a = 0"]
    assert merged_from(body([*START, *rest]), body(["super().__init__(config)", *rest])) is None
