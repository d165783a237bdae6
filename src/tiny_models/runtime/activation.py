"""Makes fixtures loadable by their names in this process, and keeps it off the network."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, MutableMapping
from pathlib import Path

from tiny_models.fixture.locate import LocatedFixture, find_fixtures
from tiny_models.runtime.hub_cache import lay_out
from toolkit.errors import InputError, ToolError

DIRECTORIES_VARIABLE = "RULES_TRANSFORMERS_FIXTURES"


class TooLate(ToolError):
    """huggingface_hub has already read its settings."""


def activate(
    directories: Iterable[str | os.PathLike[str]] | None = None,
    *,
    cache: Path | None = None,
    environment: MutableMapping[str, str] | None = None,
) -> list[LocatedFixture]:
    """Makes the fixtures in ``directories`` what their repository ids stand for.

    Call it before anything imports huggingface_hub or transformers, which read their settings
    once. ``directories`` defaults to those that the variable RULES_TRANSFORMERS_FIXTURES lists.
    ``cache`` is where the hub cache is made, by default the user's temporary directory.

    Raises InputError where a directory holds no fixture, TooLate where huggingface_hub has been
    imported with other settings.
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
    if cache is None:
        cache = Path(tempfile.gettempdir(), f"tiny_models-{_user()}")
        cache.mkdir(mode=0o700, exist_ok=True)
    settings = hub_settings(lay_out(fixtures, cache))
    _refuse_other_settings(settings)
    environment.update(settings)
    return fixtures


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


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")


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
