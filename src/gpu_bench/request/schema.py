"""Writes the JSON schema of requests from their declaration, for people who read it.

The file in the repository is written by::

    python -m gpu_bench.request.schema > src/gpu_bench/schemas/request.schema.json
"""

from __future__ import annotations

import json
import sys

from gpu_bench.request.fields import SOURCES, Request
from toolkit import json_record


def text() -> str:
    """The content of ``request.schema.json``."""
    schema = json_record.schema(Request)
    model = schema["properties"]["model"]
    model["description"] = (
        f"Exactly one of {', '.join(SOURCES)}, or module beside checkpoint: the class of a model "
        "that transformers does not know"
    )
    sources = [
        {"required": ["model_type"]},
        {"required": ["module"], "not": {"required": ["checkpoint"]}},
        {"required": ["checkpoint"]},
        {"required": ["repo_id", "revision"]},
    ]
    model["oneOf"] = sources
    assistant = schema["properties"]["assistant"]
    next(kind for kind in assistant["anyOf"] if kind != {"type": "null"})["oneOf"] = sources
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Request of gpu_bench run",
        "description": "One configuration to measure. Paths are relative to the working directory.",
        **schema,
    }
    return f"{json.dumps(document, indent=2)}\n"


if __name__ == "__main__":
    sys.stdout.write(text())
