"""Who builds, where, and under which settings: all that a product must not depend on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Without an entry in the user database: what asks for the user's name or home gets none.
STRANGER = 12345

# A user who may read what root may. Root's interpreters lie in root's home, and a copy of them
# would not be those that are tested. The last keeps access(2) from looking at the user alone.
_AS_STRANGER = (
    "setpriv",
    f"--reuid={STRANGER}",
    f"--regid={STRANGER}",
    "--clear-groups",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
    "--securebits=+no_setuid_fixup",
)


def is_root() -> bool:
    """Whether this process may become another user."""
    return os.getuid() == 0


@dataclass(frozen=True)
class Circumstances:
    """A home with nothing in it, and the settings that its user has.

    :param directory: of everything that the user has.
    :param stranger: whether the user is another one than this process's, as far as root tests.
    """

    directory: Path
    umask: int
    stranger: bool = False
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.directory / "home"

    def settle(self) -> None:
        """Gives the user what lies in the directory by now; files are from another time."""
        self.home.mkdir(exist_ok=True)
        if not self.stranger:
            return
        for folder, _, names in os.walk(self.directory):
            for name in names:
                os.utime(os.path.join(folder, name), (978307200, 978307200), follow_symlinks=False)
            for path in (folder, *(os.path.join(folder, name) for name in names)):
                if is_root():
                    os.chown(path, STRANGER, STRANGER, follow_symlinks=False)

    def run(
        self, arguments: Sequence[str], where: Path, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command, which must succeed."""
        other_user = _AS_STRANGER if self.stranger and is_root() else ()
        process = subprocess.run(
            [*other_user, *arguments],
            cwd=where,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.home),
                "PWD": str(where),
                "TMPDIR": str(self.home),
                **self.variables,
                **variables,
            },
            umask=self.umask,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        assert process.returncode == 0, f"{process.stdout[-5000:]}{process.stderr[-20000:]}"
        return process

    def run_tool(self, arguments: Sequence[str], where: Path) -> None:
        """Runs `python -m` with the packages of this process; it must succeed."""
        path = os.pathsep.join(map(os.path.abspath, sys.path))
        self.run((sys.executable, "-m", *arguments), where, PYTHONPATH=path)


def two(directory: Path) -> tuple[Circumstances, Circumstances]:
    """Two users that have in common only the machine and what is installed on it."""
    made = (
        Circumstances(
            directory / "one",
            0o022,
            variables={
                "LC_ALL": "C.UTF-8",
                "TZ": "America/St_Johns",
                "PYTHONHASHSEED": "1",
                "USER": "root",
            },
        ),
        Circumstances(
            directory / "elsewhere" / "two",
            0o077,
            stranger=True,
            variables={
                # Nothing but ASCII, unless a file is opened with an encoding.
                "LC_ALL": "C",
                "PYTHONUTF8": "0",
                "PYTHONCOERCECLOCALE": "0",
                "TZ": "Asia/Tokyo",
                "PYTHONHASHSEED": "4294967295",
                "USER": "somebody",
            },
        ),
    )
    for each in made:
        each.directory.mkdir(parents=True)
    return made
