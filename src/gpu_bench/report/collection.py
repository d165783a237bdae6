"""Finds the runs below directories. What cannot be used is reported, and does not lose the rest."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from gpu_bench.core.json_reader import Fields
from gpu_bench.judge import verdict_writer
from gpu_bench.judge.verdict_reader import ReadVerdict, read_verdict
from gpu_bench.report.process_details import process_details
from gpu_bench.report.provenance import NAME as PROVENANCE
from gpu_bench.report.provenance import read_provenance
from gpu_bench.report.runs import Run, moment
from gpu_bench.results import reader
from gpu_bench.results.measurement import pool
from gpu_bench.results.reader import Result, read_result
from toolkit.errors import InputError, ToolError

_ROUND = re.compile(r"round(\d+)")
_BASE, _NEW = "base", "new"
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Collected:
    """All runs that were found, and why files were not used."""

    runs: tuple[Run, ...]
    problems: tuple[ToolError, ...]


@dataclass(frozen=True)
class _Place:
    """Where a run's results are; ``relative`` is the directory below what was searched.

    ``layout`` is how they lie in it: `rounds`, `sides` of an A/B run, or `alone`.
    """

    directory: Path
    relative: str
    layout: str


def collect(directories: Sequence[Path]) -> Collected:
    """Searches directories for results, but no hidden ones in them.

    Raises InputError if a directory is none, or if no result can be used.
    """
    collecting = _Collecting()
    runs = collecting.runs(directories)
    if not runs:
        raise _nothing(directories, collecting.problems)
    return Collected(tuple(_merged(runs)), tuple(collecting.problems))


def _nothing(directories: Sequence[Path], problems: Sequence[ToolError]) -> InputError:
    where = ", ".join(map(str, directories))
    if not problems:
        return InputError(
            f"there is no {reader.NAME}",
            place=where,
            hint="name directories that `gpu_bench run` or benchmarks among the tests wrote, "
            "such as dist/test",
        )
    details = "\n".join(problem.render() for problem in problems)
    return InputError(f"no result can be used\n{details}", place=where)


class _Collecting:
    """A search; ``problems`` is what came in its way."""

    def __init__(self) -> None:
        self.problems: list[ToolError] = []

    def runs(self, directories: Sequence[Path]) -> list[Run]:
        """The runs below all directories, each file once."""
        places: dict[_Place, list[Path]] = {}
        verdicts = set()
        seen = set()
        for root in directories:
            if not os.path.isdir(root):
                raise InputError(
                    "this is not a directory",
                    place=str(root),
                    hint="name directories that benchmarks wrote, such as dist/test",
                )
            for path in self._files(root):
                if (real := os.path.realpath(path)) in seen:
                    continue
                seen.add(real)
                if path.name == verdict_writer.NAME:
                    verdicts.add(path)
                else:
                    places.setdefault(_place(root, path.parent), []).append(path)
        runs = [run for place, paths in places.items() for run in self._runs_at(place, paths)]
        lonely = verdicts - {place.directory / verdict_writer.NAME for place in places}
        self.problems += [
            InputError(
                "there is no result beside this verdict",
                place=str(path),
                hint="keep result.json and verdict.json of a run together",
            )
            for path in sorted(lonely)
        ]
        return runs

    def _files(self, root: Path) -> Iterator[Path]:
        real = os.path.realpath(root)
        for directory, inner, names in os.walk(root, onerror=self._unreadable):
            inner[:] = sorted(folder for folder in inner if not folder.startswith("."))
            for name in sorted({reader.NAME, verdict_writer.NAME} & set(names)):
                path = Path(directory, name)
                if os.path.commonpath([real, os.path.realpath(path)]) == real:
                    yield path
                else:
                    self.problems.append(
                        InputError(
                            f"this link leaves {root}",
                            place=str(path),
                            hint="name the directory that it leads to as well, or copy the file",
                        )
                    )

    def _unreadable(self, error: OSError) -> None:
        self.problems.append(
            InputError(
                f"the directory cannot be read: {error.strerror}",
                place=str(error.filename),
                hint="make it readable, or name other directories",
            )
        )

    def _read(self, read: Callable[[Path], _Read], path: Path) -> _Read | None:
        try:
            return read(path)
        except ToolError as problem:
            self.problems.append(problem)
            return None

    def _runs_at(self, place: _Place, paths: Iterable[Path]) -> Iterator[Run]:
        results = [self._read(_read_result, path) for path in sorted(paths, key=_order)]
        usable = [result for result in results if result is not None]
        verdict_path = place.directory / verdict_writer.NAME
        provenance_path = place.directory / PROVENANCE
        judged = self._read(read_verdict, verdict_path) if verdict_path.exists() else None
        provenance = None
        if provenance_path.exists():
            provenance = self._read(read_provenance, provenance_path)
        for base, rounds in self._together(place, usable):
            measured_at = moment(rounds[0].measured_at)
            assert measured_at is not None
            yield Run(
                directory=place.relative,
                rounds=rounds,
                base=base,
                verdict=self._of(rounds[0], judged),
                provenances=() if provenance is None else (provenance,),
                measured_at=measured_at,
            )

    def _together(
        self, place: _Place, results: Sequence[Result]
    ) -> Iterator[tuple[Result | None, tuple[Result, ...]]]:
        """Base and rounds of each run in a place: one, unless its results are of several."""
        if place.layout == "sides" and len({_identity(result) for result in results}) == 1:
            base, *new = results
            yield (base, tuple(new)) if new else (None, (base,))
        elif place.layout == "rounds" and results:
            fitting = [result for result in results if self._fits(results[0], result)]
            yield None, tuple(fitting)
        else:
            for result in results:
                yield None, (result,)

    def _fits(self, first: Result, other: Result) -> bool:
        try:
            if other is not first and first.measured and other.measured:
                pool([first, other])
        except InputError as problem:
            self.problems.append(problem)
            return False
        if _identity(first) == _identity(other):
            return True
        self.problems.append(
            InputError(
                f"this is not a round of {first.place}: it is of another benchmark or device",
                place=other.place,
                hint="keep the rounds of one benchmark together",
            )
        )
        return False

    def _of(self, result: Result, judged: ReadVerdict | None) -> ReadVerdict | None:
        if judged is None or (judged.address, judged.digest) == _identity(result):
            return judged
        self.problems.append(
            InputError(
                f"this is not the verdict on {result.place}: it is on another benchmark or device",
                place=judged.place,
                hint="compare again, and keep result.json and verdict.json of a run together",
            )
        )
        return None


def _place(root: Path, directory: Path) -> _Place:
    """The run's place of a result; what lies above ``root`` is not asked."""
    parent = directory.parent
    layout = "alone"
    if directory != root and _ROUND.fullmatch(directory.name):
        layout = "rounds"
    elif directory != root and directory.name in (_BASE, _NEW):
        sides = [parent / side / reader.NAME for side in (_BASE, _NEW)]
        layout = "sides" if all(side.exists() for side in sides) else "alone"
    of_run = directory if layout == "alone" else parent
    return _Place(of_run, of_run.relative_to(root).as_posix(), layout)


