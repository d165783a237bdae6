"""Converting the modular files of a release and comparing every generated file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from modular_converter.conformance.release import Release
from modular_converter.conventions.file_types import FILE_TYPES, type_of_module
from modular_converter.conventions.profiles import Profile
from modular_converter.convert.batch import ReportProgress, run_batch
from modular_converter.diagnostics.record import Diagnostic
from modular_converter.library.context import ConversionContext
from modular_converter.library.modular_file import location_of
from modular_converter.library.sources import Sources, distribution_facts


@dataclass(frozen=True)
class Miss:
    """A generated file that is not reproduced; a text is None if there is no such file.

    ``error`` is why its modular file, or one of its parents, could not be converted.
    """

    path: str
    wanted: str | None
    converted: str | None
    error: Diagnostic | None = None

    @property
    def modular(self) -> str:
        """The path of its modular file."""
        directory, name = os.path.split(self.path)
        model = os.path.basename(directory)
        return os.path.join(directory, f"modular_{model}.py") if name else directory


@dataclass(frozen=True)
class Comparison:
    """Identical and all generated files by file type, and those that are not identical."""

    identical: Counter[str]
    total: Counter[str]
    misses: tuple[Miss, ...]
    findings: tuple[Diagnostic, ...]
    converted: int

    @property
    def score(self) -> str:
        """Identical and all files, as ``689/689``."""
        return f"{self.identical.total()}/{self.total.total()}"

    def table(self) -> list[tuple[str, str]]:
        """Type and score of each file type that occurs."""
        return [
            (file_type, f"{self.identical[file_type]}/{self.total[file_type]}")
            for file_type in FILE_TYPES
            if self.total[file_type]
        ]


def context_of(release: Release, profile: Profile, sources: Sources) -> ConversionContext:
    """What the modular files of a release are converted in."""
    table = distribution_facts([release.root], sources).table
    return ConversionContext(sources, (release.root,), table, profile)


def compare(
    release: Release,
    profile: Profile,
    *,
    from_scratch: bool = False,
    jobs: int = 1,
    only: Collection[str] = (),
    report_progress: ReportProgress | None = None,
) -> Comparison:
    """Converts a release and compares with the generated files that it ships.

    With ``from_scratch`` no generated file is visible before it has been produced, so that
    children are made from fresh parents; otherwise parents are read from the release, and a miss
    makes no misses of its children. ``only`` restricts the models, by directory name.
    """
    expected = release.generated_files
    paths = release.modular_files
    if only:
        paths = tuple(path for path in paths if _model(path) in only)
        expected = {path: text for path, text in expected.items() if _model(path) in only}
    sources = Sources({path: release.label(path) for path in (*paths, *expected)})
    if from_scratch:
        for path in expected:
            sources.hide(path)
    context = context_of(release, profile, sources)
    locations = [location_of(path, release.root) for path in paths]
    result = run_batch(locations, context, jobs, report_progress=report_progress)
    errors = {
        finding.path: finding for finding in result.diagnostics if finding.severity == "error"
    }
    identical: Counter[str] = Counter()
    total: Counter[str] = Counter()
    misses = []
    for path in sorted({*expected, *result.texts}):
        file_type = type_of_module(os.path.basename(path).removesuffix(".py")) or ""
        total[file_type] += path in expected
        miss = Miss(path, expected.get(path), result.texts.get(path))
        if miss.wanted == miss.converted:
            identical[file_type] += 1
        else:
            error = errors.get(release.label(miss.modular))
            misses.append(Miss(path, miss.wanted, miss.converted, error))
    return Comparison(identical, total, tuple(misses), result.diagnostics, result.converted)


def _model(path: str) -> str:
    return os.path.basename(os.path.dirname(path))
