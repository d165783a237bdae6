"""The parent finder as a tool: its requirements, its interpreter, its options."""

from __future__ import annotations

from collections.abc import Iterable

from pants.backend.python.subsystems.python_tool_base import PythonToolRequirementsBase
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.util_rules.pex import PexRequest
from pants.engine.rules import Rule, collect_rules
from pants.engine.unions import UnionRule
from pants.option.option_types import BoolOption, StrListOption, StrOption
from pants.util.strutil import softwrap

from rules_transformers.util_rules.tool_interpreters import TOOL_INTERPRETERS, tool_interpreters


class ParentFinder(PythonToolRequirementsBase):
    options_scope = "parent-finder"
    name = "parent finder"
    help = "Finds the models that a new model should inherit from."

    default_version = "scipy==1.17.1"
    default_extra_requirements = ["numpy==2.4.6", "ruff==0.14.10"]

    register_interpreter_constraints = True
    default_interpreter_constraints = [TOOL_INTERPRETERS]

    default_lockfile_resource = ("rules_transformers.parents", "parent_finder.lock")

    # Not a SkipOption, whose default cannot be chosen.
    skip = BoolOption(
        default=True,
        help=softwrap(
            """
            If false, `lint` points out classes in standalone files that are copies of a known
            class. They never fail the goal.
            """
        ),
    )
    library = StrOption(
        default=None,
        help=softwrap(
            """
            The library whose models are the candidates, as a pinned requirement, e.g.
            `transformers==5.24.0`. By default it is the distribution that
            `[modular-converter].parents_distribution` names, at the version that the lockfile of
            `[parent-finder].resolve` pins.
            """
        ),
    )
    more_libraries = StrListOption(
        help=softwrap(
            """
            Further libraries whose models are candidates too, as pinned requirements, e.g.
            `["mylib==1.4"]`. They are the models in files that are named `modeling_<model>.py` and
            `modular_<model>.py`. The models of the repository are always candidates.
            """
        ),
    )
    resolve = StrOption(
        default=None,
        help="The resolve that has the library. By default, `[python].default_resolve`.",
    )

    def pex_request(self, python_setup: PythonSetup) -> PexRequest:
        return PexRequest(
            output_filename="parent_finder.pex",
            internal_only=True,
            requirements=self.pex_requirements(),
            interpreter_constraints=tool_interpreters(self, python_setup),
            description="Prepare the parent finder",
        )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
