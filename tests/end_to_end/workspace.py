"""Scratch workspaces: repositories of their own in which `./pants` runs with this plugin."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

# What `./pants` can run: the pinned version, and a later one that the package index has.
PANTS_VERSIONS = ("2.17.1", "2.18.0a0")

# A test runs at the root of this repository, or of a sandbox laid out like it.
REPOSITORY = Path.cwd()

_CONFIG = """
[GLOBAL]
pants_version = "@PANTS@"
backend_packages = ["pants.backend.python", "rules_transformers.@BACKEND@"]
pythonpath = ["%(buildroot)s/.plugin/rules", "%(buildroot)s/.plugin/src"]
pants_ignore.add = ["!.plugin/"]
build_ignore = [".plugin"]

[source]
root_patterns = ["/"]

[python]
interpreter_constraints = ["==3.11.*"]

[python-bootstrap]
search_path = ["<PYENV>", "<PATH>"]

[python-infer]
use_rust_parser = true

[subprocess-environment]
env_vars.add = ["PIP_CONFIG_FILE=/dev/null"]

[rules-transformers]
tools_path = ".plugin/src"
"""

# Of `[python]`, for a lockfile that is one of pip's requirements files.
_RESOLVES = """
enable_resolves = true
default_resolve = "@RESOLVE@"
invalid_lockfile_behavior = "ignore"
"""


@dataclass(frozen=True)
class Run:
    """What a run of `./pants` gave."""

    exit_code: int
    stdout: str
    stderr: str


class Repository:
    """A directory in which `./pants` runs, in the place of Pants' own launcher.

    `checkout` is the repository of which `copy` copies.
    """

    def __init__(self, root: Path, checkout: Path = REPOSITORY) -> None:
        self.root = root
        self._checkout = checkout
        for path in ("pants", "build-support/bootstrap"):
            self.copy(path, path)

    def copy(self, source: str, target: str) -> None:
        """Copies a file or directory of the repository, less tests."""
        _copy(self._checkout / source, self.root / target)

    def write(self, files: dict[str, str]) -> None:
        """Writes files, each at its path below the root."""
        for path, content in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(dedent(content))

    def read(self, path: str) -> str:
        return (self.root / path).read_text()

    def pants(self, *arguments: str, **environment: str) -> Run:
        """Runs `./pants` with a daemon that lives until `stop`."""
        process = self.start(*arguments, **environment)
        stdout, stderr = process.communicate()
        return Run(process.returncode, stdout, stderr)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Starts `./pants` in a process group of its own, which the daemon is not in."""
        return subprocess.Popen(
            ["./pants", "--no-dynamic-ui", "--no-colors", *arguments],
            cwd=self.root,
            env={**os.environ, "PWD": str(self.root), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )

    def daemons(self) -> list[int]:
        """The processes that are, or were, the daemon."""
        return [int(path.read_text()) for path in (self.root / ".pids").glob("*/pantsd/pid")]

    def stop(self) -> None:
        """Ends the daemon."""
        for process in self.daemons():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)


class Workspace(Repository):
    """One that uses this plugin from a copy of its sources.

    `config` has further sections of `pants.toml`, `tools` what `backend` runs. With
    `default_resolve`, `config` names the lockfile of that resolve.
    """

    def __init__(
        self,
        root: Path,
        config: str = "",
        *,
        backend: str = "modular",
        default_resolve: str = "",
        pants_version: str = PANTS_VERSIONS[0],
        tools: tuple[str, ...] = ("modular_converter",),
    ) -> None:
        super().__init__(root)
        self.copy("rules/rules_transformers", ".plugin/rules/rules_transformers")
        for tool in (*tools, "rules_transformers_contract", "toolkit"):
            self.copy(f"src/{tool}", f".plugin/src/{tool}")
        settings = _CONFIG.replace("@BACKEND@", backend).replace("@PANTS@", pants_version)
        if default_resolve:
            resolves = _RESOLVES.replace("@RESOLVE@", default_resolve)
            settings = settings.replace("[python]\n", f"[python]{resolves}")
        settings += dedent(config)
        self.write({"pants.toml": settings, ".gitignore": ".pids/\n.pants.d/\n"})


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        left_out = shutil.ignore_patterns("__pycache__", "*_test.py")
        shutil.copytree(source, target, ignore=left_out, dirs_exist_ok=True)
    else:
        shutil.copy2(source, target)
