"""The work of a library's author, as `./pants` does it, with the real converter."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.library import LIBRARY
from tests.end_to_end.workspace import PANTS_VERSIONS, Run, Workspace

_LIBRARY = {
    **LIBRARY,
    "lib/leaf/helpers.py": "ANSWER = 42\n",
    "lib/leaf/leaf_test.py": """\
        from lib.leaf.configuration_leaf import LeafConfig
        from lib.leaf.modeling_leaf import LeafScale


        def test_forward():
            assert LeafScale(LeafConfig(width=3)).forward(2) == 6
        """,
}

_GENERATED = [
    f"lib/{model}/{kind}_{model}.py"
    for model in ("leaf", "twig")
    for kind in ("configuration", "modeling")
]


@pytest.fixture(scope="module", params=PANTS_VERSIONS)
def tailored(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace whose BUILD files `tailor` has written, with nothing generated yet."""
    workspace = Workspace(tmp_path_factory.mktemp("workspace"), pants_version=request.param)
    workspace.write(_LIBRARY)
    tailor = workspace.pants("tailor", "lib::")
    assert tailor.exit_code == 0, tailor.stderr
    yield workspace
    workspace.stop()


@pytest.fixture
def workspace(tailored: Workspace) -> Iterator[Workspace]:
    """The workspace with everything generated, and put in order again after the test."""
    _succeed(tailored.pants("generate", "::"))
    yield tailored
    tailored.write(_LIBRARY)


def _succeed(run: Run) -> Run:
    assert run.exit_code == 0, run.stdout + run.stderr
    return run


def _converted(run: Run) -> list[str]:
    """The modular files that the run converted, in the order of their start."""
    return re.findall(r"Starting: Convert (\S+)", run.stderr)


_TAILORED = """\
modular_model(
    source="modular_leaf.py",
)

python_sources(
    name="lib",
    sources=[
        "helpers.py",
    ],
)

python_tests(
    name="tests",
)
"""


def test_tailor_gives_generated_files_to_the_modular_model_only(workspace: Workspace) -> None:
    assert workspace.read("lib/leaf/BUILD") == _TAILORED
    assert workspace.pants("tailor", "--check", "lib::").exit_code == 0


def test_everything_generated_is_up_to_date(workspace: Workspace) -> None:
    run = _succeed(workspace.pants("generate", "--check", "::"))
    assert run.stdout == ""
    assert _converted(run) == []
    assert "class LeafScale:" in workspace.read("lib/leaf/modeling_leaf.py")
    _succeed(workspace.pants("lint", "::"))


@pytest.mark.parametrize("path", _GENERATED)
def test_a_deleted_or_edited_file_is_restored(workspace: Workspace, path: str) -> None:
    expected = workspace.read(path)
    (workspace.root / path).unlink()
    assert workspace.pants("generate", "--check", "::").exit_code == 1
    _succeed(workspace.pants("generate", "::"))
    assert workspace.read(path) == expected

    workspace.write({path: expected.replace("class ", "# edited by hand\nclass ", 1)})
    check = workspace.pants("generate", "--check", "::")
    assert (check.exit_code, "-# edited by hand\n" in check.stdout) == (1, True)
    lint = workspace.pants("lint", path)
    assert (lint.exit_code, "generate lib/" in lint.stderr) == (1, True)
    _succeed(workspace.pants("generate", path))
    assert workspace.read(path) == expected


def test_a_comment_converts_one_model_and_a_method_its_children_too(workspace: Workspace) -> None:
    modular = workspace.read("lib/twig/modular_twig.py")
    others = {path: workspace.read(path) for path in _GENERATED if "modeling_twig" not in path}

    # Something new each time, which no cache has.
    now = time.time_ns()
    comment = modular.replace("class TwigScale", f"# Seen by nobody: {now}\nclass TwigScale")
    workspace.write({"lib/twig/modular_twig.py": comment})
    assert _converted(_succeed(workspace.pants("generate", "::"))) == ["lib/twig/modular_twig.py"]
    assert {path: workspace.read(path) for path in others} == others

    method = f"class TwigScale(BaseScale):\n    def twice(self, x):\n        return {now} * x\n"
    changed = modular.replace("class TwigScale(BaseScale):\n    pass\n", method)
    workspace.write({"lib/twig/modular_twig.py": changed})
    run = _succeed(workspace.pants("generate", "::"))
    assert _converted(run) == ["lib/twig/modular_twig.py", "lib/leaf/modular_leaf.py"]
    assert "changed   lib/leaf:leaf: modeling_leaf.py" in run.stdout
    assert "def twice" in workspace.read("lib/leaf/modeling_leaf.py")


def _explained(run: Run, description: str) -> list[str]:
    """What a debugged run says of a process, by lines."""
    (text,) = re.findall(
        rf"\[(?:DEBUG|INFO)\] ({re.escape(description)}: (?:run|from).*(?:\n  .*)*)", run.stderr
    )
    return text.splitlines()


def _summary(run: Run) -> list[str]:
    return re.findall(r"\[INFO\] rules_transformers: (.*)", run.stderr)


