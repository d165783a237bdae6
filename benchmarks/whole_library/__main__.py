"""Measures a whole library under the rules: transformers, from its wheel's sources.

    python -m benchmarks.whole_library [--library DIR] [--sizes 50,150,326] [--fixtures 50]
        [--against COMMIT] [--directory DIR] [--output DIR] [--update docs/whole-library.md]

With `--against`, each size is also measured at that commit of this repository, which is checked out
for it, and the table of ratios is written to ratios.md and into the page. To be run at the root of
this repository. Makes a scratch workspace for each size, in which Pants has an empty store, and
installed packages alone among its named caches.
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

from benchmarks.whole_library import caches, comparison, generating, library, report, testing
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
    parser.add_argument("--against", metavar="COMMIT", help="measures that commit too")
    parser.add_argument("--directory", type=Path, help="where the scratch workspaces are made")
    parser.add_argument("--output", type=Path, default=Path(), help="of results.json and tables.md")
    parser.add_argument("--update", type=Path, metavar="PAGE.md", help="puts the tables into it")
    options = parser.parse_args()
    try:
        if options.directory is not None:
            options.directory.mkdir(parents=True, exist_ok=True)
        sizes = [int(size) for size in options.sizes.split(",")]
        source = options.library or library.installed_library()
        if options.update is not None:
            report.update(options.update.read_text(encoding="utf-8"), "")
        available = len(library.modular_files(source))
        if not all(0 < size <= available for size in sizes):
            raise ValueError(f"{source} has {available} modular files, expected {options.sizes}")
    except OSError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    except report.NoMarks as problem:
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
    results, older = _empty_results(), _empty_results()
    scratch = Path(tempfile.mkdtemp(prefix="whole-library-", dir=options.directory))
    try:
        if options.against is not None:
            comparison.check_out(options.against, scratch / "checkout")
        for size in sizes:
            fixtures = options.fixtures if size == sizes[-1] else 0
            if options.against is not None:
                output = options.output / options.against
                old_library = library.Library(
                    scratch / f"old-{size}" / "library", source, size, scratch / "checkout"
                )
                measure(old_library, fixtures, older, output)
                # Both are not to compete for the disk and the memory.
                shutil.rmtree(scratch / f"old-{size}")
            made = library.Library(scratch / str(size) / "library", source, size)
            measure(made, fixtures, results, options.output)
    except (StageFailed, comparison.NoCommit) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"stopped; what was measured is in {options.output}", file=sys.stderr)
        return 130
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    tables = report.markdown(results)
    if options.against is not None:
        ratios = comparison.ratios(options.against, older, results)
        (options.output / "ratios.md").write_text(ratios, encoding="utf-8")
        print(ratios)
        tables = f"### Compared with {options.against}\n\n{ratios}\n{tables}"
    if options.update is not None:
        page = options.update.read_text(encoding="utf-8")
        options.update.write_text(report.update(page, tables), encoding="utf-8")
    return 0


def _empty_results() -> dict:
    return {
        "schema": 1,
        "machine": {
            "cores": os.cpu_count(),
            "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            "system": platform.platform(),
        },
        "tailored": {},
        "stages": [],
    }


def measure(made: library.Library, fixtures: int, results: dict, output: Path) -> None:
    """Runs all stages in a library, whose caches are beside it.

    What each took is added to the results and written at once: it stays where a later one fails.
    """
    size = len(made.modulars)

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

    stages = generating.Stages(made, caches.environment(made.root.parent), add)
    try:
        generating.start_without_plugin(stages)
        results["tailored"][str(size)] = generating.tailor(stages)
        generating.generate(stages)
        if fixtures:
            testing.run_tests(stages, fixtures)
    finally:
        made.stop()


if __name__ == "__main__":
    sys.exit(main())
