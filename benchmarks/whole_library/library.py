"""The scratch workspace: transformers as a library of its own under the rules."""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.end_to_end.workspace import REPOSITORY, Repository

PACKAGE = Path("src/transformers")
LOCK = "3rdparty/python/ml.lock"
# The library itself is no requirement of its own, and neither is what builds on it.
NOT_REQUIRED = ("transformers", "trl")

CONFIG = """\
[GLOBAL]
pants_version = "2.17.1"
backend_packages = [
    "pants.backend.python",
    "rules_transformers.modular",
    "rules_transformers.@FIXTURES@",
]
pythonpath = ["%(buildroot)s/.plugin/rules", "%(buildroot)s/.plugin/src"]
pants_ignore.add = ["!.plugin/"]
build_ignore = [".plugin", "build-support"]
# Above the default of 1 GiB Pants restarts its daemon, which loses all that it remembers.
pantsd_max_memory_usage = "4GiB"

[source]
root_patterns = ["/src", "/"]

[python]
enable_resolves = true
default_resolve = "ml"
interpreter_constraints = ["==3.11.*"]
invalid_lockfile_behavior = "ignore"
run_against_entire_lockfile = true

[python.resolves]
ml = "3rdparty/python/ml.lock"

[python-bootstrap]
search_path = ["<PYENV>", "<PATH>"]

[python-infer]
use_rust_parser = true
# The library imports many packages only where they are installed.
unowned_dependency_behavior = "ignore"

[subprocess-environment]
# The lockfiles decide alone, whatever the configuration of the machine's pip.
env_vars.add = ["PIP_CONFIG_FILE=/dev/null"]

[tailor]
ignore_paths = [".plugin/**", "build-support/**"]

[rules-transformers]
tools_path = ".plugin/src"
"""

# What imports everything on behalf of type checkers only; at run time these modules are lazy.
_LAZY = ("__init__.py", "models/__init__.py")
_IMPORT_ALL = re.compile(r"^    from \.\w+ import \*$", re.MULTILINE)
_UNINFERRED = "  # pants: no-infer-dep"

# What the backend of fixtures is called, and was called before commit 1df4d05.
_FIXTURES = ("tiny_fixtures", "fixtures")

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def installed_library() -> Path:
    """The directory of the importable transformers, which is located and not imported.

    Raises LookupError when there is none.
    """
    spec = importlib.util.find_spec("transformers")
    if spec is None or not spec.submodule_search_locations:
        raise LookupError("this Python has no transformers")
    return Path(next(iter(spec.submodule_search_locations)))


def modular_files(package: Path) -> list[Path]:
    """The modular files of a package, relative to it, sorted."""
    found = (package / "models").glob("*/modular_*.py")
    return sorted(path.relative_to(package) for path in found)


def spread(items: Sequence, number: int) -> list:
    """So many of the items, in their order, at even distances."""
    return [items[index * len(items) // number] for index in range(number)]


def requirements(lock: str, left_out: Iterable[str] = NOT_REQUIRED) -> str:
    """A lock in pip's format without some of its packages, at whatever version."""
    names = set(left_out)
    return "".join(
        line
        for line in lock.splitlines(keepends=True)
        if not (found := _NAME.match(line)) or found[0].lower() not in names
    )


def without_lazy_imports(text: str) -> str:
    """A module of a lazy package, in which Pants infers nothing from `from .x import *`."""
    return _IMPORT_ALL.sub(lambda found: found[0] + _UNINFERRED, text)


class Library(Repository):
    """A repository that holds a copy of transformers, and this plugin.

    Of its modular files so many stay; what the others generated counts as written by hand.

    :param root: where it is made; nothing may be there.
    :param source: the directory of a transformers package.
    :param checkout: the repository that the plugin is from; an older one may lack some packages.
    """

    def __init__(self, root: Path, source: Path, number: int, checkout: Path = REPOSITORY) -> None:
        super().__init__(root, checkout)
        self.copy("rules/rules_transformers", ".plugin/rules/rules_transformers")
        for tool in ("modular_converter", "rules_transformers_contract", "tiny_models", "toolkit"):
            if (checkout / "src" / tool).exists():
                self.copy(f"src/{tool}", f".plugin/src/{tool}")
        self.copy("3rdparty/python/ml-cpu.lock", LOCK)
        (root / LOCK).write_text(requirements(self.read(LOCK)))
        backends = checkout / "rules/rules_transformers"
        fixtures = next(name for name in _FIXTURES if (backends / name).exists())
        self.write(
            {
                "pants.toml": CONFIG.replace("@FIXTURES@", fixtures),
                ".gitignore": ".pids/\n.pants.d/\n",
                "3rdparty/python/BUILD": 'python_requirements(name="ml", source="ml.lock")\n',
            }
        )
        shutil.copytree(
            source, root / PACKAGE, ignore=shutil.ignore_patterns("__pycache__", "BUILD")
        )
        for name in _LAZY:
            path = root / PACKAGE / name
            path.write_text(without_lazy_imports(path.read_text()))
        every = modular_files(root / PACKAGE)
        if not 0 < number <= len(every):
            raise ValueError(f"{source} has {len(every)} modular files, and {number} are wanted")
        self.modulars = spread(every, number)
        for path in set(every) - set(self.modulars):
            (root / PACKAGE / path).unlink()
