from __future__ import annotations

import builtins
import importlib
import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tiny_models.runtime.forks import run_in_fork
from tiny_models.runtime.learned_imports import LearnedImports

_LIBRARY = """\
import colorsys


def fail():
    def inner():
        raise KeyError("why")

    inner()
"""


@pytest.fixture
def members(tmp_path: Path) -> list[Path]:
    """Directories with a module `alike`, which is the same in the first two."""
    texts = {"first": _LIBRARY, "second": _LIBRARY, "third": f"{_LIBRARY}\nNAME = 'third'\n"}
    for name, text in texts.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "alike.py").write_text(text)
    return [tmp_path / name for name in texts]


def _import(learned: LearnedImports, directory: Path) -> dict[str, Any]:
    """What a fork sees that imports from the directory, and how many files it compiles there."""
    seen = directory / "seen.json"

    def action() -> int:
        sys.path.insert(0, str(directory))
        compiled: list[str] = []
        compile_ = builtins.compile

        def counted(source: Any, filename: Any, *arguments: Any, **options: Any) -> Any:
            compiled.append(str(filename))
            return compile_(source, filename, *arguments, **options)

        builtins.compile = counted
        already = "colorsys" in sys.modules
        module = importlib.import_module("alike")
        try:
            module.fail()
        except KeyError as problem:
            trace = problem.__traceback__
        files = []
        while trace is not None:
            files.append(trace.tb_frame.f_code.co_filename)
            trace = trace.tb_next
        own = [path for path in compiled if path.startswith(str(directory))]
        name = getattr(module, "NAME", "")
        facts = {"name": name, "files": files[1:], "compiled": len(own), "colorsys": already}
        seen.write_text(json.dumps(facts))
        return 0

    _run(lambda: learned.record(action, directory, directory / "notes"), directory)
    facts: dict[str, Any] = json.loads(seen.read_text())
    return facts


def _run(action: Callable[[], int], directory: Path) -> None:
    ended = run_in_fork(action, directory, directory / "log")
    assert ended.exit_code == 0, ended.messages


def test_what_nobody_learns_from_is_not_noted(members: list[Path]) -> None:
    learned = LearnedImports()
    before = set(members[0].iterdir())
    assert (
        run_in_fork(
            lambda: learned.record(lambda: 3, members[0], None), members[0], members[1] / "log"
        ).exit_code
        == 3
    )
    assert set(members[0].iterdir()) == before


def test_equal_files_are_compiled_once_and_named_by_their_own_paths(members: list[Path]) -> None:
    sys.modules.pop("colorsys", None)
    learned = LearnedImports()
    for directory, name, compiled in zip(members, ["", "", "third"], [1, 0, 1], strict=True):
        facts = _import(learned, directory)
        assert facts["name"] == name
        assert facts["files"] == [str(directory / "alike.py")] * 2
        assert facts["compiled"] == compiled, directory
        # What lies elsewhere is imported once for all.
        assert facts["colorsys"] == (directory != members[0])
        learned.learn(directory / "notes", owned=())
        assert "alike" not in sys.modules


def test_what_a_request_may_have_itself_is_not_learned(members: list[Path]) -> None:
    sys.modules.pop("colorsys", None)
    learned = LearnedImports()
    _import(learned, members[0])
    learned.learn(members[0] / "notes", owned={"colorsys"})
    assert "colorsys" not in sys.modules


def test_a_fork_that_fails_teaches_nothing(members: list[Path]) -> None:
    learned = LearnedImports()
    notes = members[0] / "notes"

    def fail() -> int:
        raise KeyError

    run_in_fork(lambda: learned.record(fail, members[0], notes), members[0], members[0] / "log")
    learned.learn(notes, owned=())
    assert _import(learned, members[1])["compiled"] == 1


def test_files_with_mistakes_stay_their_forks(members: list[Path]) -> None:
    """One that cannot be compiled, one of which Python warns and one that is gone afterwards."""
    learned = LearnedImports()
    notes = members[0] / "notes"
    texts = {"wrong.py": "def", "doubtful.py": "1 is 1\n", "gone.py": ""}
    for name, text in texts.items():
        (members[0] / name).write_text(text)

    def action() -> int:
        sys.path.insert(0, str(members[0]))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            importlib.import_module("doubtful")
        importlib.import_module("gone")
        (members[0] / "gone.py").unlink()
        try:
            importlib.import_module("wrong")
        except SyntaxError:
            return len(caught)
        return 0

    for _ in range(2):
        ended = run_in_fork(
            lambda: learned.record(action, members[0], notes), members[0], members[0] / "log"
        )
        assert ended.exit_code == 1, ended.messages
        learned.learn(notes, owned=())
        (members[0] / "gone.py").write_text("")


def test_packages_that_only_a_fork_wants_are_not_learned(
    members: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may change others, as those do that make training faster."""
    (members[2] / "installed.py").write_text("")
    monkeypatch.syspath_prepend(str(members[2]))
    learned = LearnedImports()
    notes = members[0] / "notes"

    def action() -> int:
        importlib.import_module("installed")
        return 0

    _run(lambda: learned.record(action, members[0], notes), members[0])
    learned.learn(notes, owned=())
    assert "installed" not in sys.modules
