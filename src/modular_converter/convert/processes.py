"""Converting modulars one after another, in one process or in several at a time."""

from __future__ import annotations

import os
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modular_converter.convert.model import Conversion, convert
from modular_converter.diagnostics.record import ConversionError, Diagnostic, error
from modular_converter.emit.encoded_texts import EncodedTexts
from modular_converter.library.context import ConversionContext
from modular_converter.library.modular_file import ModularLocation
from toolkit.errors import EnvironmentLack

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

# What a conversion takes beside reading: as long as reading so many characters.
_CONVERSION = 13_000


@dataclass(frozen=True)
class Input:
    """A modular to convert, the files that it imports from, and if it has no syntax error."""

    location: ModularLocation
    parents: tuple[str, ...]
    is_sound: bool

    @property
    def paths(self) -> tuple[str, ...]:
        """All files that are read for it as syntax trees."""
        return (self.location.path, *self.parents)


Outcome = tuple[EncodedTexts, tuple[Diagnostic, ...], frozenset[str]]


class Unreadable(ConversionError):
    """A syntax error in a modular file whose outline was taken without reading all of it."""


def outcomes_of(
    inputs: Sequence[Input],
    context: ConversionContext,
    jobs: int,
    looks_up_names: bool,
    report: Callable[[int], None],
) -> list[Outcome | ConversionError]:
    """What comes of modulars, in the same order; ``report`` is called with how many are done.

    Modulars that share parents should follow one another. Raises EnvironmentLack if a process dies.
    """
    if jobs > 1 and hasattr(os, "fork"):
        return _in_processes(_families(inputs, jobs), context, looks_up_names, report)
    outcomes = []
    for outcome in _in_turn(inputs, context, looks_up_names):
        outcomes.append(outcome)
        report(len(outcomes))
    return outcomes


def _families(inputs: Sequence[Input], count: int) -> list[Sequence[Input]]:
    """The inputs in parts that take about as long, in their order: few parents are read twice."""
    seen: set[str] = set()
    costs = []
    for item in inputs:
        new = {path for path in item.paths if path not in seen and os.path.isfile(path)}
        seen |= new
        costs.append(_CONVERSION + sum(map(os.path.getsize, new)))
    families: list[Sequence[Input]] = []
    start = spent = 0
    for end, cost in enumerate(costs, 1):
        spent += cost
        if spent * count >= sum(costs) * (len(families) + 1):
            families.append(inputs[start:end])
            start = end
    return families


@dataclass(frozen=True)
class _Failure:
    """What has ended a process, and the text that says where."""

    problem: Exception
    traceback: str


class _InProcess(Exception):
    """The traceback of a process that was ended."""


def _in_processes(
    families: list[Sequence[Input]],
    context: ConversionContext,
    looks_up_names: bool,
    report: Callable[[int], None],
) -> list[Outcome | ConversionError]:
    # Imported here: most runs have one process, which starts sooner without.
    from multiprocessing import get_context
    from multiprocessing.connection import Connection, wait

    # Forked, they inherit the context, with everything indexed so far.
    fork = get_context("fork")
    outcomes: dict[Connection, list[Outcome | ConversionError]] = {}
    processes = []
    for family in families:
        mine, theirs = fork.Pipe(duplex=False)
        process = fork.Process(target=_work, args=(theirs, family, context, looks_up_names))
        process.start()
        theirs.close()
        processes.append(process)
        outcomes[mine] = []
    sizes = dict(zip(outcomes, map(len, families), strict=True))
    try:
        while waiting := [end for end in outcomes if len(outcomes[end]) < sizes[end]]:
            for end in wait(waiting):
                assert isinstance(end, Connection)
                outcomes[end].append(_received(end))
                report(sum(map(len, outcomes.values())))
    finally:
        for process in processes:
            process.terminate()
            process.join()
    return [outcome for part in outcomes.values() for outcome in part]


def _received(end: Connection) -> Outcome | ConversionError:
    try:
        answer: Outcome | ConversionError | _Failure = end.recv()
    except EOFError:
        raise EnvironmentLack(
            "a process of the conversion was ended", hint="use fewer --jobs: they may lack memory"
        ) from None
    if isinstance(answer, _Failure):
        raise answer.problem from _InProcess(answer.traceback)
    return answer


def _work(
    results: Connection, inputs: Sequence[Input], context: ConversionContext, looks_up_names: bool
) -> None:
    """What a process does: it sends each outcome as soon as it is known."""
    try:
        for outcome in _in_turn(inputs, context, looks_up_names):
            results.send(outcome)
    except Exception as problem:  # noqa: BLE001 - it is raised where the results are received
        results.send(_Failure(problem, traceback.format_exc()))


def _in_turn(
    inputs: Sequence[Input], context: ConversionContext, looks_up_names: bool
) -> Iterator[Outcome | ConversionError]:
    """Converts one after another, and drops the syntax trees that no later one needs."""
    uses = Counter(path for item in inputs for path in item.paths)
    for item in inputs:
        outcome = _outcome(item, context, looks_up_names=looks_up_names)
        uses.subtract(item.paths)
        context.sources.release(uses)
        yield outcome


def _outcome(
    item: Input, context: ConversionContext, *, looks_up_names: bool
) -> Outcome | ConversionError:
    location = item.location
    if not item.is_sound:
        try:
            context.sources.index(location.path).source.read_bodies()
        except ConversionError as problem:
            return Unreadable(problem.diagnostics)
    try:
        conversion: Conversion = convert(location, context, looks_up_names=looks_up_names)
    except ConversionError as problem:
        return problem
    except RecursionError:
        return error(
            "too-deep",
            context.sources.label(location.path),
            "the file or a parent of it is nested too deeply to be converted",
            hint="split its deepest expression into several statements",
        )
    texts = EncodedTexts()
    for file_type, output in conversion.outputs.items():
        texts[conversion.output_path(file_type)] = output.text
    return texts, conversion.warnings, conversion.renamed
