"""Scratch workspaces for the tests of ./pants, and distributions small enough to install fast."""

import base64
import dataclasses
import hashlib
import os
import re
import shutil
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

# Tests run at the root of the repository, in a sandbox that holds these two.
REPOSITORY = Path.cwd()
_TOOLS = (
    "cat",
    "cksum",
    "cp",
    "env",
    "mkdir",
    "mv",
    "readlink",
    "rm",
    "sed",
    "sh",
    "sleep",
    "timeout",
)


@dataclasses.dataclass(frozen=True)
class Workspace:
    """A workspace with its own copy of the bootstrap, and the environment to run it in."""

    root: Path
    environment: dict

    def field(self, name: str) -> str:
        """The value that the recorded state has for `name`."""
        return re.search(f"^{name}=(.*)$", self.state.read_text(), re.MULTILINE).group(1)

    @property
    def builds(self) -> list:
        """The names of the builds in the cache."""
        directory = self.cache / "builds"
        return sorted(os.listdir(directory)) if directory.exists() else []

    @property
    def cache(self) -> Path:
        """The directory of all that the bootstrap keeps."""
        return Path(self.environment["XDG_CACHE_HOME"], "rules_transformers")

    @property
    def state(self) -> Path:
        """The recorded state of this workspace."""
        return Path(f"{self.cache}/launch{self.root}/launch.state")

    def command(self, *arguments: str, cwd=None, script=None, **variables) -> dict:
        """Arguments for subprocess; a variable of None is unset."""
        merged = {**self.environment, **variables}
        return {
            "args": [str(script or self.root / "pants"), *arguments],
            "cwd": cwd or self.root,
            "env": {name: str(value) for name, value in merged.items() if value is not None},
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
        }

    def run(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        """Runs ./pants to its end."""
        return subprocess.run(**self.command(*arguments, **options), timeout=300, check=False)

    def run_well(self, *arguments: str, **options) -> subprocess.CompletedProcess:
        """Runs ./pants and fails the test unless it exits 0."""
        result = self.run(*arguments, **options)
        assert result.returncode == 0, result.stderr
        return result

    def start(self, *arguments: str, **options) -> subprocess.Popen:
        """Starts ./pants in a process group of its own."""
        return subprocess.Popen(**self.command(*arguments, **options), start_new_session=True)


def make_workspace(root: Path, environment: dict) -> Workspace:
    """Copies the bootstrap to `root`."""
    root.mkdir(parents=True)
    shutil.copy2(REPOSITORY / "pants", root / "pants")
    support = root / "build-support" / "bootstrap"
    shutil.copytree(
        REPOSITORY / "build-support" / "bootstrap",
        support,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (root / "pants.toml").write_text('[GLOBAL]\npants_version = "2.17.1"\nbackend_packages = []\n')
    return Workspace(root.resolve(), environment)


def write_script(path: Path, text: str) -> Path:
    """Writes an executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + textwrap.dedent(text))
    path.chmod(0o755)
    return path


def tools_directory(path: Path) -> Path:
    """Makes a directory for PATH with what ./pants calls and no interpreter."""
    path.mkdir()
    for name in _TOOLS:
        found = shutil.which(name)
        if found is not None:
            (path / name).symlink_to(found)
    return path


def write_wheel(directory: Path, name: str, version: str, files: dict) -> str:
    """Writes a wheel of text files and returns the requirement that pins it by hash."""
    distribution = name.replace("-", "_")
    info = f"{distribution}-{version}.dist-info"
    contents = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{path},{_hash(text)},{len(text)}" for path, text in contents.items()]
    contents[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,"]) + "\n"
    wheel = directory / f"{distribution}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in contents.items():
            archive.writestr(zipfile.ZipInfo(path, (2000, 1, 1, 0, 0, 0)), text)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"{name}=={version} \\\n    --hash=sha256:{digest}\n"


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


# What people's machines have in pip's configuration, all at once; none of it may hurt.
HOSTILE_PIP_CONFIGURATION = """
[global]
constraint = {directory}/constraints.txt
build-constraint = {directory}/constraints.txt
no-binary = :all:
quiet = 3
timeout = 600
require-virtualenv = true
{more}
[install]
require-hashes = false
dry-run = true
user = true
target = {directory}/target
prefix = {directory}/prefix
root = {directory}/root
[download]
only-binary = :none:
dest = {directory}/downloads
"""


def write_hostile_configuration(directory: Path, more: str) -> dict:
    """Writes a configuration for the whole machine, with `more` in its section `global`.

    Returns the variables that make pip read it.
    """
    (directory / "pip").mkdir(parents=True)
    (directory / "constraints.txt").write_text("pantsbuild-pants<1\npex<0\ntorch<1\n")
    text = HOSTILE_PIP_CONFIGURATION.format(directory=directory, more=more)
    (directory / "pip" / "pip.conf").write_text(text)
    return {
        "XDG_CONFIG_DIRS": str(directory),
        "XDG_CONFIG_HOME": str(directory / "nobody"),
        "PIP_CONFIG_FILE": None,
    }


# Stands for the native client: reports what it was given, or starts the server as the real one
# does when no daemon answers.
CLIENT = """#!/bin/sh
if [ "$1" = serve ]; then exec "$_PANTS_SERVER_EXE" "$@"; fi
printf 'cwd=%s\\n' "$PWD"
for argument in "$@"; do printf 'argument=%s\\n' "$argument"; done
env
"""
SERVER = """
import sys
from pants import lazy
def main():
    print("server", *sys.argv[1:])
    print("executable", sys.executable)
"""
RUNNER = """
class RemotePantsRunner:
    class Fallback(Exception):
        pass
"""
# Stands for `python -m pex`: writes a fixed file, slowly and with traces if the test wants it.
PEX = """
import os, sys, time, zipfile
if os.environ.get("SLOW_BUILD"):
    open(os.environ["SLOW_BUILD"], "w").close()
    time.sleep(60)
with zipfile.ZipFile(sys.argv[sys.argv.index("--output-file") + 1], "w") as archive:
    archive.writestr("__main__.py", "print('pex stand-in')")
"""


def write_distributions(directory: Path) -> str:
    """Writes the stand-ins for Pants and pex; returns the requirements that pin them."""
    directory.mkdir()
    pants = write_wheel(
        directory,
        "pantsbuild-pants",
        "2.17.1",
        {
            "pants/__init__.py": "",
            "pants/lazy.py": "",
            "pants/bin/__init__.py": "",
            "pants/bin/pants_loader.py": SERVER,
            "pants/bin/remote_pants_runner.py": RUNNER,
            "pants/pantsd/__init__.py": "",
            "pants/pantsd/pants_daemon_client.py": "class PantsDaemonClient:\n    pass\n",
            "pants/bin/native_client": CLIENT,
            "pantsbuild_pants-2.17.1.dist-info/entry_points.txt": (
                "[console_scripts]\npants = pants.bin.pants_loader:main\n"
            ),
        },
    )
    pex = write_wheel(directory, "pex", "0.0.1", {"pex/__init__.py": "", "pex/__main__.py": PEX})
    return pants + pex


def is_pex(path: Path) -> bool:
    """Whether the file is what the stand-in for pex builds, and starts as a program."""
    result = subprocess.run(
        [sys.executable, path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
    )
    return result.stdout == b"pex stand-in\n"


def base_environment(tmp_path: Path) -> dict:
    """The ambient environment without what would change a bootstrap, and a cache of its own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in ("HOME", "PATH", "PYENV_ROOT", "LANG", "TMPDIR", "UV_PYTHON_INSTALL_DIR")
    }
    return {**kept, "XDG_CACHE_HOME": str(tmp_path / "cache")}
