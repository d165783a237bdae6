"""The interpreters that the tools run on unless an option names others."""

from __future__ import annotations

from pants.backend.python.subsystems.python_tool_base import PythonToolRequirementsBase
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.util_rules.interpreter_constraints import InterpreterConstraints

# One for all tools. scipy and numpy need 3.11.
TOOL_INTERPRETERS = "CPython>=3.11,<3.15"

_OPTION = "interpreter_constraints"


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
    universe = python_setup.interpreter_versions_universe
    # Pants compares versions alone.
    is_supported = all(str(each).startswith("CPython") for each in repository) and (
        tool.interpreter_constraints.contains(repository, universe)
    )
    return repository if is_supported else tool.interpreter_constraints
