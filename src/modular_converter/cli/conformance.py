"""The ``conformance`` command: whether the converter fits a release of transformers."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from modular_converter.conformance.comparison import Comparison, compare
from modular_converter.conformance.kinds import Group, grouped
from modular_converter.conformance.release import Release, find_release
from modular_converter.conformance.search import SwitchSearch
from modular_converter.conventions import profile_file, profiles
from modular_converter.conventions.profiles import Profile, switches
from toolkit.atomic_file import write_text
from toolkit.exit_codes import ExitCode
from toolkit.progress import Progress
from toolkit.scratch_directory import scratch_directory
from toolkit.tables import markdown_table

HELP = "compare conversions with the files that a release of transformers ships"
DESCRIPTION = (
    "Converts every modular file of a release of transformers and compares the result with the "
    "generated files of the release. For files that differ, the command groups the differences by "
    "kind and tries which switches of the converter's profile would make them identical."
)
EXIT_CODES = (
    "Exit codes: 0 all files are identical, 1 a file differs, 2 wrong input, 3 something is "
    "missing."
)
_FORMATS = ("text", "json", "markdown")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments."""
    parser.add_argument(
        "--release",
        action="append",
        default=[],
        metavar="VERSION|DIR",
        help="a version, downloaded with pip unless it is installed, or a directory that holds the "
        "package transformers (repeatable; default: the installed transformers)",
    )
    parser.add_argument(
        "--profile",
        metavar="NAME|FILE",
        help="rules to begin with: of a release family, or a file (default: by the version)",
    )
    parser.add_argument(
        "--from-scratch",
        action="store_true",
        help="hide the generated files, so that children are converted from converted parents",
    )
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="processes to use (default: 1)"
    )
    parser.add_argument(
        "--no-search", action="store_true", help="only compare: do not try switches"
    )
    parser.add_argument(
        "--write-profile",
        metavar="FILE",
        help="write the switches that were found to FILE, which must end in .json",
    )
    parser.add_argument(
        "--format", choices=_FORMATS, default="text", help="of the output (default: text)"
    )


def usage_error(options: argparse.Namespace) -> str:
    """What is wrong with the combination of options; empty when nothing is."""
    if options.write_profile:
        if not options.write_profile.endswith(".json"):
            return "the name of --write-profile must end in .json"
        if len(options.release) > 1 or options.no_search:
            return "--write-profile needs one release and a search"
    return ""


def run(options: argparse.Namespace) -> int:
    """Compares; returns 0, or 1 when a file of any release differs.

    Raises ConversionError for a wrong release or profile and EnvironmentLack when a release cannot
    be downloaded or the formatter is missing.
    """
    reports = []
    for wanted in options.release or [None]:
        with scratch_directory("modular_converter_") as scratch:
            report = _Report(find_release(wanted, str(scratch)), options)
            if options.format == "text":
                report.print()
            reports.append(report)
    if options.format == "json":
        json.dump({"schema": 1, "releases": [r.as_json() for r in reports]}, sys.stdout, indent=1)
        print()
    elif options.format == "markdown":
        header = ("transformers", "profile", "identical files", "different files")
        print("\n".join(markdown_table(header, [report.row() for report in reports], right=(2,))))
    return ExitCode.ANSWER_IS_NO if any(r.comparison.misses for r in reports) else ExitCode.DONE


class _Report:
    """The comparison of one release and, if files differ, what would make them identical."""

    def __init__(self, release: Release, options: argparse.Namespace) -> None:
        self.release = release
        self.profile = (
            profile_file.resolve(options.profile)
            if options.profile
            else profiles.for_version(release.version)
        )
        jobs = max(1, options.jobs)
        self.comparison: Comparison = self._compare(self.profile, options.from_scratch, jobs)
        self.groups: list[Group] = grouped(self.comparison.misses)
        searched = bool(self.groups) and not options.no_search
        found = self._search(options.from_scratch, jobs) if searched else None
        self.found: Profile | None = found[0] if found else None
        self.found_comparison: Comparison | None = found[1] if found else None
        self.written = ""
        if options.write_profile and self.found is not None:
            base = profiles.for_version(release.version)
            write_text(
                options.write_profile, profile_file.as_text(self.found, base, release.version)
            )
            self.written = options.write_profile

    def _compare(self, profile: Profile, from_scratch: bool, jobs: int) -> Comparison:
        with Progress(f"converting {self.release.version}", "models") as progress:
            return compare(
                self.release,
                profile,
                from_scratch=from_scratch,
                jobs=jobs,
                report_progress=progress,
            )

    def _search(self, from_scratch: bool, jobs: int) -> tuple[Profile, Comparison] | None:
        misses = self.comparison.misses
        with Progress(f"searching switches for {self.release.version}", "changes") as progress:
            profile, steps = SwitchSearch(self.release, self.profile, misses, progress).run()
        if not steps:
            return None
        after = self._compare(profile, from_scratch, jobs)
        is_better = after.identical.total() > self.comparison.identical.total()
        return (profile, after) if is_better else None

    def _changes(self) -> dict[str, Any]:
        assert self.found is not None
        return {
            name: getattr(self.found, name)
            for name in switches()
            if getattr(self.found, name) != getattr(self.profile, name)
        }

    def row(self) -> tuple[str, str, str, str]:
        """The row of the release in a table."""
        kinds = "; ".join(
            f"{self.release.label(miss.path).removeprefix('transformers/models/')}: {group.kind}"
            for group in self.groups
            for miss in group.misses
        )
        return self.release.version, self.profile.name, self.comparison.score, kinds

    def print(self) -> None:
        """Prints the report for people."""
        print(
            f"transformers {self.release.version}, profile {self.profile.name}: "
            f"{self.comparison.score} files identical"
        )
        for group in self.groups:
            example = self.release.label(group.misses[0].path)
            files = "1 file" if len(group.misses) == 1 else f"{len(group.misses)} files"
            print(f"  {group.kind}: {files}, for example {example}")
            print("".join(f"      {line}\n" for line in group.example.splitlines()), end="")
        if self.found is None or self.found_comparison is None:
            return
        print(f"with other switches: {self.found_comparison.score} files identical")
        for name, value in self._changes().items():
            print(f"  {name} = {json.dumps(value)}: {switches()[name].metadata['summary']}")
        if self.written:
            print(f"wrote {self.written}")
            print(f"hint: name {self.written} with --profile, or in [modular-converter].profile")
        else:
            print("hint: write them down with --write-profile=FILE")

    def as_json(self) -> dict[str, object]:
        """The report for programs."""
        found = None
        if self.found_comparison is not None:
            found = {
                "identical": self.found_comparison.identical.total(),
                "switches": self._changes(),
            }
        return {
            "version": self.release.version,
            "profile": self.profile.name,
            "identical": self.comparison.identical.total(),
            "total": self.comparison.total.total(),
            "groups": [
                {
                    "kind": group.kind,
                    "files": [self.release.label(miss.path) for miss in group.misses],
                    "example": group.example,
                }
                for group in self.groups
            ],
            "found": found,
        }
