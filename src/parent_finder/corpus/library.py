"""Where the models of a library are, and what their files hold."""

from __future__ import annotations

import glob
import hashlib
import importlib.util
import os
from dataclasses import dataclass

from parent_finder.core.errors import EnvironmentLack, InputError


@dataclass(frozen=True)
class LibraryFile:
    """A modeling or modular file of a library; ``path`` is relative to the source root."""

    path: str
    model: str
    content: bytes
    digest: str

    @property
    def is_modular(self) -> bool:
        """Whether the file is written by hand and names parents."""
        return self.path.rpartition("/")[2].startswith("modular_")


def source_root(given: str | None) -> str:
    """The directory that holds `transformers/models`.

    Raises InputError when `given` does not hold it, EnvironmentLack when nothing is given and
    transformers is not installed.
    """
    if given is not None:
        if not os.path.isdir(os.path.join(given, "transformers", "models")):
            raise InputError(
                given,
                "there is no transformers/models in this directory",
                hint="name the directory that contains `transformers`, such as `src` of a checkout",
            )
        return given
    found = importlib.util.find_spec("transformers")
    for location in (found and found.submodule_search_locations) or ():
        root = os.path.dirname(location)
        if os.path.isdir(os.path.join(root, "transformers", "models")):
            return root
    raise EnvironmentLack(
        "transformers is not installed, so there are no models to compare with\n"
        "hint: name a directory that contains transformers/models with --source-root"
    )


def files(root: str) -> list[LibraryFile]:
    """All modeling and modular files of a library, in order of their paths."""
    pattern = os.path.join(glob.escape(root), "transformers", "models", "*")
    found = []
    for name in ("modeling_*.py", "modular_*.py"):
        for path in glob.glob(os.path.join(pattern, name)):
            with open(path, "rb") as file:
                content = file.read()
            relative = os.path.relpath(path, root).replace(os.sep, "/")
            digest = hashlib.blake2b(content, digest_size=16).hexdigest()
            found.append(LibraryFile(relative, relative.split("/")[-2], content, digest))
    return sorted(found, key=lambda file: file.path)
