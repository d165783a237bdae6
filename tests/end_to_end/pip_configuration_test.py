"""Tests run whatever the machine's pip is configured to do.

The machine's configuration file is simulated: Pants passes `XDG_CONFIG_DIRS` on to its sandboxes,
where pip looks for that file.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.workspace import REPOSITORY, Repository

_SETTINGS = """
[GLOBAL]
pants_version = "2.17.1"
backend_packages = ["pants.backend.python"]

[python]
interpreter_constraints = ["==3.11.*"]

[python-bootstrap]
search_path = ["<PYENV>", "<PATH>"]
"""
_CURE = """
[subprocess-environment]
env_vars.add = ["PIP_CONFIG_FILE=/dev/null"]
"""
_CONFIGURATION = """
[global]
constraint = {directory}/constraints.txt
require-hashes = true
no-index = true
proxy = http://127.0.0.1:9
cert = {directory}/missing.pem
timeout = 0.001
no-binary = :all:
user = true
target = {directory}/target
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    directory = tmp_path_factory.mktemp("machine")
    repository = Repository(directory / "repository")
    repository.write(
        {
            "BUILD": "python_tests(name='tests')\n",
            "trivial_test.py": "def test_trivial():\n    pass\n",
        }
    )
    yield repository
    repository.stop()


def _machine(directory: Path, text: str) -> dict[str, str]:
    """The variables for a machine whose pip has this configuration and nothing installed yet."""
    (directory / "pip").mkdir()
    (directory / "constraints.txt").write_text("somebody-elses-package<2\n")
    (directory / "pip" / "pip.conf").write_text(text.format(directory=directory))
    # In front of what `./pants` itself passes on.
    own = os.environ.get("PANTS_SUBPROCESS_ENVIRONMENT_ENV_VARS")
    added = f"+['XDG_CONFIG_DIRS={directory}']"
    return {
        "PANTS_NAMED_CACHES_DIR": str(directory / "caches"),
        "PANTS_SUBPROCESS_ENVIRONMENT_ENV_VARS": f"{own},{added}" if own else added,
    }


def test_no_option_of_the_machines_pip_reaches_a_sandbox(
    repository: Repository, tmp_path: Path
) -> None:
    repository.write({"pants.toml": _SETTINGS + _CURE})
    run = repository.pants("test", "::", **_machine(tmp_path, _CONFIGURATION))
    assert run.exit_code == 0, run.stderr
    assert "trivial_test.py:tests succeeded" in run.stderr


def test_a_constraint_reaches_it_without_the_setting(
    repository: Repository, tmp_path: Path
) -> None:
    """Shows that the test above can fail. Once it does so no more, the setting may go."""
    repository.write({"pants.toml": _SETTINGS})
    constraint = "[global]\nconstraint = {directory}/constraints.txt\n"
    run = repository.pants("test", "::", **_machine(tmp_path, constraint))
    assert run.exit_code != 0
    assert "AssertionError" in run.stderr


@pytest.mark.parametrize("path", ["pants.toml", "docs/examples/library/pants.toml"])
def test_the_setting_is_in_the_repository_itself(path: str) -> None:
    """Pants' own launcher reads no other file."""
    settings = tomllib.loads((REPOSITORY / path).read_text())
    assert settings["subprocess-environment"] == tomllib.loads(_CURE)["subprocess-environment"]
