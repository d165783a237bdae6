"""The converter on the interpreters that it supports and that this machine has besides this one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from modular_converter.emit.formatter import find_ruff
from tests.conformance.corpus import NEWEST, corpus
from tests.sampling.sampling import sample

_VERSIONS = tuple(f"3.{minor}" for minor in range(10, 15))
_PARTS = 60
_COMPARISON = """
import sys

from modular_converter.conformance.comparison import compare
from modular_converter.conventions.profiles import for_version
from tests.conformance.corpus import NEWEST, assert_identical, corpus

release = corpus(NEWEST)
comparison = compare(release, for_version(NEWEST), only=sys.argv[1:])
assert_identical(comparison, release, frozenset())
print(".".join(map(str, sys.version_info[:2])), comparison.converted)
"""


def _candidates(version: str) -> Iterator[str]:
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield on_path
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python{version}")))


def _python(version: str) -> str:
    """An interpreter of this version. One is run first: those of pyenv's shims may have none."""
    for candidate in _candidates(version):
        tried = subprocess.run([candidate, "-c", ""], capture_output=True, check=False)
        if tried.returncode == 0:
            return candidate
    pytest.skip(f"THE CONVERTER IS NOT TESTED ON CPYTHON {version}, which this machine lacks")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables with which other interpreters find the modules of this one, and ruff."""
    # The package looks for its executable beside itself.
    packages = tmp_path_factory.mktemp("packages")
    import ruff

    shutil.copytree(Path(str(ruff.__file__)).parent, packages / "ruff")
    (packages / "bin").mkdir()
    shutil.copy(find_ruff(), packages / "bin")
    paths = [str(packages), *(os.path.abspath(path) for path in sys.path)]
    # Of this one's standard library, another one needs nothing.
    kept = [path for path in paths if not path.startswith(sys.base_prefix)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(kept)}


@pytest.mark.parametrize(
    "version", [version for version in _VERSIONS if version != f"3.{sys.version_info[1]}"]
)
def test_files_are_the_same_on_another_interpreter(
    version: str, environment: dict[str, str]
) -> None:
    python = _python(version)
    models = [os.path.basename(os.path.dirname(path)) for path in corpus(NEWEST).modular_files]
    only = sample(sorted(set(models)), _PARTS, seed=version)
    done = subprocess.run(
        [python, "-c", _COMPARISON, *only],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # A model may have several modular files.
    assert done.stdout.split() == [version, str(sum(model in only for model in models))]


def test_syntax_that_an_interpreter_is_too_old_for(
    environment: dict[str, str], tmp_path: Path
) -> None:
    modular = tmp_path / "models/new/modular_new.py"
    modular.parent.mkdir(parents=True)
    modular.write_text("type Size = int\n")
    done = subprocess.run(
        [_python("3.10"), "-m", "modular_converter", "convert", "models/new/modular_new.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "a `type` statement needs Python 3.12, and this is Python 3.10" in done.stderr
    assert '`["CPython>=3.12"]`' in done.stderr
