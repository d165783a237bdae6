"""Which switches would make a release's files identical: found by trying them on the misses.

Conversions of one model do not depend on those of others here, as parents are read from the
release. So a few misses of each kind stand for all, beside some files that are identical and must
stay so, and each trial costs little more than formatting these.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from modular_converter.conformance.comparison import Miss, context_of
from modular_converter.conformance.kinds import grouped
from modular_converter.conformance.release import Release
from modular_converter.conventions.profiles import Profile, switches
from modular_converter.convert.batch import ReportProgress
from modular_converter.convert.model import convert
from modular_converter.diagnostics.record import ConversionError
from modular_converter.emit.formatter import format_all, ruff_configuration
from modular_converter.library.modular_file import location_of
from modular_converter.library.sources import Sources

_MISSES_OF_A_KIND = 3
_MISSES = 12
_IDENTICAL = 12
# Pairs are tried for misses that no single switch helps.
_MISSES_FOR_PAIRS = 4

Changes = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """Switches that were set together, and how many of the tried files they made identical."""

    changes: Changes
    gain: int


class SwitchSearch:
    """Tries switches on sampled files of a release, beginning with a profile.

    ``report_progress`` is called with how many changes of a step are tried, and how many there are.
    """

    def __init__(
        self,
        release: Release,
        profile: Profile,
        misses: Iterable[Miss],
        report_progress: ReportProgress | None = None,
    ) -> None:
        self._report_progress = report_progress
        self._start = profile
        groups = grouped(misses)
        picked = [miss.path for group in groups for miss in group.misses[:_MISSES_OF_A_KIND]]
        missed = {miss.path for group in groups for miss in group.misses}
        self._missed = picked[:_MISSES]
        self._trials = _Trials(release)
        kept = _sampled(path for path in release.generated_files if path not in missed)
        # Not all: a file may be named otherwise than its directory, and is not tried then.
        self._kept = sorted(self._trials.identical(profile, kept))

    def run(self) -> tuple[Profile, list[Step]]:
        """The best profile found, and the steps that led to it (none if no switch helps)."""
        profile = self._start
        steps: list[Step] = []
        while True:
            remaining = self._remaining(profile, self._missed)
            best = self._best(profile, list(_single(profile)), remaining)
            if best is None:
                pairs = list(_pairs(profile)) if remaining else []
                best = self._best(profile, pairs, remaining[:_MISSES_FOR_PAIRS])
            if best is None:
                return profile, steps
            profile = replace(profile, **best.changes)
            steps.append(best)

    def _best(self, profile: Profile, candidates: list[Changes], missed: list[str]) -> Step | None:
        best = Step({}, 0)
        for number, changes in enumerate(candidates):
            if self._report_progress is not None:
                self._report_progress(number, len(candidates))
            tried = replace(profile, **changes)
            gain = len(missed) - len(self._remaining(tried, missed))
            # Most switches help nothing: what they would break need not be tried then.
            if gain > best.gain:
                gain -= 2 * len(self._remaining(tried, self._kept))
            if gain > best.gain:
                best = Step(changes, gain)
        return best if best.changes else None

    def _remaining(self, profile: Profile, paths: list[str]) -> list[str]:
        """The files that are not identical under a profile."""
        identical = self._trials.identical(profile, paths)
        return [path for path in paths if path not in identical]


def _single(profile: Profile) -> Iterator[Changes]:
    for name, switch in switches().items():
        for choice in switch.metadata["choices"]:
            if choice != getattr(profile, name):
                yield {name: choice}


def _pairs(profile: Profile) -> Iterator[Changes]:
    for first, second in itertools.combinations(list(_single(profile)), 2):
        if first.keys() != second.keys():
            yield {**first, **second}


class _Trials:
    """Converts files of a release under several profiles; equal texts are formatted once."""

    def __init__(self, release: Release) -> None:
        self._release = release
        self._sources = Sources()
        self._formatted: dict[tuple[str, str], str] = {}

    def identical(self, profile: Profile, paths: list[str]) -> set[str]:
        """Those of the paths that come out as the release ships them."""
        context = context_of(self._release, profile, self._sources)
        raw: dict[str, str] = {}
        for modular in dict.fromkeys(filter(None, map(self._modular_of, paths))):
            try:
                location = location_of(modular, self._release.root)
                conversion = convert(location, context, looks_up_names=False)
            except ConversionError:
                continue
            for file_type, output in conversion.outputs.items():
                raw[conversion.output_path(file_type)] = output.text
        configuration = ruff_configuration(profile)
        fresh = {
            path: raw[path]
            for path in paths
            if path in raw and (configuration, raw[path]) not in self._formatted
        }
        keys = {f"{number}/{os.path.basename(path)}": path for number, path in enumerate(fresh)}
        formatted = format_all({key: fresh[path] for key, path in keys.items()}, profile)
        for key, path in keys.items():
            self._formatted[configuration, fresh[path]] = formatted[key].text
        return {
            path
            for path in paths
            if path in raw
            and self._formatted[configuration, raw[path]] == self._release.generated_files[path]
        }

    def _modular_of(self, path: str) -> str | None:
        directory = os.path.dirname(path)
        modular = os.path.join(directory, f"modular_{os.path.basename(directory)}.py")
        return modular if modular in self._release.modular_files else None


def _sampled(paths: Iterable[str]) -> list[str]:
    """Some of the paths, spread by a hash of their names."""
    return sorted(paths, key=lambda path: hashlib.sha256(os.path.basename(path).encode()).digest())[
        :_IDENTICAL
    ]
