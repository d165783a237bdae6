from __future__ import annotations

from pathlib import Path

import pytest

from parent_finder.core.releases import Releases
from parent_finder.corpus import index
from parent_finder.ranking.reference_library import ReferenceLibrary
from parent_finder.testing import sample_library


@pytest.fixture
def root(tmp_path: Path) -> str:
    return str(sample_library.write(tmp_path / "library"))


@pytest.fixture
def library(root: str) -> ReferenceLibrary:
    releases = Releases(
        ("5.0.0", "5.8.0", "5.9.0"),
        {"llama": "5.0.0", "vista": "5.0.0", "mistral": "5.8.0", "zephyr": "5.0.0"},
    )
    return ReferenceLibrary(index.open_library(root, None).index, releases)
