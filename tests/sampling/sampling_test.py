"""Every name has its turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sampling import sampling

_NAMES = [f"model{number}" for number in range(300)]


@pytest.fixture(autouse=True)
def _by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RULES_TRANSFORMERS_TESTS", raising=False)


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_parts_are_even_and_make_up_the_whole(parts: int) -> None:
    samples = {tuple(sampling.sample(_NAMES, parts, seed=str(seed))) for seed in range(100)}
    assert len(samples) == parts
    assert sorted(name for names in samples for name in names) == sorted(_NAMES)
    for names in samples:
        assert abs(len(names) - len(_NAMES) / parts) < 1
        assert list(names) == [name for name in _NAMES if name in names]


def test_the_part_follows_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    digests = set()
    for text in ("a = 1\n", "a = 2\n", "a = 1\n"):
        (tmp_path / "src" / "module.py").write_text(text)
        sampling.source_digest.cache_clear()
        digests.add(sampling.source_digest())
    sampling.source_digest.cache_clear()
    assert len(digests) == 2


def test_the_whole_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RULES_TRANSFORMERS_TESTS", "whole")
    assert sampling.sample(_NAMES, 10) == _NAMES
    monkeypatch.setenv("RULES_TRANSFORMERS_TESTS", "all")
    with pytest.raises(ValueError, match="'all', expected 'sample' or 'whole'"):
        sampling.sample(_NAMES, 10)
