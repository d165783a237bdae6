"""The line at the end of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules_transformers.observability.process_record import Asked, Key, Source
from rules_transformers.observability.summary import duration, summary

_KEY = Key(("0" * 64, 1), {}, (), {}, "")
_RUN = Asked("Convert m.py", _KEY, Source.run, 0, 1.5, 0, is_shown=True, is_kept=True)
_LOCAL = replace(_RUN, source=Source.local, saved_seconds=1.25)
_REMOTE = replace(_RUN, source=Source.remote, saved_seconds=2)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([_RUN], "rules_transformers: 1 process: 1 run (1.5 s)"),
        (
            [_LOCAL] * 3,
            "rules_transformers: 3 processes: 3 from the local cache; about 3.8 s of work saved",
        ),
        (
            [_REMOTE] * 4 + [_RUN] * 12 + [_LOCAL] * 310,
            "rules_transformers: 326 processes: 12 run (18 s), 310 from the local cache, "
            "4 from the remote cache; about 7 min of work saved",
        ),
        # A fraction of nothing is not worth a word.
        (
            [replace(_LOCAL, saved_seconds=0)],
            "rules_transformers: 1 process: 1 from the local cache",
        ),
    ],
)
def test_summary(asked: list[Asked], expected: str) -> None:
    assert summary(asked) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.04, "0.0 s"),
        (9.9, "9.9 s"),
        (95.4, "95 s"),
        (300, "5 min"),
        (9000, "150 min"),
        (36_000, "10.0 h"),
    ],
)
def test_duration(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected
