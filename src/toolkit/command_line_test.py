from __future__ import annotations

import argparse
import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from toolkit.command_line import CommandLine

LINE = CommandLine(tool="made_up", description="Does nothing.", commands=("count", "weigh"))
COUNT = """
HELP = "count things"
DESCRIPTION = "Counts."
EXIT_CODES = "Exit codes: 0 some, 1 none."


def add_arguments(parser):
    parser.add_argument("number", type=int)


def usage_error(options):
    return "NUMBER must not be 13" if options.number == 13 else ""


def run(options):
    print("\\n".join(map(str, range(options.number))))
    return 0 if options.number else 1
"""


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Writes the tool's package with the command `count`; the argument is the body of its `run`."""

    def write(body: str = "") -> None:
        (tmp_path / "made_up/cli").mkdir(parents=True)
        for package in ("made_up", "made_up/cli"):
            (tmp_path / package / "__init__.py").touch()
        text = COUNT if not body else f"{COUNT}\n\ndef run(options):\n    {body}\n"
        (tmp_path / "made_up/cli/count.py").write_text(text)

    for name in [name for name in sys.modules if name.partition(".")[0] == "made_up"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    return write


def test_a_command_runs_where_the_others_are_missing(tool: Any) -> None:
    tool()
    assert LINE.main(["count", "3"]) == 0
    assert LINE.main(["count", "0"]) == 1


def test_help_has_the_exit_codes(tool: Any, capsys: pytest.CaptureFixture[str]) -> None:
    tool()
    with pytest.raises(SystemExit):
        LINE.main(["count", "--help"])
    assert "Exit codes: 0 some, 1 none." in capsys.readouterr().out


def test_a_usage_error_is_wrong_input(tool: Any, capsys: pytest.CaptureFixture[str]) -> None:
    tool()
    with pytest.raises(SystemExit) as caught:
        LINE.main(["count", "13"])
    assert caught.value.code == 2
    assert "made_up: error: NUMBER must not be 13" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("body", "exit_code", "message"),
    [
        ("from toolkit.errors import InputError; raise InputError('no', place='a:1')", 2, "a:1: "),
        ("raise KeyboardInterrupt", 130, ""),
        ("raise MemoryError", 3, "error: out of memory\nhint: "),
        ("import errno; raise OSError(errno.EMFILE, 'full')", 3, "hint: raise the limit of open"),
        ("import errno; raise OSError(errno.ENOSPC, 'full')", 3, "hint: free space on the disk"),
        ("import no_such_package.part", 3, "error: no_such_package is not installed\nhint: pip "),
    ],
)
def test_what_ends_a_command(
    body: str, exit_code: int, message: str, tool: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    tool(body)
    assert LINE.main(["count", "3"]) == exit_code
    error = capsys.readouterr().err
    assert error.startswith(message) or message in error
    assert "Traceback" not in error


@pytest.mark.parametrize("body", ["raise OSError('of a library')", "import made_up.lost"])
def test_a_fault_of_the_tool_is_no_fault_of_the_machine(body: str, tool: Any) -> None:
    tool(body)
    with pytest.raises((OSError, ModuleNotFoundError)):
        LINE.main(["count", "3"])


def test_preset_options(tool: Any) -> None:
    tool("return len(options.program)")
    assert LINE.main(["count", "3"], argparse.Namespace(program=["a", "b"])) == 2


def _count(directory: Path, stdout: Any) -> subprocess.Popen[bytes]:
    program = (
        "import sys; from toolkit.command_line import CommandLine;"
        "sys.exit(CommandLine('made_up', '', ('count',)).main(['count', '99999']))"
    )
    path = os.pathsep.join([str(directory), *sys.path])
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": path},
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


def test_an_output_that_takes_nothing_is_what_the_machine_lacks(tool: Any, tmp_path: Path) -> None:
    tool()
    with open("/dev/full", "wb") as full, _count(tmp_path, full) as process:
        _, error = process.communicate()
    assert process.returncode == 3
    assert error.decode().splitlines() == [
        "error: [Errno 28] No space left on device",
        "hint: free space on the disk, or write to another one",
    ]


def test_a_reader_that_leaves_ends_the_command_as_it_ends_others(tool: Any, tmp_path: Path) -> None:
    tool()
    process = _count(tmp_path, subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), error) == (141, b"")


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENOENT])
def test_an_error_of_the_machine_keeps_its_own_words(
    code: int, tool: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    tool(f"raise OSError({code}, 'its own words', 'a/file')")
    assert LINE.main(["count", "3"]) == 3
    assert "its own words: 'a/file'\nhint: " in capsys.readouterr().err
