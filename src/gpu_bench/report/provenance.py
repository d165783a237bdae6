"""Reads ``provenance.json``: which state of a repository a run was of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gpu_bench.core.json_reader import Fields
from gpu_bench.results.reader import read_json
from toolkit.errors import InputError

NAME = "provenance.json"
SCHEMA = 1


@dataclass(frozen=True)
class Provenance:
    """``commit`` is None outside of Git; ``dirty``: files differed from it."""

    commit: str | None
    dirty: bool

    @property
    def label(self) -> str:
        """The commit for people, shortened and marked where files differed from it."""
        return (self.commit or "no commit")[:9] + (" (dirty)" if self.dirty else "")


def read_provenance(path: Path) -> Provenance:
    """The provenance in a file. Raises InputError that names the line or the field."""
    document = read_json(path)
    if not isinstance(document, dict):
        raise InputError(
            "this is not provenance: it is not a JSON object",
            place=str(path),
            hint="remove the file, or run the benchmark again",
        )
    fields = Fields(document, "", str(path))
    if fields.whole("schema") != SCHEMA:
        raise fields.wrong("schema", str(SCHEMA))
    commit = None if document.get("commit") is None else fields.text("commit")
    return Provenance(commit, fields.flag("dirty"))
