"""Commands that write: killed, short of something, or two at once."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.forks.fork import Ended, Fork, Limits, Main
from tests.sampling.daily_seed import SEED

# Far above what any of the commands takes, in seconds.
_LONGEST = 120.0

# How many times each command is killed, or run with less than it needs.
ATTEMPTS = int(os.environ.get("RULES_TRANSFORMERS_KILLS") or 12)


@dataclass(frozen=True)
class WritingCommand:
    """A command that writes below ``output``, a path relative to the working directory.

    ``prepare(directory, version)`` writes the inputs: with version 1, other ones than with 0.
    ``unit`` names what is written whole, for a path below ``output``: by default, each file.
    """

    main: Main
    arguments: Sequence[str]
    output: str
    prepare: Callable[[Path, int], None]
    unit: Callable[[str], str] = lambda path: path

    def start(self, directory: Path, limits: Limits = ()) -> Fork:
        """Starts it, under limits of resources."""
        return Fork(self.main, self.arguments, directory, limits)

    def run(self, directory: Path, limits: Limits = ()) -> Ended:
        """Runs it to its end."""
        return self.start(directory, limits).wait(_LONGEST)

    def written(self, directory: Path) -> dict[str, bytes]:
        """The files below ``output`` and around it that are not inputs, hidden ones included."""
        root = directory / self.output
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file()
        }


@dataclass(frozen=True)
class Versions:
    """What a command writes from each version of its inputs, and the shorter time."""

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


def check_kills(command: WritingCommand, directory: Path) -> None:
    """Killed at any moment, the command leaves the old or the new, and the next run the new."""
    random = Random(f"{SEED}:{command.arguments}")
    print(f"seed {SEED}")
    expected = versions(command, directory)
    killed = 0
    for _ in range(ATTEMPTS):
        command.prepare(directory, 1)
        seconds = random.uniform(0, expected.seconds)
        ended = command.start(directory).kill_after(seconds)
        killed += ended.exit_code == -signal.SIGKILL
        _check_whole(
            command.written(directory), expected, command.unit, f"killed after {seconds:.4f} s"
        )
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


def check_small_files(command: WritingCommand, directory: Path) -> None:
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
        _check_whole(found, expected, command.unit, place)
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
        forks = [command.start(directory) for _ in range(2)]
        for ended in [fork.wait(_LONGEST) for fork in forks]:
            assert ended.exit_code == 0, ended.output
        written = expected.new if version else expected.old
        assert command.written(directory) == written


CHECKS = (check_kills, check_small_files, check_few_open_files, check_two_at_once)
