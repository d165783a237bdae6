"""Code coverage of tests with fixtures: nothing but the tests' own repository is measured."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any


def leave_out(patterns: Iterable[str]) -> None:
    """Lets coverage.py, whenever it starts in this process, omit the files that match ``patterns``.

    They are added to what the user's configuration omits, whatever else that says: a file that is
    measured and not there when the report is written would end the report.

    Modules that the user's filter names are found without an import. coverage.py would import the
    packages around them and forget them again, with all that they had imported; numpy, for one,
    cannot be imported twice.
    """
    from coverage import Coverage  # pants: no-infer-dep

    omitted = list(patterns)
    start = Coverage.start

    @wraps(start)
    def start_without(self: Coverage) -> None:
        configured = self.get_option("run:omit")
        kept = configured if isinstance(configured, list) else []
        self.set_option("run:omit", [*kept, *omitted])
        with _known_without_import(_source_names(self)):
            start(self)

    measured_class: Any = Coverage
    measured_class.start = start_without


def _source_names(coverage: Any) -> list[str]:
    names: list[str] = []
    for option in ("run:source", "run:source_pkgs"):
        value = coverage.get_option(option)
        names += value if isinstance(value, list) else []
    return [name for name in names if not Path(name).is_dir()]


@contextmanager
def _known_without_import(names: Iterable[str]) -> Iterator[None]:
    """Has an empty module for each of the names that are those of modules below a package."""
    specs = {name: _spec(name) for name in names if "." in name and name not in sys.modules}
    stand_ins = {}
    for name, spec in specs.items():
        if spec is not None:
            stand_ins[name] = ModuleType(name)
            stand_ins[name].__spec__ = spec
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


def _spec(name: str) -> ModuleSpec | None:
    """Where a module is; unlike importlib.util, this imports none of the packages around it."""
    spec, path = None, None
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        spec = PathFinder.find_spec(".".join(parts[:length]), path)
        if spec is None:
            return None
        path = spec.submodule_search_locations
        if path is None and length < len(parts):
            return None
    return spec
