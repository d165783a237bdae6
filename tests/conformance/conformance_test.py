"""Every generated file of several releases of transformers is reproduced byte for byte.

The newest release is tried whole, and of each older one a sample of the models.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.corpus import Comparison, compare, corpus_dir, generated_files, modular_files
from tests.sampling.sampling import sample, source_digest

# Absolute, since a sandbox names its source roots relative to itself and tests change directory.
_PYTHONPATH = os.pathsep.join(map(os.path.abspath, sys.path))

NEWEST = "5.23.0"
OLDER = ("5.8.0", "5.15.1")
_PARTS = 3


@pytest.fixture(scope="module")
def newest() -> str:
    return corpus_dir(NEWEST)


def _assert_all_match(comparison: Comparison) -> None:
    print(comparison.table())
    problems = [*comparison.errors, *comparison.differences]
    assert not problems, "\n".join([comparison.table(), *problems[:5]])
    assert comparison.total.total() > 0
    assert comparison.matched == comparison.total


def test_all_files_from_the_shipped_parents(newest: str) -> None:
    comparison = compare(newest, from_scratch=False)
    _assert_all_match(comparison)
    assert comparison.converted == len(modular_files(newest))


@pytest.mark.parametrize("release", OLDER)
def test_files_of_older_releases_from_the_shipped_parents(release: str) -> None:
    root = corpus_dir(release)
    models = [os.path.basename(os.path.dirname(path)) for path in modular_files(root)]
    only = sample(models, _PARTS, seed=f"{release} {source_digest()}")
    comparison = compare(root, from_scratch=False, only=frozenset(only))
    _assert_all_match(comparison)
    assert comparison.converted == len(only) > len(models) / _PARTS / 2


def test_all_files_from_scratch_in_dependency_order(newest: str) -> None:
    comparison = compare(newest, from_scratch=True)
    _assert_all_match(comparison)
    assert comparison.converted == len(modular_files(newest))


def test_outline_agrees_with_the_generated_files(newest: str, tmp_path: Path) -> None:
    modulars = [os.path.relpath(path, newest) for path in modular_files(newest)]
    request = {
        "schema": 1,
        "modulars": [{"path": path, "outputs": None} for path in modulars],
        "source_roots": ["."],
        "parents": [newest],
    }
    request_file = tmp_path / "request.json"
    request_file.write_text(json.dumps(request))
    done = subprocess.run(
        [sys.executable, "-m", "modular_converter", "outline", f"--request={request_file}"],
        cwd=newest,
        env={**os.environ, "PYTHONPATH": _PYTHONPATH},
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    assert [each["error"] for each in answer["modulars"] if each["error"]] == []
    outlined = {
        os.path.join(newest, output["path"])
        for each in answer["modulars"]
        for output in each["outputs"]
    }
    assert outlined == set(generated_files(newest))
