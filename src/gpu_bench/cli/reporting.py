"""What ``report`` and ``export`` share: they work without torch and without a device."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from gpu_bench.core.errors import MissingPackage
from toolkit.errors import ToolError
from toolkit.exit_codes import ExitCode


@contextmanager
def required_packages(command: str) -> Iterator[None]:
    """Raises MissingPackage if a package that ``command`` imports is not installed."""
    try:
        yield
    except ModuleNotFoundError as problem:
        raise MissingPackage(
            f"`{command}` needs {problem.name}, which is not installed",
            hint="install numpy, scipy, jinja2 and matplotlib where gpu_bench runs",
        ) from None


def exit_code_of(problems: Iterable[ToolError]) -> int:
    """The exit code when files could not be used, each of which is named on stderr."""
    texts = [problem.render() for problem in problems]
    for text in texts:
        print(text, file=sys.stderr)
    return ExitCode.WRONG_INPUT if texts else ExitCode.DONE
