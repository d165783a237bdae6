"""The flavours of the rules: which source serves which releases of Pants."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from call_by_name.rewrite import rewrite_all

from tests.contracts.pants_api.uses import VERSIONS_MODULE, Use, uses, versioned_keywords

RULES = Path("rules")
_PLUGIN = "rules_transformers"
_VERSIONS_FILE = RULES / f"{VERSIONS_MODULE.replace('.', '/')}.py"


@dataclass(frozen=True)
class Flavour:
    """A form of the rules.

    :param first: the first minor release that it serves.
    :param last: the last one.
    :param sources: the text of each file.
    """

    name: str
    first: str
    last: str
    sources: dict[Path, str]

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Every use of Pants' API."""
        versioned = versioned_keywords(self.sources[_VERSIONS_FILE])
        return tuple(
            use
            for path, source in sorted(self.sources.items())
            for use in uses(path, source, versioned)
        )


def all_flavours() -> tuple[Flavour, ...]:
    """Those of this repository."""
    sources = {path: path.read_text(encoding="utf-8") for path in RULES.rglob("*.py")}
    shipped = {
        PurePosixPath(path.relative_to(RULES)): source
        for path, source in sources.items()
        if path.parts[1] == _PLUGIN
        and "testutil" not in path.parts
        and not path.name.endswith("_test.py")
    }
    calling = {RULES / path: source for path, source in rewrite_all(shipped).items()}
    return (
        Flavour("Get", "2.17", "2.31", sources),
        Flavour("call by name", "2.29", "2.33", calling),
    )
