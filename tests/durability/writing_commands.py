"""Commands that write, run in forks of this process: killed, short of something, or two at once.

What they import is imported before the forks, so that most of a fork's time is the command's own.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

_UNEXPECTED = 70
# Far above what any of the commands takes.
_LONGEST = 120.0

# How many times each command is killed, or run with less than it needs.
ATTEMPTS = int(os.environ.get("RULES_TRANSFORMERS_KILLS") or 12)
SEED = int(os.environ.get("RULES_TRANSFORMERS_FUZZ_SEED") or time.strftime("%Y%m%d", time.gmtime()))


@dataclass(frozen=True)
class Ended:
    """How a run ended: the exit code, -N for signal N, and what it printed."""

    exit_code: int
    output: str


@dataclass(frozen=True)
class WritingCommand:
    """A command that writes below ``output``, a path relative to the working directory.

    ``prepare(directory, version)`` writes the inputs: with version 1, other ones than with 0.
    """

    main: Callable[[Sequence[str]], int]
    arguments: Sequence[str]
    output: str
    prepare: Callable[[Path, int], None]

    def run(self, directory: Path, limits: Sequence[tuple[int, int]] = ()) -> Ended:
        """Runs it to its end, under limits of resources."""
        return Fork(self, directory, limits).wait()

    def written(self, directory: Path) -> dict[str, bytes]:
        """The files below ``output`` and around it that are not inputs, hidden ones included."""
        root = directory / self.output
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }


class Fork:
    """A run of a command in a fork, the leader of a process group."""

    def __init__(
        self, command: WritingCommand, directory: Path, limits: Sequence[tuple[int, int]] = ()
    ) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self._reading, writing = os.pipe()
        self._started = time.monotonic()
        self._process = os.fork()
        if self._process == 0:
            _become(command, directory, writing, limits)
        # Both do it: neither knows which comes first.
        with suppress(OSError):
            os.setpgid(self._process, self._process)
        os.close(writing)

    def kill_after(self, seconds: float) -> Ended:
        """Kills the group once it has run for so long, unless it has ended by then."""
        time.sleep(max(0.0, self._started + seconds - time.monotonic()))
        # One that has ended is there until it is waited for.
        os.killpg(self._process, signal.SIGKILL)
        return self.wait()

    def wait(self) -> Ended:
        """Waits for the end."""
        chunks = []
        while True:
            left = self._started + _LONGEST - time.monotonic()
            if left <= 0 or not select.select([self._reading], [], [], left)[0]:
                os.killpg(self._process, signal.SIGKILL)
                raise AssertionError(f"no end after {_LONGEST} s")
            chunk = os.read(self._reading, 1 << 16)
            if not chunk:
                break
            chunks.append(chunk)
        os.close(self._reading)
        _, status = os.waitpid(self._process, 0)
        output = b"".join(chunks).decode("utf-8", "replace")
        return Ended(os.waitstatus_to_exitcode(status), output)


def _become(
    command: WritingCommand, directory: Path, writing: int, limits: Sequence[tuple[int, int]]
) -> None:
    code = _UNEXPECTED
    try:
        os.setpgid(0, 0)
        os.chdir(directory)
        os.dup2(writing, 1)
        os.dup2(writing, 2)
        os.close(writing)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
        for name, value in limits:
            resource.setrlimit(name, (value, resource.getrlimit(name)[1]))
        code = command.main(command.arguments)
    except SystemExit as stopped:
        code = stopped.code if isinstance(stopped.code, int) else _UNEXPECTED
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


@dataclass(frozen=True)
class Versions:
    """What a command writes from each version of its inputs, and the shorter of the times that it took."""

    old: dict[str, bytes]
    new: dict[str, bytes]
    seconds: float


def versions(command: WritingCommand, directory: Path) -> Versions:
    """Runs the command with each version, and leaves the first one's output in the directory."""
    contents, seconds = [], []
    for version in (1, 0):
        command.prepare(directory, version)
        started = time.monotonic()
        ended = command.run(directory)
        seconds.append(time.monotonic() - started)
        assert ended.exit_code == 0, ended.output
        contents.append(command.written(directory))
    new, old = contents
    assert new != old
    assert set(new) == set(old)
    return Versions(old, new, min(seconds))


