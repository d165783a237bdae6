"""A release of transformers on disk: its modular files, and the files that it generated."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property

from modular_converter.diagnostics.record import error
from modular_converter.library.modular_file import is_modular_name
from modular_converter.library.sources import Sources, distribution_facts, installed_root
from modular_converter.names.renamer import DISTRIBUTION
from toolkit.directory_tree import files_below
from toolkit.errors import EnvironmentLack

_GENERATED = re.compile(
    r"This file was automatically generated from src/transformers/models/\w+/modular_\w+\.py\."
)
_BANNER_LENGTH = 2000
_VERSION = re.compile(r"\d+(\.\d+)+\w*")


@dataclass(frozen=True)
class Release:
    """``root`` is the directory that holds the ``transformers`` package."""

    root: str
    version: str

    @cached_property
    def modular_files(self) -> tuple[str, ...]:
        """The paths of the modular files, sorted."""
        return tuple(path for path in self._files if is_modular_name(os.path.basename(path)))

    @cached_property
    def generated_files(self) -> dict[str, str]:
        """Path to text of every file that says it was generated from a modular file."""
        texts = {}
        for path in self._files:
            if path not in self.modular_files:
                with open(path, encoding="utf-8", newline="") as file:
                    text = file.read()
                if _GENERATED.search(text[:_BANNER_LENGTH]):
                    texts[path] = text
        return texts

    @cached_property
    def _files(self) -> list[str]:
        models = os.path.join(self.root, DISTRIBUTION, "models")
        return sorted(path for path in files_below(models) if path.endswith(".py"))

    def label(self, path: str) -> str:
        """A path of the release as reports name it."""
        return os.path.relpath(path, self.root).replace(os.sep, "/")


def find_release(wanted: str | None, scratch: str) -> Release:
    """The release in a directory, of a version, or (None) the installed one.

    A directory holds the package ``transformers``, itself or in ``src``. A version that is not
    installed is downloaded with pip into the directory ``scratch``. Raises ConversionError when
    there is no such release and EnvironmentLack when it cannot be downloaded.
    """
    if wanted is None:
        root = installed_root()
        if root is None:
            raise EnvironmentLack(
                "transformers is not installed",
                hint="name a release or a directory with --release, or install transformers",
            )
        return _release_in(root)
    if os.path.isdir(wanted):
        return _release_in(wanted)
    if not _VERSION.fullmatch(wanted):
        raise error(
            "no-such-directory",
            wanted,
            "this is neither a directory nor a version",
            hint="name a directory that holds the package transformers, or a version like 5.24.0",
        )
    root = installed_root()
    if root is not None and (release := _release_in(root)).version == wanted:
        return release
    return _release_in(_downloaded(wanted, scratch))


def _release_in(directory: str) -> Release:
    for root in (directory, os.path.join(directory, "src")):
        root = os.path.abspath(root)
        version = distribution_facts([root], Sources()).version
        if version is not None:
            return Release(root, version)
    raise error(
        "no-such-directory",
        directory,
        "the directory does not hold the package transformers",
        hint="name the directory that `transformers/__init__.py` is in, or a checkout",
    )


def _downloaded(version: str, scratch: str) -> str:
    """The directory that a version is installed in, by itself."""
    target = os.path.join(scratch, version)
    command = [
        *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"),
        *("--only-binary=:all:", f"--target={target}", f"{DISTRIBUTION}=={version}"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip().rpartition("\n")[2] or "pip found no wheel"
        raise EnvironmentLack(
            f"transformers {version} cannot be downloaded: {reason}",
            hint="check the version and pip's configuration, or name a directory with --release",
        )
    return target
