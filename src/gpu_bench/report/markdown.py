"""Text that others wrote as Markdown that shows it and does nothing else."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

_LONGEST = 400


def text(value: str) -> str:
    """A text in a line, shortened if it is long: no markup, no HTML, no mention of an account."""
    value = " ".join(value.split())
    if len(value) > _LONGEST:
        value = f"{value[: _LONGEST - 1]}…"
    value = re.sub(r"([\\`*_{}\[\]#|~$])", r"\\\1", html.escape(value, quote=False))
    # A space without width: a sign that is escaped would still mention somebody.
    return value.replace("@", "@\u200b")


def code(value: str) -> str:
    """A text as code in a line, also in a table."""
    value = " ".join(value.split()) or " "
    longest = max((len(run) for run in re.findall(r"`+", value)), default=0)
    fence = "`" * (longest + 1)
    space = " " if value.startswith("`") or value.endswith("`") else ""
    return f"{fence}{space}{value}{space}{fence}".replace("|", "\\|")


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Iterable[int]) -> str:
    """A table of cells that are Markdown; the columns ``numbers`` are aligned to the right."""
    right = set(numbers)
    marks = ["---:" if number in right else "---" for number in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, marks, *rows))


def inline_html(value: str) -> str:
    """A text inside an HTML element that Markdown leaves alone, in a line."""
    return html.escape(" ".join(value.split()))
