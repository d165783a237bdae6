"""The built site is whole, and needs nothing from the network."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

_SITE = Path.cwd() / "docs" / "site"
# What a browser fetches by itself, and not only when the reader follows it.
_FETCHED = {"img": "src", "link": "href", "script": "src", "iframe": "src", "source": "src"}


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value for name, value in attrs if value is not None}
        if "id" in values:
            self.anchors.add(values["id"])
        if tag in _FETCHED and _FETCHED[tag] in values:
            self.fetched.append(values[_FETCHED[tag]])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])


@pytest.fixture(scope="module")
def pages() -> dict[Path, _Page]:
    found = {path: _Page(path.read_text()) for path in _SITE.rglob("*.html")}
    assert _SITE / "index.html" in found
    assert len(found) > 25
    return found


def test_nothing_is_fetched_from_elsewhere(pages: dict[Path, _Page]) -> None:
    for path, page in pages.items():
        assert page.fetched
        for address in page.fetched:
            parts = urlsplit(address)
            assert not parts.scheme and not parts.netloc, f"{path.name}: {address}"
            target = path.parent / unquote(parts.path) if parts.path else path
            assert target.is_file(), f"{path.name}: {address}"
    for path in _SITE.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//", path.read_text()), path


def test_every_link_within_the_site_leads_somewhere(pages: dict[Path, _Page]) -> None:
    for path, page in pages.items():
        for address in page.links:
            parts = urlsplit(address)
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), f"{path.name}: {address}"
            if parts.fragment and target in pages:
                assert unquote(parts.fragment) in pages[target].anchors, f"{path.name}: {address}"


def test_search_has_an_index_of_its_own() -> None:
    index = (_SITE / "searchindex.js").read_text()
    assert index.startswith("Search.setIndex(")
    assert "gpu-benchmarks" in index
