"""A session on one device: processes of one side, or of two sides in turn, and their results."""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path
from types import FrameType
from typing import Any

from gpu_bench.core.vendors import not_tried
from gpu_bench.device.fingerprint import cards_for, fingerprint
from gpu_bench.device.lock import device_locks
from gpu_bench.device.several_sensors import of_card, sensors_of_all
from gpu_bench.device.telemetry import Sensors, missing_figures
from gpu_bench.device.vendor_choice import vendor_of
from gpu_bench.measure.record import ProcessRecord
from gpu_bench.measure.result_writer import NAME, result, write_json
from gpu_bench.measure.subprocess_runner import measure_in_process
from gpu_bench.measure.trace import NAME as TRACE
from gpu_bench.request.combinations import check_release
from gpu_bench.request.fields import Request
from rules_transformers_contract.cuda_device import Card
from toolkit import os_errors
from toolkit.errors import InputError, ToolError
from toolkit.progress import Progress

LOG = "log.txt"


class Side:
    """One configuration of one revision: what it is measured with, and what came out."""

    def __init__(self, request: Request, output: Path, root: str | None) -> None:
        self.request = request
        self.output = output
        self.root = root
        self.records: list[ProcessRecord] = []

    @property
    def problem(self) -> ToolError | None:
        """What ended its last process, if not its own stop rule."""
        return next((record.problem for record in self.records if record.problem), None)

    @property
    def result_path(self) -> Path:
        """Where its result is written."""
        return self.output / NAME


def order(processes: int, sides: int) -> list[int]:
    """Which side each process in turn belongs to: A B B A A B ... for two sides."""
    turns: list[int] = []
    for turn in range(processes):
        turns += list(range(sides)) if turn % 2 == 0 else list(reversed(range(sides)))
    return turns


def measure(sides: Sequence[Side]) -> None:
    """Measures all sides on one device, and writes a result for each that began.

    Raises InputError for what turns out to be wrong with a request, without writing a result.
    """
    for side in sides:
        check_release(side.request)
        _make_directory(side.output)
    request = sides[0].request
    cards = cards_for(request.device, request.ranks)
    known = fingerprint(cards, request.ranks)
    sensors = sensors_of_all([vendor_of(card).sensors(card) for card in cards])
    missing = _missing(cards[0], sensors) if cards else {}
    turns = order(request.processes, len(sides))
    with (
        device_locks(card.uuid for card in cards),
        _ending_children(),
        Progress("measuring", "processes") as progress,
    ):
        began = datetime.now(timezone.utc)
        deadline = time.monotonic() + request.timeout_seconds * len(sides)
        for index, turn in enumerate(turns):
            side = sides[turn]
            # What one process leaves of its share goes to those after it.
            share = (deadline - time.monotonic()) / (len(turns) - index)
            record = measure_in_process(
                side.request,
                index=index,
                root=side.root,
                cards=cards,
                sensors=sensors,
                seconds=share,
                log=side.output / LOG,
                # All processes do the same: one trace is enough.
                trace=None if side.records else side.output / TRACE,
            )
            side.records.append(record)
            progress(index + 1, len(turns))
            if record.problem is not None:
                break
    _advise(cards, sides)
    wrong = next((problem for side in sides for problem in [side.problem] if problem), None)
    if isinstance(wrong, InputError):
        for side in sides:
            _remove_log(side)
        raise wrong
    for side in sides:
        if side.records:
            # The other side's problem leaves this one with fewer processes than were asked for.
            problem = side.problem or (wrong and _cut_short(wrong))
            content = result(side.request, known, missing, side.records, problem, began)
            write_json(side.result_path, content)
        if side.problem is None:
            _remove_log(side)


def measure_in_turn(
    request: Request, base_root: str, new_root: str, output: Path
) -> tuple[Side, Side]:
    """Measures the code below two roots in one session; results are in `base/` and `new/`.

    Raises InputError, and the problem that ended the measurement, with the name of its side.
    """
    base = Side(rooted(request, base_root), output / "base", base_root)
    new = Side(rooted(request, new_root), output / "new", new_root)
    for side in (base, new):
        if not os.path.isdir(str(side.root)):
            name = side.output.name
            raise InputError(
                f"`--{name}-root` is not a directory: {side.root}",
                hint="name the directory that holds that side's code",
            )
    measure((base, new))
    for side in (base, new):
        if side.problem is not None:
            side.problem.message = f"{side.output.name}: {side.problem.message}"
            raise side.problem
    return base, new


def _advise(cards: Sequence[Card], sides: Sequence[Side]) -> None:
    """Says once per run what of the machine is not ideal."""
    records = [record for side in sides for record in side.records]
    for index, card in enumerate(cards):
        readings = [
            of_card(reading, index) for record in records for reading in record.sampled_readings
        ]
        foreign = max((record.foreign_processes_of(index) for record in records), default=0)
        for message in vendor_of(card).advice(card, readings, foreign):
            print(message, file=sys.stderr)
    note = not_tried(cards[0].vendor) if cards else None
    if note is not None:
        name = cards[0].name
        print(f"{name}: warning: {note}\nhint: check figures by other means", file=sys.stderr)


def _missing(card: Card, sensors: Sensors | None) -> dict[str, str]:
    """The figures that this device has not, each with the reason."""
    reason = vendor_of(card).absence(card)
    reading = None if sensors is None else sensors.read()
    return dict.fromkeys(missing_figures(card, reading), reason)


def _make_directory(path: Path) -> None:
    """Raises InputError now, rather than when everything has been measured."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise os_errors.located(
            problem,
            "`--output` cannot be written",
            place=str(path),
            hint="name a directory that can be written",
        ) from None


def _cut_short(other: ToolError) -> ToolError:
    return type(other)(f"the other side ended the run: {other.message}", hint=other.hint)


def _remove_log(side: Side) -> None:
    with suppress(FileNotFoundError):
        (side.output / LOG).unlink()


def rooted(request: Request, root: str) -> Request:
    """The request with its module below ``root``; an installed model has no root of its own."""
    if request.model.module is None:
        return request
    return dataclasses.replace(request, model=dataclasses.replace(request.model, root=root))


@contextmanager
def _ending_children() -> Iterator[None]:
    """Lets a request to end leave through the blocks that end measuring processes."""

    def end(number: int, _frame: FrameType | None) -> Any:
        sys.exit(128 + number)

    before = {
        signal_number: signal.signal(signal_number, end)
        for signal_number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield
    finally:
        for signal_number, handler in before.items():
            signal.signal(signal_number, handler)
