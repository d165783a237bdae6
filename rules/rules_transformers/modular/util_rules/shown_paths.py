"""How messages of the converter name files: as people know them, not as its sandbox does."""

from __future__ import annotations

import re
from typing import Any

from rules_transformers.modular.util_rules.request import OUTPUT_DIR, PARENTS_DIR
from rules_transformers.util_rules.tool_process import REQUEST_FILE

# A file of the parents' distribution, with the lines of it that a message names.
_PARENT = re.compile(
    rf"{PARENTS_DIR}/(?P<path>[^\s:,`'\"()]+(?::\d+)*(?:, \d+)*(?: and \d+ more)?)(?P<end>:?)"
)
# The request is made of the options, with the excerpt of it that a message shows.
_REQUEST = re.compile(
    rf"^{REQUEST_FILE}(?::\d+)*: (?P<message>.*)(?:\n  *\d* \| .*)*", re.MULTILINE
)


def shown(text: str, parents: str | None) -> str:
    """The messages of a process, for people.

    :param parents: the distribution that the parents are from, e.g. `transformers==5.24.0`.
    """
    text = _REQUEST.sub(r"[modular-converter]: \g<message>", text)
    return _without_directories(text, parents)


def shown_in_report(value: Any, parents: str | None) -> Any:
    """A SARIF log, or a part of one, for people."""
    if isinstance(value, str):
        return _without_directories(value, parents)
    if isinstance(value, list):
        return [shown_in_report(item, parents) for item in value]
    if not isinstance(value, dict):
        return value
    uri = value.get("uri")
    if isinstance(uri, str) and uri.startswith(f"{PARENTS_DIR}/"):
        # It lies in no directory of the repository, whatever `uriBaseId` says.
        return {"uri": uri[len(f"{PARENTS_DIR}/") :]}
    return {key: shown_in_report(item, parents) for key, item in value.items()}


def _without_directories(text: str, parents: str | None) -> str:
    origin = f" of {parents}" if parents else ""
    text = _PARENT.sub(rf"\g<path>{origin}\g<end>", text)
    return text.replace(f"{OUTPUT_DIR}/", "")
