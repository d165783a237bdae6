"""The model card: README.md with front matter."""

from __future__ import annotations

from tiny_models.plans import Plan

_TEXT = """
# {title}

A tiny `{architecture}` with deterministic weights, for tests. Its outputs mean nothing.

| | |
|---|---|
| model type | `{model_type}` |
| parameters | {parameters:,} |
| dtype | {dtype} |
| seed | {seed} |
| made for | transformers {version} |

Each tensor is a function of the seed, its name, its shape and its dtype. `fixture.json` lists
every file with its SHA-256 and every tensor with its dtype and shape.
"""


def card(plan: Plan, parameters: int, version: str) -> str:
    """The text of README.md."""
    from huggingface_hub import ModelCardData

    data = ModelCardData(
        library_name="transformers",
        license=plan.request.license,
        tags=["tiny", "random", "test-fixture"],
        inference=False,
    )
    text = _TEXT.format(
        title=plan.repo_id or plan.architecture,
        architecture=plan.architecture,
        model_type=plan.model_type,
        parameters=parameters,
        dtype=plan.request.dtype,
        seed=plan.request.seed,
        version=version,
    )
    return f"---\n{data.to_yaml()}\n---\n{text}"
