"""The converter as a tool: its requirements, its interpreter, its options."""

from __future__ import annotations

from collections.abc import Iterable

from pants.backend.python.subsystems.python_tool_base import PythonToolRequirementsBase
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.util_rules.pex import PexRequest
from pants.engine.fs import GlobMatchErrorBehavior, PathGlobs
from pants.engine.rules import Rule, collect_rules
from pants.engine.unions import UnionRule
from pants.option.option_types import BoolOption, SkipOption, StrListOption, StrOption
from pants.util.strutil import softwrap

from rules_transformers.util_rules.tool_interpreters import TOOL_INTERPRETERS, tool_interpreters


class ModularConverter(PythonToolRequirementsBase):
    options_scope = "modular-converter"
    name = "modular converter"
    help = "Converts modular model files to standalone ones."

    default_version = "ruff==0.14.10"

    register_interpreter_constraints = True
    default_interpreter_constraints = [TOOL_INTERPRETERS]

    default_lockfile_resource = ("rules_transformers.modular", "modular_converter.lock")

    skip = SkipOption("lint")
    parents_distribution = StrOption(
        default="transformers",
        help=softwrap(
            """
            The distribution that holds the parents of modular files, unless they are in this
            repository. Its version comes from the lockfile of each target's resolve, or from the
            `parents` field of the target.
            """
        ),
    )
    ignore = StrListOption(
        help=softwrap(
            """
            Codes of warnings that are not reported, e.g. `['redundant-override']`. In a modular
            file, the comment `# modular: ignore[code]` suppresses them on one line, or in the whole
            file if it stands alone above the first statement.
            """
        ),
    )
    pedantic = BoolOption(
        default=False,
        help=softwrap(
            """
            Also report warnings about what is often intended, such as an override that changes
            nothing. `modular_converter codes` lists them.
            """
        ),
    )
    corrections = BoolOption(
        default=True,
        help=softwrap(
            """
            Correct output where what transformers' own converter writes cannot work or means
            something else: the order of classes, extra bases, arguments of `super()`. The models of
            transformers itself are never corrected.
            """
        ),
    )
    profile = StrOption(
        default=None,
        advanced=True,
        help=softwrap(
            """
            The release of transformers whose conversion rules apply, e.g. `5.24`, or a file of the
            repository that `modular_converter conformance --write-profile=FILE` has written, e.g.
            `transformers-5.25.json`. By default it follows from the version of the parents.
            """
        ),
    )

    @property
    def profile_globs(self) -> PathGlobs:
        """The file that the profile names, if it is one: sandboxes need it."""
        return PathGlobs(
            self.profile_files,
            glob_match_error_behavior=GlobMatchErrorBehavior.error,
            description_of_origin="[modular-converter].profile",
        )

    @property
    def profile_files(self) -> tuple[str, ...]:
        """The file that the profile names, if it is one."""
        profile = self.profile
        return (profile,) if profile is not None and profile.endswith(".json") else ()

    def pex_request(self, python_setup: PythonSetup) -> PexRequest:
        return PexRequest(
            output_filename="modular_converter.pex",
            internal_only=True,
            requirements=self.pex_requirements(),
            interpreter_constraints=tool_interpreters(self, python_setup),
            description="Prepare ruff",
        )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
