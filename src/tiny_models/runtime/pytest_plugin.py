"""The pytest plugin: fixtures that a test target depends on are loadable offline by their names.

What it needs is in the environment before any conftest is imported.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from tiny_models.fixture.locate import find_fixtures
from tiny_models.runtime.activation import use_hub_cache
from tiny_models.runtime.code_coverage import leave_out
from tiny_models.runtime.fixtures_of_tests import FixturesOfTests
from tiny_models.runtime.loaded_fixture import LoadedFixture
from tiny_models.runtime.offline_failure import DEPENDENCIES_HINT, explain, listing
from tiny_models.runtime.private_files import take_over
from tiny_models.runtime.short_report import put_first
from toolkit.errors import ToolError

_CACHE = Path("__tiny_fixtures")

_fixtures_of_tests = FixturesOfTests(_CACHE)
_names: list[str] = []
_own_files: tuple[str, ...] = ()
_modules: dict[str, str] = {}
_unbuilt: dict[Path, str] = {}
_problem: ToolError | None = None


def start(indexes: Iterable[Path], own_files: Iterable[str] = ()) -> None:
    """Activates the fixtures that are listed; a problem is reported when pytest configures.

    ``indexes`` are JSON files, one for each test target: its file, the directory of each fixture,
    the module of its model class, null for one of transformers, and what is wrong with fixtures
    that could not be built. Paths are relative to the working directory. ``own_files`` are patterns
    of the files that were placed for the plugin, which are left out of code coverage.
    """
    global _problem, _own_files
    _own_files = tuple(own_files)
    directories_of: dict[Path, list[str]] = {}
    module_of: dict[str, str | None] = {}
    for path in indexes:
        index = json.loads(path.read_text(encoding="utf-8"))
        test = Path(index["test"]).absolute()
        module_of.update((entry["directory"], entry["module"]) for entry in index["fixtures"])
        # Several targets may be made of one file.
        directories = directories_of.setdefault(test, [])
        directories += [entry["directory"] for entry in index["fixtures"]]
        if index["problems"]:
            _unbuilt[test] = "\n".join(index["problems"])
    try:
        _activate(directories_of, module_of)
    except ToolError as problem:
        _problem = problem


def _activate(
    directories_of: Mapping[Path, Sequence[str]], module_of: Mapping[str, str | None]
) -> None:
    """Puts the fixtures in place. Raises ToolError."""
    located = {directory: find_fixtures([Path(directory)]) for directory in module_of}
    # The workers of pytest-xdist start when this is done, and tests when they have started.
    if not _CACHE.exists():
        take_over(chain.from_iterable(located.values()))
    problems = _fixtures_of_tests.place(
        {
            test: list(chain.from_iterable(located[name] for name in dict.fromkeys(directories)))
            for test, directories in directories_of.items()
        }
    )
    _unbuilt.update((test, problem.render()) for test, problem in problems.items())
    use_hub_cache(_fixtures_of_tests.link, os.environ)
    for directory, fixtures in located.items():
        _names.extend(fixture.name for fixture in fixtures)
        module = module_of[directory]
        if module is not None:
            _modules.update((str(fixture.directory), module) for fixture in fixtures)


# A wrapper comes before pytest-cov, which starts to measure in this hook.
@pytest.hookimpl(hookwrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Keeps the plugin itself out of code coverage."""
    if getattr(early_config.known_args_namespace, "cov_source", None):
        leave_out(_own_files)
    yield


def pytest_configure() -> None:
    """Ends the run where the fixtures could not be activated."""
    if _problem is not None:
        raise pytest.UsageError(_problem.render())


class _UnbuiltFixtures(pytest.Item):
    """Stands for the tests of a file, and fails. An error of collecting would end a whole batch."""

    def runtest(self) -> None:
        pytest.fail(_unbuilt[self.path], pytrace=False)


class _TestsWithoutFixtures(pytest.File):
    """A test file whose fixtures could not be built."""

    def collect(self) -> Iterator[pytest.Item]:
        yield _UnbuiltFixtures.from_parent(self, name="tiny fixtures")


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector
) -> pytest.Collector | None:
    """Fails the test files whose fixtures could not be built, and no others of a batch."""
    if module_path not in _unbuilt:
        return None
    tests: pytest.Collector = _TestsWithoutFixtures.from_parent(parent, path=module_path)
    return tests


@pytest.hookimpl(tryfirst=True, hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """Lends a test file its own fixtures while it is imported; explains why that failed."""
    if isinstance(collector, pytest.File) and not isinstance(collector, pytest.Package):
        _fixtures_of_tests.select(collector.path)
    outcome: Any = yield
    report = outcome.get_result()
    call = getattr(report, "call", None)
    if call is not None and call.excinfo is not None:
        _explain(report, call.excinfo, collector.config)


@pytest.hookimpl(tryfirst=True, hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Lends a test the fixtures of its file."""
    _fixtures_of_tests.select(item.path)
    yield


def pytest_report_header() -> str:
    """Names the fixtures of all test files."""
    return f"tiny fixtures: {', '.join(sorted(set(_names)))}"


@pytest.fixture(scope="session")
def tiny_fixture() -> Callable[[str], LoadedFixture]:
    """A function from a name to the fixture with its path, config, model, tokenizer, processor."""

    def find(name: str) -> LoadedFixture:
        fixtures = _fixtures_of_tests.current
        located = {fixture.name: fixture for fixture in fixtures}.get(name)
        if located is None:
            pytest.fail(
                f"no tiny fixture is called {name!r}; this test may use\n{listing(fixtures)}"
                f"{DEPENDENCIES_HINT}",
                pytrace=False,
            )
        return LoadedFixture(located, _modules.get(str(located.directory)))

    return find


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Explains a failure that comes of asking for what is not part of a fixture."""
    outcome: Any = yield
    if call.excinfo is not None:
        _explain(outcome.get_result(), call.excinfo, item.config)


def _explain(
    report: Any, excinfo: pytest.ExceptionInfo[BaseException], config: pytest.Config
) -> None:
    explanation = explain(excinfo.value, _fixtures_of_tests.current)
    if explanation is not None and report.failed:
        put_first(explanation, report, excinfo, config)
