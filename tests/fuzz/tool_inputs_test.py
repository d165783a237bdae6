"""Spoilt requests and profiles of the converter, and indexes of the parent finder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from modular_converter.cli.request import read_request
from modular_converter.conventions import profile_file
from parent_finder.core import array_store
from tests.fuzz.json_mutations import mutated
from tests.fuzz.spoilt_inputs import Subject, check
from toolkit.errors import InputError


def _subjects(root: Path) -> Iterator[tuple[str, Subject]]:
    request = root / "request.json"
    values = {
        "schema": 1,
        "modulars": [{"path": "models/x/modular_x.py", "outputs": ["modeling"]}],
        "source_roots": ["."],
        "parents": ["parents"],
        "profile": None,
        "output_dir": "out",
    }
    request.write_text(json.dumps(values))
    yield "request", Subject(request, lambda: read_request(str(request)))
    profile = root / "profile.json"
    switches = {"adds_bases": False}
    profile.write_text(json.dumps({"schema": 1, "base": "5.23", "switches": switches}))
    yield "profile", Subject(profile, lambda: profile_file.resolve(str(profile)))
    index = root / "index"
    array_store.save(str(index), {"schema": 1}, {"sizes": np.arange(5), "rows": np.eye(3)})
    yield "index", Subject(index, lambda: _loaded(index))


def _loaded(path: Path) -> Any:
    loaded = array_store.load(str(path))
    if loaded is None:
        raise InputError("this is not an index")
    return loaded


@pytest.mark.parametrize("name", ["request", "profile", "index"])
def test_a_spoilt_input_is_read_or_refused(name: str, tmp_path: Path) -> None:
    check(name, dict(_subjects(tmp_path))[name])


def test_a_case_is_the_same_for_the_same_seed() -> None:
    document = {"a": [1, {"b": "c"}], "d": None}
    first = [mutated(Random(f"7:{n}"), document) for n in range(50)]
    assert first == [mutated(Random(f"7:{n}"), document) for n in range(50)]
    assert len(set(first)) > 30
