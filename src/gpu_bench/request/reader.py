"""Reads and checks the JSON request."""

from __future__ import annotations

import json
import re
from pathlib import Path

from gpu_bench.request.combinations import check_combinations
from gpu_bench.request.fields import SCHEMA, SOURCES, ModelSource, Request
from toolkit import json_text
from toolkit.errors import InputError
from toolkit.input_file import read_text
from toolkit.json_record import parse_record

_COMMIT = re.compile(r"[0-9a-f]{40}")


def read_request(path: str | Path) -> Request:
    """Reads and checks a request file. Raises InputError, located in that file."""
    return parse_request(read_text(path, "the request"), str(path))


def parse_request(text: str, place: str = "") -> Request:
    """The request in a JSON text.

    Raises InputError, located at the value that is wrong, or at ``place`` where fields that are
    valid each by itself cannot be combined.
    """
    values = json_text.parse(text, place, "the request")
    if isinstance(values, dict) and (type(values.get("schema")), values.get("schema")) != (int, 1):
        raise InputError(
            f"`schema` must be {SCHEMA}, found {json.dumps(values.get('schema')):.80}",
            place=json_text.locate(text, ("schema",), place),
            hint="use the rules and the tool of the same release",
        )
    request = parse_record(Request, text, place)
    try:
        _check_model(request.model)
        if request.assistant is not None:
            _check_model(request.assistant, "assistant")
            _check_root(request.model, request.assistant)
        _check_limits(request, set(values))
        check_combinations(request)
    except InputError as problem:
        raise problem.at(place) from None
    return request


def _check_limits(request: Request, given: set[str]) -> None:
    for what in ("warmup", "samples"):
        lowest, highest = getattr(request, f"min_{what}"), getattr(request, f"max_{what}")
        if lowest > highest:
            default = "" if f"max_{what}" in given else ", its default"
            raise InputError(
                f"`min_{what}` is {lowest}, more than `max_{what}`, which is {highest}{default}",
                hint=f"raise `max_{what}` or lower `min_{what}`",
            )


def _check_root(model: ModelSource, assistant: ModelSource) -> None:
    if assistant.root is not None and model.module is not None and assistant.root != model.root:
        raise InputError(
            f"`assistant.root` is {assistant.root}, and `model.root` {model.root or '.'}",
            hint="modules of both are imported from one directory: omit `assistant.root`",
        )


def _check_model(model: ModelSource, key: str = "model") -> None:
    given = [source for source in SOURCES if getattr(model, source) is not None]
    if len(given) != 1 and given != ["module", "checkpoint"]:
        names = " and ".join(f"`{source}`" for source in given) or "none"
        raise InputError(
            f"`{key}` needs exactly one of {', '.join(SOURCES)}, found {names}",
            hint="model_type and module make random weights, checkpoint and repo_id read them",
        )
    for name, owner in (("root", "module"), ("revision", "repo_id")):
        if getattr(model, name) is not None and owner not in given:
            raise InputError(
                f"`{key}.{name}` has a meaning only beside `{key}.{owner}`",
                hint=f"remove `{key}.{name}`",
            )
    if model.repo_id is not None and not _COMMIT.fullmatch(str(model.revision)):
        raise InputError(
            f"`{key}.revision` must be a commit of {model.repo_id}, 40 hexadecimal digits, "
            f"found {json.dumps(model.revision)}",
            hint="give a commit: a branch or tag may move, and then mean another model",
        )
