"""The pages outside of the site, whose links no site builder checks, lead to what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_PAGES = sorted([*Path().glob("*.md"), *Path(".github").rglob("*.md")])
_LINK = re.compile(r"\[[^]]*\]\((?!\w+:)([^)#]+)")
_TEST = re.compile(r"\b[\w./-]+_test\.py\b")


def test_the_pages_are_found() -> None:
    names = {page.name for page in _PAGES}
    assert names >= {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"}
    assert "PULL_REQUEST_TEMPLATE.md" in names


@pytest.mark.parametrize("page", _PAGES, ids=str)
def test_each_link_leads_somewhere(page: Path) -> None:
    links = _LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_tests_that_contributors_are_pointed_to_exist() -> None:
    paths = set(_TEST.findall(Path("CONTRIBUTING.md").read_text(encoding="utf-8")))
    assert len(paths) > 3
    assert [path for path in paths if "/" in path and not Path(path).is_file()] == []
