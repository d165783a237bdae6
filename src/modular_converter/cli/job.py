"""What a command has to convert, from a request file or from paths."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from modular_converter.conventions import profile_file, profiles
from modular_converter.diagnostics.record import Diagnostic, error
from modular_converter.emit.output_paths import refuse_leaving_links
from modular_converter.library.context import ConversionContext
from modular_converter.library.modular_file import ModularLocation, is_modular_name, location_of
from modular_converter.library.sources import (
    Sources,
    Visible,
    distribution_facts,
    installed_root,
)
from modular_converter.names.renamer import DISTRIBUTION
from modular_converter.syntax.suppressions import checked_codes
from toolkit.directory_tree import walk
from toolkit.errors import EnvironmentLack, ToolError

if TYPE_CHECKING:
    from modular_converter.cli.request import Request


@dataclass(frozen=True)
class ConversionJob:
    """Modular files, the context to convert them in and where their outputs go.

    ``root`` is what paths in banners are relative to. ``installed`` are the directories of
    libraries that parents are read from, ``outputs`` the file types to write by modular path
    (None for all) and ``ignored`` the codes of warnings not to report.
    """

    locations: tuple[ModularLocation, ...]
    context: ConversionContext
    root: str
    installed: tuple[str, ...] = ()
    output_dir: str | None = None
    outputs: Mapping[str, tuple[str, ...] | None] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    pedantic: bool = False
    # What is to be said about the job as a whole.
    findings: tuple[Diagnostic, ...] = ()
    renamed: Mapping[str, Collection[str]] = field(default_factory=dict)


def job_of_request(path: str) -> ConversionJob:
    """The job that a request file describes. Raises ConversionError."""
    from modular_converter.cli.request import read_request

    return job_of(read_request(path), path, Sources())


def job_of(request: Request, path: str, sources: Sources) -> ConversionJob:
    """The job that a request describes, which messages name by ``path``.

    What the request does not list among its ``files``, if it lists them, does not exist for it.
    Raises ConversionError.
    """
    if request.files is not None:
        sources = sources.restricted(
            Visible(
                frozenset(os.path.abspath(path) for path in request.files),
                tuple(os.path.abspath(path) for path in request.parents),
            )
        )
    locations = []
    outputs: dict[str, tuple[str, ...] | None] = {}
    for modular in request.modulars:
        location = location_of(modular.path, ".", request.source_roots)
        if location.path in outputs:
            raise error("bad-request", path, f"{modular.path} is listed twice", hint="list it once")
        outputs[location.path] = modular.outputs
        locations.append(location)
    roots = [os.path.abspath(root) for root in (*request.source_roots, *request.parents)]
    context, warnings = _context(locations, roots, request.profile, sources, request.corrections)
    return ConversionJob(
        tuple(locations),
        context,
        os.getcwd(),
        tuple(map(os.path.abspath, request.parents)),
        request.output_dir,
        outputs,
        checked_codes(request.ignore, path),
        request.pedantic,
        warnings,
        request.renamed,
    )


def job_of_paths(
    paths: Iterable[str],
    *,
    root: str,
    search_path: Sequence[str],
    profile: str | None,
    output_dir: str | None = None,
    corrections: bool | None = None,
) -> ConversionJob:
    """The job to convert files, and the modular files of directories. Raises ConversionError."""
    for directory in [*search_path, root]:
        if not os.path.isdir(directory):
            raise error(
                "no-such-directory",
                directory,
                "there is no such directory",
                hint="check the spelling of the option's value",
            )
    root = os.path.abspath(root)
    files, unreadable = _modular_files(paths)
    locations = tuple(location_of(path, root, search_path) for path in files)
    search = [os.path.abspath(directory) for directory in search_path]
    installed = installed_root()
    if installed is not None and not any(
        os.path.isdir(os.path.join(directory, DISTRIBUTION)) for directory in search
    ):
        search.append(installed)
    context, warnings = _context(locations, search, profile, Sources(), corrections)
    return ConversionJob(
        locations,
        context,
        root,
        () if installed is None else (installed,),
        output_dir,
        findings=(*unreadable, *warnings),
    )


def _modular_files(paths: Iterable[str]) -> tuple[list[str], list[Diagnostic]]:
    """The modular files of files and directories, and the directories that cannot be read."""
    files: dict[str, None] = {}
    unreadable: list[Diagnostic] = []

    def skip(problem: ToolError) -> None:
        # What the machine lacks would be lacking for the rest, too.
        if isinstance(problem, EnvironmentLack):
            raise problem
        unreadable.extend(
            error(
                "unreadable-source", problem.place, problem.message, hint=problem.hint
            ).diagnostics
        )

    for path in paths:
        if os.path.isdir(path):
            inside = [
                os.path.abspath(os.path.join(directory, name))
                for directory, _, names in walk(path, skip)
                for name in names
                if is_modular_name(name)
            ]
            if not inside and not unreadable:
                raise error(
                    "nothing-to-convert",
                    path,
                    "the directory holds no modular_<model>.py",
                    hint="name a directory that holds modular files",
                )
            refuse_leaving_links(sorted(inside), path)
            files.update(dict.fromkeys(sorted(inside)))
        elif os.path.exists(path):
            files[os.path.abspath(path)] = None
        else:
            raise error(
                "no-such-file",
                path,
                "there is no such file or directory",
                hint="check the spelling of the path",
            )
    return list(files), unreadable


def _context(
    locations: Iterable[ModularLocation],
    search: Sequence[str],
    profile: str | None,
    sources: Sources,
    corrections: bool | None,
) -> tuple[ConversionContext, tuple[Diagnostic, ...]]:
    library_roots = dict.fromkeys(
        location.source_root for location in locations if location.in_library
    )
    facts = distribution_facts([*library_roots, *search], sources)
    chosen = profile_file.resolve(profile) if profile else profiles.for_version(facts.version)
    context = ConversionContext(sources, tuple(search), facts.table, chosen, corrections)
    if profile or facts.version is None or profiles.is_tested(facts.version):
        return context, ()
    return context, (_untested(facts.version, chosen.name, sources.label(facts.path)),)


def _untested(version: str, profile: str, path: str) -> Diagnostic:
    return Diagnostic(
        "untested-release",
        "warning",
        path,
        0,
        0,
        f"the converter was not tested with transformers {version}; the rules of {profile} apply",
        f"`modular_converter conformance --release={version}` compares them with that release",
    )
