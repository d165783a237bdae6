from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from toolkit.errors import InputError
from toolkit.input_file import read_bytes, read_text


def test_reads_text_without_its_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes("\ufeffü\n".encode())
    assert read_text(tmp_path / "file") == "ü\n"


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"1234")
    assert read_bytes(tmp_path / "file", most=4) == b"1234"
    with pytest.raises(InputError, match="4 bytes, more than the 3 that are read"):
        read_bytes(tmp_path / "file", most=3)


def test_nothing_but_a_regular_file_is_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="must be a regular file, found a named pipe"):
        read_text(tmp_path / "pipe")
    with pytest.raises(InputError, match="found a directory"):
        read_text(tmp_path)
    with pytest.raises(InputError, match="found a device"):
        read_text("/dev/zero")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        with pytest.raises(InputError):
            read_text(tmp_path / "socket")


@pytest.mark.parametrize("name", ["missing", "a\0b", "x" * 300, "missing/file"])
def test_a_name_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError) as error:
        read_text(tmp_path / name, "the request")
    assert error.value.message.startswith("the request cannot be read: ")
    assert error.value.place == str(tmp_path / name)


def test_text_that_is_not_utf8_is_located(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a\nb\xff\n")
    with pytest.raises(InputError) as error:
        read_text(tmp_path / "file")
    assert error.value.message == "the file is not UTF-8: byte 0xff"
    assert error.value.place == f"{tmp_path / 'file'}:2"
