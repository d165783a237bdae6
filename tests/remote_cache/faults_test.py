"""What a remote cache that is dead, slow, stuck, emptied or corrupt does to a build: nothing.

Each machine here has the converter's environment in its own caches, and all that is to be generated
is to be had from the server only; except in the test that says otherwise. Of the tests marked
`sampled`, half run.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from rules_transformers_contract import receipt
from tests.remote_cache.buildgrid import BuildGrid
from tests.remote_cache.faulty_proxy import faulty_proxy
from tests.remote_cache.guide import CI, DEVELOPER
from tests.remote_cache.libraries import (
    CONVERSIONS,
    EDITED,
    OUTLINE,
    OUTPUT,
    PEX,
    generated,
    library_machine,
)
from tests.remote_cache.machine import Machine

_OURS = set(CONVERSIONS)
# Of the API's `ActionResult`.
_EXECUTION_METADATA = 9
# A type of field in protobuf's encoding; all others of a result are numbers.
_LENGTH_DELIMITED = 2
# The message of `output_directories`, field 3, begins with the path.
_RESULT = re.compile(rb"\x1a.\n%c%s" % (len(OUTPUT), OUTPUT.encode()), re.DOTALL)


@pytest.fixture(scope="module")
def expected(
    runner: Machine, server: BuildGrid, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """What must be generated, after a machine has generated it and given it to the server."""
    machine = _machine(tmp_path_factory.mktemp("other"), server.address, runner)
    report = machine.pants_succeeds("generate", "::")
    assert (set(report.finished), report.hits) == (_OURS, [])
    assert report.counters["remote_cache_write_successes"] == len(_OURS)
    files = generated(machine)
    before = generated(runner)
    assert [path for path in files if files[path] == before[path]] == []
    return files


def _machine(directory: Path, address: str, prepared: Machine | None, role: str = CI) -> Machine:
    machine = library_machine(directory, address, role)
    machine.workspace.write(EDITED)
    if prepared is not None:
        machine.takes_caches_of(prepared)
    return machine


def test_the_files_are_to_be_had(
    runner: Machine, server: BuildGrid, expected: dict[str, str], tmp_path: Path
) -> None:
    """Or the other tests would show nothing."""
    machine = _machine(tmp_path, server.address, runner)
    report = machine.pants_succeeds("generate", "::")
    assert (set(report.hits), report.started) == (_OURS, [])
    assert generated(machine) == expected
    summary = "rules_transformers: 3 processes: 1 from the local cache, 2 from the remote cache; "
    assert summary in report.run.stderr


@pytest.mark.sampled
def test_a_dead_one(runner: Machine, expected: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"grpc://127.0.0.1:{free.getsockname()[1]}"
    machine = _machine(tmp_path, address, runner)
    report = machine.pants_succeeds("generate", "::")
    assert (set(report.finished), report.hits) == (_OURS, [])
    assert generated(machine) == expected
    assert report.warnings


@pytest.mark.sampled
@pytest.mark.parametrize(("allowance", "role"), [(0, DEVELOPER), (1000, CI)])
def test_a_stuck_one(
    runner: Machine,
    server: BuildGrid,
    expected: dict[str, str],
    tmp_path: Path,
    allowance: int,
    role: str,
) -> None:
    """It accepts connections, and after some bytes of answers says nothing more."""
    with faulty_proxy(server.port, allowance=allowance) as proxy:
        machine = _machine(tmp_path, proxy.address, runner, role)
        report = machine.pants_succeeds("generate", "::")
        assert proxy.connections > 0
    assert set(report.finished) | set(report.hits) == _OURS
    assert report.finished
    assert generated(machine) == expected


@pytest.mark.sampled
def test_a_slow_one(
    runner: Machine, server: BuildGrid, expected: dict[str, str], tmp_path: Path
) -> None:
    with faulty_proxy(server.port, delay=0.4) as proxy:
        machine = _machine(tmp_path, proxy.address, runner)
        report = machine.pants_succeeds("generate", "::")
        assert proxy.connections > 0
    assert set(report.finished) | set(report.hits) == _OURS
    assert generated(machine) == expected


def _flipped(content: bytes) -> bytes:
    altered = bytearray(content)
    # One blob is that of nothing.
    if altered:
        altered[len(altered) // 2] ^= 0xFF
    return bytes(altered)


def _cut_short(content: bytes) -> bytes:
    return content[:-1]


def _lost(_: bytes) -> None:
    return None


@contextmanager
def _altered(
    server: BuildGrid, alterations: Mapping[Path, Callable[[bytes], bytes | None]], aside: Path
) -> Iterator[None]:
    """The server's blobs, altered or removed until the context ends."""
    shutil.copytree(server.directory, aside)
    try:
        for path, alter in alterations.items():
            content = alter(path.read_bytes())
            path.unlink()
            if content is not None:
                path.write_bytes(content)
        yield
    finally:
        shutil.copytree(aside, server.directory, dirs_exist_ok=True)


