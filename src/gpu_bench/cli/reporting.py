"""The commands that show results, ``report`` and ``export``: without torch and without a device."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gpu_bench.core import atomic_file
from gpu_bench.core.errors import DONE, WRONG_INPUT, BenchmarkError, MissingPackage

PAGE = "index.html"
SUMMARY = "summary.md"


def report(options: argparse.Namespace) -> int:
    """``gpu_bench report``: writes the page and the summary.

    A file that cannot be used is told on stderr and in the page, which has all others; the exit
    code is then that of wrong input. Raises InputError where there is nothing to show, and
    MissingPackage.
    """
    with _required_packages("report"):
        from gpu_bench.report.collection import collect
        from gpu_bench.report.page import page
        from gpu_bench.report.runs import devices
        from gpu_bench.report.summary import summary

        found = collect([Path(each) for each in options.directories])
        by_device = devices(found.runs)
        output = Path(options.output)
        texts = {
            output / PAGE: page(by_device, found.problems),
            output / SUMMARY: summary(by_device, found.problems),
        }
    atomic_file.write_texts(texts)
    return _told(found.problems)


def export(options: argparse.Namespace) -> int:
    """``gpu_bench export``: writes the two files of transformers' benchmark dashboard.

    A file that cannot be used is told on stderr, and the exit code is that of wrong input. Raises
    InputError where there is nothing to export, and MissingPackage.
    """
    with _required_packages("export"):
        from gpu_bench.report import transformers_dashboard
        from gpu_bench.report.collection import collect

        found = collect([Path(each) for each in options.directories])
    output = Path(options.output)
    files = transformers_dashboard.files(found.runs)
    atomic_file.write_texts({output / name: text for name, text in files.items()})
    return _told(found.problems)


@contextmanager
def _required_packages(command: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as problem:
        raise MissingPackage(
            f"`{command}` needs {problem.name}, which is not installed",
            hint="install numpy, scipy, jinja2 and matplotlib where gpu_bench runs",
        ) from None


def _told(problems: Iterable[BenchmarkError]) -> int:
    told = [problem.render() for problem in problems]
    for text in told:
        print(text, file=sys.stderr)
    return WRONG_INPUT if told else DONE