def check_kills(
    command: WritingCommand, directory: Path, unit: Callable[[str], str] = lambda path: path
) -> None:
    """Killed at whatever moment, the command leaves the old or the new, and the next run the new.

    ``unit`` names what is written whole: by default, each file; else, for example, a directory.
    """
    random = Random(f"{SEED}:{command.arguments}")
    print(f"seed {SEED}")
    expected = versions(command, directory)
    killed = 0
    for _ in range(ATTEMPTS):
        command.prepare(directory, 1)
        seconds = random.uniform(0, expected.seconds)
        ended = Fork(command, directory).kill_after(seconds)
        killed += ended.exit_code == -signal.SIGKILL
        _check_whole(command.written(directory), expected, unit, f"killed after {seconds:.4f} s")
        ended = command.run(directory)
        assert ended.exit_code == 0, ended.output
        assert command.written(directory) == expected.new
        command.prepare(directory, 0)
        assert command.run(directory).exit_code == 0
        assert command.written(directory) == expected.old
    # Else nothing was tried.
    assert killed


def _check_whole(
    found: dict[str, bytes], expected: Versions, unit: Callable[[str], str], place: str
) -> None:
    states: dict[str, set[str]] = {}
    for path in expected.old:
        content = found.get(path)
        same = {
            name
            for name, version in (("old", expected.old), ("new", expected.new))
            if version[path] == content
        }
        assert same, f"{place}: {path} is neither the old nor the new one"
        states[unit(path)] = states.get(unit(path), {"old", "new"}) & same
    mixed = [name for name, same in states.items() if not same]
    assert not mixed, f"{place}: half of {mixed} is new"


def check_small_files(
    command: WritingCommand, directory: Path, unit: Callable[[str], str] = lambda path: path
) -> None:
    """Where a file can take no more, as on a full disk, the command says so and leaves the old."""
    random = Random(f"{SEED}:{command.arguments}")
    print(f"seed {SEED}")
    expected = versions(command, directory)
    largest = max(map(len, expected.new.values()))
    refused = 0
    for _ in range(ATTEMPTS):
        command.prepare(directory, 1)
        size = random.randrange(largest)
        ended = command.run(directory, [(resource.RLIMIT_FSIZE, size)])
        refused += ended.exit_code == 3
        place = f"files of {size} bytes: {ended.output}"
        assert ended.exit_code in (0, 3), place
        assert "Traceback" not in ended.output, place
        assert (ended.exit_code == 0) or "hint: " in ended.output, place
        found = command.written(directory)
        _check_whole(found, expected, unit, place)
        assert set(found) == set(expected.new), place
        command.prepare(directory, 0)
        assert command.run(directory).exit_code == 0
    assert refused


def check_few_open_files(command: WritingCommand, directory: Path) -> None:
    """With few file descriptors, the command works or says what it lacks."""
    command.prepare(directory, 0)
    for number in (4, 5, 6, 8, 10, 12, 16):
        ended = command.run(directory, [(resource.RLIMIT_NOFILE, number)])
        place = f"{number} files: {ended.output}"
        assert ended.exit_code in (0, 3), place
        assert "Traceback" not in ended.output, place
        assert (ended.exit_code == 0) or "hint: " in ended.output, place
    assert command.run(directory).exit_code == 0


def check_two_at_once(command: WritingCommand, directory: Path) -> None:
    """Two runs at once write what one writes."""
    expected = versions(command, directory)
    for version in [1, 0] * 3:
        command.prepare(directory, version)
        forks = [Fork(command, directory) for _ in range(2)]
        for ended in [fork.wait() for fork in forks]:
            assert ended.exit_code == 0, ended.output
        written = expected.new if version else expected.old
        assert command.written(directory) == written
