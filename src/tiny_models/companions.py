"""A fixture's tokenizer and processors, by the packages that make them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tiny_models.errors import FixtureError, InputError, MissingPackage
from tiny_models.plans import Plan
from tiny_models.vocabulary import Vocabulary

NO_TOKENIZER = "none"


def write_tokenizer(plan: Plan, directory: str) -> Vocabulary | None:
    """Writes the tokenizer's files; None where there is none. Raises FixtureError."""
    request = plan.request
    if request.tokenizer == NO_TOKENIZER:
        return None
    from tiny_models import tokenizers
    from tiny_models.problems import Problem

    options = {
        "family": request.tokenizer,
        "chat_template": request.chat_template,
        "from_checkpoint": request.from_checkpoint,
    }
    try:
        return tokenizers.build(plan.model_type, options, Path(directory), plan.config_class)
    except Problem as problem:
        raise _translated(problem, plan) from None


def write_processors(plan: Plan, config: Any, directory: str) -> None:
    """Writes the processors' files, if the request wants them.

    Those that need a package which is not installed are left out with a warning, unless the
    request asks for processors by overriding their settings. Raises FixtureError.
    """
    request = plan.request
    if request.processors is False:
        return
    from tiny_models import processors
    from tiny_models.problems import Problem
    from tiny_models.processors.options import ProcessorOptions

    try:
        options = ProcessorOptions.parse(request.processors, request.from_checkpoint)
        if request.processors is not True:
            processors.build(plan.model_type, config, options, Path(directory))
            return
        _, missing = processors.build_available(plan.model_type, config, options, Path(directory))
    except Problem as problem:
        raise _translated(problem, plan) from None
    for each in missing:
        print(
            f"{request.address}: warning: left out: {each.message}\nhint: {each.hint}",
            file=sys.stderr,
        )


def _translated(problem: Any, plan: Plan) -> FixtureError:
    kind = MissingPackage if problem.exit_code == MissingPackage.exit_code else InputError
    return kind(problem.message, place=plan.request.address, hint=problem.hint)
