"""Tokenizer, config, generation config and processors agree, for each type with a tokenizer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tiny_models.checks.agreement import require_agreement
from tiny_models.core.errors import MissingPackage
from tiny_models.coverage.run import fixture_plan
from tiny_models.fixture.build import write_files
from tiny_models.transformers_api import catalogue
from tiny_models.transformers_api.catalogue import Architecture
from tiny_models.transformers_api.packages import named_packages


def _first_classes() -> list[Architecture]:
    from transformers.models.auto.tokenization_auto import TOKENIZER_MAPPING_NAMES

    first: dict[str, Architecture] = {}
    for architecture in catalogue.architectures():
        if architecture.model_type in TOKENIZER_MAPPING_NAMES:
            first.setdefault(architecture.model_type, architecture)
    return list(first.values())


_FIRST = _first_classes()


@pytest.mark.parametrize("architecture", _FIRST, ids=[first.model_type for first in _FIRST])
def test_the_parts_of_a_fixture_agree(architecture: Architecture, tmp_path: Path) -> None:
    try:
        _require(architecture, tmp_path)
    except MissingPackage as lack:
        assert "which is not installed" in lack.message  # noqa: PT017 - it may raise nothing, too


def _require(architecture: Architecture, directory: Path) -> None:
    with named_packages(architecture.name):
        model, _ = write_files(fixture_plan(architecture), str(directory))
    require_agreement(str(directory), model)
