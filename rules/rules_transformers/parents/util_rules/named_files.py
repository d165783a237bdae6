"""The files of models that a command line names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pants.base.specs import Specs
from pants.engine.fs import SpecsPaths
from pants.engine.rules import Get, Rule, collect_rules, rule
from pants.engine.unions import UnionRule

from rules_transformers.modular.file_types import model_of


@dataclass(frozen=True)
class NamedModelFiles:
    """Paths of files, whether or not a target owns them.

    A file that is named by itself is one of them whatever its name; of a directory or a target,
    only those named as a model's files are.
    """

    paths: tuple[str, ...]


@rule
async def find_named_model_files(specs: Specs) -> NamedModelFiles:
    paths = await Get(SpecsPaths, Specs, specs)
    # Naming a generated file would bring the modular file of its target along.
    literals = {literal.file for literal in specs.includes.file_literals}
    only_literals = len(literals) > 0 and not _has_others(specs)
    return NamedModelFiles(
        tuple(
            path
            for path in paths.files
            if path in literals or (not only_literals and model_of(path) is not None)
        )
    )


def _has_others(specs: Specs) -> bool:
    includes = specs.includes
    return any(
        (
            includes.address_literals,
            includes.file_globs,
            includes.dir_literals,
            includes.dir_globs,
            includes.recursive_globs,
            includes.ancestor_globs,
        )
    )


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
