"""Runs a fixture's checks, and verifies one that lies on disk."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from typing import Any

from tiny_models import checks
from tiny_models.errors import CheckFailed, InputError
from tiny_models.inputs import native_inputs
from tiny_models.integrity import verify_integrity
from tiny_models.manifest import Manifest

NEW_TOKENS = 4


def run_checks(
    model: Any, model_class: Any, directory: str, wanted: Iterable[str]
) -> dict[str, Any]:
    """Runs the wanted checks; returns the record: outputs in short and versions.

    The record differs between machines and versions, so it is no part of a fixture.
    Raises CheckFailed.
    """
    wanted = tuple(wanted)
    record: dict[str, Any] = {"versions": _versions(), "checks": list(wanted), "outputs": {}}
    if not wanted:
        return record
    outputs = None
    if set(wanted) & {"forward", "round-trip"}:
        inputs = _guarded("inputs", native_inputs, model)
        outputs = checks.require_outputs(_guarded("forward", checks.forward, model, inputs))
        record["outputs"] = {name: _short(each) for name, each in sorted(outputs.items())}
    if "round-trip" in wanted and outputs is not None:
        again = _guarded("round-trip", checks.load, model_class, directory)
        checks.require_equal(outputs, checks.require_outputs(checks.forward(again, inputs)))
    if "generate" in wanted:
        record["generated"] = _guarded("generate", checks.generate, model, NEW_TOKENS)
    if "gradient" in wanted:
        _guarded("gradient", checks.gradient, model, native_inputs(model))
    return record


def _guarded(name: str, check: Any, *arguments: Any) -> Any:
    try:
        return check(*arguments)
    except CheckFailed:
        raise
    except ImportError:
        raise
    except Exception as problem:
        from tiny_models.coverage import describe

        raise CheckFailed(f"the check `{name}` failed: {describe(problem)}") from None


def _short(tensor: Any) -> dict[str, Any]:
    values = tensor.detach().double().flatten()
    finite = values[values.isfinite()] if values.dtype.is_floating_point else values
    return {
        "shape": list(tensor.shape),
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "mean": float(finite.mean()) if finite.numel() else None,
        "first": [float(each) for each in finite[:4]],
    }


def _versions() -> dict[str, str]:
    import numpy
    import torch
    import transformers

    return {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }


def verify(directory: str, *, static: bool) -> tuple[Manifest, dict[str, Any]]:
    """Verifies a fixture: integrity, and unless ``static`` that it loads and runs.

    Raises CheckFailed where it does not, InputError where its class is not installed.
    """
    manifest = verify_integrity(directory)
    if static:
        return manifest, {}
    import os

    from transformers import AutoConfig

    from tiny_models import catalogue

    try:
        config = AutoConfig.from_pretrained(directory, local_files_only=True)
    except ValueError as problem:
        raise InputError(
            f"{manifest.model_type} is no installed model type: {' '.join(str(problem).split())}",
            place=os.path.join(directory, "config.json"),
            hint="`--static` checks the integrity of a fixture of generated code",
        ) from None
    names = {each.name: each.model_type for each in catalogue.pairs()}
    if manifest.architecture not in names:
        raise InputError(
            f"`{manifest.architecture}` is not in the auto mappings",
            place=os.path.join(directory, "config.json"),
            hint="`--static` checks the integrity of a fixture of generated code",
        )
    model_class = catalogue.model_class(manifest.architecture, names[manifest.architecture])
    del config
    try:
        model = _guarded("load", checks.load, model_class, directory)
        record = run_checks(model, model_class, directory, ("forward",))
    except CheckFailed as problem:
        raise problem.at(directory) from None
    return manifest, record
