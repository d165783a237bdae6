"""The command `group`."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tiny_models.request.shared_files import read_shared_files
from tiny_models.runtime.learned_imports import LearnedImports, import_if_possible
from toolkit.atomic_file import write_text
from toolkit.exit_codes import ExitCode
from toolkit.outcome_store import OutcomeStore

if TYPE_CHECKING:
    from tiny_models.runtime.forks import Ended

HELP = "build the fixtures of many requests, each as if it were alone"
DESCRIPTION = (
    "For build systems: imports torch and transformers once. Each request lies in a directory "
    "with the sources that it speaks of, and sees no others; one that fails leaves the others "
    "alone. What became of each is in the results."
)
EXIT_CODES = (
    "Exit codes: 0 done, whatever became of each request; 3 something is missing, for all of them."
)

_PACKAGE = "transformers"
# What transformers imports of other packages, where these are installed.
_OTHERS = (
    *("torch", "torch._dynamo", "torch.distributed.fsdp", "torch.distributed.tensor"),
    *("torch.export", "numpy", "scipy.optimize", "accelerate", "huggingface_hub", "jinja2"),
    *("safetensors.torch", "tokenizers", "PIL.Image"),
)
# What each build imports of transformers.
_OWN = (
    _PACKAGE,
    *("modeling_utils", "models.auto.modeling_auto", "models.auto.processing_auto"),
    *("models.auto.tokenization_auto", "generation.utils", "processing_utils"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        "directories", nargs="+", metavar="DIR", help="the working directory of a request"
    )
    parser.add_argument(
        "--request", metavar="FILE", required=True, help="JSON request, as of `build`, in each DIR"
    )
    parser.add_argument(
        "--output", metavar="DIR", required=True, help="what to write below, in each DIR"
    )
    parser.add_argument("--results", metavar="FILE", required=True, help="the JSON file to write")
    parser.add_argument(
        "--shared", metavar="FILE", help="JSON: files of each DIR that lie elsewhere, once for all"
    )


def run(options: argparse.Namespace) -> int:
    """Builds the fixtures of each request; returns 0, or 3 if something was missing for all.

    Raises InputError for a wrong file `--shared`.
    """
    directories = [Path(directory) for directory in options.directories]
    shared = read_shared_files(options.shared, len(directories))
    store = OutcomeStore.ordered()
    results = store.restore_all([directory / options.output for directory in directories])
    missing = {
        number: directory for number, directory in enumerate(directories) if number not in results
    }
    for number, directory in missing.items():
        shared.link(number, directory)
    for number, ended in zip(missing, _build(options, [*missing.values()]), strict=True):
        output = directories[number] / options.output
        output.mkdir(parents=True, exist_ok=True)
        results[number] = {"exit_code": ended.exit_code, "messages": ended.messages}
        if ended.exit_code == ExitCode.DONE:
            store.keep(number, results[number], output)
    members = [results[number] for number in range(len(directories))]
    write_text(options.results, json.dumps({"schema": 1, "members": members}, indent=1) + "\n")
    # A build system keeps what ends with 0: the others are not to be built again because one lacks
    # something. A member that a signal ended may have had too little memory.
    if all(
        result["exit_code"] < 0 or result["exit_code"] == ExitCode.ENVIRONMENT_LACKS
        for result in members
    ):
        return ExitCode.ENVIRONMENT_LACKS
    return ExitCode.DONE


def _build(options: argparse.Namespace, directories: Sequence[Path]) -> Iterator[Ended]:
    """Builds the fixtures of the requests in some directories, one after the other."""
    from tiny_models.cli import build

    command = build.__name__.rpartition(".")[2]
    roots = [_roots(directory, options.request) for directory in directories]
    owned = {name for own in roots for root in own for name in _modules_in(root)}
    before = _packages()
    if len(directories) > 1:
        # A single one imports less than this: what it needs.
        preload(owned)
    learned = LearnedImports()
    arguments = [command, options.request, "--output", options.output]
    for number, (directory, own_roots) in enumerate(zip(directories, roots, strict=True), start=1):
        loaded = _packages() - before
        if loaded.intersection(name for root in own_roots for name in _modules_in(root)):
            yield _start(arguments, directory)
        else:
            # None comes after the last to learn from it.
            notes = _notes(directory) if number < len(directories) else None
            ended = _fork(arguments, directory, learned, notes)
            if notes is not None:
                learned.learn(notes, owned)
            yield ended


def preload(owned: Iterable[str]) -> None:
    """Imports what every build needs, except what a request may have in place of it.

    :param owned: names of modules and packages that lie among the sources of a request.
    """
    owned = set(owned)
    names = [*_OTHERS]
    if _PACKAGE not in owned:
        names += (name if name == _PACKAGE else f"{_PACKAGE}.{name}" for name in _OWN)
        names.append("tiny_models.fixture.build")
    for name in names:
        if name.partition(".")[0] not in owned:
            import_if_possible(name)


def _roots(directory: Path, request: str) -> list[Path]:
    """Where modules of a request's sources may begin; a request that is wrong says so itself."""
    roots = [directory]
    try:
        document: Any = json.loads((directory / request).read_text(encoding="utf-8"))
        roots += [directory / fixture["source"]["root"] for fixture in _sources(document)]
    except (OSError, ValueError, TypeError, KeyError):
        pass
    return roots


def _sources(document: Any) -> list[Any]:
    return [fixture for fixture in document["fixtures"] if "source" in fixture]


def _modules_in(root: Path) -> set[str]:
    """The names of modules and packages that can be imported from a directory."""
    try:
        entries = list(os.scandir(root))
    except OSError:
        return set()
    return {entry.name.removesuffix(".py") for entry in entries}


def _packages() -> set[str]:
    return {name.partition(".")[0] for name in sys.modules}


def _fork(
    arguments: Sequence[str], directory: Path, learned: LearnedImports, notes: Path | None
) -> Ended:
    from tiny_models.cli.main import COMMAND_LINE
    from tiny_models.runtime.forks import run_in_fork

    sources = directory.absolute()

    def build() -> int:
        return learned.record(lambda: COMMAND_LINE.main(arguments), sources, notes)

    return run_in_fork(build, directory, _log(directory))


def _start(arguments: Sequence[str], directory: Path) -> Ended:
    """A process of its own, for sources in the place of something that is imported already."""
    from tiny_models.runtime.forks import Ended

    search = os.pathsep.join(os.path.abspath(path) for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-m", "tiny_models", *arguments],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": search},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return Ended(done.returncode, done.stderr)


def _log(directory: Path) -> Path:
    return Path(f"{directory}.log").absolute()


def _notes(directory: Path) -> Path:
    return Path(f"{directory}.notes").absolute()
