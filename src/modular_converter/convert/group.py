"""Serving many requests in one process, each as if it were alone."""

from __future__ import annotations

import traceback
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from modular_converter.convert.batch import BatchResult, batch_steps
from modular_converter.emit.formatter import Formatted, format_all
from modular_converter.library.context import ConversionContext
from modular_converter.library.modular_file import ModularLocation
from toolkit.errors import ToolError


@dataclass(frozen=True)
class Member:
    """The arguments of a ``run_batch``.

    The sources of several contexts may share what they read, but not what is laid over it.
    """

    locations: Sequence[ModularLocation]
    context: ConversionContext
    renamed: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Crash:
    """A fault of the converter itself, which stops one member; ``text`` is its traceback."""

    text: str


Outcome = BatchResult | ToolError | Crash


def convert_group(members: Sequence[Member]) -> list[Outcome]:
    """What becomes of each member; the formatter runs once for all that wait for it.

    Raises EnvironmentLack when the formatter is missing.
    """
    runs = [_Run(member) for member in members]
    for run in runs:
        run.advance(None)
    while waiting := [run for run in runs if run.outcome is None]:
        for run, formatted in zip(waiting, _formatted(waiting), strict=True):
            run.advance(formatted)
    return [run.outcome for run in runs if run.outcome is not None]


class _Run:
    """A batch: either it waits for the formatter, or its outcome is known."""

    def __init__(self, member: Member) -> None:
        self.profile = member.context.profile
        self.steps = batch_steps(member.locations, member.context, 1, member.renamed)
        self.unformatted: Mapping[str, str] = {}
        self.outcome: Outcome | None = None

    def advance(self, formatted: dict[str, Formatted] | None) -> None:
        """Goes on to the next round; ``formatted`` is None for the first."""
        try:
            self.unformatted = next(self.steps) if formatted is None else self.steps.send(formatted)
        except StopIteration as end:
            self.outcome = end.value
        except ToolError as problem:
            self.outcome = problem
        except (MemoryError, OSError):
            # The machine's, and so everybody's.
            raise
        except Exception:  # noqa: BLE001 - its neighbours are converted all the same
            self.outcome = Crash(traceback.format_exc())


def _formatted(runs: Sequence[_Run]) -> list[dict[str, Formatted]]:
    """What the formatter gives for each run: it is started once for each profile."""
    results: list[dict[str, Formatted]] = [{} for _ in runs]
    for profile in dict.fromkeys(run.profile for run in runs):
        texts = {
            f"{number}/{key}": text
            for number, run in enumerate(runs)
            if run.profile == profile
            for key, text in run.unformatted.items()
        }
        for path, text in format_all(texts, profile, 1).items():
            number, _, key = path.partition("/")
            results[int(number)][key] = text
    return results
