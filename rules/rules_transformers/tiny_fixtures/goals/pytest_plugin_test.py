"""The modules that a test's sandbox gets are those that the plugin imports."""

from __future__ import annotations

import json
from pathlib import Path

from rules_transformers.tiny_fixtures.goals.test import MODULES


def test_modules() -> None:
    contract = json.loads(Path("tests/contracts/pytest_plugin.json").read_text())
    assert list(MODULES) == contract["modules"]
