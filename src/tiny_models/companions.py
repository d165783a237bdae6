"""A fixture's tokenizer and processors, by the packages that make them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiny_models.errors import CheckFailed, FixtureError, InputError, MissingPackage
from tiny_models.plans import Plan
from tiny_models.shrinking import shrink_class
from tiny_models.vocabulary import Vocabulary

NO_TOKENIZER = "none"


@dataclass(frozen=True)
class OwnParts:
    """What tells the tokenizer and the processors of an own model.

    None stands for what the request does not want, and for the tokenizer of what has no text.
    """

    text: Any
    processors: Any


def own_parts(plan: Plan) -> OwnParts | None:
    """Of a model of a repository; None for one of the library. Raises FixtureError."""
    request = plan.request
    if request.source is None:
        return None
    from tiny_models.own_classes import register_model
    from tiny_models.problems import Problem
    from tiny_models.processors.own import own_processors
    from tiny_models.tokenizers.own import own_text

    # Which types the parts have is known before the vocabulary is.
    config = shrink_class(
        plan.config_class, architecture=plan.architecture, overrides=request.config
    )
    unavailable = register_model(plan.model_class.__module__, config)
    text = processors = None
    try:
        if request.tokenizer != NO_TOKENIZER:
            text = own_text(plan.model_class, config)
        if request.processors is not False:
            processors = own_processors(plan.model_class, config, unavailable)
    except Problem as problem:
        raise _translated(problem, plan) from None
    return OwnParts(text, processors)


def write_tokenizer(plan: Plan, own: OwnParts | None, directory: str) -> Vocabulary | None:
    """Writes the tokenizer's files; None where there is none. Raises FixtureError."""
    request = plan.request
    if request.tokenizer == NO_TOKENIZER or (own is not None and own.text is None):
        return None
    from tiny_models import tokenizers
    from tiny_models.problems import Problem

    options = {
        "family": request.tokenizer,
        "chat_template": request.chat_template,
        "from_checkpoint": request.from_checkpoint,
    }
    try:
        return tokenizers.build(
            plan.model_type,
            options,
            Path(directory),
            plan.config_class,
            None if own is None else own.text,
        )
    except Problem as problem:
        raise _translated(problem, plan) from None


def write_processors(plan: Plan, own: OwnParts | None, config: Any, directory: str) -> None:
    """Writes the processors' files, if the request wants them.

    Those that need a package which is not installed, or of which no class is known, are left out
    with a warning, unless the request asks for processors by overriding their settings. Raises
    FixtureError.
    """
    request = plan.request
    if request.processors is False:
        return
    from tiny_models import processors
    from tiny_models.problems import Problem
    from tiny_models.processors.options import ProcessorOptions

    found = None if own is None else own.processors
    try:
        options = ProcessorOptions.parse(request.processors, request.from_checkpoint)
        if request.processors is not True:
            processors.build(plan.model_type, config, options, Path(directory), found)
            return
        _, missing = processors.build_available(
            plan.model_type, config, options, Path(directory), found
        )
    except Problem as problem:
        raise _translated(problem, plan) from None
    # A processor and its part may lack the same.
    for told in dict.fromkeys(f"{each.message}\nhint: {each.hint}" for each in missing):
        print(f"{request.address}: warning: left out: {told}", file=sys.stderr)


def try_processors(plan: Plan, own: OwnParts, model: Any, directory: str) -> dict[str, Any] | None:
    """Runs an own model on what its processors make of a picture, a sound and a text.

    Returns the shapes of those inputs; None where there are no processors, or where they ask for
    more than that, which is told. Raises CheckFailed where the model does not take what they make.
    """
    if own.processors is None:
        return None
    from tiny_models import checks
    from tiny_models.coverage import describe
    from tiny_models.processors.trial import made_inputs

    try:
        inputs = made_inputs(own.processors.classes, Path(directory), model)
    except Exception as problem:
        # Whatever a class of the repository raises for inputs that it was not made for.
        print(
            f"{plan.request.address}: warning: the model was not tried on inputs of its processors:"
            f" {describe(problem)}\nhint: a test of your own can give them what they need",
            file=sys.stderr,
        )
        return None
    if not inputs:
        return None
    try:
        checks.require_outputs(checks.forward(model, inputs))
    except Exception as problem:
        raise CheckFailed(
            f"the model does not take what its processors make: {describe(problem)}",
            hint="`config` and `processors` override what must fit together",
        ) from None
    return {name: list(getattr(value, "shape", ())) for name, value in sorted(inputs.items())}


def _translated(problem: Any, plan: Plan) -> FixtureError:
    kind = MissingPackage if problem.exit_code == MissingPackage.exit_code else InputError
    return kind(problem.message, place=plan.request.address, hint=problem.hint)
