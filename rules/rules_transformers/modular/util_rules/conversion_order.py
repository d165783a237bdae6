"""What a modular file inherits from inside the repository, and in which order to convert."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from pants.backend.python.target_types import PythonSourceField
from pants.build_graph.address import ResolveError
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.target import DependenciesRequest, InvalidFieldException, Targets
from pants.engine.unions import UnionRule

from rules_transformers.modular.field_set import AllModularFieldSets, ModularFieldSet
from rules_transformers.modular.file_types import is_model_file
from rules_transformers.modular.target_types import ModularSourceField


@dataclass(frozen=True)
class ModularParentsRequest:
    """Asks for the direct parents of one modular file."""

    field_set: ModularFieldSet


@dataclass(frozen=True)
class ModularParents:
    """The direct parents of a modular file that are in the repository.

    :param generated: parents whose files are generated themselves.
    :param paths: the files of the parents that are written by hand.
    :param problem: what is wrong with the `dependencies` of the target, for messages; empty if
        nothing is. This is not an exception, which would stop all other models.
    """

    generated: tuple[ModularFieldSet, ...]
    paths: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True)
class ConversionOrderRequest:
    """Asks for everything that must be converted to convert `roots`."""

    roots: tuple[ModularFieldSet, ...]


@dataclass(frozen=True)
class ConversionOrder:
    """The roots and all that they inherit from, parents first.

    :param cycle: the modular files of a cycle, each inheriting from the next; empty if there is
        none. With a cycle there is no order: `field_sets` are as they were found.
    """

    field_sets: tuple[ModularFieldSet, ...]
    cycle: tuple[str, ...] = ()

    @property
    def cycle_message(self) -> str:
        return (
            "Modular files inherit from each other in a cycle: "
            + " -> ".join(self.cycle)
            + "\nhint: write one of the shared classes out in one of them, or move it to a model "
            "that both inherit from"
        )


@rule
async def find_modular_parents(
    request: ModularParentsRequest, field_sets: AllModularFieldSets
) -> ModularParents:
    if request.field_set not in field_sets.of_file(request.field_set.path):
        # As while a BUILD file is edited, when what was known is brought up to date. Looking for
        # its dependencies would fail, and Pants would keep that if the edit is undone: a success,
        # a failure and the same success again look like no change.
        return ModularParents((), (), f"{request.field_set.address}: error: the target is gone")
    try:
        targets = await Get(Targets, DependenciesRequest(request.field_set.dependencies))
    except (InvalidFieldException, ResolveError, ValueError) as error:
        return ModularParents((), (), f"{request.field_set.address}: error: {error}")
    return ModularParents(
        generated=tuple(
            ModularFieldSet.create(target)
            for target in targets
            if ModularFieldSet.is_applicable(target)
            # Two targets of one modular file may depend on each other: that is not inheritance.
            and target[ModularSourceField].file_path != request.field_set.path
        ),
        paths=tuple(
            target[PythonSourceField].file_path
            for target in targets
            if target.has_field(PythonSourceField)
            and is_model_file(target[PythonSourceField].file_path)
        ),
    )


@rule
async def find_conversion_order(request: ConversionOrderRequest) -> ConversionOrder:
    parents_of: dict[ModularFieldSet, tuple[ModularFieldSet, ...]] = {}
    frontier = request.roots
    while frontier:
        of_frontier = await MultiGet(
            Get(ModularParents, ModularParentsRequest(field_set)) for field_set in frontier
        )
        parents_of.update(
            (field_set, parents.generated) for field_set, parents in zip(frontier, of_frontier)
        )
        reached = dict.fromkeys(parent for parents in of_frontier for parent in parents.generated)
        frontier = tuple(field_set for field_set in reached if field_set not in parents_of)
    try:
        return ConversionOrder(tuple(TopologicalSorter(parents_of).static_order()))
    except CycleError as error:
        # graphlib lists a cycle from parent to child, and names where it begins twice.
        cycle = [field_set.path for field_set in reversed(error.args[1])][1:]
        start = cycle.index(min(cycle))
        return ConversionOrder(tuple(parents_of), (*cycle[start:], *cycle[:start], cycle[start]))


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
