"""The workflows, hooks and templates for the repository's host are whole, and fit the repository.

They run elsewhere, so that a wrong path or a missing interpreter would be seen late.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

_HOOKS = Path(".pre-commit-config.yaml")
_FILES = sorted([_HOOKS, *Path(".github").rglob("*.yml")])
_WORKFLOWS = sorted(Path(".github/workflows").glob("*.yml"))
_ACTION = Path(".github/actions/prepare/action.yml")
_LOCAL_PROGRAM = re.compile(r"^(?:\./|\.ci/)\S+")


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _jobs(path: Path) -> dict[str, Any]:
    jobs: dict[str, Any] = _read(path)["jobs"]
    return jobs


def _steps() -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in _WORKFLOWS:
        for job in _jobs(path).values():
            for step in job["steps"]:
                yield path, step
    for step in _read(_ACTION)["runs"]["steps"]:
        yield _ACTION, step


@pytest.mark.parametrize("path", _FILES, ids=str)
def test_each_file_parses(path: Path) -> None:
    assert isinstance(_read(path), dict)


def test_the_workflows_are_there() -> None:
    assert {path.name for path in _WORKFLOWS} == {"docs.yml", "gpu.yml", "tests.yml", "wheel.yml"}


@pytest.mark.parametrize("path", _WORKFLOWS, ids=str)
def test_each_job_has_a_limit_and_few_rights(path: Path) -> None:
    assert _read(path)["permissions"] == {"contents": "read"}
    for job in _jobs(path).values():
        assert job["runs-on"]
        assert job["timeout-minutes"] <= 150


def test_what_a_step_uses_exists_or_has_a_version() -> None:
    used = [step["uses"] for _, step in _steps() if "uses" in step]
    assert len(used) > 8
    for name in used:
        if name.startswith("./"):
            assert (Path(name) / "action.yml").is_file(), name
        else:
            assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", name), name


def test_what_a_step_runs_exists() -> None:
    commands = [
        (path, line)
        for path, step in _steps()
        if "run" in step
        for line in step["run"].splitlines()
    ]
    commands += [
        (_HOOKS, hook["entry"]) for repo in _read(_HOOKS)["repos"] for hook in repo["hooks"]
    ]
    programs = [
        (path, match[0]) for path, line in commands if (match := _LOCAL_PROGRAM.match(line))
    ]
    assert len(programs) > 6
    for path, program in programs:
        assert os.access(program, os.X_OK), f"{path}: {program} cannot be run"


def test_the_tests_are_those_of_every_change() -> None:
    runs = [step.get("run") for step in _jobs(Path(".github/workflows/tests.yml"))["cpu"]["steps"]]
    assert ".ci/run" in runs


def test_the_interpreters_that_resolves_ask_for_are_set_up() -> None:
    with Path("pants.toml").open("rb") as file:
        settings = tomllib.load(file)["python"]
    asked = {
        constraint.removeprefix("==").removesuffix(".*")
        for constraints in settings["resolves_to_interpreter_constraints"].values()
        for constraint in constraints
    }
    (versions,) = (
        step["with"]["python-version"].split()
        for _, step in _steps()
        if step.get("uses", "").startswith("actions/setup-python@")
    )
    assert asked and asked <= set(versions)


def test_the_gpu_job_runs_by_hand_only() -> None:
    # YAML 1.1 reads the key `on` as a truth value.
    assert list(_read(Path(".github/workflows/gpu.yml"))[True]) == ["workflow_dispatch"]


def test_hooks_format_lint_and_check_with_pants() -> None:
    (repo,) = _read(_HOOKS)["repos"]
    assert repo["repo"] == "local"
    goals: set[str] = set()
    for hook in repo["hooks"]:
        assert hook["language"] == "system" and not hook["pass_filenames"]
        program, *arguments = hook["entry"].split()
        assert program == "./pants"
        goals.update(argument for argument in arguments if not argument.startswith("--changed"))
    assert goals == {"fmt", "fix", "generate", "--check", "lint", "check"}


def test_each_form_asks_for_something() -> None:
    forms = [path for path in Path(".github/ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config"]
    assert len(forms) > 2
    for path in forms:
        form = _read(path)
        assert form["name"] and form["description"]
        fields = [field for field in form["body"] if field["type"] != "markdown"]
        assert len({field["id"] for field in fields}) == len(fields) > 0
        assert any(field.get("validations", {}).get("required") for field in fields), path
