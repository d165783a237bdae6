"""Writes the reference pages again:

    ./pants help-all | python3.11 -m docs.generator

It needs CPython 3.11 and no packages.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from docs.generator.pages import pants_pages, tool_pages


def main() -> int:
    """Writes all pages below the working directory."""
    help_all = json.load(sys.stdin)
    for path, text in {**tool_pages(), **pants_pages(help_all)}.items():
        Path(path).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
