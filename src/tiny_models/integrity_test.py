from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tiny_models.errors import CheckFailed
from tiny_models.integrity import verify_integrity
from tiny_models.manifest import (
    NAME,
    Manifest,
    TensorEntry,
    digest_file,
    files_below,
    read_manifest,
)
from tiny_models.safetensors_header import read_header
from tiny_models.weight_files import INDEX, SINGLE, StoredTensor, write_weights

SCHEMA = json.loads(
    (Path(__file__).parent / "schemas" / "fixture.schema.json").read_text(encoding="utf-8")
)
CONFIG = {
    "architectures": ["ToyModel"],
    "dtype": "float32",
    "model_type": "toy",
    "vocab_size": 4,
    "num_hidden_layers": 1,
}


def seal(directory: Path) -> None:
    """Writes the manifest of what the directory holds now."""
    files, tensors = {}, {}
    for name in files_below(str(directory)):
        if name == NAME:
            continue
        files[name] = digest_file(str(directory / name))
        if name.endswith(".safetensors"):
            for tensor, span in read_header(str(directory / name)).items():
                tensors[tensor] = TensorEntry(span.dtype, span.shape, name)
    manifest = Manifest(
        "m:tiny", "tiny/m", "toy", "ToyModel", 0, "float32", "5.23.0", "0" * 64, files, tensors
    )
    (directory / NAME).write_text(manifest.to_json(), encoding="utf-8")


def make(directory: Path, shards: int = 1) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    tensors = {
        "embed_tokens.weight": StoredTensor("F32", (4, 2), bytes(range(32))),
        "layers.0.w": StoredTensor("F32", (2, 2), bytes(range(16))),
        "norm.weight": StoredTensor("F32", (2,), bytes(8)),
    }
    write_weights(tensors, str(directory), shards)
    (directory / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    (directory / "README.md").write_text("# toy\n", encoding="utf-8")
    seal(directory)
    return directory


@pytest.fixture
def fixture(tmp_path: Path) -> Path:
    return make(tmp_path / "fixture")


def test_an_intact_fixture(fixture: Path) -> None:
    manifest = verify_integrity(str(fixture))
    assert manifest.architecture == "ToyModel"
    jsonschema.validate(json.loads((fixture / NAME).read_text(encoding="utf-8")), SCHEMA)


def test_an_intact_fixture_in_shards(tmp_path: Path) -> None:
    assert len(verify_integrity(str(make(tmp_path / "f", shards=2))).tensors) == 3


def refuses(directory: Path, message: str) -> CheckFailed:
    with pytest.raises(CheckFailed, match=message) as caught:
        verify_integrity(str(directory))
    assert caught.value.exit_code == 1
    return caught.value


def test_each_flipped_byte_is_found(fixture: Path) -> None:
    path = fixture / SINGLE
    before = path.read_bytes()
    for position in range(0, len(before), 7):
        damaged = bytearray(before)
        damaged[position] ^= 1
        path.write_bytes(bytes(damaged))
        refuses(fixture, "has changed")


def test_a_truncated_file(fixture: Path) -> None:
    path = fixture / SINGLE
    path.write_bytes(path.read_bytes()[:-1])
    problem = refuses(fixture, "truncated")
    assert problem.place == str(path)


def test_missing_and_extra_files(fixture: Path) -> None:
    (fixture / "extra.txt").write_text("x", encoding="utf-8")
    refuses(fixture, "not in the manifest")
    (fixture / "extra.txt").unlink()
    (fixture / "README.md").unlink()
    refuses(fixture, "is missing")


def rewrite(fixture: Path, change: Callable[[dict[str, StoredTensor]], None]) -> None:
    """Changes the tensors under a manifest that knows the new files but the old tensors."""
    from tiny_models.weight_files import read_tensors

    tensors = read_tensors(str(fixture / SINGLE))
    change(tensors)
    write_weights(tensors, str(fixture), 1)
    manifest = read_manifest(str(fixture))
    files = {**manifest.files, SINGLE: digest_file(str(fixture / SINGLE))}
    (fixture / NAME).write_text(replace(manifest, files=files).to_json(), encoding="utf-8")


def test_a_missing_tensor(fixture: Path) -> None:
    rewrite(fixture, lambda tensors: tensors.pop("norm.weight") and None)
    refuses(fixture, "the tensor `norm.weight` is missing")


def test_an_extra_tensor(fixture: Path) -> None:
    rewrite(fixture, lambda tensors: tensors.update(x=StoredTensor("F32", (1,), bytes(4))))
    refuses(fixture, "extra tensor `x`")


def test_a_wrong_dtype(fixture: Path) -> None:
    rewrite(
        fixture,
        lambda tensors: tensors.update({"norm.weight": StoredTensor("I32", (2,), bytes(8))}),
    )
    refuses(fixture, r"`norm.weight` is I32 \[2\], expected F32")


def test_a_wrong_shape(fixture: Path) -> None:
    rewrite(
        fixture,
        lambda tensors: tensors.update({"layers.0.w": StoredTensor("F32", (4, 1), bytes(16))}),
    )
    refuses(fixture, r"\[4, 1\], expected F32 \[2, 2\]")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vocab_size": 2000}, "says vocab_size 2000, but `embed_tokens.weight` has 4 rows"),
        ({"num_hidden_layers": 0}, "the weights have layer 0"),
        ({"architectures": ["Other"]}, "names the architectures"),
        ({"dtype": "bfloat16"}, "says dtype bfloat16"),
    ],
)
def test_a_config_that_disagrees(fixture: Path, change: dict[str, Any], message: str) -> None:
    (fixture / "config.json").write_text(json.dumps({**CONFIG, **change}), encoding="utf-8")
    seal(fixture)
    refuses(fixture, message)


