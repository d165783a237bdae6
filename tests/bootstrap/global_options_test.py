"""`./pants` knows Pants' global options, and no goal or subsystem has one of the same name."""

from __future__ import annotations

from pathlib import Path

from pants.build_graph.build_configuration import BuildConfiguration
from pants.init.extension_loader import load_build_configuration_from_source
from pants.option.global_options import GlobalOptions
from pants.option.option_types import collect_options_info
from pants.option.subsystem import Subsystem

_BACKENDS = [
    "pants.backend.python",
    "pants.backend.python.typecheck.mypy",
    "rules_transformers.gpu_benchmark",
    "rules_transformers.modular",
    "rules_transformers.parents",
    "rules_transformers.tiny_fixtures",
]
_HOW_TO_UPDATE = "write the names, one a line and sorted, to build-support/bootstrap/global_options"


def _names(subsystem: type[Subsystem]) -> set[str]:
    """The names of a subsystem's options, without dashes."""
    return {
        flag[2:]
        for info in collect_options_info(subsystem)
        for flag in info.flag_names
        if flag.startswith("--")
    }


def test_the_list_is_that_of_pants() -> None:
    listed = Path("build-support/bootstrap/global_options").read_text().splitlines()
    assert listed == sorted(_names(GlobalOptions)), _HOW_TO_UPDATE


def test_no_other_option_has_the_name_of_a_global_one() -> None:
    """One that had would be ambiguous after a goal."""
    configuration = BuildConfiguration.Builder()
    load_build_configuration_from_source(configuration, _BACKENDS)
    subsystems = configuration.create().all_subsystems
    assert len(subsystems) > 30
    ambiguous = {
        f"[{subsystem.options_scope}].{name}"
        for subsystem in subsystems
        if subsystem is not GlobalOptions
        for name in _names(subsystem) & _names(GlobalOptions)
    }
    assert ambiguous == set()
