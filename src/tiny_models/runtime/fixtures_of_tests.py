"""Which fixtures each test file may load: a process that runs several shows each its own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tiny_models.fixture.locate import LocatedFixture
from tiny_models.runtime.hub_cache import lay_out
from toolkit.errors import InputError


class FixturesOfTests:
    """A hub cache for each test file of a process, one of which is in place at a time.

    huggingface_hub reads the place of its cache once. It is a link of this process, which leads to
    the cache of the current file. ``parent`` is the directory below which all of it lies.
    """

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self._by_test: dict[Path, tuple[LocatedFixture, ...]] = {}
        self.link = (parent / f"hub-of-process-{os.getpid()}").absolute()
        self.current: Sequence[LocatedFixture] = ()

    def place(self, by_test: Mapping[Path, Iterable[LocatedFixture]]) -> dict[Path, InputError]:
        """Makes the caches; returns why some test files can have none.

        Until a file is selected, what all of them may load is in place, for their conftest: what
        that depends on, each of them does.
        """
        problems: dict[Path, InputError] = {}
        for test, fixtures in by_test.items():
            try:
                lay_out(fixtures, self._parent)
                self._by_test[test] = tuple(fixtures)
            except InputError as problem:
                problems[test] = problem
        first, *others = self._by_test.values() or ((),)
        self._put(tuple(fixture for fixture in first if all(fixture in other for other in others)))
        return problems

    def select(self, test: Path) -> None:
        """Puts the fixtures of a test file in place: none for one that is not known."""
        fixtures = self._by_test.get(test, ())
        if fixtures != self.current:
            self._put(fixtures)

    def _put(self, fixtures: tuple[LocatedFixture, ...]) -> None:
        self.current = fixtures
        cache = lay_out(fixtures, self._parent)
        staging = self.link.with_name(f"{self.link.name}.new")
        staging.unlink(missing_ok=True)
        staging.symlink_to(cache.absolute(), target_is_directory=True)
        os.replace(staging, self.link)
