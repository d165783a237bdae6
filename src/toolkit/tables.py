"""Tables in plain text and in Markdown."""

from __future__ import annotations

from collections.abc import Sequence


def text_table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """The lines of a table whose columns are as wide as their widest cell, two spaces apart.

    :param rows: all of one length, the header among them if there is one.
    :param right: the indexes of the columns that are aligned to the right, such as numbers.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = (
            cell.rjust(width) if index in right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join(cells).rstrip())
    return lines


def ruled_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()
) -> list[str]:
    """As ``text_table``, with a line of dashes below the header."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return text_table([header, ["-" * width for width in widths], *rows], right=right)


def markdown_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()
) -> list[str]:
    """The lines of a Markdown table; a bar in a cell is escaped, a line break becomes a space."""
    rule = ["---:" if index in right else "---" for index in range(len(header))]
    cells = [[_markdown_cell(cell) for cell in row] for row in rows]
    return [f"| {' | '.join(row)} |" for row in (header, rule, *cells)]


def _markdown_cell(text: str) -> str:
    return " ".join(text.split("\n")).replace("|", "\\|")
