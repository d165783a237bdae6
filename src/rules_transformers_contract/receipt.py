"""The receipt of a tool's run: what it was asked for, and what it has written.

A cache gives Pants any result under the key of any process, and Pants believes it. A tool that is
asked for a receipt writes one beside its outputs; the rules compare it with the process that they
have asked for and with the files that they got.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

# The environment variable that asks for a receipt, and the file that is one.
VARIABLE = "RULES_TRANSFORMERS_RECEIPT"
FILE = "__receipt.json"


def order(inputs: str, outputs: Collection[str]) -> str:
    """The value of ``VARIABLE``: a digest of all inputs, the files and directories to write."""
    return json.dumps({"inputs": inputs, "outputs": sorted(outputs)})


def outputs_of(ordered: str) -> tuple[str, ...]:
    """The outputs that an order names."""
    return tuple(json.loads(ordered)["outputs"])


def receipt(ordered: str, files: Mapping[str, str]) -> bytes:
    """The content of ``FILE`` for an order: ``files`` are the SHA-256 of files by their paths."""
    document = {"inputs": json.loads(ordered)["inputs"], "files": dict(files)}
    return json.dumps(document, sort_keys=True).encode()


def complaint(content: bytes, inputs: str, files: Mapping[str, str]) -> str:
    """What a receipt says against a result: a predicate with "it" for its subject, or nothing.

    ``inputs`` is the digest that was ordered, ``files`` are the result's, less the receipt.
    """
    try:
        document = json.loads(content)
        recorded, ordered = document["files"], document["inputs"]
        listed = dict(recorded)
    except (KeyError, TypeError, ValueError):
        return "has a damaged receipt"
    if ordered != inputs:
        return "is that of other inputs"
    for path in sorted({*listed, *files}):
        if listed.get(path) != files.get(path):
            return f"has another `{path}` than was written"
    return ""
