"""The library of modular models that the tests' machines have in common."""

from __future__ import annotations

from pathlib import Path

from tests.end_to_end.library import LIBRARY
from tests.end_to_end.workspace import Workspace
from tests.remote_cache.guide import with_settings
from tests.remote_cache.machine import Machine

MODELS = {
    **LIBRARY,
    "lib/twig/BUILD": 'modular_model(source="modular_twig.py")\n',
    "lib/leaf/BUILD": 'modular_model(source="modular_leaf.py")\n',
}

# The same after a change, which is one of all that is generated.
EDITED = {
    "lib/base/configuration_base.py": MODELS["lib/base/configuration_base.py"].replace("=4", "=5"),
    "lib/base/modeling_base.py": MODELS["lib/base/modeling_base.py"].replace("* x", "* x + 1"),
}

GENERATED = tuple(
    f"lib/{model}/{kind}_{model}.py"
    for model in ("leaf", "twig")
    for kind in ("configuration", "modeling")
)

PEX = "Prepare ruff"
OUTLINE = "Outline 2 modular models"
# Where a conversion leaves its files.
OUTPUT = "__out"
CONVERSIONS = ("Convert lib/twig/modular_twig.py", "Convert lib/leaf/modular_leaf.py")


def library_machine(
    directory: Path,
    address: str,
    role: str,
    *,
    workspace: Path | None = None,
    **environment: str,
) -> Machine:
    """A machine with the library in its workspace, and nothing built.

    :param directory: where the machine is, and its workspace unless that is given.
    :param address: of the remote cache.
    :param role: which of the guide's settings it has.
    :param environment: variables that the machine has besides.
    """
    made = Workspace(workspace or directory / "workspace")
    made.write(MODELS)
    return Machine(directory, made, **with_settings(made, address, role), **environment)


def generated(machine: Machine) -> dict[str, str]:
    """The text of the generated files in the machine's workspace, by path."""
    return {path: machine.workspace.read(path) for path in GENERATED}
