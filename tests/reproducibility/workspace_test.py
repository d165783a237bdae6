"""Somebody else makes with Pants, with nothing in common, what it has made of this commit here."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.workspace import REPOSITORY
from tests.reproducibility.circumstances import STRANGER, Circumstances, is_root, two
from tests.reproducibility.comparison import differences

# What the wheel and the models are made of, and with.
_COMMIT = (
    "3rdparty/python",
    "BUILD",
    "build-support/bootstrap",
    "pants",
    "pants.toml",
    "README.md",
    "rules",
    "src",
)
_WHEEL = "rules/rules_transformers:wheel"
# With outputs of every kind, and parents from the library and from this repository.
_MODELS = ("fresco", "palette")
_MODELS_BUILD = "".join(
    f'modular_model(name="{model}", source="{model}/modular_{model}.py", resolve="ml")\n'
    for model in _MODELS
)
_TOKEN = "hf_plantedByTheTest"
_PROXY = "planted.invalid"


@dataclass(frozen=True)
class Build:
    """What a build left behind."""

    user: Circumstances
    workspace: Path
    log: str

    @property
    def sandboxes(self) -> list[Path]:
        return list(map(Path, re.findall(r"process execution dir \"?([^\s\"]+)\"? for", self.log)))


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A build by a stranger, who has a token in the environment."""
    _, stranger = two(tmp_path_factory.mktemp("machines"))
    workspace = stranger.directory / "b ö"
    for path in _COMMIT:
        if (REPOSITORY / path).is_dir():
            left_out = shutil.ignore_patterns("__pycache__")
            shutil.copytree(REPOSITORY / path, workspace / path, ignore=left_out)
        else:
            shutil.copy(REPOSITORY / path, workspace / path)
    for model in _MODELS:
        modular = f"models/{model}/modular_{model}.py"
        (workspace / modular).parent.mkdir(parents=True)
        shutil.copy(REPOSITORY / modular, workspace / modular)
    (workspace / "models/BUILD").write_text(_MODELS_BUILD, encoding="utf-8")
    stranger.settle()
    home = Path.home()
    # How this machine reaches its package index.
    index = {name: os.environ[name] for name in os.environ if name.startswith(("PANTS_", "PIP_"))}
    options = ("--no-pantsd", "--no-dynamic-ui", "--no-colors", "--level=debug")
    run = stranger.run(
        ("./pants", *options, "--keep-sandboxes=always", "generate", "package", _WHEEL, "models:"),
        workspace,
        **index,
        # What is installed on the machine; all that Pants makes of it is the stranger's own.
        XDG_CACHE_HOME=os.environ.get("XDG_CACHE_HOME") or str(home / ".cache"),
        PYENV_ROOT=os.environ.get("PYENV_ROOT") or str(home / ".pyenv"),
        XDG_DATA_HOME=os.environ.get("XDG_DATA_HOME") or str(home / ".local/share"),
        PANTS_LOCAL_STORE_DIR=str(stranger.directory / "store"),
        PANTS_NAMED_CACHES_DIR=str(stranger.directory / "named"),
        # Pants itself starts under no other encoding; its processes have the user's locale.
        PYTHONUTF8="1",
        HF_TOKEN=_TOKEN,
        NO_PROXY=_PROXY,
    )
    return Build(stranger, workspace, run.stdout + run.stderr)


def test_wheel(build: Build) -> None:
    (expected,) = REPOSITORY.glob("rules_transformers-*.whl")
    found = build.workspace / "dist" / expected.name
    assert differences(expected, found) == ""
    if is_root():
        assert found.stat().st_uid == STRANGER
    # It was built here, and not fetched from a cache.
    assert "spawned local process" in build.log


@pytest.mark.parametrize("model", _MODELS)
def test_generated_files(build: Build, model: str) -> None:
    committed = {path.name for path in (REPOSITORY / "models" / model).glob(f"*_{model}.py")}
    found = build.workspace / "models" / model
    assert {path.name for path in found.iterdir()} == committed
    assert len(committed) > 2
    for name in committed:
        assert differences(REPOSITORY / "models" / model / name, found / name) == ""
    if is_root():
        assert {path.stat().st_uid for path in found.iterdir()} == {STRANGER}


def test_a_token_of_the_user_is_nowhere(build: Build) -> None:
    assert _TOKEN not in build.log
    kept = (build.workspace / ".pants.d", build.user.directory / "store", *build.sandboxes)
    for root in kept:
        assert root.is_dir(), root
    assert len(build.sandboxes) > 1
    for path in (each for root in kept for each in root.rglob("*") if each.is_file()):
        assert _TOKEN.encode() not in path.read_bytes(), path


def test_proxies_are_told_to_pip(build: Build) -> None:
    # Which shows that the search above finds what is there.
    assert f'"NO_PROXY": "{_PROXY}"' in build.log
