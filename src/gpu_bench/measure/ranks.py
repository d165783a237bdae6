"""The ranks beyond the first, as the first rank sees them: it starts, leads and watches them."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

from gpu_bench.core.errors import MeasuringFailed, TimedOut
from gpu_bench.device.identity import to_json
from gpu_bench.device.torch_device import Device, Peaks
from gpu_bench.measure.fresh_process import command
from gpu_bench.measure.problems import from_json, problem_of
from gpu_bench.measure.process_group import join, misses_another, opened_store, own_place
from gpu_bench.measure.sudden_end import last_line, sudden_end
from gpu_bench.request.fields import Request
from rules_transformers_contract.cuda_device import Card
from toolkit.errors import EnvironmentLack, ToolError

# Operations that take as long as the model and its compilation need.
LOAD, FIRST_RUN = "load", "first_run"
# How long another operation may take: so many times the longest before it, but no less than this.
_LONGER = 10
LEAST_SECONDS = 120.0
# How long after a first sign of trouble other ranks may show its cause.
_GRACE_SECONDS = 2.0
# Before the time limit, so that it is known which rank was waited for.
_EARLIER_SECONDS = 1.0
_TICK_SECONDS = 0.5
_WORDS = {LOAD: "loading the model", FIRST_RUN: "the first run"}
_KEPT_OUTPUT = 4000

_Outcome = TypeVar("_Outcome")


class Ranks(Protocol):
    """The ranks beyond this one: none, or those of tensor parallelism."""

    def together(
        self, operation: str, own: Callable[[], _Outcome], tokens: Callable[[_Outcome], str]
    ) -> _Outcome:
        """Has all ranks do an operation, this one by calling ``own``; gives what it returns.

        :param tokens: a digest of the outcome, which must be the same for all ranks; empty if
            there is none.
        """

    def memory(self, phase: str, own: Peaks) -> list[Peaks]:
        """Peaks of a phase in the order of the ranks; ``own`` are those of this rank."""

    def problem_of(self, error: Exception) -> ToolError:
        """The problem behind an exception of this rank, which may be that of another."""


class NoOtherRanks:
    """What a process has that has the whole model."""

    def together(
        self,
        operation: str,  # noqa: ARG002 - nobody else need know
        own: Callable[[], _Outcome],
        tokens: Callable[[_Outcome], str],  # noqa: ARG002
    ) -> _Outcome:
        """See :class:`Ranks`."""
        return own()

    def memory(self, phase: str, own: Peaks) -> list[Peaks]:  # noqa: ARG002 - these are all
        """See :class:`Ranks`."""
        return [own]

    def problem_of(self, error: Exception) -> ToolError:
        """See :class:`Ranks`."""
        return problem_of(error)


def rank_name(rank: int, cards: Sequence[Card]) -> str:
    """What messages call a rank: its number and its device."""
    if not cards:
        return f"rank {rank} on the processor"
    return f"rank {rank} on {cards[rank].name} (device {cards[rank].index})"


class _Follower:
    """A rank beyond the first, with what it has answered and written."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], descriptor: int) -> None:
        self.name = name
        self.process = process
        self.descriptor = descriptor
        self.answer: dict[str, Any] | None = None
        self.peaks: dict[str, Peaks] = {}
        self.problem: ToolError | None = None
        # Whether the problem is only that this rank misses another one.
        self.misses_another = False
        self.output = b""
        self._pending = b""

    def ask(self, operation: str) -> None:
        """Requests an operation. The watcher finds out if the process has ended."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps({"operation": operation}).encode() + b"\n")
            self.process.stdin.flush()

    def take(self, chunk: bytes) -> None:
        """Takes a part of its answers."""
        *lines, self._pending = (self._pending + chunk).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "problem" in message:
                self.problem = self._named(from_json(message["problem"]))
                self.misses_another = message["misses_another"]
                continue
            self.answer = message
            for phase, peaks in message.get("memory", {}).items():
                self.peaks[phase] = Peaks(peaks["peak_allocated"], peaks["peak_reserved"])

    def hear(self, chunk: bytes) -> None:
        """Keeps the last of its output; the parent keeps that of this process."""
        self.output = (self.output + chunk)[-_KEPT_OUTPUT:]
        os.write(2, chunk)

    def has_ended(self, phase: str) -> None:
        """Notes its end; that of a process that has said why is no news."""
        code = self.process.wait()
        assert self.process.stderr is not None
        # Its compilers may hold the other end open.
        os.set_blocking(self.process.stderr.fileno(), False)
        with suppress(BlockingIOError):
            self.hear(os.read(self.process.stderr.fileno(), 1 << 16))
        if self.problem is None:
            output = self.output.decode(errors="replace")
            self.problem = sudden_end(self.name, code, phase, output)

    @property
    def is_stopped(self) -> bool:
        """Whether a signal has stopped the process, as far as the system says."""
        try:
            status = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            return False
        return status.rpartition(")")[2].split()[0] == "T"

    def _named(self, problem: ToolError) -> ToolError:
        problem.message = f"{self.name}: {problem.message}"
        return problem


class OtherRanks:
    """The followers of the first rank, watched by a thread that sleeps until one of them speaks.

    The first rank may be held inside an operation of the group when another is lost. Then the
    watcher calls ``end`` with the problem, which must end this process.
    """

    def __init__(
        self,
        followers: Sequence[_Follower],
        own_name: str,
        deadline: float,
        end: Callable[[ToolError], None],
    ) -> None:
        self._followers = followers
        self._own_name = own_name
        self._deadline = deadline
        self._end = end
        self._changed = threading.Condition()
        self._operation = LOAD
        self._began = time.monotonic()
        self._longest = 0.0
        self._problem: ToolError | None = None
        # Whether this rank has taken over, and says itself what was the matter.
        self._is_reported = False
        self._is_over = False
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def together(
        self, operation: str, own: Callable[[], _Outcome], tokens: Callable[[_Outcome], str]
    ) -> _Outcome:
        """See :class:`Ranks`."""
        if operation != LOAD:
            self._ask(operation)
        outcome = own()
        with self._changed:
            self._changed.wait_for(lambda: self._problem or self._have_answered())
            if self._problem is not None:
                raise self._problem
            if operation not in (LOAD, FIRST_RUN):
                self._longest = max(self._longest, time.monotonic() - self._began)
        digest = tokens(outcome)
        for follower in self._followers:
            assert follower.answer is not None
            if digest and follower.answer["tokens"] != digest:
                raise MeasuringFailed(
                    f"{follower.name} generated other tokens than {self._own_name}",
                    hint="ranks must compute the same: look for random numbers in the model, and "
                    "compare with `tensor_parallel_size` 1",
                )
        return outcome

    def memory(self, phase: str, own: Peaks) -> list[Peaks]:
        """See :class:`Ranks`."""
        return [own, *(follower.peaks[phase] for follower in self._followers)]

    def problem_of(self, error: Exception) -> ToolError:
        """See :class:`Ranks`."""
        with self._changed:
            if misses_another(error):
                self._changed.wait_for(lambda: self._problem, timeout=3 * _GRACE_SECONDS)
            self._is_reported = True
            known = self._problem
        if known is not None and (known is error or misses_another(error)):
            return known
        problem = problem_of(error)
        if isinstance(problem, EnvironmentLack):
            problem.message = f"{self._own_name}: {problem.message}"
        return problem

    def leave(self) -> None:
        """Ends the followers."""
        with self._changed:
            self._is_over = True
        for follower in self._followers:
            with suppress(ProcessLookupError):
                follower.process.kill()
            follower.process.wait()
        self._watcher.join()

    def _ask(self, operation: str) -> None:
        with self._changed:
            self._operation, self._began = operation, time.monotonic()
            for follower in self._followers:
                follower.answer = None
        for follower in self._followers:
            follower.ask(operation)

    def _have_answered(self) -> bool:
        return all(follower.answer is not None for follower in self._followers)

    def _watch(self) -> None:
        with selectors.DefaultSelector() as selector:
            for follower in self._followers:
                assert follower.process.stderr is not None
                # A rank's last words come before its end.
                selector.register(follower.process.stderr, selectors.EVENT_READ, follower)
                selector.register(follower.descriptor, selectors.EVENT_READ, follower)
            troubled: float | None = None
            while True:
                for key, _ in selector.select(_TICK_SECONDS):
                    self._read(key, selector)
                with self._changed:
                    if self._is_over or self._is_reported:
                        return
                    cause = self._cause()
                    if cause is not None and troubled is None:
                        troubled = time.monotonic()
                    if cause is not None and self._explains(cause, troubled):
                        self._problem = cause.problem
                        self._changed.notify_all()
                        # This rank may find it out by itself, and then leaves in order.
                        self._changed.wait_for(
                            lambda: self._is_reported or self._is_over, timeout=_GRACE_SECONDS
                        )
                        if not self._is_reported and not self._is_over and self._problem:
                            self._end(self._problem)
                        return
                    if self._is_late():
                        self._end(self._lateness())
                        return

    def _explains(self, cause: _Follower, troubled: float | None) -> bool:
        """Whether a follower's problem is the first one, and no consequence of another."""
        waited = troubled is not None and time.monotonic() - troubled > _GRACE_SECONDS
        return not cause.misses_another or waited

    def _read(self, key: selectors.SelectorKey, selector: selectors.BaseSelector) -> None:
        follower: _Follower = key.data
        chunk = os.read(key.fd, 1 << 16)
        if not chunk:
            selector.unregister(key.fileobj)
        with self._changed:
            if key.fd != follower.descriptor:
                follower.hear(chunk)
            elif chunk:
                follower.take(chunk)
                self._changed.notify_all()
            elif not self._is_over:
                follower.has_ended(self._phase())

    def _cause(self) -> _Follower | None:
        """The follower whose problem explains the others'."""
        troubled = [follower for follower in self._followers if follower.problem is not None]
        own = [follower for follower in troubled if not follower.misses_another]
        return next(iter([*own, *troubled]), None)

    def _is_late(self) -> bool:
        now = time.monotonic()
        if self._have_answered():
            return False
        if self._operation in (LOAD, FIRST_RUN):
            return now > self._deadline - _EARLIER_SECONDS
        return now - self._began > max(LEAST_SECONDS, _LONGER * self._longest)

    def _lateness(self) -> ToolError:
        late = [follower for follower in self._followers if follower.answer is None]
        names = " and ".join(
            follower.name + (", which is stopped by a signal," if follower.is_stopped else "")
            for follower in late
        )
        seconds = time.monotonic() - self._began
        words = [last_line(follower.output.decode(errors="replace")) for follower in late]
        said = "; ".join(filter(None, words))
        return TimedOut(
            f"{names} did not finish {_WORDS.get(self._operation, 'a run')} within {seconds:.0f} s"
            + (f"; the last lines: {said}" if said else ""),
            hint="raise `timeout_seconds` if the model needs longer; if ranks wait for each other "
            "for ever, NCCL_DEBUG=INFO shows how their devices are connected",
        )

    def _phase(self) -> str:
        if self._operation == LOAD:
            return "while the model was loaded"
        return "during the first run" if self._operation == FIRST_RUN else "during a run"


