"""The request file that `tiny_models build` reads."""

from __future__ import annotations

import json

from rules_transformers.tiny_fixtures.field_set import TinyFixtureFieldSet
from rules_transformers.tiny_fixtures.util_rules.model_sources import ModelSources

SCHEMA = 1


def request_document(field_set: TinyFixtureFieldSet, sources: ModelSources) -> bytes:
    """The text of a request for one fixture.

    :param sources: the code of the fixture's model, if it is one of the repository.
    """
    config = field_set.config.value
    fixture = {
        "address": field_set.address.spec,
        "path": field_set.directory,
        "architectures": list(field_set.architectures.value or ()),
        "config": None if config is None else json.loads(config),
        "seed": field_set.seed.value,
        "dtype": field_set.dtype.value,
        "max_size": field_set.max_size.value,
        "shards": field_set.shards.value,
        "tokenizer": field_set.tokenizer.value,
        "processors": json.loads(field_set.processors.value or "true"),
        "chat_template": field_set.chat_template.value,
        "license": field_set.license.value,
        "checks": sorted(field_set.checks.value or ()),
        "formats": sorted(field_set.formats.value or ()),
        "repo_id": field_set.repo_id.value,
        "from_checkpoint": field_set.checkpoint_directory,
    }
    if sources.module is None:
        fixture["model_type"] = field_set.model_type.value
    else:
        fixture["source"] = {"module": sources.module, "root": sources.root}
    # What is not given is left to the tool's defaults.
    given = {name: value for name, value in fixture.items() if value not in (None, [])}
    given["checks"] = fixture["checks"]
    document = {"schema": SCHEMA, "fixtures": [given]}
    return (json.dumps(document, indent=1, sort_keys=True) + "\n").encode()
