"""Config values to try, from what an error says and from where it was raised."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from tiny_models.config.field_rules import HEADS, LAYERS, WIDTH, shrink_value
from tiny_models.fitting.conditions import Frame, frames, mentioned, solutions
from tiny_models.fitting.fields import default_parts, field_values, is_config
from tiny_models.vocabulary.token_ids import parts

_NUMBER = re.compile(r"(?<![\w.])\d{1,6}(?![\w.])|(?<=\d[x×])\d{1,6}|\d{1,6}(?=[x×]\d)")
_FRAMES = 3
# No rule knows a number for such a field: it stays what it is.
_UNKNOWN = 1_000_003
# What a large default may be for a tiny model to stay small.
_MOST = 4096
_LONGEST = 64
# They point into something, and no size depends on them.
_IDS = ("_id", "_ids", "_index", "_offset", "vocab_size")
# What models multiply their widths or depths by.
_FACTORS = ("multiplier", "coefficient", "scale")
_HALVED = 8
Proposal = tuple[str, str, Any]


class TooLarge(Exception):
    """A model would have more parameters than it may have."""


def proposals(problem: Exception, config_class: Any, tiny: Sequence[Any]) -> Iterator[Proposal]:
    """Class, field and value of changes of a config, the likeliest first, each once.

    ``tiny`` are the config and its parts as they failed; empty if the config itself was refused.
    """
    seen: set[str] = set()
    for proposal in _all(problem, config_class, tiny):
        key = repr(proposal)
        if key not in seen:
            seen.add(key)
            yield proposal


def _all(problem: Exception, config_class: Any, tiny: Sequence[Any]) -> Iterator[Proposal]:
    if isinstance(problem, TooLarge):
        yield from _smaller(tiny)
        return
    places = frames(problem)
    for place in places[:_FRAMES]:
        yield from solutions(place)
    full = {type(config).__name__: field_values(config) for config in default_parts(config_class)}
    small = {type(config).__name__: field_values(config) for config in tiny}
    small = small or _seen(places)
    for name, values in full.items():
        small.setdefault(name, {**values, **{k: shrink_value(k, v) for k, v in values.items()}})
    named = _named(problem, places, small)
    yield from _filled(named, small)
    yield from _restored(named, full, small)
    yield from _exchanged(problem, small)
    yield from _filled_parts(config_class)
    yield from _restored(
        [(name, field) for name, values in small.items() for field in values], full, small
    )


def _smaller(tiny: Sequence[Any]) -> Iterator[Proposal]:
    """Less of every size that is large still, and of every factor of sizes."""
    for config in tiny:
        name = type(config).__name__
        for field, value in field_values(config).items():
            if field.endswith(_IDS):
                continue
            if isinstance(value, float) and value >= 1 and field.endswith(_FACTORS):
                yield name, field, value / 8
            elif type(value) is int and value > WIDTH:
                yield name, field, WIDTH
            elif type(value) is int and _HALVED <= value <= WIDTH:
                yield name, field, value // 2
            elif isinstance(value, (list, tuple)) and any(_is_large(part) for part in value):
                yield name, field, [WIDTH if _is_large(part) else part for part in value]


def _is_large(value: Any) -> bool:
    return type(value) is int and value > WIDTH


def _seen(places: Sequence[Frame]) -> dict[str, dict[str, Any]]:
    values = (value for place in places for value in place.variables.values())
    configs = [config for value in values if is_config(value) for config in parts(value)]
    return {type(config).__name__: field_values(config) for config in configs}


def _named(problem: Exception, places: Sequence[Frame], small: Any) -> list[tuple[str, str]]:
    """Fields that the message or the lines that raised name."""
    names = set(re.findall(r"[a-z]\w+", str(problem)))
    for place in places[:_FRAMES]:
        names.update(mentioned(place))
    return [
        (class_name, field)
        for class_name, values in small.items()
        for field in values
        if field in names
    ]


def _filled(named: Sequence[tuple[str, str]], small: Any) -> Iterator[Proposal]:
    """Numbers for fields that have none."""
    for class_name, field in named:
        if small[class_name][field] is not None:
            continue
        by_rule = shrink_value(field, _UNKNOWN)
        numbers = [] if by_rule == _UNKNOWN else [by_rule]
        for number in (*numbers, HEADS, WIDTH, 1):
            yield class_name, field, number
            yield class_name, field, [number] * LAYERS


def _restored(fields: Sequence[tuple[str, str]], full: Any, small: Any) -> Iterator[Proposal]:
    """The values that the rules made small, as large as they were."""
    for class_name, field in fields:
        before = full.get(class_name, {}).get(field)
        if before == small[class_name][field] or not _is_harmless(before):
            continue
        yield class_name, field, before


def _is_harmless(value: Any) -> bool:
    """Whether a model stays small with a value."""
    if isinstance(value, dict):
        return True
    if isinstance(value, (list, tuple)):
        return len(value) <= _LONGEST and all(_is_harmless(part) for part in value)
    if isinstance(value, int):
        return value <= _MOST
    return isinstance(value, (float, str))


def _exchanged(problem: Exception, small: Any) -> Iterator[Proposal]:
    """One of two numbers that an error names, in place of the other; then their ratio."""
    numbers = [int(text) for text in _NUMBER.findall(str(problem))]
    numbers = list(dict.fromkeys(number for number in numbers if 1 < number <= _MOST))[:6]
    sizes = [
        (class_name, field, value)
        for class_name, values in small.items()
        for field, value in values.items()
        if not field.endswith(_IDS)
    ]
    for class_name, field, value in sizes:
        for number in numbers:
            if type(value) is int and value in numbers and number != value:
                yield class_name, field, number
            elif isinstance(value, list) and _are_all_in(value, numbers) and number != value[0]:
                yield class_name, field, [number] * len(value)
    ratios = {
        larger // smaller
        for larger in numbers
        for smaller in numbers
        if larger > smaller and larger % smaller == 0
    }
    for class_name, field, value in sizes:
        if type(value) is not int or value < 1:
            continue
        for ratio in sorted(ratios):
            if value * ratio <= _MOST:
                yield class_name, field, value * ratio
            if value % ratio == 0:
                yield class_name, field, value // ratio


def _are_all_in(values: Sequence[Any], numbers: Sequence[int]) -> bool:
    """Whether a list repeats one of some numbers."""
    return bool(values) and values[0] in numbers and all(value == values[0] for value in values)


def _filled_parts(config_class: Any) -> Iterator[Proposal]:
    """Configs for parts that are missing by default."""
    from tiny_models.transformers_api import catalogue

    known = set(catalogue.model_types())
    for config in default_parts(config_class):
        for name in type(config).sub_configs_defaults:
            if vars(config).get(name) is not None:
                continue
            guess = f"{type(config).model_type}_{name.removesuffix('_config')}"
            if guess in known:
                yield type(config).__name__, name, {"model_type": guess}
