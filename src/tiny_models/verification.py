"""Runs a fixture's checks, and verifies one that lies on disk."""

from __future__ import annotations

import importlib
import os
import platform
from collections.abc import Iterable, Sequence
from typing import Any

from tiny_models import checks
from tiny_models.errors import CheckFailed, InputError
from tiny_models.inputs import native_inputs
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


def verify_running(
    directory: str, manifest: Manifest, modules: Sequence[str] = ()
) -> dict[str, Any]:
    """Verifies that a fixture whose integrity is known loads and runs; returns the record.

    ``modules`` are looked at for its class before the installed library is. Raises CheckFailed
    where it does not, InputError where its class is nowhere.
    """
    model_class = _class_in(modules, manifest.architecture)
    if model_class is None:
        model_class = _installed_class(manifest, directory)
    try:
        model = _guarded("load", checks.load, model_class, directory)
        return run_checks(model, model_class, directory, ("forward",))
    except CheckFailed as problem:
        raise problem.at(directory) from None


def _class_in(modules: Sequence[str], architecture: str) -> Any:
    for name in modules:
        try:
            module = importlib.import_module(name)
        except ImportError as problem:
            raise InputError(
                f"module {name} cannot be imported: {problem}", hint="check --module and sys.path"
            ) from None
        if hasattr(module, architecture):
            return getattr(module, architecture)
    return None


def _installed_class(manifest: Manifest, directory: str) -> Any:
    from tiny_models import catalogue

    names = {each.name: each.model_type for each in catalogue.pairs()}
    if manifest.architecture not in names:
        raise InputError(
            f"`{manifest.architecture}` is no class of the installed transformers",
            place=os.path.join(directory, "config.json"),
            hint="name the module of generated code by --module; `--static` checks integrity only",
        )
    return catalogue.model_class(manifest.architecture, names[manifest.architecture])
