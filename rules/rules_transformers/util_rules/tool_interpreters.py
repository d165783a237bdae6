"""The interpreters that the tools run on unless an option names others."""

from __future__ import annotations

from functools import cache

from pants.backend.python.subsystems.python_tool_base import PythonToolRequirementsBase
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints

# One for all tools. scipy and numpy need 3.11.
TOOL_INTERPRETERS = "CPython>=3.11,<3.15"

_OPTION = "interpreter_constraints"
# Those of `[python].interpreter_versions_universe` end with the Pants that runs.
_VERSIONS = ("2.7", *(f"3.{minor}" for minor in range(5, 30)))


def tool_interpreters(
    tool: PythonToolRequirementsBase, python_setup: PythonSetup
) -> InterpreterConstraints:
    """Those of the tool's option, or of `[python]` if it is not set and the tool runs on them all.

    A daemon that starts looks for an interpreter once for each different constraint, which takes
    five seconds and more: the tools share the search for the repository's own.
    """
    if not tool.options.is_default(_OPTION):
        return tool.interpreter_constraints
    repository = InterpreterConstraints(python_setup.interpreter_constraints)
    if _are_supported(repository, tool.interpreter_constraints):
        return repository
    return tool.interpreter_constraints


@cache
def _are_supported(repository: InterpreterConstraints, tool: InterpreterConstraints) -> bool:
    # Pants compares versions alone.
    if not all(str(interpreter).startswith("CPython") for interpreter in repository):
        return False
    try:
        return tool.contains(repository, _VERSIONS)
    except ValueError:
        # No version is known that meets them: finding none is for Pants to report.
        return False
