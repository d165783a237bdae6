"""What the repository declares of itself in several files is the same in each."""

from __future__ import annotations

import configparser
import re
import tomllib
from pathlib import Path

import pytest

_OWNERS = Path(".github/CODEOWNERS")
_DISTRIBUTION = Path("BUILD")
_SECTIONS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def _owned() -> list[tuple[str, list[str]]]:
    """Each pattern of the file with its owners."""
    lines = (line.partition("#")[0].split() for line in _OWNERS.read_text().splitlines())
    return [(line[0], line[1:]) for line in lines if line]


def _version() -> str:
    (version,) = re.findall(r'^ +version="(.*)",$', _DISTRIBUTION.read_text(), re.MULTILINE)
    return version


@pytest.mark.parametrize(("pattern", "owners"), _owned(), ids=str)
def test_what_is_owned_exists(pattern: str, owners: list[str]) -> None:
    assert owners and all(re.fullmatch(r"@[\w-]+/[\w-]+", owner) for owner in owners)
    if pattern != "*":
        assert re.fullmatch(r"/[\w./-]+", pattern), "a path from the root"
        path = Path(pattern[1:])
        assert path.is_dir() if pattern.endswith("/") else path.is_file()


def test_everything_has_an_owner() -> None:
    assert _owned()[0][0] == "*"
    assert len(_owned()) > 5


def test_the_changelog_begins_with_the_version_of_the_wheel() -> None:
    headings = re.findall(r"^## (.*)$", Path("CHANGELOG.md").read_text(), re.MULTILINE)
    assert re.fullmatch(r"(\S+) \((?:unreleased|\d{4}-\d\d-\d\d)\)", headings[0])
    assert headings[0].split()[0] == _version()


def test_the_changelog_has_the_usual_sections() -> None:
    sections = re.findall(r"^### (.*)$", Path("CHANGELOG.md").read_text(), re.MULTILINE)
    assert sections and set(sections) <= _SECTIONS


def test_the_classifier_fits_the_version() -> None:
    (status,) = re.findall(r"Development Status :: (.*)\"", _DISTRIBUTION.read_text())
    assert status == "3 - Alpha"
    assert _version().startswith("0.")


@pytest.mark.parametrize(
    "page", ["docs/quick-start.md", "docs/examples/library/pants.toml"], ids=str
)
def test_wheels_are_named_by_the_version(page: str) -> None:
    versions = re.findall(r"rules_transformers-(\d[\w.]*)-py3", Path(page).read_text())
    versions += re.findall(r"rules-transformers==(\d[\w.]*\w)", Path(page).read_text())
    assert versions and set(versions) == {_version()}


def test_editors_and_ruff_agree_on_the_line_length() -> None:
    settings = configparser.ConfigParser()
    settings.read_string("[top]\n" + Path(".editorconfig").read_text())
    with Path("ruff.toml").open("rb") as file:
        assert settings["*.{py,pyi}"].getint("max_line_length") == tomllib.load(file)["line-length"]
    assert settings["top"]["root"] == "true"


def test_files_are_as_editors_are_asked_to_write_them() -> None:
    paths = [Path("BUILD"), *Path("docs").rglob("*.md"), *Path(".github").rglob("*.yml")]
    assert len(paths) > 25
    for path in paths:
        text = path.read_bytes().decode("utf-8")
        assert text.endswith("\n") and "\r" not in text and "\t" not in text, path
        assert not re.search(r"[ \t]$", text, re.MULTILINE), path
