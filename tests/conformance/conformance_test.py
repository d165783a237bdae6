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

from modular_converter.conformance.comparison import compare
from modular_converter.conformance.release import Release
from modular_converter.conformance.search import SwitchSearch
from modular_converter.conventions import profiles
from modular_converter.conventions.profiles import for_version, named, switches
from tests.conformance.corpus import LEFT_OVER, NEWEST, assert_identical, corpus
from tests.sampling.sampling import sample, source_digest

# Absolute, since a sandbox names its source roots relative to itself and tests change directory.
_PYTHONPATH = os.pathsep.join(map(os.path.abspath, sys.path))
_PARTS = 12


@pytest.fixture(scope="module")
def newest() -> Release:
    return corpus(NEWEST)


def test_all_files_from_scratch_in_dependency_order(newest: Release) -> None:
    comparison = compare(newest, for_version(NEWEST), from_scratch=True)
    assert_identical(comparison, newest, frozenset())
    assert comparison.converted == len(newest.modular_files)


@pytest.mark.parametrize("version", profiles.TESTED[:-1])
def test_files_of_older_releases_from_the_shipped_parents(version: str) -> None:
    release = corpus(version)
    models = [os.path.basename(os.path.dirname(path)) for path in release.modular_files]
    only = sample(sorted(set(models)), _PARTS, seed=f"{version} {source_digest()}")
    comparison = compare(release, for_version(version), only=only)
    assert_identical(comparison, release, LEFT_OVER if version.startswith("4.") else frozenset())
    # A model may have several modular files.
    assert comparison.converted == sum(model in only for model in models) > 0


@pytest.mark.parametrize(
    ("version", "older"), [("5.24.0", "5.23"), ("5.15.1", "5.10"), ("5.8.1", "5.5")]
)
def test_the_switches_of_a_release_are_found_again(version: str, older: str) -> None:
    """As if the profile of the release were not known yet: from the files that differ alone."""
    release = corpus(version)
    comparison = compare(release, named(older))
    assert comparison.misses
    profile, _ = SwitchSearch(release, named(older), comparison.misses).run()
    expected = for_version(version)
    different = [name for name in switches() if getattr(profile, name) != getattr(expected, name)]
    assert not different


def test_outline_agrees_with_the_generated_files(newest: Release, tmp_path: Path) -> None:
    modulars = [newest.label(path) for path in newest.modular_files]
    request = {
        "schema": 1,
        "modulars": [{"path": path, "outputs": None} for path in modulars],
        "source_roots": ["."],
        "parents": [newest.root],
    }
    request_file = tmp_path / "request.json"
    request_file.write_text(json.dumps(request))
    done = subprocess.run(
        [sys.executable, "-m", "modular_converter", "outline", f"--request={request_file}"],
        cwd=newest.root,
        env={**os.environ, "PYTHONPATH": _PYTHONPATH},
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    assert [modular["error"] for modular in answer["modulars"] if modular["error"]] == []
    outlined = {
        os.path.join(newest.root, output["path"])
        for modular in answer["modulars"]
        for output in modular["outputs"]
    }
    assert outlined == set(newest.generated_files)
