"""One distribution, two wheels: each interpreter of Pants gets the one for its Pants."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import pytest

_GET, _BY_NAME = "py39", "py312"
_WHEELS = {path.name.split("-")[2]: path for path in Path().glob("rules_transformers-*.whl")}
_RULES_MODULE = "pants.engine.rules"


def test_there_are_two() -> None:
    assert _WHEELS.keys() == {_GET, _BY_NAME}


# Pants runs on 3.9 up to 2.24, on 3.11 up to 2.31, on 3.14 since; the next one is only a guess.
@pytest.mark.parametrize(
    ("python", "tag"), [("3.9", _GET), ("3.11", _GET), ("3.14", _BY_NAME), ("3.15", _BY_NAME)]
)
def test_pip_chooses_by_the_interpreter(tmp_path: Path, python: str, tag: str) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for wheel in _WHEELS.values():
        (source / wheel.name).symlink_to(wheel.resolve())
    # The environment of the tests has no pip.
    python_with_pip = getattr(sys, "_base_executable", sys.executable)
    command = [python_with_pip, "-m", "pip", "download", "--no-index", "--no-deps", "--isolated"]
    options = ["--only-binary=:all:", f"--find-links={source}", f"--python-version={python}"]
    subprocess.run(
        [*command, *options, f"--dest={tmp_path / 'got'}", "rules-transformers"],
        check=True,
        env={"PIP_CONFIG_FILE": "/dev/null", "PATH": ""},
    )
    (got,) = (tmp_path / "got").iterdir()
    assert got.name == _WHEELS[tag].name


@cache
def _modules(tag: str) -> dict[str, ast.Module]:
    with zipfile.ZipFile(_WHEELS[tag]) as archive:
        return {
            name: ast.parse(archive.read(name))
            for name in archive.namelist()
            if name.startswith("rules_transformers/") and name.endswith(".py")
            if "/_tools/" not in name
        }


def _imported_from_rules(module: ast.Module) -> set[str]:
    return {
        alias.name
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.module == _RULES_MODULE
        for alias in node.names
    }


def test_each_has_its_style() -> None:
    for tag, has, lacks in (
        (_GET, {"Get", "MultiGet"}, {"implicitly", "concurrently"}),
        (_BY_NAME, {"implicitly", "concurrently"}, {"Get", "MultiGet"}),
    ):
        names = set().union(*map(_imported_from_rules, _modules(tag).values()))
        assert has <= names
        assert not lacks & names


def test_both_define_the_same_and_have_the_same_tools() -> None:
    contents = []
    for tag in (_GET, _BY_NAME):
        with zipfile.ZipFile(_WHEELS[tag]) as archive:
            others = {
                name: archive.read(name)
                for name in archive.namelist()
                if ".dist-info/" not in name and name not in _modules(tag)
            }
        definitions = {
            name: [
                (node.name, [ast.unparse(decorator) for decorator in node.decorator_list])
                for node in module.body
                if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
            ]
            for name, module in _modules(tag).items()
        }
        signatures = {
            name: [
                ast.unparse(node.args)
                for node in module.body
                if isinstance(node, ast.AsyncFunctionDef)
            ]
            for name, module in _modules(tag).items()
        }
        contents.append((others, definitions, signatures))
    assert contents[0] == contents[1]
