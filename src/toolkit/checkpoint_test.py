from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from toolkit.checkpoint import check_directory, check_index, check_settings, no_unpickling
from toolkit.errors import InputError


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A checkpoint in two shards, and a file beside its directory."""
    model = tmp_path / "model"
    model.mkdir()
    (tmp_path / "outside.safetensors").write_bytes(b"weights")
    for name in ("a.safetensors", "b.safetensors", "vocab.txt"):
        (model / name).write_bytes(b"")
    _write(model / "model.safetensors.index.json", weight_map={"x": "a.safetensors"})
    _write(model / "config.json", model_type="toy", _name_or_path=str(tmp_path))
    _write(model / "tokenizer_config.json", vocab_file="vocab.txt", sep_token="/", unk_token="..")
    return model


def _write(path: Path, **values: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(values, indent=1), encoding="utf-8")


def _refuses(directory: Path, message: str) -> InputError:
    with pytest.raises(InputError, match=message) as caught:
        check_directory(directory)
    return caught.value


def test_what_stays_inside_is_let_through(directory: Path) -> None:
    (directory / "link.txt").symlink_to("vocab.txt")
    (directory / "dangling").symlink_to("missing")
    check_directory(directory)


@pytest.mark.parametrize(
    "name",
    ["../outside.safetensors", "/outside.safetensors", "a.bin", "sub/a.safetensors", "", 3, None],
)
def test_an_index_names_files_beside_it(directory: Path, name: Any) -> None:
    _write(directory / "model.safetensors.index.json", weight_map={"x": "a.safetensors", "y": name})
    problem = _refuses(directory, "not a safetensors file beside it")
    assert problem.place == f"{directory}/model.safetensors.index.json:4:8"


def test_every_index_is_looked_at(directory: Path) -> None:
    _write(directory / "other.safetensors.index.json", weight_map={"x": "missing.safetensors"})
    _refuses(directory, "which is not in the directory")
    # Longer than a name can be.
    _write(directory / "other.safetensors.index.json", weight_map={"x": f"{'x' * 300}.safetensors"})
    _refuses(directory, "which is not in the directory")
    _write(directory / "other.safetensors.index.json", weight_map=[])
    _refuses(directory, "not an index of weights")
    (directory / "other.safetensors.index.json").write_text("[" * 5000)
    _refuses(directory, "nested too deeply")


@pytest.mark.parametrize(
    "name", ["../outside.safetensors", "adapter_model.bin", "sub/a.safetensors", "a.pt"]
)
def test_a_config_names_weights_beside_it(directory: Path, name: str) -> None:
    _write(directory / "config.json", transformers_weights=name)
    problem = _refuses(directory, "not a safetensors file beside it")
    assert problem.place == f"{directory}/config.json:2:26"
    _write(directory / "config.json", transformers_weights="b.safetensors")
    check_directory(directory)


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json", "1_Dense/config.json"])
def test_no_setting_names_something_outside(
    directory: Path, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = directory.parent / "outside.safetensors"
    for name in (str(outside), "../outside.safetensors", "model/../outside.safetensors"):
        monkeypatch.chdir(directory.parent)
        _write(directory / file, parts=[{"deep": {"any_field": name}}])
        problem = _refuses(directory, "is not in the directory")
        assert "`parts[0].deep.any_field`" in problem.message
        assert ":5:" in problem.place
    _write(directory / file, parts=["owner/name", "/no/such/file", "a template\nof /etc lines"])
    check_directory(directory)


def test_what_is_no_file_is_refused(directory: Path) -> None:
    os.mkfifo(directory / "tokenizer.json")
    _refuses(directory, "neither a file nor a directory")


def test_links_that_leave_are_refused(directory: Path) -> None:
    (directory / "sub").mkdir()
    (directory / "sub" / "far").symlink_to(directory.parent)
    assert _refuses(directory, "leaves the checkpoint's directory").place.endswith("sub/far")


def test_files_of_a_repository_that_is_no_directory(directory: Path) -> None:
    index = directory / "model.safetensors.index.json"
    _write(index, weight_map={"x": "to-be-fetched.safetensors"})
    check_index(index)
    _write(directory / "config.json", transformers_weights="other.safetensors.index.json")
    assert check_settings(directory / "config.json") == "other.safetensors.index.json"
    _write(directory / "config.json", vocab_file=str(index))
    with pytest.raises(InputError, match="is not in the directory"):
        check_settings(directory / "config.json")


@pytest.mark.parametrize("swallowed", [False, True])
def test_nothing_is_unpickled(tmp_path: Path, swallowed: bool) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(pickle.dumps([1]))
    with pytest.raises(InputError, match="would be unpickled") as caught, no_unpickling():
        try:
            with path.open("rb") as file:
                pickle.load(file)
        except InputError as problem:
            if not swallowed:
                raise OSError("cannot load") from problem
    assert caught.value.place == str(path)
    with path.open("rb") as file:
        assert pickle.load(file) == [1]
