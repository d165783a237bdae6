"""The pytest plugin: fixtures that a test target depends on are loadable offline by their names.

What it needs is in the environment before any conftest is imported.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tiny_models.fixture.locate import LocatedFixture, find_fixtures
from tiny_models.runtime.activation import use_hub_cache
from tiny_models.runtime.code_coverage import leave_out
from tiny_models.runtime.hub_cache import lay_out
from tiny_models.runtime.private_files import take_over
from toolkit.errors import ToolError

_CACHE = "__tiny_fixtures"
_OFFLINE_ERRORS = ("LocalEntryNotFoundError", "OfflineModeIsEnabled")

_fixtures: list[LocatedFixture] = []
_own_files: tuple[str, ...] = ()
_modules: dict[str, str] = {}
_unbuilt: dict[Path, str] = {}
_problem: ToolError | None = None


class LoadedFixture:
    """A tiny fixture as tests use it. Parts are loaded when they are first asked for."""

    def __init__(self, located: LocatedFixture, module: str | None) -> None:
        self.repo_id = located.repo_id
        self.architecture = located.architecture
        self.path = located.directory
        self._module = module

    @cached_property
    def model_class(self) -> Any:
        """The class of the model."""
        return getattr(import_module(self._module or "transformers"), self.architecture)

    @cached_property
    def config(self) -> Any:
        """The config of the model."""
        return self.model_class.config_class.from_pretrained(self.path)

    @property
    def model(self) -> Any:
        """The model in evaluation mode, loaded anew each time: tests may change it."""
        return self.model_class.from_pretrained(self.path, use_safetensors=True).eval()

    @cached_property
    def tokenizer(self) -> Any:
        """The tokenizer."""
        return self._auto_class("AutoTokenizer").from_pretrained(self.path, trust_remote_code=False)

    @cached_property
    def processor(self) -> Any:
        """The processor, or where the model has no other, its image processor or tokenizer."""
        return self._auto_class("AutoProcessor").from_pretrained(self.path, trust_remote_code=False)

    def _auto_class(self, name: str) -> Any:
        """An Auto class that knows the classes beside the model's module."""
        if self._module is not None:
            from tiny_models.repository.auto_registration import register_model

            register_model(self.model_class.__module__, self.config)
        return getattr(import_module("transformers"), name)


def start(indexes: Iterable[Path], own_files: Iterable[str] = ()) -> None:
    """Activates the fixtures that are listed; a problem is reported when pytest configures.

    ``indexes`` are JSON files, one for each test file: its path, the directory of each fixture,
    the module of its model class, null for one of transformers, and what is wrong with fixtures
    that could not be built. Paths are relative to the working directory. ``own_files`` are patterns
    of the files that were placed for the plugin, which are left out of code coverage.
    """
    global _problem, _own_files
    _own_files = tuple(own_files)
    module_of: dict[str, str | None] = {}
    for path in indexes:
        index = json.loads(path.read_text(encoding="utf-8"))
        for entry in index["fixtures"]:
            module_of[entry["directory"]] = entry["module"]
        if index["problems"]:
            _unbuilt[Path(index["test"]).absolute()] = "\n".join(index["problems"])
    try:
        _fixtures[:] = find_fixtures(map(Path, module_of))
        cache = Path.cwd() / _CACHE
        # The workers of pytest-xdist start when this is done, and tests when they have started.
        if not cache.exists():
            take_over(_fixtures)
        use_hub_cache(lay_out(_fixtures, cache), os.environ)
        for directory, module in module_of.items():
            if module is not None:
                located = find_fixtures([Path(directory)])
                _modules.update((str(each.directory), module) for each in located)
    except ToolError as problem:
        _problem = problem


def names() -> list[str]:
    """What tests may ask for."""
    return sorted(fixture.name for fixture in _fixtures)


def _listing() -> str:
    return "".join(f"  {name}\n" for name in names())


# A wrapper comes before pytest-cov, which starts to measure in this hook.
@pytest.hookimpl(hookwrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Keeps the plugin itself out of code coverage."""
    if getattr(early_config.known_args_namespace, "cov_source", None):
        leave_out(_own_files)
    yield


def pytest_configure(config: pytest.Config) -> None:
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


def pytest_report_header(config: pytest.Config) -> str:
    """Names the fixtures."""
    return f"tiny fixtures: {', '.join(names())}"


@pytest.fixture(scope="session")
def tiny_fixture() -> Callable[[str], LoadedFixture]:
    """A function from a name to the fixture with its path, config, model, tokenizer, processor."""
    known = {fixture.name: fixture for fixture in _fixtures}

    def find(name: str) -> LoadedFixture:
        located = known.get(name)
        if located is None:
            pytest.fail(
                f"no tiny fixture is called {name!r}; this test may use\n{_listing()}"
                "hint: add the `tiny_fixture` to the `dependencies` of the test's target",
                pytrace=False,
            )
        return LoadedFixture(located, _modules.get(str(located.directory)))

    return find


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Lists the fixtures beside a failure that comes of asking for another repository."""
    outcome: Any = yield
    report = outcome.get_result()
    error = call.excinfo.value if call.excinfo is not None else None
    while error is not None:
        if type(error).__name__ in _OFFLINE_ERRORS:
            report.sections.append(
                (
                    "tiny fixtures",
                    "the test asked for a repository that is not a fixture of its target; it may "
                    f"use\n{_listing()}"
                    "hint: add the `tiny_fixture` to the `dependencies` of the test's target\n",
                )
            )
            return
        error = error.__cause__ or error.__context__
