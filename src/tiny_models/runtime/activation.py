"""Makes fixtures loadable by their names in this process, and keeps it off the network."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, MutableMapping
from pathlib import Path

from tiny_models.fixture.locate import LocatedFixture, find_fixtures
from tiny_models.runtime.hub_cache import lay_out
from tiny_models.runtime.private_files import copies
from toolkit.errors import InputError, ToolError
from toolkit.scratch_directory import directory_until_exit

DIRECTORIES_VARIABLE = "RULES_TRANSFORMERS_FIXTURES"
_PREFIX = "tiny_models-"

# What this process has been given: its libraries look for one hub cache.
_handed_out: dict[tuple[LocatedFixture, ...], tuple[list[LocatedFixture], Path]] = {}


class TooLate(ToolError):
    """huggingface_hub has already read its settings."""


def activate(
    directories: Iterable[str | os.PathLike[str]] | None = None,
    *,
    cache: Path | None = None,
    environment: MutableMapping[str, str] | None = None,
) -> list[LocatedFixture]:
    """Makes copies of the fixtures in ``directories`` what their repository ids stand for.

    The copies belong to this process and go when it ends: it may write into them. Returns them.

    Call it before anything imports huggingface_hub or transformers, which read their settings
    once. ``directories`` defaults to those that the variable RULES_TRANSFORMERS_FIXTURES lists.
    ``cache`` is the directory below which the copies are made, by default the one for temporary
    files.

    Raises InputError if a directory holds no fixture, CheckFailed if a fixture is not as its
    manifest says, TooLate where huggingface_hub has been imported with other settings.
    """
    if environment is None:
        environment = os.environ
    if directories is None:
        listed = environment.get(DIRECTORIES_VARIABLE, "")
        if not listed:
            raise InputError(
                "no fixtures are named",
                hint=f"pass their directories, or list them in {DIRECTORIES_VARIABLE}, separated "
                f"by {os.pathsep!r}",
            )
        directories = listed.split(os.pathsep)
    fixtures = find_fixtures(Path(directory) for directory in directories)
    key = tuple(fixtures)
    if key not in _handed_out:
        if cache is not None:
            cache.mkdir(parents=True, exist_ok=True)
        private = directory_until_exit(_PREFIX, cache)
        own = copies(fixtures, private / "fixtures")
        _handed_out[key] = (own, lay_out(own, private))
    own, hub_cache = _handed_out[key]
    use_hub_cache(hub_cache, environment)
    return own


def use_hub_cache(hub_cache: Path, environment: MutableMapping[str, str]) -> None:
    """Has this process, and those that it starts, load models from ``hub_cache`` alone.

    Raises TooLate.
    """
    settings = hub_settings(hub_cache)
    _refuse_other_settings(settings)
    environment.update(settings)


def hub_settings(hub_cache: Path) -> dict[str, str]:
    """The environment in which models are loaded from ``hub_cache`` and from nowhere else."""
    return {
        "HF_HUB_CACHE": str(hub_cache.absolute()),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        # The command lines of huggingface_hub and transformers ask an index for newer releases.
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    }


def _refuse_other_settings(settings: dict[str, str]) -> None:
    constants = sys.modules.get("huggingface_hub.constants")
    if constants is None:
        return
    read = (str(constants.HF_HUB_CACHE), bool(constants.HF_HUB_OFFLINE))
    if read != (settings["HF_HUB_CACHE"], True):
        raise TooLate(
            "huggingface_hub was imported before the tiny fixtures were activated, so that it "
            f"looks for models in {read[0]}",
            hint="activate the fixtures first; where a pytest plugin imports it early, disable "
            "that plugin by `-p no:NAME`",
        )
