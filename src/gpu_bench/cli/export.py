"""``gpu_bench export``: results for the dashboard of transformers' own benchmarks."""

from __future__ import annotations

import argparse
from pathlib import Path

from gpu_bench.cli.options import add_directories

HELP = "write results as transformers' benchmark dashboard reads them"
DESCRIPTION = (
    "Writes the two JSON Lines files that the dashboard of transformers' own benchmarks reads."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    add_directories(parser)


def run(options: argparse.Namespace) -> int:
    """Writes the two files.

    A file that cannot be used is named on stderr, and the exit code is that of wrong input. Raises
    InputError where there is nothing to export, and MissingPackage.
    """
    from gpu_bench.cli.reporting import exit_code_of, required_packages
    from toolkit import atomic_file

    with required_packages("export"):
        from gpu_bench.report import transformers_dashboard
        from gpu_bench.report.collection import collect

        collected = collect([Path(directory) for directory in options.directories])
    output = Path(options.output)
    files = transformers_dashboard.files(collected.runs)
    atomic_file.write_files({output / name: text.encode() for name, text in files.items()})
    return exit_code_of(collected.problems)
