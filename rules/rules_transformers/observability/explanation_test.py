"""Why a process ran, by what is known of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules_transformers.observability.changes import changed_files
from rules_transformers.observability.explanation import explanation, reasons
from rules_transformers.observability.process_record import Asked, Key, Source
from rules_transformers.observability.record import Former

_FILES = {"m/a.py": "1" * 64, "m/b.py": "2" * 64, "__tools/x/a.py": "3" * 64}
_KEY = Key(("a" * 64, 80), {"__parents": "b" * 64}, ("tool", "--x=1"), {"V": "c" * 16}, "d" * 16)
_ASKED = Asked("Convert m.py", _KEY, Source.run, 0, 1.5, 0, is_shown=True, is_kept=True)
_FORMER = Former(_KEY, 1_000, 0, 900, ("changed m/old.py",))
_OTHER_FILES = replace(_KEY, inputs=("f" * 64, 80))


def test_changed_files() -> None:
    now = {"m/a.py": "9" * 64, "m/c.py": "2" * 64, "__tools/x/a.py": "3" * 64}
    assert changed_files(_FILES, now) == ("changed m/a.py", "removed m/b.py", "added m/c.py")
    assert changed_files(_FILES, _FILES) == ()


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (_OTHER_FILES, ("changed m/b.py",)),
        (replace(_KEY, directories={}), ("removed directory __parents",)),
        (replace(_KEY, directories={"__parents": "e" * 64}), ("changed directory __parents",)),
        (
            replace(_KEY, variables={"V": "e" * 16, "W": "e"}),
            ("changed variable V", "added variable W"),
        ),
        (
            replace(_KEY, arguments=("tool", "--x=2")),
            ("changed arguments: tool --x=1", "            to now: tool --x=2"),
        ),
        (
            replace(_KEY, other="e" * 16),
            ("changed platform, declared outputs or timeout",),
        ),
    ],
)
def test_what_changed(key: Key, expected: tuple[str, ...]) -> None:
    now = {**_FILES, "m/b.py": "9" * 64}
    assert reasons(replace(_ASKED, key=key), _FORMER, _FILES, now) == expected


def test_files_that_are_forgotten() -> None:
    (reason,) = reasons(replace(_ASKED, key=_OTHER_FILES), _FORMER, None, _FILES)
    assert reason == "changed files; which of them is not known any more"


def test_many_changes_are_cut_short() -> None:
    before = {f"m/{number:03}.py": "1" for number in range(200)}
    found = reasons(replace(_ASKED, key=_OTHER_FILES), _FORMER, before, {})
    assert (len(found), found[-1]) == (51, "and 150 more changes")


@pytest.mark.parametrize(
    ("asked", "former", "expected"),
    [
        (_ASKED, None, "nothing is known of an earlier run in this workspace"),
        (_ASKED, _FORMER, "its inputs are the same, and no cache has its result"),
        (replace(_ASKED, is_kept=False), _FORMER, "its result is never kept"),
        (
            _ASKED,
            replace(_FORMER, exit_code=2),
            "its inputs are the same, and it failed (exit code 2): failures are not kept",
        ),
    ],
)
def test_no_change(asked: Asked, former: Former | None, expected: str) -> None:
    assert reasons(asked, former, None, None) == (expected,)


def test_explanation_of_a_run() -> None:
    assert explanation(_ASKED, _FORMER, ("changed m/b.py",), _FILES).splitlines() == [
        "Convert m.py: run in 1.5 s; since it was last asked for (1970-01-01 00:16:40 UTC):",
        "  changed m/b.py",
        "  inputs, tree aaaaaaaaaa:",
        "    1111111111 m/a.py",
        "    2222222222 m/b.py",
        "    9d85689073 __tools/ (1 file)",
        "    bbbbbbbbbb __parents/",
        "    cccccccccc variable V",
        "    arguments: tool --x=1",
    ]


def test_explanation_of_a_hit_tells_of_the_last_run() -> None:
    hit = replace(_ASKED, source=Source.remote)
    lines = explanation(hit, _FORMER, (), None).splitlines()
    assert lines[:4] == [
        "Convert m.py: from the remote cache; last run here 1970-01-01 00:15:00 UTC:",
        "  changed m/old.py",
        "  inputs, tree aaaaaaaaaa:",
        "    (not known any more)",
    ]
    (first, *_) = explanation(hit, replace(_FORMER, ran=None), (), None).splitlines()
    assert first == "Convert m.py: from the remote cache"
