"""Warns of backends that are loaded by the names that they had before."""

from __future__ import annotations

import logging

# Of rules_transformers. Pants' `warn_or_error` compares with the version of Pants.
_REMOVED_IN = "0.2.0"

logger = logging.getLogger(__name__)


def warn_of_former_name(former: str, current: str) -> None:
    """Warns that the backend `former` is now called `current`, in Pants' words for deprecations."""
    logger.warning(
        f"DEPRECATED: the backend `rules_transformers.{former}` is scheduled to be removed in "
        f"version {_REMOVED_IN} of rules_transformers.\n"
        f"hint: in `[GLOBAL].backend_packages`, write `rules_transformers.{current}` instead"
    )
