"""Tests that are measured by coverage.py, in a sandbox as the rules lay it out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tiny_models.testing.sample_fixture import write_manifest

_SOURCE_ROOT = Path(__file__).resolve().parents[2]
_PLUGIN = """\
import sys
from pathlib import Path
sys.path.append(str(Path("__tools").absolute()))
from tiny_models.runtime.pytest_plugin import *
from tiny_models.runtime.pytest_plugin import start
start([Path("index.json")], own_files=("*/__tools/*", "*/plugin.py"))
"""
_MODEL = """\
import once


def twice(x):
    return 2 * x


def unused(x):
    return x
"""
# As numpy: the extension modules of many libraries cannot be loaded again.
_ONCE = """\
import sys

if hasattr(sys, "loaded_once"):
    raise ImportError("cannot load module more than once per process")
sys.loaded_once = True
"""
_TEST = """\
from pathlib import Path

import lib.m.modeling_m


def test_model(tiny_fixture):
    assert lib.m.modeling_m.twice(2) == 4
    assert tiny_fixture("tiny-random/m").path == Path("m/tiny").absolute()
"""
_MEASURED = ["lib/m/__init__.py", "lib/m/modeling_m.py"]
_UNUSED = ["lib/__init__.py", "lib/n/__init__.py", "lib/n/modeling_n.py"]


@pytest.fixture
def sandbox(tmp_path: Path) -> Path:
    """Laid out as for a test target, beside what is installed for it."""
    contract = json.loads(Path("tests/contracts/pytest_plugin.json").read_text())
    directory = tmp_path / "sandbox"
    files = {
        "../installed/once.py": _ONCE,
        "lib/__init__.py": "import once\n",
        "lib/m/__init__.py": "from lib.m.modeling_m import twice\n",
        "lib/m/modeling_m.py": _MODEL,
        "lib/n/__init__.py": "",
        "lib/n/modeling_n.py": "x = 1\n",
        "m_test.py": _TEST,
        "plugin.py": _PLUGIN,
        "m/tiny/config.json": "{}",
        "index.json": json.dumps(
            {
                "test": "m_test.py",
                "fixtures": [{"directory": "m/tiny", "module": None}],
                "problems": [],
            }
        ),
    }
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text)
    write_manifest(directory / "m" / "tiny", "tiny-random/m", address="m:t")
    tools = directory / "__tools"
    for module in contract["modules"]:
        (tools / module).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(_SOURCE_ROOT / f"{module}.py", tools / f"{module}.py")
    return directory


def _python(sandbox: Path, *arguments: str) -> str:
    result = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=sandbox,
        env={**os.environ, "PYTHONPATH": f"{sandbox}{os.pathsep}{sandbox.parent / 'installed'}"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def _measured_files(
    sandbox: Path, *sources: str, config: str = "", arguments: tuple[str, ...] = ()
) -> dict[str, list[int]]:
    """The files of the report, with the lines that did not run, as Pants makes it elsewhere."""
    (sandbox / ".coveragerc").write_text(f"[run]\nrelative_files = True\n{config}")
    options = (
        "--cov-report=",
        "--cov-config=.coveragerc",
        *(f"--cov={source}" for source in sources),
    )
    _python(sandbox, "pytest", "-p", "plugin", "m_test.py", *options, *arguments)
    shutil.rmtree(sandbox / "__tools")
    (sandbox / "plugin.py").unlink()
    _python(sandbox, "coverage", "json")
    files = json.loads((sandbox / "coverage.json").read_text())["files"]
    return {path: files[path]["missing_lines"] for path in sorted(files)}


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (["."], [*_UNUSED, *_MEASURED, "m_test.py"]),
        (["lib"], [*_UNUSED, *_MEASURED]),
        (["lib.m"], _MEASURED),
        (["lib/m"], _MEASURED),
        (["lib.m.modeling_m", "m_test"], ["lib/m/modeling_m.py", "m_test.py"]),
    ],
)
def test_reports_have_what_the_filter_names(
    sandbox: Path, sources: list[str], expected: list[str]
) -> None:
    files = _measured_files(sandbox, *sources)
    assert sorted(files) == sorted(expected)
    assert files["lib/m/modeling_m.py"] == [9]


@pytest.mark.parametrize(
    "config",
    [
        "omit =\n  lib/n/*\n",
        "branch = True\nconcurrency = thread, multiprocessing\nparallel = True\n"
        "[report]\ninclude_namespace_packages = True\nfail_under = 1\n",
        "source = lib.m\ninclude = nothing\n[paths]\nsomewhere =\n  else\n  __tools\n",
    ],
)
def test_the_plugin_is_no_part_of_a_report(sandbox: Path, config: str) -> None:
    files = _measured_files(sandbox, ".", config=config)
    assert set(_MEASURED) <= set(files)
    assert ("lib/n/modeling_n.py" in files) == ("omit" not in config)
    assert not [path for path in files if "tiny_models" in path or "plugin" in path]


def test_nor_with_several_workers(sandbox: Path) -> None:
    pytest.importorskip("xdist")
    files = _measured_files(sandbox, ".", arguments=("-n", "2"))
    assert set(_MEASURED) <= set(files)
