"""The goal `parents`: which models a new model's file should inherit from."""

from __future__ import annotations

from collections.abc import Iterable

from pants.engine.console import Console
from pants.engine.fs import Digest, DigestSubset, PathGlobs
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, goal_rule
from pants.engine.unions import UnionRule
from pants.option.option_types import BoolOption, IntOption
from pants.util.docutil import bin_name

from rules_transformers.parents.util_rules.finder_process import FinderProcessRequest
from rules_transformers.parents.util_rules.library_index import INDEX_FILE, Library
from rules_transformers.parents.util_rules.named_files import NamedModelFiles
from rules_transformers.parents.util_rules.repository_models import RepositoryModels
from rules_transformers.util_rules.tool_commands import RANK
from rules_transformers.util_rules.tool_run import ToolRun
from rules_transformers_contract.exit_codes import ExitCode


class ParentsSubsystem(GoalSubsystem):
    name = "parents"
    help = "Rank the models that a standalone model file should inherit from, class by class."

    top = IntOption(default=5, help="How many candidates to show for each class and method.")
    all = BoolOption(default=False, help="Print all tables. By default, what fits on a screen.")
    json = BoolOption(default=False, help="Print everything as JSON instead of tables.")


class Parents(Goal):
    subsystem_cls = ParentsSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@goal_rule
async def parents(console: Console, subsystem: ParentsSubsystem, named: NamedModelFiles) -> Parents:
    files = named.paths
    if not files:
        console.print_stderr(
            "`parents` takes standalone Python files of models\n"
            f"hint: `{bin_name()} parents path/to/modeling_new.py`"
        )
        return Parents(ExitCode.WRONG_INPUT)
    library = await Get(Library)
    models = await Get(RepositoryModels)
    contents = await MultiGet(Get(Digest, PathGlobs([path])) for path in files)
    others = await MultiGet(Get(Digest, DigestSubset, models.without([path])) for path in files)
    processes = await MultiGet(
        Get(
            Process,
            FinderProcessRequest(
                command=RANK,
                arguments=(
                    path,
                    f"--top={subsystem.top}",
                    f"--index={INDEX_FILE}",
                    *(("--all",) if subsystem.all else ()),
                    *(("--json",) if subsystem.json else ()),
                    *models.arguments,
                ),
                library=library.sources,
                more_libraries=library.more,
                files=(library.index, content, other),
                description=f"Rank the parents of {path}",
            ),
        )
        for path, content, other in zip(files, contents, others)
    )
    results = await MultiGet(Get(FallibleProcessResult, ToolRun(process)) for process in processes)
    for result in results:
        console.print_stdout(result.stdout.decode(errors="replace"), end="")
        if result.stderr:
            console.print_stderr(result.stderr.decode(errors="replace"), end="")
    return Parents(max(result.exit_code for result in results))


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
