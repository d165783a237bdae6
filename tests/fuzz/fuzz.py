"""Converts spoilt files and holds what happens against what may happen.

    python -m tests.fuzz.fuzz [--seed N] [--first N] [--cases N] [--seconds S] [--keep DIR]

needs the corpus that the conformance tests need; `src` and the repository's root must be on
PYTHONPATH.
"""

from __future__ import annotations

import argparse
import ast
import os
import resource
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

from modular_converter.cli import main as cli
from modular_converter.conventions.file_types import FILE_TYPES
from tests.forks.fork import Fork
from tests.fuzz.mutations import MUTATIONS, mutated

# The release whose files are spoilt.
RELEASE = "5.24.0"

Command = Literal["convert", "check", "graph"]

# What a release knows about the names of its models: read for every conversion.
_NAME_TABLE = "transformers/models/auto/auto_mappings.py"

# Seconds for one case, and address space: far above what any file of a release needs.
TIME_LIMIT = 30.0
MEMORY_LIMIT = 4 << 30


_COMMANDS: tuple[Command, ...] = ("convert", "check", "graph")


@dataclass(frozen=True)
class Case:
    """A spoilt file in the place of a file of the corpus.

    ``path`` is relative to the corpus; ``modular`` is what to convert: the same, a child of it, or
    any when the name table is spoilt.
    """

    number: int
    path: str
    modular: str
    data: bytes
    mutations: tuple[str, ...]
    command: Command

    def __str__(self) -> str:
        spoilt = f"{self.path} {'+'.join(self.mutations)}"
        return f"case {self.number}: {self.command} {self.modular}, {spoilt}"


@dataclass(frozen=True)
class Outcome:
    """How a case ended; ``problems`` says what must not have happened."""

    case: Case
    code: int
    seconds: float
    problems: tuple[str, ...]


def cases(corpus: str, modulars: list[str], seed: int) -> Iterator[Case]:
    """Endless cases, the same for the same seed: each mutation in turn comes first."""
    number = 0
    while True:
        random = Random(f"{seed}:{number}")
        modular = os.path.relpath(random.choice(modulars), corpus)
        path = modular
        chance = random.random()
        if chance < 0.2:
            path = _parent_of(random, corpus, modular) or modular
        elif chance < 0.25:
            path = _NAME_TABLE
        text = Path(corpus, path).read_text(encoding="utf-8")
        first = MUTATIONS[number % len(MUTATIONS)]
        data, names = mutated(random, text, first)
        command = random.choices(_COMMANDS, [8, 1, 1])[0]
        yield Case(number, path, modular, data, names, command)
        number += 1


def _parent_of(random: Random, corpus: str, modular: str) -> str | None:
    tree = ast.parse(Path(corpus, modular).read_text(encoding="utf-8"))
    models = Path("transformers/models")
    found = [
        str(path)
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.level == 2 and node.module
        if (path := models / (node.module.replace(".", "/") + ".py")).name.startswith(FILE_TYPES)
        if Path(corpus, path).is_file()
    ]
    return random.choice(found) if found else None


