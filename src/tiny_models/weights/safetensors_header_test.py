from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiny_models.core.errors import CheckFailed
from tiny_models.weights.safetensors_files import (
    INDEX,
    SINGLE,
    StoredTensor,
    read_tensors,
    write_weights,
)
from tiny_models.weights.safetensors_header import read_header


def write(path: Path, header: Any, data: bytes = b"", length: int | None = None) -> str:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    size = len(text) if length is None else length
    path.write_bytes(size.to_bytes(8, "little") + text + data)
    return str(path)


def entry(dtype: str = "F32", shape: Any = (2,), offsets: Any = (0, 8)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


WRONG = [
    (b"\xff", None, b"", "not valid JSON"),
    (b"{", None, b"", "not valid JSON"),
    (b"[]", None, b"", "not a JSON object"),
    (b'{"a": 1, "a": 2}', None, b"", "occurs twice"),
    (b"{}", 2**63, b"", "claims a header of 9,223,372,036,854,775,808 bytes"),
    ({"a": entry()}, None, b"1234567", "truncated"),
    ({"a": entry()}, None, b"123456789", "no tensor owns"),
    ({"a": entry(offsets=(0, 4))}, None, b"1234", "takes 8 bytes"),
    ({"a": entry(shape=(10**15,), offsets=(0, 8))}, None, b"12345678", "takes 4,000,000,000"),
    ({"a": entry(offsets=(4, 12))}, None, b"123456789012", "begins at byte 4"),
    ({"a": entry(), "b": entry()}, None, b"12345678", "begins at byte 0"),
    ({"a": entry(dtype="F7")}, None, b"12345678", "unknown dtype"),
    ({"a": entry(shape=(-2,))}, None, b"12345678", "shape"),
    ({"a": entry(shape=(True,))}, None, b"12345678", "shape"),
    ({"a": entry(offsets=(8, 0))}, None, b"12345678", "offsets"),
    ({"a": entry(offsets=(-8, 0))}, None, b"12345678", "offsets"),
    ({"a": {"dtype": "F32"}}, None, b"", "not described"),
    ({"a": 3}, None, b"", "not described"),
    ({"__metadata__": 3}, None, b"", "__metadata__"),
]


@pytest.mark.parametrize(("header", "length", "data", "message"), WRONG)
def test_wrong_headers(
    tmp_path: Path, header: Any, length: int | None, data: bytes, message: str
) -> None:
    path = write(tmp_path / "m.safetensors", header, data, length)
    with pytest.raises(CheckFailed, match=message) as caught:
        read_header(path)
    assert caught.value.place == path


def test_too_short(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    path.write_bytes(b"123")
    with pytest.raises(CheckFailed, match="3 bytes long"):
        read_header(str(path))


def tensors() -> dict[str, StoredTensor]:
    return {
        "b": StoredTensor("F32", (2,), b"12345678"),
        "a": StoredTensor("BF16", (1, 3), b"abcdef"),
        "c": StoredTensor("I64", (), b"87654321"),
        "empty": StoredTensor("F32", (0, 4), b""),
    }


def test_order_of_the_tensors_does_not_matter(tmp_path: Path) -> None:
    for name, order in (("one", "abc"), ("two", "cba")):
        (tmp_path / name).mkdir()
        made = {**{key: tensors()[key] for key in order}, "empty": tensors()["empty"]}
        write_weights(made, str(tmp_path / name), 1)
    first, second = (tmp_path / name / SINGLE for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()
    assert read_tensors(str(first)) == tensors()
    header = first.read_bytes()[8:].split(b"}}")[0].decode()
    assert header.index('"a"') < header.index('"b"') < header.index('"c"')


def test_the_library_reads_what_is_written(tmp_path: Path) -> None:
    numpy = pytest.importorskip("safetensors.numpy")
    plain = {name: tensor for name, tensor in tensors().items() if tensor.dtype != "BF16"}
    write_weights(plain, str(tmp_path), 1)
    loaded = numpy.load_file(tmp_path / SINGLE)
    assert {name: array.tobytes() for name, array in loaded.items()} == {
        name: tensor.data for name, tensor in plain.items()
    }


@given(
    st.dictionaries(st.text(min_size=1, max_size=4), st.integers(0, 9), max_size=8),
    st.integers(1, 12),
)
def test_shards_hold_every_tensor_once(
    tmp_path_factory: Any, sizes: dict[str, int], shards: int
) -> None:
    directory = tmp_path_factory.mktemp("shards")
    made = {name: StoredTensor("U8", (n,), bytes(n)) for name, n in sizes.items()}
    made.pop("__metadata__", None)
    write_weights(made, str(directory), shards)
    files = sorted(directory.glob("*.safetensors"))
    stored: dict[str, StoredTensor] = {}
    for path in files:
        part = read_tensors(str(path))
        assert not stored.keys() & part.keys()
        stored.update(part)
    assert stored == made
    assert len(files) == min(shards, max(1, len(made)))
    if shards > 1:
        index = json.loads((directory / INDEX).read_text(encoding="utf-8"))
        assert set(index["weight_map"]) == set(made)
        assert index["metadata"]["total_size"] == sum(sizes.values())
