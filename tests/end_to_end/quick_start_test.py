"""The quick start, command by command, in a repository that has the plugin from its wheel.

After it, the guides that go on where it ends, the commands of the example workflows, and whether
the reference says what the plugin in the wheel says of itself.

Two things differ from a newcomer's machine: `./pants` stands in for Pants' launcher, and the
lockfile is this repository's, so that torch is not resolved and installed once more.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator

import pytest
import yaml
from docs.commands.page import WrittenFile, run_by
from docs.generator.pages import pants_pages

from tests.end_to_end.workspace import REPOSITORY, Repository, Run

_THIS = "tests/end_to_end/quick_start_test.py"
# Each goes on where the one before it ends.
_GUIDES = (
    "quick-start.md",
    "write-a-modular-model.md",
    "test-with-fixtures.md",
    "benchmark-a-change.md",
)
_EXAMPLE = "docs/examples/library"
_LOCKING = "pants generate-lockfiles --resolve=ml"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    repository = Repository(tmp_path_factory.mktemp("elsewhere") / "my library")
    repository.copy(_EXAMPLE, ".")
    # What the copying leaves out of this repository's own directories is what matters here.
    for test in (REPOSITORY / _EXAMPLE).rglob("*_test.py"):
        path = test.relative_to(REPOSITORY / _EXAMPLE)
        repository.write({str(path): test.read_text()})
    repository.copy("3rdparty/python/ml-cpu.lock", "3rdparty/python/ml-cpu.lock")
    subprocess.run(["git", "init", "--quiet"], cwd=repository.root, check=True)
    yield repository
    repository.stop()


def _settings() -> dict[str, str]:
    (wheel,) = REPOSITORY.glob("rules_transformers-*.whl")
    others = os.environ.get("PANTS_PYTHON_REPOS_FIND_LINKS")
    return {
        # One more than whatever there is, in Pants' own notation.
        "PANTS_PYTHON_REPOS_FIND_LINKS": f"{f'{others},' if others else ''}+['{wheel.parent}']",
        "PANTS_PYTHON_BOOTSTRAP_SEARCH_PATH": "['<PYENV>', '<PATH>']",
        # The lock is this repository's, in pip's format; under its name there, so that what was
        # installed from it serves here too.
        "PANTS_PYTHON_RESOLVES": "{'ml': '3rdparty/python/ml-cpu.lock'}",
        "PANTS_PYTHON_INVALID_LOCKFILE_BEHAVIOR": "ignore",
        # Part of the launcher's stand-in.
        "PANTS_PANTS_IGNORE": "+['/build-support/']",
    }


def _shell(library: Repository, command: str, **environment: str) -> Run:
    """Runs a step of a workflow, with `pants` on the path."""
    directory = library.root.parent / "bin"
    directory.mkdir(exist_ok=True)
    launcher = directory / "pants"
    launcher.write_text(f"#!/bin/sh\nexec '{library.root}/pants' \"$@\"\n")
    launcher.chmod(0o755)
    process = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=library.root,
        env={
            **os.environ,
            "PWD": str(library.root),
            "PATH": f"{directory}:{os.environ['PATH']}",
            **_settings(),
            **environment,
        },
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return Run(process.returncode, process.stdout, process.stderr)


def _commit(library: Repository) -> None:
    """A state that the workflows compare with."""
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b.c")
    for arguments in (
        ("add", "--all"),
        ("commit", "--quiet", "--allow-empty", "--message=begin"),
        ("update-ref", "refs/remotes/origin/main", "HEAD"),
    ):
        subprocess.run([*git, *arguments], cwd=library.root, check=True)


def _steps(name: str) -> list[str]:
    workflow = yaml.safe_load((REPOSITORY / "docs/examples/ci" / name).read_text())
    (job,) = workflow["jobs"].values()
    return [step["run"] for step in job["steps"] if "run" in step]


def test_every_command_of_the_guides(library: Repository) -> None:
    said: dict[str, str] = {}
    for guide in _GUIDES:
        for command in _steps_of_guide(library, guide):
            run = _shell(library, command)
            assert run.exit_code == 0, f"{command}\n{run.stdout}{run.stderr}"
            command = command.removeprefix("pants ")
            said[command] = said.get(command, "") + run.stdout + run.stderr
    # Newt at first, Eft at the end of the quick start, and then Skink.
    assert said["generate ::"].count("1 changed") == 3
    assert "1 unchanged" in said["generate --check ::"]
    assert re.search(r"newt_test\.py:tests succeeded", said["test ::"])
    assert re.search(r"newt:smoke succeeded", said["test ::"])
    assert "export HF_HUB_OFFLINE=1" in said["package acme/models/newt:tiny"]
    assert re.search(r"\bllama\b", said["parents port/modeling_eft.py"])
    assert "byte for byte" in said["modularize --parent=llama port/modeling_eft.py"]
    assert "modular_model" in (library.root / "port/BUILD").read_text()
    explained = said[
        "generate --explain=acme/models/skink/modeling_skink.py:SkinkAttention.forward"
    ]
    assert "newt" in explained
    assert "llama" in explained
    assert re.search(r"skink_test\.py:tests succeeded", said["test acme/models/skink::"])
    (coverage,) = (text for command, text in said.items() if "--use-coverage" in command)
    assert re.search(r"acme/models/skink/modeling_skink\.py +\d+", coverage)


def _steps_of_guide(library: Repository, guide: str) -> Iterator[str]:
    """The commands of a guide; files are written when it is their turn."""
    for block in run_by(REPOSITORY / "docs" / guide, REPOSITORY, _THIS):
        if isinstance(block, WrittenFile):
            library.write({block.path: block.content})
        else:
            # The lock is there already.
            yield from (line for line in block.lines if line != _LOCKING)


def test_the_reference_of_targets_and_options(library: Repository) -> None:
    run = _shell(library, "pants help-all")
    assert run.exit_code == 0, run.stderr
    for path, text in pants_pages(json.loads(run.stdout)).items():
        assert text == (REPOSITORY / path).read_text(), f"{path}: see CONTRIBUTING.md"


def test_nothing_runs_again(library: Repository) -> None:
    for _ in range(2):
        run = _shell(library, "pants test ::")
        assert run.exit_code == 0, run.stderr
    summaries = re.findall(r"^✓ .*", run.stderr, re.MULTILINE)
    assert summaries
    assert all(re.search(r"\((memoized|cached locally)\)", line) for line in summaries), summaries


def test_workflow_of_tests(library: Repository) -> None:
    _commit(library)
    modular = "acme/models/newt/modular_newt.py"
    stale = library.read(modular).replace('"relu2"', '"relu"')
    fresh, complete, changed, everything = _steps("tests.yml")
    library.write({modular: stale})
    assert _shell(library, fresh).exit_code == 1
    assert _shell(library, "pants generate ::").exit_code == 0
    assert _shell(library, fresh).exit_code == 0
    assert _shell(library, complete).exit_code == 0
    # The test reads the activation that was changed, through the fixture and the generated code.
    run = _shell(library, changed)
    assert run.exit_code != 0
    assert "newt_test.py:tests failed" in run.stderr
    subprocess.run(["git", "checkout", "--quiet", "."], cwd=library.root, check=True)
    run = _shell(library, everything)
    assert run.exit_code == 0, run.stderr


def test_workflow_of_benchmarks(library: Repository) -> None:
    _commit(library)
    config = "acme/models/newt/configs/newt_1b.json"
    library.write({config: library.read(config).replace("16,", "8,", 1)})
    measure, summary = _steps("benchmarks.yml")
    shutil.rmtree(library.root / "dist")
    # There is no accelerator here: a machine that should have one must not pass.
    run = _shell(library, measure, CUDA_VISIBLE_DEVICES="")
    assert run.exit_code == 3, run.stderr
    assert run.stderr.count("no accelerator") == 4
    page = library.root / "page.md"
    assert _shell(library, summary, GITHUB_STEP_SUMMARY=str(page)).exit_code == 0
    # Nothing was measured, so there is nothing to sum up.
    assert page.read_text() == ""


def test_pre_commit_hook(library: Repository) -> None:
    _commit(library)
    settings = yaml.safe_load((REPOSITORY / "docs/examples/ci/pre-commit-config.yaml").read_text())
    (hook,) = settings["repos"][0]["hooks"]
    modular = "acme/models/newt/modular_newt.py"
    unchanged = library.read(modular)
    assert re.search(hook["files"], modular)
    assert _shell(library, hook["entry"]).exit_code == 0
    library.write({modular: unchanged.replace('"relu2"', '"relu"')})
    assert _shell(library, hook["entry"]).exit_code == 1
    library.write({modular: unchanged})


def test_the_wheel_has_the_tools_and_no_tests() -> None:
    (wheel,) = REPOSITORY.glob("rules_transformers-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for tool in ("gpu_bench", "modular_converter", "parent_finder", "tiny_models"):
        assert f"rules_transformers/_tools/{tool}/cli.py" in names
    assert not [name for name in names if name.endswith(("_test.py", "conftest.py"))]
