"""Which modular models are converted in one process.

Most of a lone conversion is starting Python and reading the parents. A group shares both. Its
members belong to one generation of the library, so that none needs another's output, and they take
their other parents from the same distribution.

Who is in a group depends on the models of the repository and their parents alone: not on which
targets were selected, so that machines with different selections find each other's results in a
remote cache, and not on what has changed. A new model changes one group, seldom two; if it changes
which parent most models share, it moves the others that have this parent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pants.backend.python.subsystems.setup import PythonSetup
from pants.engine.addresses import Address
from pants.engine.engine_aware import EngineAwareParameter
from pants.engine.rules import Get, MultiGet, Rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.util.frozendict import FrozenDict
from pants.util.logging import LogLevel
from pants.util.strutil import pluralize

from rules_transformers.modular.field_set import AllModularFieldSets, ModularFieldSet
from rules_transformers.modular.util_rules.conversion_order import (
    ModularParents,
    ModularParentsRequest,
)
from rules_transformers.util_rules.buckets import buckets

# Starting Python takes as long as three to five conversions in a process that is warm. A change in
# a member converts that member alone, but all of the group on a machine that has none of them
# stored.
CAPACITY = 40


@dataclass(frozen=True)
class ConversionGroup(EngineAwareParameter):
    """Modular models that are converted in one process, in the order of their addresses."""

    members: tuple[ModularFieldSet, ...]

    def debug_hint(self) -> str:
        return described(self.members)


class ConversionGroups(FrozenDict[Address, ConversionGroup]):
    """The group of each modular model of the repository that is on no cycle, nor below one."""


def described(field_sets: Sequence[ModularFieldSet]) -> str:
    """For messages: one modular file, or the first and how many others."""
    paths = list(dict.fromkeys(field_set.path for field_set in field_sets))
    if len(paths) == 1:
        return paths[0]
    return f"{pluralize(len(paths), 'modular file')}, {paths[0]} and others"


@rule(desc="Group modular models for conversion", level=LogLevel.DEBUG)
async def find_conversion_groups(
    field_sets: AllModularFieldSets, python_setup: PythonSetup
) -> ConversionGroups:
    all_parents = await MultiGet(
        Get(ModularParents, ModularParentsRequest(field_set)) for field_set in field_sets
    )
    parents_of = {field_set.address: parents for field_set, parents in zip(field_sets, all_parents)}
    generation_of = generations(
        {
            address: tuple(parent.address for parent in parents.generated)
            for address, parents in parents_of.items()
        }
    )
    children = Counter(path for parents in all_parents for path in _paths(parents))
    alike = defaultdict(list)
    for field_set in field_sets:
        generation = generation_of.get(field_set.address)
        if generation is not None:
            resolve = field_set.resolve.normalized_value(python_setup)
            alike[generation, resolve, field_set.parents.value].append(field_set)
    groups = [
        ConversionGroup(tuple(sorted(members, key=lambda member: member.address)))
        for candidates in alike.values()
        for members in buckets(
            {
                # Those who share a parent stay together while they fit: it is read once for all,
                # and when it changes, fewer models convert that do not inherit from it.
                member: (most_shared(_paths(parents_of[member.address]), children), member.path)
                for member in candidates
            },
            CAPACITY,
        )
    ]
    return ConversionGroups((member.address, group) for group in groups for member in group.members)


def _paths(parents: ModularParents) -> frozenset[str]:
    return frozenset((*(parent.path for parent in parents.generated), *parents.paths))


def most_shared(paths: Iterable[str], children: Mapping[str, int]) -> str:
    """The parent that most models have, given how many have each; empty without parents."""
    return max(paths, key=lambda path: (children[path], path), default="")


def generations(parents_of: Mapping[Address, Sequence[Address]]) -> dict[Address, int]:
    """How many ancestors follow each other above each model; none for what has a cycle above it.

    :param parents_of: the parents of each model; others than its keys do not count.
    """
    children_of = defaultdict(list)
    missing = {}
    for child, parents in parents_of.items():
        known = {parent for parent in parents if parent in parents_of}
        missing[child] = len(known)
        for parent in known:
            children_of[parent].append(child)
    generation_of: dict[Address, int] = {}
    current = [address for address, number in missing.items() if number == 0]
    generation = 0
    while current:
        generation_of.update(dict.fromkeys(current, generation))
        complete = []
        for child in (child for parent in current for child in children_of[parent]):
            missing[child] -= 1
            if missing[child] == 0:
                complete.append(child)
        current, generation = complete, generation + 1
    return generation_of


def rules() -> Iterable[Rule | UnionRule]:
    return collect_rules()
