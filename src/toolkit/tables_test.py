from __future__ import annotations

from toolkit.tables import markdown_table, ruled_table, text_table


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert text_table([("name", "n"), ("a", "100")], right=[1]) == ["name    n", "a     100"]
    assert ruled_table(("name", "n"), [("a", "1")]) == ["name  n", "----  -", "a     1"]
    assert text_table([]) == []


def test_markdown_escapes_what_would_end_a_cell() -> None:
    assert markdown_table(("a", "b"), [("x|y\nz", "1")], right=[1]) == [
        "| a | b |",
        "| --- | ---: |",
        "| x\\|y z | 1 |",
    ]