@pytest.mark.sampled
def test_files_that_are_corrupt_or_lost_there(
    runner: Machine, server: BuildGrid, expected: dict[str, str], tmp_path: Path
) -> None:
    alterations = {
        "lib/leaf/configuration_leaf.py": _flipped,
        "lib/leaf/modeling_leaf.py": _cut_short,
        "lib/twig/modeling_twig.py": _lost,
    }
    blobs = {
        server.blob(hashlib.sha256(expected[path].encode()).hexdigest()): alter
        for path, alter in alterations.items()
    }
    machine = _machine(tmp_path / "machine", server.address, runner)
    with _altered(server, blobs, tmp_path / "aside"):
        report = machine.pants_succeeds("generate", "::")
    assert set(report.finished) == _OURS
    assert generated(machine) == expected
    assert any("could not be validated" in warning for warning in report.warnings)


def _results(server: BuildGrid) -> list[Path]:
    """The results of conversions. The stand-ins of other tests leave no receipt."""
    contents = {path: path.read_bytes() for path in sorted(server.blobs)}
    return [
        path
        for path, content in contents.items()
        if _RESULT.search(content) and receipt.FILE.encode() in content
    ]


def _renamed_output(content: bytes) -> bytes:
    return content.replace(OUTPUT.encode(), OUTPUT.upper().encode())


def test_results_that_lack_their_output(
    runner: Machine, server: BuildGrid, expected: dict[str, str], tmp_path: Path
) -> None:
    """They are whole, and say that the process left something else."""
    machine = _machine(tmp_path / "machine", server.address, runner, DEVELOPER)
    alterations = dict.fromkeys(_results(server), _renamed_output)
    with _altered(server, alterations, tmp_path / "aside"):
        report = machine.pants_succeeds("generate", "::")
    assert set(report.hits) == set(report.finished) == _OURS
    assert generated(machine) == expected
    for description in CONVERSIONS:
        assert f"{description}: its cached result lacks `{OUTPUT}`" in report.run.stderr
    assert "delete it" not in report.run.stderr


def _outcome(result: bytes) -> bytes:
    """A result without field 9, the times of its process, on which its size depends."""
    fields, start = b"", 0
    while start < len(result):
        number, place = _varint(result, start)
        value, end = _varint(result, place)
        if number & 7 == _LENGTH_DELIMITED:
            end += value
        if number >> 3 != _EXECUTION_METADATA:
            fields += result[start:end]
        start = end
    return fields


def _varint(content: bytes, start: int) -> tuple[int, int]:
    """A number in protobuf's encoding, and where it ends."""
    value, shift = 0, 0
    for end in range(start, len(content)):
        value |= (content[end] & 0x7F) << shift
        if content[end] < 0x80:
            return value, end + 1
        shift += 7
    raise ValueError("the number does not end")


def _padded(result: bytes, size: int) -> bytes:
    """A result of this size, which the server compares: field 15, which the API does not have."""
    rest = size - len(result) - 2
    assert 0 <= rest < 0x80
    return result + bytes([15 << 3 | _LENGTH_DELIMITED, rest]) + bytes(rest)


def test_results_of_each_other(
    runner: Machine, server: BuildGrid, expected: dict[str, str], tmp_path: Path
) -> None:
    """They are whole and have all outputs, but each is under the key of another."""
    results = _results(server)
    assert len(results) >= len(CONVERSIONS)
    contents = {path: _outcome(path.read_bytes()) for path in results}
    # A process that was run twice has two results that are alike.
    outcomes = list(dict.fromkeys(contents.values()))
    following = dict(zip(outcomes, outcomes[1:] + outcomes[:1], strict=True))

    def replaced_by(outcome: bytes) -> Callable[[bytes], bytes]:
        return lambda content: _padded(outcome, len(content))

    alterations = {path: replaced_by(following[outcome]) for path, outcome in contents.items()}
    machine = _machine(tmp_path / "machine", server.address, runner, DEVELOPER)
    with _altered(server, alterations, tmp_path / "aside"):
        report = machine.pants_succeeds("generate", "::")
    assert generated(machine) == expected
    for description in CONVERSIONS:
        message = f"{description}: its cached result is that of other inputs"
        assert message in report.run.stderr


@pytest.mark.sampled
def test_everything_corrupt_for_a_new_machine(
    server: BuildGrid, expected: dict[str, str], tmp_path: Path
) -> None:
    """It has nothing at all, and makes the converter's environment itself too."""
    machine = _machine(tmp_path / "machine", server.address, None)
    with _altered(server, dict.fromkeys(server.blobs, _flipped), tmp_path / "aside"):
        report = machine.pants_succeeds("generate", "::")
    assert (set(report.finished), report.hits) == ({PEX, OUTLINE, *_OURS}, [])
    assert generated(machine) == expected
    assert report.warnings
