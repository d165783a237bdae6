"""Reads and checks the JSON request."""

from __future__ import annotations

import dataclasses
import difflib
import json
import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gpu_bench.request.combinations import check_combinations
from gpu_bench.request.fields import (
    ATTENTIONS,
    CACHES,
    COMPILE_MODES,
    DTYPES,
    LARGEST_SEED,
    LAST_ROUND,
    SCHEMA,
    SOURCES,
    ModelSource,
    Request,
)
from toolkit.errors import InputError

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_COMMIT = re.compile(r"[0-9a-f]{40}")


def read_request(path: str | Path) -> Request:
    """Reads and checks a request file. Raises InputError, located in that file."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as problem:
        raise InputError(
            f"the request cannot be read: {problem.strerror}",
            place=str(path),
            hint="give the path of a request file",
        ) from None
    except UnicodeDecodeError:
        raise InputError("the request is not UTF-8", place=str(path)) from None
    try:
        data = json.loads(text)
    except json.JSONDecodeError as problem:
        raise InputError(
            f"the request is not JSON: {problem.msg}",
            place=f"{path}:{problem.lineno}:{problem.colno}",
        ) from None
    except RecursionError:
        raise InputError("the request is nested too deeply", place=str(path)) from None
    try:
        return parse_request(data)
    except InputError as problem:
        problem.place = str(path)
        raise


def parse_request(data: Any) -> Request:
    """The request in parsed JSON. Raises InputError that names the field and the remedy."""
    if not isinstance(data, dict):
        raise InputError("the request must be a JSON object")
    fields = tuple(each.name for each in dataclasses.fields(Request))
    _known(data, ("schema", *fields), "")
    if data.get("schema") != SCHEMA or isinstance(data.get("schema"), bool):
        raise InputError(
            f"schema {data.get('schema')!r} is not understood, expected {SCHEMA}",
            hint="let the rules and the tool come from the same release",
        )
    entry = _Entry(data)
    request = Request(
        address=entry.text("address"),
        model=_model(data.get("model")),
        config=entry.typed("config", dict, "an object or null", None),
        device=entry.choice("device", ("cuda", "cpu"), "cuda"),
        attn_implementation=entry.choice("attn_implementation", ATTENTIONS, "sdpa"),
        compile_mode=entry.choice("compile_mode", COMPILE_MODES, None),
        kernelize=entry.typed("kernelize", bool, "true or false", False),
        continuous_batching=entry.typed("continuous_batching", bool, "true or false", False),
        cache_implementation=entry.choice("cache_implementation", CACHES, None),
        batch_size=entry.whole("batch_size", 1, 1),
        sequence_length=entry.whole("sequence_length", 1, 128),
        num_tokens=entry.whole("num_tokens", 2, 128),
        dtype=entry.choice("dtype", DTYPES, "bfloat16"),
        seed=entry.whole("seed", 0, 0, LARGEST_SEED),
        processes=entry.whole("processes", 1, 4),
        min_warmup=entry.whole("min_warmup", 1, 3),
        max_warmup=entry.whole("max_warmup", 1, 30),
        min_samples=entry.whole("min_samples", 1, 10),
        max_samples=entry.whole("max_samples", 1, 200),
        min_seconds=entry.number("min_seconds", 2, zero=True),
        target_interval=entry.number("target_interval", 0.01),
        timeout_seconds=entry.number("timeout_seconds", 1800),
        telemetry=entry.typed("telemetry", bool, "true or false", True),
        round=entry.whole("round", 0, 0, LAST_ROUND),
        accelerator=entry.typed("accelerator", str, "a string or null", None),
    )
    _check_limits(request, data)
    check_combinations(request)
    return request


def _check_limits(request: Request, given: Mapping[str, Any]) -> None:
    for what in ("warmup", "samples"):
        lowest, highest = getattr(request, f"min_{what}"), getattr(request, f"max_{what}")
        if lowest > highest:
            default = "" if f"max_{what}" in given else ", its default"
            raise InputError(
                f"`min_{what}` is {lowest}, more than `max_{what}`, which is {highest}{default}",
                hint=f"raise `max_{what}` or lower `min_{what}`",
            )


def _model(values: Any) -> ModelSource:
    if not isinstance(values, dict):
        raise InputError("`model` must be an object")
    _known(values, tuple(each.name for each in dataclasses.fields(ModelSource)), "model.")
    given = [each for each in SOURCES if each in values]
    if len(given) != 1 and given != ["module", "checkpoint"]:
        found = " and ".join(f"`{each}`" for each in given) or "none"
        raise InputError(
            f"`model` needs exactly one of {', '.join(SOURCES)}, found {found}",
            hint="model_type and module make random weights, checkpoint and repo_id read them",
        )
    entry = _Entry(values, "model.")
    for key, owner in (("root", "module"), ("revision", "repo_id")):
        if key in values and owner not in given:
            raise InputError(f"`model.{key}` has a meaning only beside `model.{owner}`")
    if "repo_id" in given and not _COMMIT.fullmatch(str(values.get("revision"))):
        raise InputError(
            f"`model.revision` must be a commit of {values['repo_id']}, 40 hexadecimal digits, "
            f"found {json.dumps(values.get('revision'))}",
            hint="a branch or tag may move, and the same result would then mean another model",
        )
    if "module" in given and not all(map(_IDENTIFIER.fullmatch, entry.text("module").split("."))):
        raise entry.wrong("module", "the dotted name of a module")
    if "architecture" in values and not _IDENTIFIER.fullmatch(entry.text("architecture")):
        raise entry.wrong("architecture", "the name of a class")
    return ModelSource(**{key: entry.text(key) for key in values})


def _known(values: Mapping[str, Any], keys: Iterable[str], prefix: str) -> None:
    keys = list(keys)
    for key in values:
        if key in keys:
            continue
        near = difflib.get_close_matches(key, keys, 1)
        raise InputError(
            f"unknown key `{prefix}{key}`",
            hint=f"did you mean `{near[0]}`?" if near else f"known keys: {', '.join(keys)}",
        )


_MISSING = object()


class _Entry:
    """Typed access to the fields of one JSON object."""

    def __init__(self, values: Mapping[str, Any], prefix: str = "") -> None:
        self.values = values
        self.prefix = prefix

    def wrong(self, key: str, expected: str, hint: str = "") -> InputError:
        found = json.dumps(self.values.get(key))
        where = f"`{self.prefix}{key}`"
        return InputError(f"{where} must be {expected}, found {found:.80}", hint=hint)

    def typed(self, key: str, kind: type, expected: str, default: Any) -> Any:
        value = self.values.get(key, default)
        if value is None and default is None:
            return None
        if not isinstance(value, kind):
            raise self.wrong(key, expected)
        return value

    def text(self, key: str) -> str:
        value = self.values.get(key, _MISSING)
        if value is _MISSING:
            raise InputError(f"`{self.prefix}{key}` is missing")
        if not isinstance(value, str) or not value:
            raise self.wrong(key, "a string that is not empty")
        return value

    def choice(self, key: str, choices: tuple[str, ...], default: str | None) -> Any:
        value = self.values.get(key, default)
        if value in choices or (value is None and default is None):
            return value
        near = difflib.get_close_matches(str(value), choices, 1)
        hint = f"did you mean {near[0]}?" if near else ""
        or_null = " or null" if default is None else ""
        raise self.wrong(key, f"one of {', '.join(choices)}{or_null}", hint)

    def whole(self, key: str, lowest: int, default: int, highest: int | None = None) -> int:
        value = self.values.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.wrong(key, "a whole number")
        if value < lowest or (highest is not None and value > highest):
            limits = f"{lowest} or more" if highest is None else f"from {lowest} to {highest}"
            raise self.wrong(key, limits)
        return value

    def number(self, key: str, default: float, *, zero: bool = False) -> float:
        value = self.values.get(key, default)
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise self.wrong(key, "a number")
        if not math.isfinite(value) or value < 0 or (value == 0 and not zero):
            raise self.wrong(key, "0 or more" if zero else "more than 0")
        return value
