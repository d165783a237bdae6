"""Measures a whole library under the rules: transformers, from its wheel's sources.

    python -m benchmarks.whole_library [--library DIR] [--sizes 50,150,326] [--fixtures 50]
        [--directory DIR] [--output DIR] [--update docs/whole-library.md]

To be run at the root of this repository. Makes a scratch workspace for each size, in which Pants
has an empty store.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.whole_library import generating, library, report, testing
from benchmarks.whole_library.stage import Stage, StageFailed

_GIBIBYTE = 2**30


def main() -> int:
    """Returns 0, 1 where a run of Pants fails, or 2 for wrong input."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.whole_library", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--library", type=Path, help="directory of a transformers package")
    parser.add_argument("--sizes", default="50,150,326", help="numbers of modular models")
    parser.add_argument("--fixtures", type=int, default=50, help="at the last size; 0 for none")
    parser.add_argument("--directory", help="where the scratch workspaces are made")
    parser.add_argument("--output", type=Path, default=Path(), help="of results.json and tables.md")
    parser.add_argument("--update", type=Path, metavar="PAGE.md", help="puts the tables into it")
    options = parser.parse_args()
    try:
        sizes = [int(size) for size in options.sizes.split(",")]
        source = options.library or library.installed_library()
        if options.update is not None:
            report.update(options.update.read_text(encoding="utf-8"), "")
        available = len(library.modular_files(source))
        if not all(0 < size <= available for size in sizes):
            raise ValueError(f"{source} has {available} modular files, expected {options.sizes}")
    except (OSError, report.NoMarks) as problem:
        print(f"error: {options.update}: {problem}", file=sys.stderr)
        return 2
    except (LookupError, ValueError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        print(
            "hint: `pip install --no-deps --target DIR transformers==5.23.0`, "
            "then --library=DIR/transformers",
            file=sys.stderr,
        )
        return 2
    results = {
        "schema": 1,
        "machine": {
            "cores": os.cpu_count(),
            "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            "system": platform.platform(),
        },
        "tailored": {},
        "stages": [],
    }
    scratch = Path(tempfile.mkdtemp(prefix="whole-library-", dir=options.directory))
    try:
        for size in sizes:
            fixtures = options.fixtures if size == sizes[-1] else 0
            measure(scratch / str(size), source, size, fixtures, results, options.output)
    except StageFailed as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"stopped; what was measured is in {options.output}", file=sys.stderr)
        return 130
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if options.update is not None:
        page = options.update.read_text(encoding="utf-8")
        options.update.write_text(report.update(page, report.markdown(results)), encoding="utf-8")
    return 0


def measure(
    directory: Path, source: Path, size: int, fixtures: int, results: dict, output: Path
) -> None:
    """Runs all stages in a library of one size.

    What each took is added to the results and written at once: it stays where a later one fails.
    """

    def add(stage: Stage) -> None:
        results["stages"].append(stage.as_json())
        output.mkdir(parents=True, exist_ok=True)
        (output / "results.json").write_text(json.dumps(results, indent=1) + "\n")
        (output / "tables.md").write_text(report.markdown(results))
        print(
            f"{size}: {stage.name}: {stage.wall_seconds} s, {stage.cpu_seconds} CPU-s, "
            f"{stage.executed} processes, {stage.resident / _GIBIBYTE:.2f} GiB",
            file=sys.stderr,
            flush=True,
        )

    made = library.Library(directory / "library", source, size)
    environment = {"PANTS_LOCAL_STORE_DIR": str(directory / "store")}
    stages = generating.Stages(made, environment, add)
    try:
        results["tailored"][str(size)] = generating.tailor(stages)
        generating.generate(stages)
        if fixtures:
            testing.run_tests(stages, fixtures)
    finally:
        made.stop()


if __name__ == "__main__":
    sys.exit(main())
