"""`./pants generate` when it or its daemon is killed, and when two run at once."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from tests.end_to_end.library import LIBRARY
from tests.end_to_end.workspace import Workspace
from tests.sampling.daily_seed import SEED

_GENERATED = [
    f"lib/{model}/{kind}_{model}.py"
    for model in ("leaf", "twig")
    for kind in ("configuration", "modeling")
]


def _workspace(directory: Path) -> Workspace:
    workspace = Workspace(directory)
    build_files = {
        f"lib/{model}/BUILD": f'modular_model(source="modular_{model}.py")\n'
        for model in ("leaf", "twig")
    }
    workspace.write({**LIBRARY, **build_files})
    return workspace


@pytest.fixture(scope="module")
def workspaces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Workspace]]:
    """Two clones of a library, which share Pants' caches."""
    made = [_workspace(tmp_path_factory.mktemp(name)) for name in ("first", "second")]
    yield made
    for workspace in made:
        workspace.stop()


def _edit(workspace: Workspace, width: int) -> None:
    """Changes all generated configurations and, by a method, all modeling files."""
    base = LIBRARY["lib/base/modeling_base.py"]
    method = f"def wider(self):\n                return self.width + {width}\n\n            "
    scale = base.replace("def forward", f"{method}def forward")
    config = LIBRARY["lib/base/configuration_base.py"].replace("width=4", f"width={width}")
    workspace.write({"lib/base/modeling_base.py": scale, "lib/base/configuration_base.py": config})


def _contents(workspace: Workspace) -> dict[str, str]:
    return {path: workspace.read(path) for path in _GENERATED}


def _generated(workspace: Workspace, width: int) -> dict[str, str]:
    """What a run that nothing disturbs makes of an edit."""
    _edit(workspace, width)
    run = workspace.pants("generate", "::")
    assert run.exit_code == 0, run.stderr
    contents = _contents(workspace)
    assert all(str(width) in content for content in contents.values())
    return contents


def _kill_client(workspace: Workspace, leader: int) -> None:
    os.killpg(leader, signal.SIGKILL)


def _kill_daemon(workspace: Workspace, leader: int) -> None:
    for process in workspace.daemons():
        os.kill(process, signal.SIGKILL)


@pytest.mark.parametrize(("kill", "attempts"), [(_kill_client, 4), (_kill_daemon, 2)])
def test_a_killed_run_leaves_whole_files_and_the_next_one_finishes_its_work(
    kill: Callable[[Workspace, int], None], attempts: int, workspaces: list[Workspace]
) -> None:
    workspace = workspaces[0]
    random = Random(f"{SEED}:{kill.__name__}")
    print(f"seed {SEED}")
    # Numbers that no cache has.
    first = time.time_ns()
    _generated(workspace, first)
    started = time.monotonic()
    old = _generated(workspace, first + 1)
    duration = time.monotonic() - started
    for number in range(first + 2, first + 2 + attempts):
        new = {path: content.replace(str(number - 1), str(number)) for path, content in old.items()}
        _edit(workspace, number)
        process = workspace.start("generate", "::")
        time.sleep(random.uniform(0.2, 1) * duration)
        kill(workspace, process.pid)
        process.communicate()
        left = _contents(workspace)
        assert all(left[path] in (old[path], new[path]) for path in _GENERATED)
        assert _generated(workspace, number) == new
        names = {name for _, _, files in os.walk(workspace.root / "lib") for name in files}
        assert not [name for name in names if name.startswith(".")]
        old = new


def test_two_runs_in_one_clone_and_in_two(workspaces: list[Workspace]) -> None:
    number = time.time_ns()
    for workspace in workspaces:
        _edit(workspace, number)
    runs = [workspace.start("generate", "::") for workspace in (*workspaces, workspaces[0])]
    for run in runs:
        _, error = run.communicate()
        assert run.returncode == 0, error
    first, second = map(_contents, workspaces)
    assert first == second
    assert all(str(number) in content for content in first.values())
