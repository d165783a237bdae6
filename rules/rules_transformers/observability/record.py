"""What is remembered of each process from one run of Pants to the next: its key, no content.

Nothing but messages depends on it. A record that is lost, old or broken counts as empty.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rules_transformers.observability.process_record import Key
from rules_transformers.util_rules.atomic_write import write_atomically

_VERSION = 1
# With more of them, those that were not asked for the longest are forgotten.
MOST_PROCESSES = 20_000


@dataclass(frozen=True)
class Former:
    """A process when it was last asked for.

    :param asked: when that was, as seconds since 1970; `ran` likewise, None if never here.
    :param exit_code: what it ended with.
    :param because: why it ran when it last ran here.
    """

    key: Key
    asked: int
    exit_code: int
    ran: int | None
    because: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key.as_json(),
            "asked": self.asked,
            "exit_code": self.exit_code,
            "ran": self.ran,
            "because": self.because,
        }

    @classmethod
    def from_json(cls, value: Any) -> Former:
        """The reverse of `as_json`.

        :raises ValueError, TypeError, KeyError: if it is not of that form.
        """
        return cls(
            Key.from_json(value["key"]),
            int(value["asked"]),
            int(value["exit_code"]),
            None if value["ran"] is None else int(value["ran"]),
            tuple(map(str, value["because"])),
        )


def read_record(path: Path) -> dict[str, Former]:
    """The processes by their descriptions; none if there is no record that can be read."""
    try:
        document = json.loads(path.read_bytes())
        if document["version"] != _VERSION:
            return {}
        return {name: Former.from_json(value) for name, value in document["processes"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def write_record(path: Path, processes: Mapping[str, Former]) -> None:
    """Replaces the record.

    :raises OSError: if it cannot be written; the one before is then as it was.
    """
    latest = sorted(processes.items(), key=lambda item: item[1].asked)[-MOST_PROCESSES:]
    document = {
        "version": _VERSION,
        "processes": {name: former.as_json() for name, former in sorted(latest)},
    }
    write_atomically(path, json.dumps(document).encode())