def test_a_config_that_is_no_object(fixture: Path) -> None:
    (fixture / "config.json").write_text("[" * 5000, encoding="utf-8")
    seal(fixture)
    refuses(fixture, "cannot be read")


def test_a_header_that_claims_petabytes(fixture: Path) -> None:
    path = fixture / SINGLE
    path.write_bytes((2**50).to_bytes(8, "little") + path.read_bytes()[8:])
    values = json.loads((fixture / NAME).read_text(encoding="utf-8"))
    entry = digest_file(str(path))
    values["files"][SINGLE] = {"size": entry.size, "sha256": entry.sha256}
    (fixture / NAME).write_text(json.dumps(values), encoding="utf-8")
    refuses(fixture, "claims a header of 1,125,899,906,842,624 bytes")


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/../../b", "c:\\x", "a\\..\\b", ""])
def test_paths_that_leave_the_directory(fixture: Path, name: str) -> None:
    values = json.loads((fixture / NAME).read_text(encoding="utf-8"))
    values["files"][name] = {"size": 0, "sha256": hashlib.sha256().hexdigest()}
    (fixture / NAME).write_text(json.dumps(values), encoding="utf-8")
    refuses(fixture, "leaves the directory")


def test_links_that_leave_the_directory(fixture: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes((fixture / "README.md").read_bytes())
    (fixture / "README.md").unlink()
    os.symlink(tmp_path / "secret", fixture / "README.md")
    refuses(fixture, "a link that leaves")


def test_a_linked_folder_is_not_followed(fixture: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    os.symlink(tmp_path / "outside", fixture / "inner")
    refuses(fixture, "a link that leaves")


@pytest.mark.parametrize(
    ("name", "content"),
    [("pytorch_model.bin", b"x"), ("model.pt", b"x"), ("notes.txt", b"\x80\x04\x95."),
     ("weights", b"PK\x03\x04"), ("a.PKL", b"")],
)  # fmt: skip
def test_pickles_are_refused(fixture: Path, name: str, content: bytes) -> None:
    (fixture / name).write_bytes(content)
    seal(fixture)
    refuses(fixture, "pickle")


def test_an_index_that_disagrees(tmp_path: Path) -> None:
    fixture = make(tmp_path / "f", shards=2)
    index = json.loads((fixture / INDEX).read_text(encoding="utf-8"))
    index["weight_map"]["norm.weight"] = "model-00009-of-00002.safetensors"
    (fixture / INDEX).write_text(json.dumps(index), encoding="utf-8")
    seal(fixture)
    refuses(fixture, "says that `norm.weight` is in model-00009")
    (fixture / INDEX).unlink()
    seal(fixture)
    refuses(fixture, "2 files of weights but no index")


def test_no_manifest(tmp_path: Path) -> None:
    problem = refuses(tmp_path, "there is no fixture.json")
    assert "hint: give the directory of a fixture" in problem.render()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_change_of_any_file_is_found(tmp_path: Path, data: st.DataObject) -> None:
    fixture = make(tmp_path / "any")
    name = data.draw(st.sampled_from([each for each in files_below(str(fixture)) if each != NAME]))
    before = (fixture / name).read_bytes()
    start = data.draw(st.integers(0, len(before)))
    stop = data.draw(st.integers(start, len(before)))
    after = before[:start] + data.draw(st.binary(max_size=9)) + before[stop:]
    (fixture / name).write_bytes(after)
    if after == before:
        verify_integrity(str(fixture))
    else:
        refuses(fixture, ".")


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_manifest_never_gives_another_error(tmp_path: Path, data: st.DataObject) -> None:
    fixture = make(tmp_path / "any")
    before = (fixture / NAME).read_bytes()
    start = data.draw(st.integers(0, len(before)))
    stop = data.draw(st.integers(start, min(len(before), start + 20)))
    after = before[:start] + data.draw(st.binary(max_size=5)) + before[stop:]
    (fixture / NAME).write_bytes(after)
    try:
        verify_integrity(str(fixture))
    except CheckFailed as problem:
        assert problem.message
