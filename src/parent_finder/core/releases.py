"""When each model was first published: the order of releases of transformers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Releases:
    """The release that first held each model's modeling file, among those looked at."""

    names: tuple[str, ...]
    first_seen: dict[str, str]

    def number(self, model: str) -> int:
        """The position of a model's release; models that are not known count as newest."""
        release = self.first_seen.get(model)
        return len(self.names) if release is None else self.names.index(release)

    def number_of(self, release: str) -> int:
        """The position of a release. Raises ValueError when it was not looked at."""
        return self.names.index(release)


@cache
def known_releases() -> Releases:
    """What is known of published releases."""
    text = resources.files("parent_finder.core").joinpath("first_releases.json").read_text()
    content = json.loads(text)
    return Releases(tuple(content["releases"]), dict(content["first_seen"]))
