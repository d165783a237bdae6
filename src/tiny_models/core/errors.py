"""The errors of this tool beyond those of the toolkit."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass

from tiny_models.core import torch_pair
from toolkit.errors import EnvironmentLack, InputError, ToolError
from toolkit.exit_codes import ExitCode
from toolkit.newer_syntax import OPTION_OF_RESOLVES, newer_syntax_behind
from toolkit.suggestions import did_you_mean


class CheckFailed(ToolError):
    """A check of a fixture said no: it is damaged, or does not work as a model."""

    exit_code = ExitCode.ANSWER_IS_NO


class DoesNotFit(InputError):
    """A class does not accept the values of its tiny config, or gives no model with them."""


class MissingPackage(EnvironmentLack):
    """A class needs a package that is not installed."""


class MissingRequirement(MissingPackage):
    """A class needs packages that are not installed and that are known by their names.

    Modules of a package that is there otherwise are those of a library in the same repository.
    """

    def __init__(self, subject: str, packages: Iterable[str]) -> None:
        self.packages = tuple(packages)
        names = ", ".join(self.packages)
        if all(map(_is_part_of_a_package, self.packages)):
            super().__init__(
                f"{subject} needs {names}, which is not there",
                hint="make its target a dependency of the fixture: it is imported by a name in "
                "the config, which no import statement shows",
            )
            return
        pairs = torch_pair.requirements(self.packages)
        quoted = ", ".join(f"`{pairs.get(package, package)}`" for package in self.packages)
        fits = f", which fits torch {torch_pair.installed_torch()}," if pairs else ""
        super().__init__(
            f"{subject} needs {names}, which is not installed",
            hint=f"add {quoted}{fits} to the requirements of the resolve and relock it",
        )


def _is_part_of_a_package(module: str) -> bool:
    """Whether the package is there that a missing module would be in."""
    package, _, part = module.partition(".")
    return bool(part) and importlib.util.find_spec(package) is not None


class TorchPairBroken(EnvironmentLack):
    """A package is installed that was compiled for another build of torch."""

    def __init__(self, package: str) -> None:
        wanted = torch_pair.requirements([package]).get(package, package)
        super().__init__(
            f"{package} {torch_pair.installed(package)} was not compiled for torch "
            f"{torch_pair.installed_torch()}, which cannot load it",
            hint=f"lock `{wanted}` in its place, or leave {package} out of the resolve",
        )


@dataclass(frozen=True)
class LeftOut:
    """A part of a fixture that could not be written, by its name in transformers, and why."""

    part: str
    problem: ToolError


class NotBuilt(InputError):
    """A class of a repository raises something when it is created, saved or loaded."""

    def __init__(self, class_name: str, problem: Exception, hint: str) -> None:
        text = " ".join(str(problem).split())
        super().__init__(
            f"{class_name} cannot be made: {type(problem).__name__}: {text:.200}", hint=hint
        )


class HubUnusable(EnvironmentLack):
    """A model hub is out of reach, or does not allow what is requested."""


class HubConflict(ToolError):
    """Somebody else changed a repository of a model hub at the same time."""

    exit_code = ExitCode.ANSWER_IS_NO


def unknown(what: str, name: str, known: Iterable[str]) -> InputError:
    """The error that ``name`` is none of the ``known``, with the nearest or all of them."""
    return InputError(f"unknown {what} `{name}`", hint=did_you_mean(name, known))


def needs_newer_python(module: str, problem: BaseException) -> InputError | None:
    """The error for a module whose import failed on syntax that this Python is too old for."""
    newer = newer_syntax_behind(problem)
    if newer is None:
        return None
    syntax, place = newer
    return InputError(
        f"{module} cannot be imported: {syntax.problem}",
        place=place,
        hint=syntax.hint(OPTION_OF_RESOLVES),
    )
