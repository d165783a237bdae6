"""The goal `modularize`: writes the modular file of a standalone model."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path, PurePosixPath

from pants.base.build_root import BuildRoot
from pants.engine.console import Console
from pants.engine.fs import Digest, DigestContents, PathGlobs
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.process import FallibleProcessResult, Process
from pants.engine.rules import Get, collect_rules, goal_rule
from pants.option.option_types import StrListOption
from pants.util.docutil import bin_name

from rules_transformers.modular.atomic_write import write_atomically
from rules_transformers.modular.file_types import MODULAR_PREFIX, model_of
from rules_transformers.similarity.finder_process import FinderProcessRequest
from rules_transformers.similarity.library import INDEX_FILE, Library
from rules_transformers.similarity.named_files import NamedModelFiles
from rules_transformers.tool_process import ToolRun

WRONG_INPUT = 2
CANNOT_WRITE = 3


class ModularizeSubsystem(GoalSubsystem):
    name = "modularize"
    help = "Write the modular file of a standalone model, proven by converting it."

    parent = StrListOption(
        flag_name="--parent",
        help="A model to inherit from, by its directory's name. By default the most similar ones.",
    )


class Modularize(Goal):
    subsystem_cls = ModularizeSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@goal_rule
async def modularize(
    console: Console,
    build_root: BuildRoot,
    subsystem: ModularizeSubsystem,
    named: NamedModelFiles,
) -> Modularize:
    by_output: dict[str, list[str]] = defaultdict(list)
    for path in named.paths:
        model = model_of(path)
        if model is not None:
            directory = PurePosixPath(path).parent
            by_output[str(directory / f"{MODULAR_PREFIX}{model}.py")].append(path)
    if len(by_output) != 1:
        found = f"files of {len(by_output)} models" if by_output else "no file of a model"
        console.print_stderr(
            f"`modularize` takes the standalone files of one model, but there is {found}\n"
            f"hint: `{bin_name()} modularize path/to/modeling_new.py`"
        )
        return Modularize(WRONG_INPUT)
    ((output, files),) = by_output.items()
    target = Path(build_root.path) / output
    if target.exists():
        console.print_stderr(
            f"{output}: error: there is a modular file already\n"
            "hint: delete or rename it, so that nothing that was written by hand is lost"
        )
        return Modularize(WRONG_INPUT)
    library = await Get(Library)
    contents = await Get(Digest, PathGlobs(files))
    process = await Get(
        Process,
        FinderProcessRequest(
            arguments=(
                "modularize",
                *files,
                *(f"--parent={name}" for name in subsystem.parent),
                f"--output={output}",
                f"--index={INDEX_FILE}",
            ),
            library=library.sources,
            files=(library.index, contents),
            description=f"Write {output}",
            output_files=(output,),
        ),
    )
    result = await Get(FallibleProcessResult, ToolRun(process))
    for text, print_text in (
        (result.stdout, console.print_stdout),
        (result.stderr, console.print_stderr),
    ):
        if text:
            print_text(text.decode(errors="replace"), end="")
    for file in await Get(DigestContents, Digest, result.output_digest):
        try:
            write_atomically(target, file.content)
        except OSError as error:
            console.print_stderr(f"{output}: error: cannot be written: {error.strerror}")
            return Modularize(CANNOT_WRITE)
    return Modularize(result.exit_code)


def rules():
    return collect_rules()
