"""Proposes `modular_model` targets, and keeps Python's own proposals off their files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from pants.backend.python.goals import tailor as python_tailor
from pants.backend.python.subsystems.setup import PythonSetup
from pants.backend.python.target_types import PythonSourcesGeneratorTarget
from pants.core.goals.tailor import (
    AllOwnedSources,
    PutativeTarget,
    PutativeTargets,
    PutativeTargetsRequest,
)
from pants.engine.fs import DigestContents, PathGlobs, Paths
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.logging import LogLevel

from rules_transformers.modular.file_types import (
    FILE_TYPES,
    MODULAR_PREFIX,
    generated_path,
    is_generated_from,
    is_modular_file,
    names_a_parent,
)
from rules_transformers.modular.target_types import ModularModelTarget


@dataclass(frozen=True)
class PutativeModularModelsRequest(PutativeTargetsRequest):
    pass


@rule(desc="Determine candidate modular models to create", level=LogLevel.DEBUG)
async def find_putative_modular_models(
    request: PutativeModularModelsRequest, all_owned_sources: AllOwnedSources
) -> PutativeTargets:
    named = await Get(Paths, PathGlobs, request.path_globs(f"{MODULAR_PREFIX}*.py"))
    unowned = [
        path for path in named.files if is_modular_file(path) and path not in all_owned_sources
    ]
    contents = await Get(DigestContents, PathGlobs(_with_siblings(unowned)))
    return PutativeTargets(
        _putative_modular_model(path) for path in _Sorting.of(unowned, contents).modular
    )


@dataclass(frozen=True)
class _Sorting:
    """Files that are named `modular_<model>.py` and are modular, and what they generated."""

    modular: tuple[str, ...]
    generated: tuple[str, ...]

    @classmethod
    def of(cls, named: Iterable[str], contents: DigestContents) -> _Sorting:
        """Sorts by content, since any file may be named so.

        A modular file imports from a model's files, or something was generated from it.

        :param contents: of the named files, and of those of `_with_siblings` that exist.
        """
        content_of = {file.path: file.content for file in contents}
        modular, generated = [], []
        for path in sorted(named):
            siblings = [
                sibling
                for sibling in _siblings(path)
                if sibling in content_of and is_generated_from(path, content_of[sibling])
            ]
            if siblings or names_a_parent(content_of[path]):
                modular.append(path)
                generated += siblings
        return cls(tuple(modular), tuple(generated))


def _siblings(path: str) -> list[str]:
    return [generated_path(path, kind) for kind in FILE_TYPES]


def _with_siblings(named: Iterable[str]) -> list[str]:
    return sorted({file for path in named for file in (path, *_siblings(path))})


def _putative_modular_model(path: str) -> PutativeTarget:
    directory, name = os.path.split(path)
    model = name[len(MODULAR_PREFIX) : -len(".py")]
    return PutativeTarget.for_target_type(
        ModularModelTarget,
        path=directory,
        name=model,
        triggering_sources=[name],
        # At the build root, Pants calls `root` what has no explicit name.
        kwargs={**({} if directory else {"name": model}), "source": name},
    )


# -----------------------------------------------------------------------------------------------
# Python's proposals
# -----------------------------------------------------------------------------------------------

# Python's `tailor` proposes `python_sources` for every file that no target owns yet, and the
# generated files are never in a `sources` field. Pants has no hook for saying whose they are, so
# we wrap the helper that makes these proposals; `tailor_test.py` fails when Pants changes it.
_find_all_source_targets = python_tailor._find_source_targets


async def _find_source_targets(
    py_files_globs: PathGlobs, all_owned_sources: AllOwnedSources, python_setup: PythonSetup
) -> list[PutativeTarget]:
    python_files = await Get(Paths, PathGlobs, py_files_globs)
    named = [path for path in python_files.files if is_modular_file(path)]
    contents = await Get(DigestContents, PathGlobs(_with_siblings(named)))
    sorting = _Sorting.of(named, contents)
    models = (*sorting.modular, *sorting.generated)
    proposals = await _find_all_source_targets(
        py_files_globs, AllOwnedSources((*all_owned_sources, *models)), python_setup
    )
    return [_leaving_out(proposal, models) for proposal in proposals]


def _leaving_out(proposal: PutativeTarget, paths: Iterable[str]) -> PutativeTarget:
    """The proposal with its `sources` written out, if the default globs would match `paths`.

    The name of the directory is left to the model.
    """
    if proposal.type_alias != PythonSourcesGeneratorTarget.alias or proposal.path not in {
        os.path.dirname(path) for path in paths
    }:
        return proposal
    return proposal.restrict_sources().rename("lib")


def rules() -> Iterable[Rule | UnionRule]:
    python_tailor._find_source_targets = _find_source_targets
    return (
        *collect_rules(),
        UnionRule(PutativeTargetsRequest, PutativeModularModelsRequest),
    )
