"""Combinations of fields that cannot be measured. Nothing is rewritten: each is an error."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from rules_transformers_contract.refused_combinations import refusal
from rules_transformers_contract.release_refusals import release_refusal
from toolkit.errors import InputError

if TYPE_CHECKING:
    from gpu_bench.request.fields import Request


def check_release(request: Request) -> None:
    """Raises InputError if the installed transformers cannot measure the request.

    Without importing it: that and loading the model would take long for a refusal.
    """
    try:
        release = version("transformers")
    except PackageNotFoundError:
        # The measuring process says what is missing, or imports it from a source root.
        return
    refused = release_refusal(vars(request), release)
    if refused is not None:
        raise InputError(refused.message, hint=refused.hint)


def check_combinations(request: Request) -> None:
    """Raises InputError, with the first reason why the request cannot be measured."""
    if request.config is not None and not request.model.has_random_weights:
        raise InputError(
            f"`config` cannot be combined with a checkpoint: {request.model} has its own",
            hint="omit `config`, or name a `model_type` to measure those shapes",
        )
    if request.quantization_config is not None and request.model.has_random_weights:
        raise InputError(
            f"`quantization_config` is for weights that are read, and those of {request.model} are "
            "random",
            hint="name a `checkpoint` or a `repo_id`; under Pants, a `tiny_fixture`",
        )
    if request.assistant_config is not None and not (
        request.assistant is not None and request.assistant.has_random_weights
    ):
        raise InputError(
            "`assistant_config` has no effect without an `assistant` that has random weights",
            hint="omit `assistant_config`, or name the assistant by `model_type` or `module`",
        )
    refused = refusal(vars(request))
    if refused is not None:
        raise InputError(refused.message, hint=refused.hint)
