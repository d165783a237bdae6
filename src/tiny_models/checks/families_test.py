from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tiny_models.families import FAMILIES, families_of
from tiny_models.families.family import Family
from tiny_models.transformers_api import catalogue


def _types(config_class: Any) -> Iterator[str]:
    yield config_class.model_type
    for spec in config_class.sub_configs_defaults.values():
        yield spec.model_type
        if hasattr(spec.config_class, "model_type"):
            yield from _types(spec.config_class)


@cache
def known_types() -> frozenset[str]:
    """Every model type that a config, or a part of one, has."""
    types = set(catalogue.model_types())
    for model_type in catalogue.model_types():
        types.update(_types(catalogue.config_class(model_type)))
    return frozenset(types)


def _title(family: Family) -> str:
    return f"{family.model_types[0]}: {family.reason}"


@pytest.mark.parametrize("family", FAMILIES, ids=_title)
def test_an_entry_is_about_something(family: Family) -> None:
    assert family.reason
    assert family.reason[0].islower()
    assert family.config or family.recipe is not None
    assert set(family.model_types) <= known_types()
    names = {pair.name for pair in catalogue.pairs()}
    assert set(family.architectures) <= names


def test_general_entries_come_before_those_of_a_class() -> None:
    entries = families_of("reformer", "ReformerModelWithLMHead")
    assert [bool(entry.architectures) for entry in entries] == [False, True]
    assert len(families_of("reformer", "ReformerModel")) == 1
    assert families_of("qwen2") == ()