def run_case(case: Case, corpus: str, scratch: str) -> Outcome:
    """Runs one case in a process of its own, below an empty directory."""
    root = Path(scratch)
    spoilt = root / "in" / case.path
    spoilt.parent.mkdir(parents=True)
    spoilt.write_bytes(case.data)
    modular = root / "in" / case.modular
    modular.parent.mkdir(parents=True, exist_ok=True)
    if case.path != case.modular:
        shutil.copy(Path(corpus, case.modular), modular)
    for shipped in Path(corpus, case.modular).parent.glob("*.py"):
        if shipped.name.startswith(FILE_TYPES) and not (modular.parent / shipped.name).exists():
            shutil.copy(shipped, modular.parent)
    before = _contents(root)
    arguments = ["graph" if case.command == "graph" else "convert", str(modular)]
    arguments += ["--search-path", corpus, *(["--check"] if case.command == "check" else [])]
    started = time.monotonic()
    limits = [(resource.RLIMIT_AS, MEMORY_LIMIT)]
    ended = Fork(cli.main, arguments, root, limits).wait(TIME_LIMIT)
    seconds = time.monotonic() - started
    after = _contents(root)
    code, out, messages = ended.exit_code, ended.stdout, ended.stderr
    problems = []
    allowed = (0, 2) if case.command == "convert" else (0, 1, 2)
    if code not in allowed or "Traceback" in messages:
        problems.append(f"exit code {code}: {messages[-3000:]}")
    if code == 2 and "error[" not in messages:
        problems.append(f"exit code 2 without an error: {messages[-1000:]}")
    problems += _wrong_writes(case, code, before, after, out)
    return Outcome(case, code, seconds, tuple(problems))


def _contents(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def _wrong_writes(
    case: Case, code: int, before: dict[str, bytes], after: dict[str, bytes], out: str
) -> Iterator[str]:
    directory = os.path.join("in", os.path.dirname(case.modular))
    model = os.path.basename(case.modular).removeprefix("modular_")
    outputs = {os.path.join(directory, f"{each}_{model}") for each in FILE_TYPES}
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        if case.command != "convert" or code == 2 or path not in outputs or new is None:
            yield f"{path} was changed"
        elif not new.endswith(b"\n") or b"automatically generated from" not in new[:2000]:
            yield f"{path} is not complete"
        elif f"changed {path}" not in out.splitlines():
            yield f"{path} was changed without saying so"
        else:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    ast.parse(new)
            except (SyntaxError, ValueError) as problem:
                yield f"{path} is not valid Python: {problem}"


def run(
    corpus: str,
    modulars: list[str],
    *,
    seed: int,
    first: int = 0,
    limit: int | None = None,
    seconds: float | None = None,
    keep: str | None = None,
) -> Iterator[Outcome]:
    """Outcomes of cases from number ``first`` on, until a limit is reached.

    The directories of cases with problems are moved below ``keep``.
    """
    # What a command imports is imported before the forks, not in each of them.
    from modular_converter.cli import convert, graph, job  # noqa: F401
    from modular_converter.convert import batch  # noqa: F401
    from modular_converter.emit import output_paths  # noqa: F401

    started = time.monotonic()
    for case in cases(corpus, modulars, seed):
        if case.number < first:
            continue
        if limit is not None and case.number >= first + limit:
            return
        if seconds is not None and time.monotonic() - started > seconds:
            return
        with tempfile.TemporaryDirectory(prefix="modular_fuzz_") as scratch:
            outcome = run_case(case, corpus, scratch)
            if outcome.problems and keep:
                shutil.copytree(scratch, os.path.join(keep, str(case.number)), dirs_exist_ok=True)
        yield outcome


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--first", type=int, default=0, help="number of the first case")
    options.add_argument("--cases", type=int)
    options.add_argument("--seconds", type=float)
    options.add_argument("--keep", metavar="DIR", help="where to leave the files of failed cases")
    given = options.parse_args()
    from tests.conformance.corpus import corpus

    release = corpus(RELEASE)
    codes: Counter[int] = Counter()
    slowest = 0.0
    failed = 0
    for outcome in run(
        release.root,
        list(release.modular_files),
        seed=given.seed,
        first=given.first,
        limit=given.cases,
        seconds=given.seconds,
        keep=given.keep,
    ):
        codes[outcome.code] += 1
        slowest = max(slowest, outcome.seconds)
        for problem in outcome.problems:
            failed += 1
            print(f"{outcome.case}\n  {problem}", flush=True)
    shown = ", ".join(f"{count} with exit code {code}" for code, count in sorted(codes.items()))
    print(f"{codes.total()} cases: {shown}; slowest {slowest:.1f} s; {failed} problems")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