def test_a_run_says_why_it_converted_and_what_was_saved(workspace: Workspace) -> None:
    path = "lib/base/modeling_base.py"
    # Something new each time, which no cache has.
    edited = workspace.read(path).replace("* x", f"* x + {time.time_ns()}")
    workspace.write({path: edited})
    # The daemon was started without `-ldebug`.
    changed = _succeed(workspace.pants("-ldebug", "generate", "::"))
    twig = _explained(changed, "Convert lib/twig/modular_twig.py")
    assert re.search(r": run in .* since it was last asked for \(", twig[0])
    assert twig[1] == f"  changed {path}"
    assert any(line.endswith(f" {path}") for line in twig[2:])
    leaf = _explained(changed, "Convert lib/leaf/modular_leaf.py")
    assert leaf[1:3] == ["  changed lib/twig/modeling_twig.py", leaf[2]]
    assert leaf[2].startswith("  inputs")
    (line,) = _summary(changed)
    assert re.match(r"3 processes: 2 run \(.* s\), 1 from the local cache; about .* s of", line)

    # A new process, which has in memory nothing that the others have.
    cached = _succeed(workspace.pants("--no-pantsd", "-ldebug", "generate", "::"))
    twig = _explained(cached, "Convert lib/twig/modular_twig.py")
    assert ": from the local cache; last run here " in twig[0]
    assert twig[1] == f"  changed {path}"
    (line,) = _summary(cached)
    assert re.match(r"3 processes: 3 from the local cache; about .* s of work saved", line)

    # The daemon has not seen the file yet; then it has all in memory.
    assert len(_summary(_succeed(workspace.pants("generate", "::")))) == 1
    assert _summary(_succeed(workspace.pants("generate", "::"))) == []


def test_tests_see_fresh_output_that_is_not_checked_in(workspace: Workspace) -> None:
    for path in _GENERATED:
        (workspace.root / path).unlink()
    _succeed(workspace.pants("test", "::"))

    workspace.write({"lib/leaf/modeling_leaf.py": "raise AssertionError('stale')\n"})
    assert "lib/leaf/leaf_test.py" in _succeed(workspace.pants("test", "--force", "::")).stderr


def test_a_model_that_cannot_be_converted_fails_its_own_tests_alone(workspace: Workspace) -> None:
    modular = workspace.read("lib/twig/modular_twig.py")
    workspace.write(
        {
            "lib/twig/modular_twig.py": modular.replace("modeling_base", "modeling_none"),
            "lib/base/BUILD": "python_sources()\n\npython_tests(name='tests')\n",
            "lib/base/base_test.py": "def test_base():\n    pass\n",
        }
    )
    run = workspace.pants("test", "lib::")
    # pytest's, for a test file that cannot be collected.
    assert run.exit_code == 2
    assert "lib/base/base_test.py:tests succeeded" in run.stderr
    assert "lib/leaf/leaf_test.py:tests failed" in run.stderr
    assert "lib/leaf/modular_leaf.py cannot be converted" in run.stderr
    # The reason is the parent's.
    assert "lib/twig/modular_twig.py:2:1: error[parent-not-found]" in run.stderr
    # Nobody packages or checks what stands in for the code. Of several models that fail, Pants
    # reports the first to do so.
    exported = workspace.pants("export-codegen", "lib/twig::")
    assert exported.exit_code == 1
    assert "lib/twig/modular_twig.py cannot be converted" in exported.stderr
    (workspace.root / "lib/base/base_test.py").unlink()


def test_export_codegen_writes_below_dist(workspace: Workspace) -> None:
    _succeed(workspace.pants("export-codegen", "::"))
    for path in _GENERATED:
        assert workspace.read(f"dist/codegen/{path}") == workspace.read(path)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (("class TwigScale(BaseScale):", "class TwigScale(BaseScale:"), "modular_twig.py:9:"),
        (("modeling_base import BaseScale", "modeling_none import BaseScale"), "modeling_none"),
        (("import BaseScale", "import BaseScope as BaseScale"), "modular_twig.py:9:"),
        (("BaseScale", "BaseScope"), "BaseScope"),
    ],
)
def test_wrong_input_is_located(workspace: Workspace, edit: tuple[str, str], expected: str) -> None:
    before = {path: workspace.read(path) for path in _GENERATED}
    modular = workspace.read("lib/twig/modular_twig.py")
    assert edit[0] in modular
    workspace.write({"lib/twig/modular_twig.py": modular.replace(*edit)})
    run = workspace.pants("generate", "::")
    assert run.exit_code == 2
    assert expected in run.stderr
    assert "hint: " in run.stderr
    assert "Traceback" not in run.stderr
    assert "failed    lib/leaf:leaf" in run.stdout
    assert {path: workspace.read(path) for path in _GENERATED} == before


def test_a_hand_edited_generated_file_is_a_change(workspace: Workspace) -> None:
    for command in (
        ["git", "init", "--quiet"],
        ["git", "add", "--all"],
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "t"],
    ):
        subprocess.run(command, cwd=workspace.root, check=True)
    assert "No modular models" in workspace.pants("--changed-since=HEAD", "generate").stderr
    path = "lib/leaf/modeling_leaf.py"
    expected = workspace.read(path)
    workspace.write({path: expected + "edited = True\n"})
    check = workspace.pants("--changed-since=HEAD", "generate", "--check")
    assert (check.exit_code, "stale     lib/leaf:leaf" in check.stderr) == (1, True)
    _succeed(workspace.pants("--changed-since=HEAD", "generate"))
    assert workspace.read(path) == expected
