"""A failure of a test with its explanation first, in place of the tracebacks of libraries."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path
from typing import Any

import pytest
from _pytest._code.code import (
    ReprEntryNative,
    ReprExceptionInfo,
    ReprFileLocation,
    ReprTraceback,
)

# With these, pytest shows a traceback as it does without the plugin.
_WHOLE_TRACEBACKS = ("long", "native")
_INSTALLED = ("site-packages", "dist-packages")


def put_first(
    explanation: str,
    report: Any,
    excinfo: pytest.ExceptionInfo[BaseException],
    config: pytest.Config,
) -> None:
    """Changes a failed report: the explanation, and the lines of the tests' own code.

    The errors of libraries that retry and wrap each other have hundreds of lines. They stay if the
    user wants long tracebacks, by `--tb` or `--full-trace`.
    """
    if config.option.fulltrace or config.option.tbstyle in _WHOLE_TRACEBACKS:
        report.sections.insert(0, ("tiny fixtures", explanation))
    else:
        report.longrepr = _short(excinfo, explanation, config.rootpath)


def _short(
    excinfo: pytest.ExceptionInfo[BaseException], explanation: str, root: Path
) -> ReprExceptionInfo:
    frames = traceback.extract_tb(excinfo.tb)
    own = [frame for frame in frames if _is_own(Path(frame.filename), root)] or frames[-1:]
    lines = [f"{explanation}\n", "\n"]
    for frame in own:
        place = Path(frame.filename)
        path = place.relative_to(root) if place.is_relative_to(root) else place
        lines.append(f"{path}:{frame.lineno}: in {frame.name}\n    {frame.line}\n")
    location = ReprFileLocation(own[-1].filename, own[-1].lineno or 0, explanation.split("\n")[0])
    return ReprExceptionInfo(
        reprtraceback=ReprTraceback([ReprEntryNative(lines)], None, "native"), reprcrash=location
    )


def _is_own(path: Path, root: Path) -> bool:
    installed = path.is_relative_to(sysconfig.get_path("stdlib")) or any(
        name in path.parts for name in _INSTALLED
    )
    return path.is_relative_to(root) and not installed
