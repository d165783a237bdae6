from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_DIGEST

from rules_transformers.tiny_fixtures.field_set import TinyFixtureFieldSet
from rules_transformers.tiny_fixtures.target_types import TinyFixtureTarget
from rules_transformers.tiny_fixtures.util_rules.model_sources import ModelSources
from rules_transformers.tiny_fixtures.util_rules.request import request_document

# A test runs at the root of the repository, with the schema as a dependency.
_SCHEMA = json.loads(Path("src/tiny_models/schemas/request.schema.json").read_text())


def _document(sources: ModelSources, **fields: Any) -> dict[str, Any]:
    target = TinyFixtureTarget(fields, Address("models/x", target_name="tiny"))
    document: dict[str, Any] = json.loads(
        request_document(TinyFixtureFieldSet.create(target), sources)
    )
    return document


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {
            "architectures": ["LlamaModel"],
            "config": {"num_hidden_layers": 2},
            "seed": 3,
            "dtype": "bfloat16",
            "max_size": 1000,
            "shards": 2,
            "tokenizer": "unigram",
            "processors": {"do_resize": False},
            "chat_template": "{{ messages }}",
            "license": "mit",
            "checks": ["generate", "forward"],
            "formats": ["gguf", "lora"],
            "repo_id": "tiny-random/llama",
            "from_checkpoint": "checkpoint",
        },
        {"processors": False, "checks": []},
    ],
)
def test_requests_are_what_the_tool_reads(fields: dict[str, Any]) -> None:
    document = _document(ModelSources(EMPTY_DIGEST, None, "."), model_type="llama", **fields)
    jsonschema.validate(document, _SCHEMA)
    (fixture,) = document["fixtures"]
    assert fixture["model_type"] == "llama"
    assert fixture["address"] == "models/x:tiny"
    expected = dict(fields)
    if "from_checkpoint" in fields:
        expected["from_checkpoint"] = "models/x/checkpoint"
    if "checks" in fields:
        expected["checks"] = sorted(fields["checks"])
    assert {name: fixture[name] for name in expected} == expected


def test_a_model_of_the_repository_is_named_by_its_module() -> None:
    sources = ModelSources(EMPTY_DIGEST, "models.x.modeling_x", "src")
    document = _document(sources, model=":x")
    jsonschema.validate(document, _SCHEMA)
    (fixture,) = document["fixtures"]
    assert fixture["source"] == {"module": "models.x.modeling_x", "root": "src"}
    assert "model_type" not in fixture
