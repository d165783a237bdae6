"""The quick start from nothing, command by command, in a repository that has the plugin's wheel.

After it, the commands of the example workflows, the guides that go on where the quick start ends,
and whether the reference says what the plugin in the wheel says of itself.

The page is run with what it names and nothing else, but for what belongs to the machine: how pip
and Pants reach a package index there, and who commits with Git. Its lock is really made, in pex's
format; which build of torch is in it, the machine's index or folder of wheels decides. Two things
differ: `./pants` stands in for Pants' launcher, which is published outside of package indexes, and
the wheel was built by the page's first command outside of this test.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from docs.commands.page import Commands, Printed, WrittenFile, run_by
from docs.generator.pages import pants_pages

from tests.end_to_end.workspace import PANTS_VERSIONS, REPOSITORY, Run

_THIS = "tests/end_to_end/quick_start_test.py"
_QUICK_START = "quick-start.md"
# Each goes on where the one before it ends.
_GUIDES = ("write-a-modular-model.md", "test-with-fixtures.md", "benchmark-a-change.md")
_EXAMPLE = "docs/examples/library"
# `./pants` serves the repository in which it lies, so it is put there, where neither Git nor Pants
# looks. The name in messages is that of the launcher. As a function it leaves `PATH` alone:
# every Python process of Pants depends on it, and what other tests have made serves here too.
_LAUNCHER = f"""
pants() {{
    if [ ! -e pants ]; then
        mkdir build-support
        cp {shlex.quote(str(REPOSITORY / "pants"))} .
        cp -R {shlex.quote(str(REPOSITORY / "build-support/bootstrap"))} build-support
        printf '/pants\\n/build-support/\\n' >> .git/info/exclude
    fi
    PANTS_BIN_NAME=pants ./pants "$@"
}}
"""


class Reader:
    """Somebody who types commands into one shell, and has this version of Pants."""

    def __init__(self, home: Path, pants_version: str) -> None:
        self.directory = home / "clone"
        self._end = home / "working_directory"
        shutil.copytree(REPOSITORY / _EXAMPLE, self.directory / _EXAMPLE)
        config = f"{_EXAMPLE}/pants.toml"
        self.write(config, self.read(config).replace(PANTS_VERSIONS[0], pants_version))
        (self.directory / "dist").mkdir()
        (wheel,) = REPOSITORY.glob("rules_transformers-*.whl")
        shutil.copy(wheel, self.directory / "dist")

    def types(self, command: str, **environment: str) -> Run:
        """Runs a command; `cd` holds for the next ones."""
        process = subprocess.run(
            [
                "bash",
                "-euo",
                "pipefail",
                "-c",
                f"{_LAUNCHER}{command}\npwd > {shlex.quote(str(self._end))}",
            ],
            cwd=self.directory,
            env=self._environment(environment),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if process.returncode == 0:
            self.directory = Path(self._end.read_text().rstrip("\n"))
        return Run(process.returncode, process.stdout, process.stderr)

    def read(self, path: str) -> str:
        return (self.directory / path).read_text()

    def write(self, path: str, content: str) -> None:
        (self.directory / path).parent.mkdir(parents=True, exist_ok=True)
        (self.directory / path).write_text(content)

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        who = {"NAME": "a reader", "EMAIL": "reader@example.com"}
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("PEX")},
            **{f"GIT_{role}_{key}": who[key] for role in ("AUTHOR", "COMMITTER") for key in who},
            "PWD": str(self.directory),
            **more,
        }


@pytest.fixture(scope="module", params=PANTS_VERSIONS)
def reader(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """One who has followed the quick start to its end."""
    reader = Reader(tmp_path_factory.mktemp("home"), request.param)
    try:
        _follow(reader, _QUICK_START)
        yield reader
    finally:
        for pid_file in (reader.directory / ".pids").glob("*/pantsd/pid"):
            subprocess.run(["kill", pid_file.read_text()], check=False)


def _follow(reader: Reader, page: str) -> dict[str, str]:
    """Does what a page says, and compares what it shows.

    :return: for each command all that it printed.
    """
    printed: dict[str, str] = {}
    of_block = ""
    for block in run_by(REPOSITORY / "docs" / page, REPOSITORY, _THIS):
        if isinstance(block, WrittenFile):
            reader.write(block.path, block.content)
        elif isinstance(block, Commands):
            of_block = ""
            for command in block.lines:
                run = reader.types(command)
                assert run.exit_code == 0, f"{command}\n{run.stdout}{run.stderr}"
                output = _without_times(run.stdout) + _without_times(run.stderr)
                of_block += output
                printed[command] = printed.get(command, "") + output
        elif isinstance(block, Printed):
            assert block.missing_in(of_block) == "", of_block
    return printed


def _without_times(log: str) -> str:
    return re.sub(r"^[\d:.]+ \[INFO\] ", "", log, flags=re.MULTILINE)


def _git(reader: Reader, *arguments: str) -> str:
    run = reader.types(shlex.join(["git", *arguments]))
    assert run.exit_code == 0, run.stderr
    return run.stdout.strip()


def _steps(name: str) -> list[str]:
    workflow = yaml.safe_load((REPOSITORY / "docs/examples/ci" / name).read_text())
    (job,) = workflow["jobs"].values()
    return [step["run"] for step in job["steps"] if "run" in step]


def test_quick_start(reader: Reader) -> None:
    version = reader.types("pants --version").stdout.strip()
    assert f'pants_version = "{version}"' in reader.read("pants.toml")
    assert (reader.directory / "dist/acme.models.newt/tiny").is_dir()
    assert "modular_model" in reader.read("port/BUILD")
    assert reader.read("3rdparty/python/ml.lock").startswith("// This lockfile was autogenerated")


def test_nothing_runs_again(reader: Reader) -> None:
    for _ in range(2):
        run = reader.types("pants test ::")
        assert run.exit_code == 0, run.stderr
    summaries = re.findall(r"^✓ .*", run.stderr, re.MULTILINE)
    assert summaries
    assert all(re.search(r"\((memoized|cached locally)\)", line) for line in summaries), summaries


@pytest.fixture
def example(reader: Reader) -> Iterator[Reader]:
    """The example as it stands when the quick start commits it."""
    _git(reader, "add", "--all")
    _git(reader, "commit", "--quiet", "--allow-empty", "--message=So far")
    begin = _git(reader, "rev-list", "--max-parents=0", "HEAD")
    _git(reader, "checkout", "--quiet", "--detach", begin)
    _git(reader, "update-ref", "refs/remotes/origin/main", begin)
    yield reader
    _git(reader, "checkout", "--quiet", "--force", "-")


def test_workflow_of_tests(example: Reader) -> None:
    fresh, complete, changed, everything = _steps("tests.yml")
    for step in (fresh, complete, changed, everything):
        run = example.types(step)
        assert run.exit_code == 0, f"{step}\n{run.stdout}{run.stderr}"
    modular = "acme/models/newt/modular_newt.py"
    example.write(modular, example.read(modular).replace('"relu2"', '"relu"'))
    assert example.types(fresh).exit_code == 1
    assert example.types("pants generate ::").exit_code == 0
    assert example.types(fresh).exit_code == 0
    assert example.types(complete).exit_code == 0
    # The test reads the activation that was changed, through the fixture and the generated code.
    run = example.types(changed)
    assert run.exit_code != 0
    assert "newt_test.py:tests failed" in run.stderr


def test_workflow_of_benchmarks(example: Reader) -> None:
    config = "acme/models/newt/configs/newt_1b.json"
    example.write(config, example.read(config).replace("16,", "8,", 1))
    measure, summary = _steps("benchmarks.yml")
    shutil.rmtree(example.directory / "dist")
    # There is no accelerator here: a machine that should have one must not pass.
    run = example.types(measure, CUDA_VISIBLE_DEVICES="")
    assert run.exit_code == 3, run.stderr
    assert run.stderr.count("no accelerator") == 4
    page = example.directory / "page.md"
    assert example.types(summary, GITHUB_STEP_SUMMARY=str(page)).exit_code == 0
    # Nothing was measured, so there is nothing to sum up.
    assert page.read_text() == ""


def test_pre_commit_hook(example: Reader) -> None:
    settings = yaml.safe_load((REPOSITORY / "docs/examples/ci/pre-commit-config.yaml").read_text())
    (hook,) = settings["repos"][0]["hooks"]
    modular = "acme/models/newt/modular_newt.py"
    assert re.search(hook["files"], modular)
    assert example.types(hook["entry"]).exit_code == 0
    example.write(modular, example.read(modular).replace('"relu2"', '"relu"'))
    assert example.types(hook["entry"]).exit_code == 1


def test_every_command_of_the_guides(reader: Reader) -> None:
    printed: dict[str, str] = {}
    for guide in _GUIDES:
        printed.update(_follow(reader, guide))
    assert "1 changed" in printed["pants generate ::"]
    explained = printed[
        "pants generate --explain=acme/models/skink/modeling_skink.py:SkinkAttention.forward"
    ]
    assert "newt" in explained
    assert "llama" in explained
    tested = printed["pants test acme/models/skink::"]
    assert re.search(r"skink_test\.py:tests succeeded", tested)
    assert "export HF_HUB_OFFLINE=1" in printed["pants package acme/models/skink:tiny"]
    (coverage,) = (text for command, text in printed.items() if "--use-coverage" in command)
    assert re.search(r"acme/models/skink/modeling_skink\.py +\d+", coverage)


def test_the_reference_of_targets_and_options(reader: Reader) -> None:
    run = reader.types("pants help-all")
    assert run.exit_code == 0, run.stderr
    for path, text in pants_pages(json.loads(run.stdout)).items():
        assert text == (REPOSITORY / path).read_text(), f"{path}: see CONTRIBUTING.md"


def test_the_wheel_has_the_tools_and_no_tests() -> None:
    (wheel,) = REPOSITORY.glob("rules_transformers-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for tool in ("gpu_bench", "modular_converter", "parent_finder", "tiny_models"):
        assert f"rules_transformers/_tools/{tool}/__main__.py" in names
    assert not [name for name in names if name.endswith(("_test.py", "conftest.py"))]
    assert not [name for name in names if {"testing", "testutil"} & {*name.split("/")}]
