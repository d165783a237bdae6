"""Which page is made from what."""

from __future__ import annotations

from typing import Any

from docs.generator.command_pages import commands_page, exit_codes_page
from docs.generator.findings_page import findings_page
from docs.generator.pants_pages import options_page, targets_page
from docs.generator.schema_pages import schemas_page

_DIRECTORY = "docs/reference"


def tool_pages() -> dict[str, str]:
    """Pages on the tools, by path."""
    return {
        f"{_DIRECTORY}/command-lines.md": commands_page(),
        f"{_DIRECTORY}/exit-codes.md": exit_codes_page(),
        f"{_DIRECTORY}/findings.md": findings_page(),
        f"{_DIRECTORY}/json-files.md": schemas_page(),
    }


def pants_pages(help_all: dict[str, Any]) -> dict[str, str]:
    """Pages on the backends, by path, from what `./pants help-all` prints."""
    pages = {
        f"{_DIRECTORY}/options.md": options_page(help_all),
        f"{_DIRECTORY}/targets.md": targets_page(help_all),
    }
    # Help texts call Pants by the name that it was asked by.
    return {path: text.replace("`./pants ", "`pants ") for path, text in pages.items()}
