"""What parent_finder costs: its index and a query, in CPU-seconds of one thread.

python benchmarks/parents/benchmark.py --source-root DIR
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "src"))

from parent_finder.core.releases import known_releases
from parent_finder.corpus import index, library_files, source_file
from parent_finder.ranking import answer
from parent_finder.ranking.reference_library import ReferenceLibrary

_CHANGED = "llama"


def _measured(name: str, work: Callable[[], Any]) -> Any:
    started, wall = time.process_time(), time.perf_counter()
    result = work()
    cpu, elapsed = time.process_time() - started, time.perf_counter() - wall
    print(f"| {name} | {cpu:.2f} | {elapsed:.2f} |")
    return result


def _linked(root: str, scratch: str) -> str:
    """The library by links, with a copy of one model that may be changed."""
    models = os.path.join(scratch, "transformers", "models")
    os.makedirs(models)
    for entry in os.scandir(os.path.join(root, "transformers", "models")):
        if entry.is_dir() and entry.name != _CHANGED:
            os.symlink(os.path.abspath(entry.path), os.path.join(models, entry.name))
    shutil.copytree(
        os.path.join(root, "transformers", "models", _CHANGED), os.path.join(models, _CHANGED)
    )
    return scratch


def main() -> None:
    """Prints a table of costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source-root", metavar="DIR")
    parser.add_argument("--query", default="clip", metavar="MODEL", help="the model to ask about")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = _linked(
            library_files.source_root(options.source_root), os.path.join(scratch, "library")
        )
        cache = os.path.join(scratch, "cache")
        print("| step | CPU-s | wall s |\n| --- | --- | --- |")
        built = _measured("index, nothing cached", lambda: index.open_library(root, cache))
        _measured("index, all cached", lambda: index.open_library(root, cache))
        changed = os.path.join(root, "transformers", "models", _CHANGED)
        with open(os.path.join(changed, f"modeling_{_CHANGED}.py"), "a") as file:
            file.write("\n\ndef added(x):\n    return x\n")
        again = _measured("index, one file changed", lambda: index.open_library(root, cache))
        opened = ReferenceLibrary(again.index, known_releases())
        path = f"{root}/transformers/models/{options.query}/modeling_{options.query}.py"

        def ask() -> answer.Answer:
            with open(path, "rb") as file:
                return answer.answer(opened, source_file.read(file.read(), path), 5)

        _measured(f"query for {options.query}, first", ask)
        found = _measured(f"query for {options.query}, again", ask)
        classes = len(again.index.tables["class"].units)
        print(
            f"\n{classes} classes in {len(again.index.paths)} files; {built.files_read} files were "
            f"read at first and {again.files_read} after the change; {len(found.units)} units asked"
        )


if __name__ == "__main__":
    main()
