"""The goal `modularize`: writes the modular files of standalone models."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pants.base.build_root import BuildRoot
from pants.engine.console import Console
from pants.engine.fs import Digest, DigestContents, DigestSubset, PathGlobs
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, goal_rule
from pants.engine.unions import UnionRule
from pants.option.option_types import StrListOption
from pants.util.docutil import bin_name

from rules_transformers.modular.file_types import MODULAR_PREFIX, model_of
from rules_transformers.parents.util_rules.finder_process import FinderProcessRequest
from rules_transformers.parents.util_rules.library_index import INDEX_FILE, Library
from rules_transformers.parents.util_rules.named_files import NamedModelFiles
from rules_transformers.parents.util_rules.repository_models import RepositoryModels
from rules_transformers.util_rules.atomic_write import write_atomically
from rules_transformers.util_rules.tool_commands import MODULARIZE
from rules_transformers.util_rules.tool_run import ToolRun
from rules_transformers_contract.exit_codes import ExitCode


class ModularizeSubsystem(GoalSubsystem):
    name = "modularize"
    help = "Write the modular files of standalone models, proven by converting them."

    parent = StrListOption(
        flag_name="--parent",
        help="A model to inherit from, by its directory's name. By default the most similar ones.",
    )


class Modularize(Goal):
    subsystem_cls = ModularizeSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@dataclass(frozen=True)
class _Model:
    """The standalone files of one model, and the modular file to write."""

    files: tuple[str, ...]
    output: str


@dataclass(frozen=True)
class _Selection:
    """The models to write modular files for, and a message for each file that is left out."""

    models: tuple[_Model, ...]
    problems: tuple[str, ...]


def _select(root: Path, paths: Iterable[str]) -> _Selection:
    """Gathers the files of each model, and leaves out those that have a modular file."""
    models, problems = [], []
    files_by_output: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        model = model_of(path)
        if model is None:
            problems.append(
                f"{path}: error: the file is not named as a model's file is\n"
                "hint: rename it to modeling_<model>.py, or leave it out"
            )
        else:
            modular = PurePosixPath(path).with_name(f"{MODULAR_PREFIX}{model}.py")
            files_by_output[str(modular)].append(path)
    for output, files in sorted(files_by_output.items()):
        if (root / output).exists():
            problems.append(
                f"{output}: error: there is a modular file already\n"
                "hint: delete or rename it, so that nothing that was written by hand is lost"
            )
        else:
            models.append(_Model(tuple(files), output))
    return _Selection(tuple(models), tuple(problems))


async def _run_tool(
    models: Iterable[_Model], parents: Iterable[str]
) -> tuple[FallibleProcessResult, ...]:
    library = await Get(Library)
    repository = await Get(RepositoryModels)
    others = await MultiGet(
        Get(Digest, DigestSubset, repository.without(model.files)) for model in models
    )
    contents = await MultiGet(Get(Digest, PathGlobs(model.files)) for model in models)
    processes = await MultiGet(
        Get(
            Process,
            FinderProcessRequest(
                command=MODULARIZE,
                arguments=(
                    *model.files,
                    *(f"--parent={name}" for name in parents),
                    f"--output={model.output}",
                    f"--index={INDEX_FILE}",
                    *repository.arguments,
                ),
                library=library.sources,
                more_libraries=library.more,
                files=(library.index, content, other),
                description=f"Write {model.output}",
                output_files=(model.output,),
            ),
        )
        for model, content, other in zip(models, contents, others)
    )
    return await MultiGet(Get(FallibleProcessResult, ToolRun(process)) for process in processes)


@goal_rule
async def modularize(
    console: Console,
    build_root: BuildRoot,
    subsystem: ModularizeSubsystem,
    named: NamedModelFiles,
) -> Modularize:
    root = Path(build_root.path)
    selection = _select(root, named.paths)
    for problem in selection.problems:
        console.print_stderr(problem)
    if not named.paths or all(model_of(path) is None for path in named.paths):
        console.print_stderr(
            "`modularize` takes the standalone files of models\n"
            f"hint: `{bin_name()} modularize path/to/modeling_new.py`"
        )
    if not selection.models:
        return Modularize(ExitCode.WRONG_INPUT)
    exit_codes: list[int] = [ExitCode.WRONG_INPUT if selection.problems else ExitCode.DONE]
    results = await _run_tool(selection.models, subsystem.parent)
    for result in results:
        exit_codes.append(result.exit_code)
        for text, print_text in (
            (result.stdout, console.print_stdout),
            (result.stderr, console.print_stderr),
        ):
            if text:
                print_text(text.decode(errors="replace"), end="")
    written = await MultiGet(
        Get(DigestContents, Digest, result.output_digest) for result in results
    )
    for file in (file for files in written for file in files):
        try:
            write_atomically(root / file.path, file.content)
        except OSError as error:
            console.print_stderr(f"{file.path}: error: cannot be written: {error.strerror}")
            exit_codes.append(ExitCode.ENVIRONMENT_LACKS)
    return Modularize(max(exit_codes))


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
