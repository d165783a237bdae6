"""Stages of generating: what authors of a library run many times a day."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.whole_library.caches import forget_outcomes
from benchmarks.whole_library.library import PACKAGE, Library
from benchmarks.whole_library.stage import Stage, StageFailed, run_stage

_ADDED = re.compile(r"^  - Add (\w+) target", re.MULTILINE)
_IMPORT = re.compile(r"^from \S*\b\w+_(\w+) import", re.MULTILINE)
# Inherited from by most language models.
PARENT = "models/llama/modeling_llama.py"
_PARENT_CLASS = "class LlamaRMSNorm("
_METHOD = "    def extra_repr(self):\n"
_OTHER_METHOD = "    def size(self):\n        return self.weight.shape[0]\n\n"

# How often it is tried, and what Pants says when it gave up.
_STARTS = 5
_NOT_STARTED = "while waiting for pantsd to start"

Report = Callable[[Stage], None]


class Stages:
    """Runs Pants in one library, and keeps what each run took.

    :param environment: variables, for one that says where Pants' store is.
    :param report: is called with each stage when it is done.
    """

    def __init__(self, library: Library, environment: Mapping[str, str], report: Report) -> None:
        self.library = library
        self._environment = environment
        self._report = report

    def start(self) -> None:
        """Starts the daemon, as a stage of its own.

        Pants waits for a minute only, which on a busy machine is not always enough.
        """
        for _ in range(_STARTS - 1):
            try:
                self.run("start of the daemon", "roots")
                return
            except StageFailed as problem:
                if _NOT_STARTED not in str(problem):
                    raise
        self.run("start of the daemon", "roots")

    def run(self, name: str, *arguments: str) -> str:
        """The output of a run that ends with 0. Raises StageFailed."""
        stage, output = run_stage(
            self.library,
            name,
            *arguments,
            targets=len(self.library.modulars),
            environment=self._environment,
        )
        self._report(stage)
        return output


def start_without_plugin(stages: Stages) -> None:
    """Starts a daemon with Pants' own backends, and ends it: what starting costs at the least."""
    stages.run(
        "start of the daemon, Pants' own backends",
        "--backend-packages=['pants.backend.python']",
        "--no-verify-config",
        "roots",
    )
    stages.library.stop()


def tailor(stages: Stages) -> dict[str, int]:
    """Has `tailor` write BUILD files until it finds nothing more; how many targets, by type.

    Raises StageFailed unless each modular file has a target. That no generated file has another
    one is what `generate` requires.
    """
    stages.start()
    added: dict[str, int] = {}
    for number in range(1, 4):
        found = _ADDED.findall(stages.run(f"tailor, run {number}", "tailor", "::"))
        if not found:
            break
        for alias in found:
            added[alias] = added.get(alias, 0) + 1
    else:
        raise StageFailed(f"tailor proposes more and more: {added}")
    wanted = len(stages.library.modulars)
    if added.get("modular_model") != wanted:
        raise StageFailed(f"tailor made other targets than {wanted} modular models: {added}")
    return added


def generate(stages: Stages) -> None:
    """Generates everything, and again after nothing, or little, has changed."""
    library = stages.library
    stages.run("generate, cold", "generate", "::")
    stages.run("generate --check", "generate", "--check", "::")
    stages.run("generate, nothing changed", "generate", "::")
    library.stop()
    stages.start()
    stages.run("generate, nothing changed, new daemon", "generate", "::")
    parent = library.root / PACKAGE / PARENT
    with edited(parent, _PARENT_CLASS, f"# A comment.\n{_PARENT_CLASS}"):
        stages.run("generate, comment in a parent of many", "generate", "::")
    with edited(parent, _METHOD, _OTHER_METHOD + _METHOD):
        stages.run("generate, method in a parent of many", "generate", "::")
    stages.run("generate, parent as before", "generate", "::")
    leaf = library.root / PACKAGE / leaf_of(library)
    with edited(leaf, "\nclass ", "\n# A comment.\nclass "):
        stages.run("generate, comment in a leaf", "generate", "::")
    forget_outcomes(library.root.parent)
    with edited(leaf, "\nclass ", "\n# Another comment.\nclass "):
        stages.run("generate, comment in a leaf, nothing stored", "generate", "::")


def leaf_of(library: Library) -> Path:
    """The first modular file of a model that no other modular file imports from."""
    package = library.root / PACKAGE
    imported = {
        name
        for modular in library.modulars
        for name in _IMPORT.findall((package / modular).read_text())
        if name != modular.stem[len("modular_") :]
    }
    return next(
        modular
        for modular in library.modulars
        if modular.stem[len("modular_") :] not in imported
        and "\nclass " in (package / modular).read_text()
    )


@contextmanager
def edited(path: Path, old: str, new: str) -> Iterator[None]:
    """A file with the first `old` in it replaced, for as long as the context lasts."""
    text = path.read_text()
    if old not in text:
        raise StageFailed(f"{path} has no {old!r} to change")
    path.write_text(text.replace(old, new, 1))
    try:
        yield
    finally:
        path.write_text(text)
