"""Directories that look like fixtures, without a model."""

from __future__ import annotations

import json
from pathlib import Path

from tiny_models.request.manifest import NAME, SCHEMA, digest_file, files_below


def write_manifest(directory: Path, repo_id: str | None, **changes: object) -> None:
    """Writes a manifest of the files that ``directory`` has."""
    files = {}
    for name in files_below(str(directory)):
        if name != NAME:
            entry = digest_file(str(directory / name))
            files[name] = {"size": entry.size, "sha256": entry.sha256}
    manifest = {
        "schema": SCHEMA,
        "address": "models/x:tiny",
        "repo_id": repo_id,
        "model_type": "x",
        "architecture": "XModel",
        "seed": 0,
        "dtype": "float32",
        "transformers_version": "5.23.0",
        "request_digest": "0" * 64,
        "files": files,
        "tensors": {},
        **changes,
    }
    (directory / NAME).write_text(json.dumps(manifest))
