"""Where the models of a library are, and what their files hold."""

from __future__ import annotations

import fnmatch
import hashlib
import importlib.util
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from parent_finder.core import model_names
from parent_finder.corpus import source_file
from toolkit import input_file
from toolkit.directory_tree import walk
from toolkit.errors import EnvironmentLack, InputError


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
                "there is no transformers/models in this directory",
                place=given,
                hint="name the directory that contains `transformers`, such as `src` of a checkout",
            )
        return given
    spec = importlib.util.find_spec("transformers")
    for location in (spec and spec.submodule_search_locations) or ():
        root = os.path.dirname(location)
        if os.path.isdir(os.path.join(root, "transformers", "models")):
            return root
    raise EnvironmentLack(
        "transformers is not installed, so there are no models to compare with",
        hint="name a directory that contains transformers/models with --source-root",
    )


@dataclass(frozen=True)
class MoreModels:
    """Models besides those of transformers.

    ``root`` is the source root, the directory that imports begin at; only files below
    ``directory`` in it are read (empty for all).
    """

    root: str
    directory: str = ""


def of_package(name: str) -> MoreModels:
    """The models of an installed package. Raises InputError if it cannot be found."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    for location in (spec and spec.submodule_search_locations) or ():
        root = os.path.abspath(location)
        for _ in name.split("."):
            root = os.path.dirname(root)
        return MoreModels(root, name.replace(".", "/"))
    raise InputError(
        "there is no package of this name",
        place=f"--library={name}",
        hint="give the name that it is imported by, and install it",
    )


def files(root: str) -> list[LibraryFile]:
    """All modeling and modular files of transformers, in order of their paths."""
    models = os.path.join(root, "transformers", "models")
    paths = []
    for directory, folders, names in walk(models) if os.path.isdir(models) else ():
        if directory != models:
            folders.clear()
            paths += [os.path.join(directory, name) for name in names if _is_known(name)]
    return [
        _library_file(root, path, path.split("/")[-2]) for path in sorted(_relative(paths, root))
    ]


def _is_known(name: str) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in _NAMES)


def more_files(
    places: Sequence[MoreModels], known: Collection[str], library_root: str | None = None
) -> list[LibraryFile]:
    """The modeling and modular files below other directories, at any depth.

    A model is named as its files are. One that is called like a model of ``known`` or of an
    earlier place gets the name of its directory: `mylib.models.llama`. Hidden directories, those
    whose names begin with two underscores, installed packages, other places and the transformers
    in ``library_root`` are left out.

    Raises InputError for a place that is not a directory, and for what cannot be read.
    """
    library_files: list[LibraryFile] = []
    directories: dict[str, str] = dict.fromkeys(known, "")
    tops = {os.path.abspath(os.path.join(place.root, place.directory)) for place in places}
    if library_root is not None:
        tops.add(os.path.abspath(os.path.join(library_root, "transformers")))
    for place in places:
        top = os.path.join(place.root, place.directory)
        if not os.path.isdir(top):
            raise InputError("there is no such directory", place=top, hint="check the path")
        paths = []
        for directory, folders, names in walk(top):
            folders[:] = [
                name
                for name in folders
                if not name.startswith((".", "__"))
                and name not in _INSTALLED
                and os.path.abspath(os.path.join(directory, name)) not in tops
            ]
            paths += [os.path.join(directory, name) for name in names if _is_known(name)]
        seen = {file.path for file in library_files}
        for path in sorted(_relative(paths, place.root)):
            directory = path.rpartition("/")[0]
            name = model_names.model_of_file(path)
            if directories.setdefault(name, directory) != directory:
                parts = directory.split("/")
                name = ".".join(parts if parts[-1] == name else (*parts, name))
                directories[name] = directory
            if path not in seen:
                library_files.append(_library_file(place.root, path, name))
    return library_files


# Where a virtual environment in a repository has its packages.
_INSTALLED = ("site-packages", "dist-packages")
_NAMES = ("modeling_*.py", "modular_*.py")


def _relative(paths: Sequence[str], root: str) -> list[str]:
    return [os.path.relpath(path, root).replace(os.sep, "/") for path in paths]


def _library_file(root: str, path: str, model: str) -> LibraryFile:
    content = input_file.read_bytes(os.path.join(root, path), most=source_file.LARGEST_FILE)
    digest = hashlib.blake2b(content, digest_size=16).hexdigest()
    return LibraryFile(path, model, content, digest)
