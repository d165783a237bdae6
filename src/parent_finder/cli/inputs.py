"""The files and the library that the arguments name."""

from __future__ import annotations

import argparse
import sys

from parent_finder.core import array_store
from parent_finder.core.releases import known_releases
from parent_finder.corpus import index, library_files, source_file
from parent_finder.corpus.library_files import MoreModels
from parent_finder.ranking.reference_library import ReferenceLibrary
from toolkit import input_file
from toolkit.errors import InputError
from toolkit.progress import Progress


def root(options: argparse.Namespace) -> str:
    """The source root of transformers. Raises InputError, EnvironmentLack."""
    return library_files.source_root(options.source_root)


def roots(options: argparse.Namespace) -> list[str]:
    """The source roots of transformers and of all further models. Raises ToolError."""
    return list(dict.fromkeys([root(options), *(place.root for place in _places(options))]))


def content(path: str) -> bytes:
    """The content of a file of a model. Raises InputError."""
    return input_file.read_bytes(path, most=source_file.LARGEST_FILE)


def library(options: argparse.Namespace) -> ReferenceLibrary:
    """The library with all further models. Raises InputError, EnvironmentLack."""
    if options.index:
        loaded = index.load(options.index)
        if loaded is None:
            raise InputError(
                "this is not an index of this version of parent_finder",
                place=options.index,
                hint="write it again with `parent_finder index --output FILE`",
            )
    else:
        loaded = opened(options).index
    return reference(_with_more(options, loaded))


def reference(library_index: index.Index) -> ReferenceLibrary:
    """An index with the known releases of transformers."""
    return ReferenceLibrary(library_index, known_releases())


def _with_more(options: argparse.Namespace, loaded: index.Index) -> index.Index:
    more = library_files.more_files(_places(options), set(loaded.models), options.source_root)
    # They are few: a cache would cost more than it saves.
    return index.extended(loaded, more, None)


def _places(options: argparse.Namespace) -> list[MoreModels]:
    # As rsync marks where the part of a path begins that matters: here, to imports.
    own = [MoreModels(*directory.split("/./", 1)) for directory in options.models]
    return own + [library_files.of_package(name) for name in options.library]


def opened(options: argparse.Namespace) -> index.Opened:
    """The index of transformers, from the cache if it is there. Raises InputError."""
    directory = root(options)
    cache = options.cache_dir or array_store.default_directory()

    def announce(files: int) -> None:
        print(
            f"indexing the {files} files of the library; later runs reuse the index in {cache}",
            file=sys.stderr,
        )

    with Progress("reading", "files") as progress:
        library = index.open_library(directory, cache, announce, progress)
    if not library.index.tables["class"].matrix.vocabulary.size:
        raise InputError(
            "the models in this directory have too little code for a comparison",
            place=directory,
            hint="name the directory that contains a complete transformers with --source-root",
        )
    return library
