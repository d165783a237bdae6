from __future__ import annotations

from typing import Any

import pytest
from pants.core.goals.test import ShowOutput
from pants.engine.addresses import Address
from pants.engine.fs import EMPTY_SNAPSHOT
from pants.version import PANTS_SEMVER, Version

from rules_transformers.util_rules import pants_versions
from rules_transformers.util_rules.pants_versions import (
    alone,
    excluded_globs,
    result_without_process,
)


@pytest.mark.parametrize(
    ("running", "since", "expected"),
    [
        ("2.17.1", "2.18", False),
        ("2.18.0a0", "2.18", True),
        ("2.30.2", "2.31", False),
        ("2.100.0", "2.31", True),
    ],
)
def test_a_pre_release_has_what_its_release_brings(
    monkeypatch: pytest.MonkeyPatch, running: str, since: str, expected: bool
) -> None:
    monkeypatch.setattr(pants_versions, "PANTS_SEMVER", Version(running))
    assert pants_versions._since(since) is expected


def test_a_result_without_a_process_shows_its_message() -> None:
    result = result_without_process(
        2, "no baseline", Address("m"), ShowOutput.FAILED, EMPTY_SNAPSHOT
    )
    shown: Any = result
    message = (
        shown.stderr_bytes.decode() if Version("2.18.0.dev1") <= PANTS_SEMVER else shown.stderr
    )
    assert (result.exit_code, message) == (2, "no baseline")


def test_excluded_globs_of_either_kind_of_specification(monkeypatch: pytest.MonkeyPatch) -> None:
    assert excluded_globs({"includes": ["m/*.py"]}) == []
    assert excluded_globs({"includes": ["m/*.py"], "excludes": ["m/x.py"]}) == ["m/x.py"]

    class NativeFilespec:
        def __getitem__(self, key: str) -> tuple[str, ...]:
            return {"includes": ("m/*.py",), "excludes": ("m/x.py",)}[key]

    monkeypatch.setattr(pants_versions, "PANTS_SEMVER", Version("2.33.0"))
    native: Any = NativeFilespec()
    assert excluded_globs(native) == ["m/x.py"]


def test_a_process_is_alone_if_pants_has_exclusive_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pants_versions, "PANTS_SEMVER", Version("2.26.2"))
    assert (alone(True), alone(False)) == ({}, {})

    class ProcessConcurrency:
        @staticmethod
        def exclusive() -> str:
            return "exclusive"

    monkeypatch.setattr(pants_versions, "PANTS_SEMVER", Version("2.27.0rc0"))
    monkeypatch.setattr(
        "pants.engine.process.ProcessConcurrency", ProcessConcurrency, raising=False
    )
    assert alone(True) == {"concurrency": "exclusive"}
    assert alone(False) == {"concurrency": None}
