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
from toolkit.errors import ToolError

# What does not agree, with the words that say why. A type that is fixed leaves this table.
KNOWN = {
    "dia": "audio_tokenizer",
    # Without torchvision their image processors are left out, but not what names them.
    "diffusion_gemma": "Unrecognized image processor",
    "dots3_note": "Unrecognized image processor",
    "qwen2_5_omni": "Unrecognized image processor",
    "fuyu": "pad_token_id",
    # Its tokenizer's file is one that only its own repository has.
    "mgp-str": "AutoProcessor cannot load it",
    "qwen3_omni_moe": "parameters, more than",
}


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
    reason = KNOWN.get(architecture.model_type)
    if reason is not None:
        with pytest.raises(ToolError, match=reason):
            _require(architecture, tmp_path)
        return
    try:
        _require(architecture, tmp_path)
    except MissingPackage as lack:
        assert "which is not installed" in lack.message  # noqa: PT017 - it may raise nothing, too


def _require(architecture: Architecture, directory: Path) -> None:
    with named_packages(architecture.name):
        model, _ = write_files(fixture_plan(architecture), str(directory))
    require_agreement(str(directory), model)
