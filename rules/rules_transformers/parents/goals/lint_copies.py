"""`lint` points out classes that are copies of a known class, if that is switched on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from pants.backend.python.target_types import PythonSourceField
from pants.core.goals.lint import LintResult, LintTargetsRequest
from pants.core.util_rules.partitions import PartitionerType
from pants.engine.fs import Digest, PathGlobs
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.target import FieldSet, Target
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from rules_transformers.modular.file_types import is_model_file
from rules_transformers.parents.subsystem import ParentFinder
from rules_transformers.parents.util_rules.finder_process import FinderProcessRequest
from rules_transformers.parents.util_rules.library_index import INDEX_FILE, Library
from rules_transformers.util_rules.pants_versions import SkippableSubsystem
from rules_transformers.util_rules.tool_commands import COPIES
from rules_transformers.util_rules.tool_run import ToolRun
from rules_transformers_contract.exit_codes import ExitCode


@dataclass(frozen=True)
class ModelFileFieldSet(FieldSet):
    required_fields = (PythonSourceField,)

    source: PythonSourceField

    @classmethod
    def opt_out(cls, target: Target) -> bool:
        return not is_model_file(target[PythonSourceField].file_path)


class CopiesRequest(LintTargetsRequest):
    field_set_type = ModelFileFieldSet
    tool_subsystem: ClassVar[SkippableSubsystem] = ParentFinder
    partitioner_type = PartitionerType.DEFAULT_SINGLE_PARTITION


@rule(desc="Look for copies of known classes", level=LogLevel.DEBUG)
async def find_copies(request: CopiesRequest.Batch[ModelFileFieldSet, Any]) -> LintResult:
    paths = tuple(field_set.source.file_path for field_set in request.elements)
    library = await Get(Library)
    sources = await Get(Digest, PathGlobs(paths))
    process = await Get(
        Process,
        FinderProcessRequest(
            command=COPIES,
            arguments=(*paths, f"--index={INDEX_FILE}"),
            library=library.sources,
            files=(library.index, sources),
            description=f"Look for copies in {len(paths)} files",
        ),
    )
    result = await Get(FallibleProcessResult, ToolRun(process))
    return LintResult(
        # Copies are worth a look and no fault.
        exit_code=0 if result.exit_code == ExitCode.ANSWER_IS_NO else result.exit_code,
        stdout=result.stdout.decode(errors="replace"),
        stderr=result.stderr.decode(errors="replace"),
        linter_name=request.tool_name,
        partition_description=None,
    )


def rules() -> Iterable[Rule | UnionRule]:
    return (*collect_rules(), *CopiesRequest.rules())
