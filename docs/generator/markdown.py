"""Pieces of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

BANNER = "<!-- Written by `docs/generator`; see CONTRIBUTING.md. -->\n"


def page(title: str, *blocks: str) -> str:
    """A page of blocks, one blank line between them."""
    return "\n\n".join([f"{BANNER}\n# {title}", *(block.strip("\n") for block in blocks)]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells may hold markup, and line ends become spaces."""
    lines = [_row(head), "|" + " --- |" * len(head), *(_row(row) for row in rows)]
    return "\n".join(lines)


def code(text: object) -> str:
    """Text in code type."""
    return f"`{text}`"


def prose(text: str) -> str:
    """Text of help as paragraphs; indented lines in it become blocks of Python."""
    blocks = []
    for paragraph in text.strip("\n").split("\n\n"):
        if not paragraph.startswith("    "):
            blocks.append(" ".join(paragraph.split()))
        elif blocks and blocks[-1].startswith("```"):
            blocks[-1] = f"{blocks[-1][:-4]}\n\n{_dedented(paragraph)}\n```"
        else:
            blocks.append(f"```python\n{_dedented(paragraph)}\n```")
    return "\n\n".join(blocks)


def _row(cells: Sequence[str]) -> str:
    escaped = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return "|" + "".join(f" {cell} |" for cell in escaped)


def _dedented(paragraph: str) -> str:
    return "\n".join(line[4:] for line in paragraph.splitlines())