def _read_result(path: Path) -> Result:
    result = read_result(path)
    process_details(result)
    if moment(result.measured_at) is None:
        raise Fields(result.document, "", str(path)).wrong("measured_at", "a time in ISO 8601")
    return result


def _order(path: Path) -> tuple[int, str]:
    match = _ROUND.fullmatch(path.parent.name)
    return int(match[1]) if match else -1, str(path)


def _identity(result: Result) -> tuple[str, str]:
    return result.address, result.digest


def _merged(runs: Iterable[Run]) -> Iterator[Run]:
    """Runs without repetition: a cached measurement is there once for each commit that reused it.

    The same measurement under another verdict stays a run of its own.
    """
    kept: list[Run] = []
    for run in runs:
        for number, earlier in enumerate(kept):
            if _same(run, earlier):
                provenances = dict.fromkeys(earlier.provenances + run.provenances)
                kept[number] = replace(earlier, provenances=tuple(provenances))
                break
        else:
            kept.append(run)
    return iter(kept)


def _same(first: Run, other: Run) -> bool:
    if first.measured_at != other.measured_at or _verdict(first) != _verdict(other):
        return False
    documents = [
        [result.document for result in (*run.rounds, *([run.base] if run.base else ()))]
        for run in (first, other)
    ]
    return documents[0] == documents[1]


def _verdict(run: Run) -> ReadVerdict | None:
    return None if run.verdict is None else replace(run.verdict, place="")