@contextmanager
def led_ranks(
    request: Request,
    cards: Sequence[Card],
    device: Device,
    root: str | None,
    deadline: float,
    end: Callable[[ToolError], None],
) -> Iterator[Ranks]:
    """Starts the other ranks of a request, which load its model, and joins them as the first.

    :param cards: those of the ranks, in their order; empty for the processor.
    :param root: the directory that the model's module is imported from.
    :param deadline: the end of the time for measuring, on the host's monotonic clock.
    :param end: see :class:`OtherRanks`.
    """
    if request.ranks == 1:
        yield NoOtherRanks()
        return
    seconds = deadline - time.monotonic()
    store = opened_store(request.ranks, seconds)
    followers = [
        _started(request, rank, cards, root, store.port, seconds)
        for rank in range(1, request.ranks)
    ]
    others = OtherRanks(followers, rank_name(0, cards), deadline, end)
    own_place(0, request.ranks)
    try:
        join(request, device, 0, store, seconds)
        yield others
    finally:
        others.leave()


def _started(
    request: Request,
    rank: int,
    cards: Sequence[Card],
    root: str | None,
    port: int,
    seconds: float,
) -> _Follower:
    receiving, sending = os.pipe()
    process = subprocess.Popen(
        command(
            "gpu_bench.measure.follower",
            root,
            str(sending),
            json.dumps(request.to_json()),
            str(rank),
            json.dumps(to_json(cards[rank] if cards else None)),
            str(port),
            str(seconds),
        ),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=(sending,),
    )
    os.close(sending)
    return _Follower(rank_name(rank, cards), process, receiving)
